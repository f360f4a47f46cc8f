package learn

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"
	"golang.org/x/term"

	"earshot/daemon/models"
	"earshot/train/job"
)

// newUI prints lines to out and, on a terminal, bars to err.
func newUI(errOut, out io.Writer) job.UI {
	ui := job.Quiet(out)
	f, ok := errOut.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return ui
	}
	ui.Bar = func(title string) func(int, int, string) {
		var bar *progressbar.ProgressBar
		last := 0
		return func(done, total int, note string) {
			if bar == nil || done < last {
				bar = progressbar.NewOptions(total, progressbar.OptionSetWriter(errOut), progressbar.OptionSetWidth(24),
					progressbar.OptionShowCount(), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100e6),
					progressbar.OptionSetPredictTime(false))
			}
			last = done
			bar.Describe(fmt.Sprintf("%s: %s", title, note))
			_ = bar.Set(done)
		}
	}
	return ui
}

// step is a line of JSON of a teaching: what it does and how far it is, something that it says, or at last how it was measured.
type step struct {
	Step     string         `json:"step,omitempty"`
	Done     int            `json:"done,omitempty"`
	Of       int            `json:"of,omitempty"`
	Say      string         `json:"say,omitempty"`
	Measured *models.Report `json:"measured,omitempty"`
}

// ui is how a teaching talks: to a person, or in lines of JSON.
func (t *teachFlags) ui(c *cobra.Command) job.UI {
	if !t.asJSON {
		return newUI(c.ErrOrStderr(), c.OutOrStdout())
	}
	lines := json.NewEncoder(c.OutOrStdout())
	var mu sync.Mutex // bars move from several goroutines
	write := func(s step) {
		mu.Lock()
		defer mu.Unlock()
		_ = lines.Encode(s) // who listened has gone; the result stays on the shelf
	}
	return job.UI{
		Print: func(format string, a ...any) { write(step{Say: fmt.Sprintf(format, a...)}) },
		Bar: func(title string) func(int, int, string) {
			return func(done, of int, _ string) { write(step{Step: title, Done: done, Of: of}) }
		},
	}
}

// tell prints how a model was measured, for programs.
func (t *teachFlags) tell(c *cobra.Command, r *models.Report) {
	if t.asJSON {
		_ = json.NewEncoder(c.OutOrStdout()).Encode(step{Measured: r})
	}
}
