package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"earshot/daemon/config"
	"earshot/daemon/engine"
	"earshot/infer"
	"earshot/infer/runtimes"
	"earshot/internal/logging"

	"github.com/spf13/cobra"
)

// askFrom is how much is fetched without asking, in bytes.
const askFrom = 1 << 30

// systemRuntimes is where root installs: the service's user may read it.
const systemRuntimes = "/usr/local/lib/earshot/runtime"

// runtimeFlags are those of "runtime install".
type runtimeFlags struct {
	settings
	dir, folder, registry string
	yes                   bool
}

func newRuntimeCmd() *cobra.Command {
	group := &cobra.Command{
		Use:   "runtime",
		Short: "Install another build of ONNX Runtime, for OpenVINO or an NVIDIA card",
		Args:  noArgs,
		RunE:  func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	var f runtimeFlags
	install := &cobra.Command{
		Use:   "install openvino|cuda|cpu",
		Short: "Fetch a pinned build of ONNX Runtime, unpack it, and prove what the network runs on",
		Long: `Fetches a build of ONNX Runtime and the libraries that it needs from the Python
registry, each of a size and SHA-256 that stand in this program, and unpacks its
shared libraries; nothing of it is run. A gigabyte and more is fetched only when you
say yes. At the end one window runs, and the runtime's own account of it says on
which provider. The configuration stays as it is: what to write there is printed.

root installs to /usr/local/lib/earshot/runtime, others below the state folder.`,
		Example: `  sudo earshot runtime install openvino
  earshot runtime install cuda --yes
  earshot runtime install openvino --from wheels/     without a network`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage(fmt.Errorf("runtime install takes the name of a build: openvino, cuda or cpu; found %q", args))
			}
			return nil
		},
		RunE: func(c *cobra.Command, args []string) error { return f.install(c, args[0]) },
	}
	f.settings.addTo(install)
	flags := install.Flags()
	flags.StringVar(&f.dir, "dir", "", "folder to install into")
	flags.StringVar(&f.folder, "from", "", "take the wheels from this folder instead of fetching them")
	flags.StringVar(&f.registry, "registry", runtimes.Registry, "index of the Python registry, or of a mirror")
	flags.BoolVarP(&f.yes, "yes", "y", false, "do not ask before a gigabyte is fetched")
	group.AddCommand(install)
	return group
}

func (f *runtimeFlags) install(c *cobra.Command, name string) error {
	build, err := runtimes.Find(name, runtime.GOARCH)
	if err != nil {
		return usage(err)
	}
	file, err := f.load(c)
	if err != nil {
		return err
	}
	m, err := engine.Read(file.Config.Model.Path, builtInModel)
	if err != nil {
		return fail(exitModel, err)
	}
	dir, err := f.folderOf(&file.Config)
	if err != nil {
		return fail(exitFailure, err)
	}
	out := c.OutOrStdout()
	fmt.Fprintf(out, "ONNX Runtime %s for %s, %.0f MB, to %s:\n", build.Version, build.Provider, float64(build.Size())/1e6, filepath.Join(dir, build.Name))
	for _, w := range build.Wheels {
		fmt.Fprintf(out, "  %s\n    %d bytes, sha256 %s\n", w.File, w.Size, w.SHA256)
	}
	if build.Size() >= askFrom && !f.yes && f.folder == "" && !agreed(c) {
		return fail(exitFailure, errors.New("nothing was fetched: it wants a yes, or --yes"))
	}
	ctx, stop := signal.NotifyContext(c.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	source := runtimes.Source{Folder: f.folder, Registry: f.registry, Progress: shownOn(c.ErrOrStderr())}
	library, err := runtimes.Install(ctx, build, dir, source)
	if err != nil {
		return fail(exitFailure, fmt.Errorf("runtime %s: %w", name, err))
	}
	fmt.Fprintf(out, "installed: %s\n", library)
	if err := infer.Init(library); err != nil {
		return fail(exitModel, fmt.Errorf("installed, but it does not load: %w", err))
	}
	provider, nodes, err := infer.Placement(m, infer.Options{Provider: build.Provider, DeviceID: file.Config.Inference.DeviceID})
	if err != nil {
		return fail(exitModel, fmt.Errorf("installed, but a trial window does not run: %w", err))
	}
	fmt.Fprintf(out, "a trial window on %s: %s\n", provider, placed(nodes))
	fmt.Fprintf(out, "\nTo use it, write into the configuration:\n\n  inference:\n    library: %s\n    provider: auto              # or %s, whether it is the fastest here or not\n", library, build.Provider)
	return nil
}

// folderOf is where builds are installed.
func (f *runtimeFlags) folderOf(c *config.Config) (string, error) {
	if f.dir != "" {
		return filepath.Abs(f.dir)
	}
	if os.Geteuid() == 0 {
		return systemRuntimes, nil
	}
	state, err := c.StateFolder()
	return filepath.Join(state, "runtime"), err
}

// placed says how many nodes ran where.
func placed(nodes map[string]int) string {
	var parts []string
	for _, provider := range slices.Sorted(maps.Keys(nodes)) {
		parts = append(parts, fmt.Sprintf("%d nodes on %s", nodes[provider], provider))
	}
	return strings.Join(parts, ", ")
}

// agreed asks, and takes nothing but yes for one.
func agreed(c *cobra.Command) bool {
	fmt.Fprint(c.OutOrStdout(), "Fetch that much? [y/N] ")
	line, _ := bufio.NewReader(io.LimitReader(c.InOrStdin(), 100)).ReadString('\n')
	line = strings.ToLower(strings.TrimSpace(line))
	return line == "y" || line == "yes"
}

// shownOn tells how far fetching has come, on a terminal.
func shownOn(w io.Writer) func(runtimes.Wheel, int64, int64) {
	if !logging.Terminal(w) {
		return nil
	}
	return func(wheel runtimes.Wheel, done, size int64) {
		fmt.Fprintf(w, "\r\x1b[K%s %d %%", wheel.Project, 100*done/size)
		if done >= size {
			fmt.Fprint(w, "\r\x1b[K")
		}
	}
}
