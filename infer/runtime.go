package infer

import (
	"fmt"
	"os"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// environment is the process's one ONNX Runtime. It is never unloaded: the
// runtime's threads and the binding's globals do not survive that.
var environment struct {
	sync.Mutex
	path string // "" until loaded
}

// Init loads ONNX Runtime from libraryPath, or from where [FindLibrary] finds
// it when the path is empty. It does so once in a process: a later call with
// the same library (or an empty path) does nothing, one with another library
// is an error. Errors about the library wrap [ErrNoLibrary].
func Init(libraryPath string) error {
	environment.Lock()
	defer environment.Unlock()
	if environment.path != "" && (libraryPath == "" || sameFile(libraryPath, environment.path)) {
		return nil
	}
	path, err := FindLibrary(libraryPath)
	if err != nil {
		return err
	}
	if environment.path != "" {
		if sameFile(path, environment.path) {
			return nil
		}
		return fmt.Errorf("ONNX Runtime is loaded from %s already, cannot load %s as well: restart to change it", environment.path, path)
	}
	if err := forbidTelemetry(); err != nil {
		return err
	}
	if err := preloadFor(path); err != nil {
		return fmt.Errorf("%w: %s: %w", ErrNoLibrary, path, err)
	}
	ort.SetSharedLibraryPath(path)
	// The runtime would print to stderr what it also returns as an error.
	if err := ort.InitializeEnvironment(ort.WithLogLevelFatal()); err != nil {
		return fmt.Errorf("%w: load %s: %v", ErrNoLibrary, path, err)
	}
	// For a library without symbol versions; it is loaded, so it can be asked.
	if err := checkVersion(ort.GetVersion()); err != nil {
		return fmt.Errorf("%w: %s: %v; %s", ErrNoLibrary, path, err, howToGet)
	}
	if err := ort.DisableTelemetry(); err != nil {
		return fmt.Errorf("switch off ONNX Runtime's telemetry: %w", err)
	}
	environment.path = path
	return nil
}

// forbidTelemetry keeps ONNX Runtime from reporting to its makers. From 1.30 on its Linux builds have an
// uploader, on unless the environment says otherwise when the runtime starts: by then it has made an id
// for this device, a database below $HOME and a log in /tmp, and [ort.DisableTelemetry] comes too late.
// The name of the variable changed between versions, so both are set.
func forbidTelemetry() error {
	for _, name := range []string{"ORT_DISABLE_TELEMETRY", "ORT_TELEMETRY_DISABLED"} {
		if err := os.Setenv(name, "1"); err != nil {
			return fmt.Errorf("switch off ONNX Runtime's telemetry: %w", err)
		}
	}
	return nil
}

// RuntimeVersion returns the loaded runtime's version ("1.30.0"), or "" before [Init].
func RuntimeVersion() string {
	environment.Lock()
	defer environment.Unlock()
	if environment.path == "" {
		return ""
	}
	return ort.GetVersion()
}

// RuntimePath returns the loaded library's path, or "" before [Init].
func RuntimePath() string {
	environment.Lock()
	defer environment.Unlock()
	return environment.path
}

func sameFile(a, b string) bool {
	if a == b {
		return true
	}
	x, err1 := os.Stat(a)
	y, err2 := os.Stat(b)
	return err1 == nil && err2 == nil && os.SameFile(x, y)
}
