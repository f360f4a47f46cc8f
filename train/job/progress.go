package job

import (
	"encoding/json"
	"fmt"
	"os"
	"time"

	"earshot/train"

	"golang.org/x/sys/unix"
)

// watch tells of a training's steps and epochs, and logs the epochs; parts is what clips are cut into.
func watch(ui UI, log *metricsLog, parts string) (step func(train.Progress), epoch func(train.Epoch) error) {
	bar := ui.Bar("training")
	accuracy := ""
	began, first := time.Now(), -1
	step = func(s train.Progress) {
		if first < 0 {
			first = s.Step - 1
		}
		left := time.Duration(float64(time.Since(began)) / float64(s.Step-first) * float64(s.Steps-s.Step))
		bar(s.Step, s.Steps, fmt.Sprintf("loss %.3f%s, %s left", s.Loss, accuracy, left.Round(time.Second)))
	}
	epoch = func(e train.Epoch) error {
		if m := e.Mined; m != nil {
			ui.Print("before epoch %d: of %d windows of background %d taken for something; %d hard negatives", e.Epoch, m.Asked, m.Wrong, m.Hard)
		}
		if e.Measured {
			accuracy = fmt.Sprintf(", %.1f %% right", 100*e.Accuracy)
			ui.Print("epoch %d: loss %.3f, clips %.1f %%, %s %.1f %%", e.Epoch, e.Loss, 100*e.Accuracy, parts, 100*e.Windows)
		}
		return log.write(e)
	}
	return step, epoch
}

// metricsLog appends JSON lines.
type metricsLog struct{ f *os.File }

func openMetrics(path string, resume bool) (*metricsLog, error) {
	if path == "" {
		return &metricsLog{}, nil
	}
	mode := os.O_CREATE | os.O_WRONLY | unix.O_NONBLOCK // a pipe that nobody reads is an error, not a wait
	if resume {
		mode |= os.O_APPEND
	} else {
		mode |= os.O_TRUNC
	}
	f, err := os.OpenFile(path, mode, 0o644)
	if err != nil {
		return nil, fmt.Errorf("metrics: %w", err)
	}
	return &metricsLog{f}, nil
}

func (l *metricsLog) write(e train.Epoch) error {
	if l.f == nil {
		return nil
	}
	b, err := json.Marshal(e)
	if err == nil {
		_, err = l.f.Write(append(b, '\n'))
	}
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	return nil
}

func (l *metricsLog) Close() {
	if l.f != nil {
		_ = l.f.Close()
	}
}
