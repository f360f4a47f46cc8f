package learn

import (
	"fmt"
	"io"
	"os"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"

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
