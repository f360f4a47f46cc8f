package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"earshot/infer"
	"earshot/internal/test/output"

	"golang.org/x/sys/unix"
)

//go:embed python/triton.py
var tritonModel []byte

//go:embed python/mlserver_model.py
var mlserverModel []byte

// engine is an inference server that runs.
type engine struct {
	name       string
	cmd        *exec.Cmd
	log        output.Buffer
	start      func(*engine) error
	grpc, http int // ports
}

// served is what an engine is given: a folder that "earshot model --export-triton" wrote.
type served struct {
	name   string
	model  string   // file of the model; "": the built-in one
	half   bool     // windows in 16 bits
	labels string   // told instead of the model's own; "": those
	extra  []string // arguments of Triton's
}

// export lets the program write the repository, and puts the Python that serves it beside.
func (s *scene) export(v served) (folder string, err error) {
	folder = s.path(v.name)
	if _, err := os.Stat(folder); err == nil {
		return folder, nil
	}
	precision, model := "fp32", "builtin"
	if v.half {
		precision = "fp16"
	}
	if v.model != "" {
		model = v.model
	}
	if out, err := exec.Command(s.program, "model", model, "--export-triton", folder, "--precision", precision).CombinedOutput(); err != nil {
		return "", fmt.Errorf("export: %w: %s", err, out)
	}
	path := filepath.Join(folder, "earshot", "config.pbtxt")
	config, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	text := strings.Replace(string(config), `backend: "onnxruntime"`, `backend: "python"`, 1)
	if v.labels != "" {
		text = strings.Replace(text, strings.Join(s.model.Labels, ","), v.labels, 1)
	}
	for name, content := range map[string][]byte{"config.pbtxt": []byte(text), "1/model.py": tritonModel, "1/mlserver_model.py": mlserverModel,
		"1/model-settings.json": s.mlserverSettings(v)} {
		if err := os.WriteFile(filepath.Join(folder, "earshot", name), content, 0o600); err != nil {
			return "", err
		}
	}
	return folder, nil
}

func (s *scene) mlserverSettings(v served) []byte {
	labels := strings.Join(s.model.Labels, ",")
	if v.labels != "" {
		labels = v.labels
	}
	tensor := func(name string, shape ...int) map[string]any {
		return map[string]any{"name": name, "datatype": "FP32", "shape": append([]int{-1}, shape...)}
	}
	b, err := json.Marshal(map[string]any{"name": "earshot", "implementation": "mlserver_model.Network",
		"parameters": map[string]any{"uri": "./model.onnx", "extra": map[string]string{"labels": labels}},
		"inputs":     []any{tensor("window", infer.Channels, infer.Bands, infer.Frames)},
		"outputs":    []any{tensor("scores", len(s.model.Labels)), tensor("attention", s.model.Steps)}})
	if err != nil {
		panic(err) // only maps of texts and numbers
	}
	return b
}

// startTriton lets Triton serve, in the place of what served before.
func (s *scene) startTriton(v served) error {
	folder, err := s.export(v)
	if err != nil {
		return err
	}
	libpython, err := os.ReadFile(filepath.Join(s.root, "libpython"))
	if err != nil {
		return err
	}
	site := filepath.Join(s.root, "triton/lib/python3.11/site-packages")
	return s.startEngine(&engine{name: "Triton 2.51", start: func(e *engine) error {
		metrics, err := freePort()
		if err != nil {
			return err
		}
		e.cmd = exec.Command(filepath.Join(site, "pytriton/tritonserver/bin/tritonserver"), append([]string{
			"--model-repository=" + folder, "--backend-directory=" + filepath.Join(s.root, "backends"), "--allow-gpu-metrics=false",
			"--grpc-address=127.0.0.1", "--http-address=127.0.0.1", "--metrics-address=127.0.0.1",
			fmt.Sprintf("--grpc-port=%d", e.grpc), fmt.Sprintf("--http-port=%d", e.http), fmt.Sprintf("--metrics-port=%d", metrics)}, v.extra...)...)
		e.cmd.Env = append(os.Environ(), "PYTHONPATH="+site,
			"LD_LIBRARY_PATH="+strings.TrimSpace(string(libpython))+":"+filepath.Join(site, "nvidia_pytriton.libs"))
		return nil
	}})
}

// startMLServer lets MLServer serve, in the place of what served before.
func (s *scene) startMLServer(v served) error {
	folder, err := s.export(v)
	if err != nil {
		return err
	}
	folder = filepath.Join(folder, "earshot", "1")
	return s.startEngine(&engine{name: "MLServer 1.7.1", start: func(e *engine) error {
		metrics, err := freePort()
		if err != nil {
			return err
		}
		settings := fmt.Appendf(nil, `{"host": "127.0.0.1", "http_port": %d, "grpc_port": %d, "metrics_port": %d, "parallel_workers": 0, "debug": false}`, e.http, e.grpc, metrics)
		if err := os.WriteFile(filepath.Join(folder, "settings.json"), settings, 0o600); err != nil {
			return err
		}
		e.cmd = exec.Command(filepath.Join(s.root, "mlserver/bin/mlserver"), "start", ".")
		e.cmd.Dir = folder
		return nil
	}})
}

// startEngine starts e and waits until its model is ready.
func (s *scene) startEngine(e *engine) (err error) {
	s.stopEngine()
	for _, port := range []*int{&e.grpc, &e.http} {
		if *port, err = freePort(); err != nil {
			return err
		}
	}
	s.engine = e
	return e.launch()
}

// launch starts the engine's process, on the ports that it had.
func (e *engine) launch() error {
	if err := e.start(e); err != nil {
		return err
	}
	e.cmd.Stdout, e.cmd.Stderr = &e.log, &e.log
	e.cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL, Setpgid: true} // with the processes that it starts
	if err := e.cmd.Start(); err != nil {
		return err
	}
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		response, err := http.Get(fmt.Sprintf("http://127.0.0.1:%d/v2/models/earshot/ready", e.http))
		if err != nil {
			continue
		}
		response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return nil
		}
	}
	return fmt.Errorf("%s is not ready after a minute: %s", e.name, tail(e.log.String()))
}

// signal tells the engine and all that it started.
func (e *engine) signal(sig unix.Signal) { _ = unix.Kill(-e.cmd.Process.Pid, sig) }

// kill ends the engine at once.
func (e *engine) kill() {
	e.signal(unix.SIGKILL)
	_ = e.cmd.Wait()
}

func (s *scene) stopEngine() {
	if s.engine != nil && s.engine.cmd != nil && s.engine.cmd.Process != nil {
		s.engine.kill()
	}
	s.engine = nil
}
