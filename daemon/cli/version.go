package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"earshot/daemon/engine"
	"earshot/infer"

	"github.com/spf13/cobra"
)

// Set by the linker: -X earshot/daemon/cli.version=… -X earshot/daemon/cli.commit=…
var (
	version = "0.1.0-dev"
	commit  = ""
)

// about is what "earshot version" says.
type about struct {
	Version  string            `json:"version"`
	Commit   string            `json:"commit,omitempty"`
	Modified bool              `json:"modified,omitempty"`
	Go       string            `json:"go"`
	Platform string            `json:"platform"`
	Model    *aboutModel       `json:"model,omitempty"`
	Second   string            `json:"second_opinion,omitempty"`
	Runtime  string            `json:"onnxruntime,omitempty"`
	Library  string            `json:"onnxruntime_library,omitempty"`
	Provider string            `json:"provider,omitempty"`
	Unusable map[string]string `json:"unusable_providers,omitempty"`
	Problem  string            `json:"problem,omitempty"`
}

type aboutModel struct {
	Path       string          `json:"path"`
	SHA256     string          `json:"sha256"`
	Labels     int             `json:"labels"`
	Background string          `json:"background,omitempty"`
	Provenance json.RawMessage `json:"provenance,omitempty"`
	Licence    json.RawMessage `json:"licence,omitempty"`
}

func buildInfo() about {
	a := about{Version: version, Commit: commit, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return a
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && a.Commit == "":
			a.Commit = s.Value
		case s.Key == "vcs.modified":
			a.Modified = s.Value == "true"
		}
	}
	return a
}

// look fills in the model and the runtime; what does not load is a problem to show, not an error.
func (a *about) look(modelPath, verify, library, provider string) {
	m, front, err := engine.Load(fileOf(modelPath), builtInModel)
	if err != nil {
		a.Problem = err.Error()
		return
	}
	a.Model = &aboutModel{Path: m.Path, SHA256: m.SHA256, Labels: len(m.Labels), Background: m.Background, Provenance: m.Provenance, Licence: m.Licence}
	second, err := engine.LoadSecond(m, front, verify)
	if err != nil {
		a.Problem = err.Error()
		return
	}
	a.Second = second.String()
	if err := infer.Init(library); err != nil {
		a.Problem = err.Error()
		return
	}
	a.Runtime, a.Library = infer.RuntimeVersion(), infer.RuntimePath()
	session, err := infer.NewSession(m, infer.Options{Provider: provider})
	if err != nil {
		a.Problem = err.Error()
		return
	}
	defer session.Close()
	a.Provider = session.Provider
	a.Unusable = map[string]string{}
	for _, r := range session.Rejected {
		a.Unusable[r.Provider] = r.Why
	}
}

func (a *about) print(w io.Writer) {
	fmt.Fprintf(w, "earshot       %s%s (%s, %s)\n", a.Version, bracket(a.Commit), a.Go, a.Platform)
	if m := a.Model; m != nil {
		fmt.Fprintf(w, "model         %s, %d labels, sha256 %.16s…\n", m.Path, m.Labels, m.SHA256)
	}
	if a.Second != "" {
		fmt.Fprintf(w, "second        %s\n", a.Second)
	}
	if a.Runtime != "" {
		fmt.Fprintf(w, "ONNX Runtime  %s, %s\n", a.Runtime, a.Library)
	}
	if a.Provider != "" {
		fmt.Fprintf(w, "computes on   %s\n", a.Provider)
	}
	for _, p := range []string{"cuda", "tensorrt", "openvino"} {
		if why, ok := a.Unusable[p]; ok {
			fmt.Fprintf(w, "  not %-9s %s\n", p+":", why)
		}
	}
}

func bracket(commit string) string {
	if commit == "" {
		return ""
	}
	return fmt.Sprintf(" (%.12s)", commit)
}

func newVersionCmd() *cobra.Command {
	var asJSON bool
	var set settings
	c := &cobra.Command{
		Use:   "version",
		Short: "Show this build, its model, ONNX Runtime and what it can compute on",
		Args:  noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			a := buildInfo()
			if f, err := set.load(c); err != nil {
				a.Problem = err.Error()
			} else {
				a.look(f.Config.Model.Path, f.Config.Verify.Model, f.Config.Inference.Library, f.Config.Inference.Provider)
			}
			if asJSON {
				if err := printJSON(c.OutOrStdout(), a); err != nil {
					return err
				}
			} else {
				a.print(c.OutOrStdout())
			}
			if a.Problem != "" {
				return fail(exitModel, fmt.Errorf("%s", a.Problem))
			}
			return nil
		},
	}
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	set.addTo(c)
	return c
}
