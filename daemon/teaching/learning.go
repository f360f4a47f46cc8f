package teaching

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unsafe"

	"earshot/daemon/models"
	"earshot/internal/jsonfile"

	"golang.org/x/sys/unix"
)

// Learning is the last one, or the one under way.
type Learning struct {
	Phase    string         `json:"phase"` // Idle …
	Began    time.Time      `json:"began,omitzero"`
	Ended    time.Time      `json:"ended,omitzero"`
	Step     string         `json:"step,omitempty"` // what it does, in English
	Done     int            `json:"done"`           // of the step
	Of       int            `json:"of"`
	Said     []string       `json:"said"`            // the last lines that it printed
	Error    string         `json:"error,omitempty"` // why it failed
	Measured *models.Report `json:"measured,omitempty"`
	Tries    int            `json:"tries"` // how often it was begun
}

// Phases of a learning.
const (
	Idle    = "idle"
	Running = "running"
	Taken   = "taken"   // its model is listened with
	Refused = "refused" // the model in use stays, for the reasons in Measured
	Failed  = "failed"
	Stopped = "stopped"
)

const (
	learningFile = "learning.json"
	cacheFolder  = "learning-cache" // what was computed, until the learning is over
	maxTries     = 3                // of one that the daemon's end interrupts again and again
	maxSaid      = 12               // lines
	maxLine      = 64 << 10         // bytes
	maxState     = 256 << 10
	graceful     = 10 * time.Second // until a process that was told to end is killed
)

// readLearning is what stands in a file; one that cannot be read is none.
func readLearning(path string) (l Learning) {
	if _, err := jsonfile.Load(path, maxState, &l); err != nil || l.Phase == "" {
		l = Learning{Phase: Idle}
	}
	if l.Said == nil {
		l.Said = []string{}
	}
	return l
}

// save writes what is known of the learning; the lock is held.
func (t *Teacher) save() {
	if err := jsonfile.Save(filepath.Join(t.c.StateDir, learningFile), 0o600, t.learning); err != nil {
		t.c.Log.Often(t.c.Log.Warn().Err(err), "learning").Msg("teaching: a restart would not know of it")
	}
}

// Learn begins to learn what was recorded.
func (t *Teacher) Learn() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.begin(1)
}

// resume goes on with what was interrupted.
func (t *Teacher) resume() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.learning.Phase != Running {
		return
	}
	if t.learning.Tries < maxTries {
		t.c.Log.Info().Int("try", t.learning.Tries+1).Msg("teaching: goes on with what was interrupted")
		if t.begin(t.learning.Tries+1) == nil {
			return
		}
	}
	t.learning.Phase, t.learning.Ended = Failed, time.Now()
	t.learning.Error = fmt.Sprintf("interrupted %d times", t.learning.Tries)
	t.save()
}

// begin starts the process; the lock is held.
func (t *Teacher) begin(try int) error {
	switch {
	case t.ctx == nil || t.ctx.Err() != nil:
		return context.Canceled
	case t.stop != nil:
		return ErrBusy
	}
	ctx, cancel := context.WithTimeout(t.ctx, MaxLearning)
	t.stop = cancel
	t.learning = Learning{Phase: Running, Began: time.Now(), Said: []string{}, Tries: try}
	t.save()
	t.wait.Go(func() {
		defer cancel()
		err := t.learn(ctx)
		t.end(ctx, err)
	})
	return nil
}

// StopLearning ends the process; nothing of the model in use has changed.
func (t *Teacher) StopLearning() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stop == nil {
		return ErrNobody
	}
	t.learning.Phase = Stopped
	t.stop()
	return nil
}

// learn runs the process to its end. Its thread is given a low priority first, which the process inherits, and ends with this goroutine.
func (t *Teacher) learn(ctx context.Context) error {
	runtime.LockOSThread()
	yield()
	c := t.c.Learn("--json", "--threads", strconv.Itoa(max(1, runtime.NumCPU()/2)), "--cache", filepath.Join(t.c.StateDir, cacheFolder))
	c.Env = append(c.Environ(), "GOMEMLIMIT=150MiB") // beside what ONNX Runtime takes, and the daemon
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
	errs := &tail{}
	c.Stderr = errs
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		return err
	}
	// Where memory is short it goes before the daemon does.
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", c.Process.Pid), []byte("1000"), 0)
	defer context.AfterFunc(ctx, func() { t.interrupt(c.Process) })()
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		t.line(lines.Bytes())
	}
	_, _ = io.Copy(io.Discard, out) // after a line that is too long
	if err := c.Wait(); err != nil {
		if text := errs.last(); text != "" {
			return errors.New(text)
		}
		return err
	}
	return nil
}

// yield gives this thread a low priority. The service's unit refuses the one call and lets the other through.
func yield() {
	const niceness, schedIdle = 10, 5
	if unix.Setpriority(unix.PRIO_PROCESS, 0, niceness) == nil {
		return
	}
	var priority int32
	_, _, _ = unix.Syscall(unix.SYS_SCHED_SETSCHEDULER, 0, schedIdle, uintptr(unsafe.Pointer(&priority)))
}

// interrupt ends the process: at once when the daemon ends too, else it may tidy up.
func (t *Teacher) interrupt(p *os.Process) {
	if t.ctx.Err() != nil {
		_ = p.Kill()
		return
	}
	_ = p.Signal(syscall.SIGTERM)
	time.AfterFunc(graceful, func() { _ = p.Kill() }) // os knows when it has ended
}

// line takes what the process says.
func (t *Teacher) line(text []byte) {
	var l struct {
		Step     string         `json:"step"`
		Done     int            `json:"done"`
		Of       int            `json:"of"`
		Say      string         `json:"say"`
		Measured *models.Report `json:"measured"`
	}
	if json.Unmarshal(text, &l) != nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch now := &t.learning; {
	case l.Measured != nil:
		now.Measured = l.Measured
	case l.Step != "":
		now.Step, now.Done, now.Of = l.Step, l.Done, l.Of
	case l.Say != "":
		if now.Said = append(now.Said, l.Say); len(now.Said) > maxSaid {
			now.Said = now.Said[1:]
		}
	}
}

// end notes what came of the process, and has a model that was taken listened with. What the daemon's end interrupted goes on with its next
// start.
func (t *Teacher) end(ctx context.Context, err error) {
	t.mu.Lock()
	t.stop = nil
	if t.ctx.Err() != nil {
		t.mu.Unlock()
		return
	}
	l := &t.learning
	l.Ended = time.Now()
	switch {
	case l.Phase == Stopped:
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		l.Phase, l.Error = Failed, fmt.Sprintf("it took longer than %v", MaxLearning)
	case l.Measured != nil && !l.Measured.Taken:
		l.Phase = Refused
	case err != nil || l.Measured == nil:
		l.Phase, l.Error = Failed, "it ended without a result"
		if err != nil {
			l.Error = strings.TrimPrefix(err.Error(), "earshot: ")
		}
	default:
		l.Phase = Taken
	}
	phase, why := l.Phase, l.Error
	t.save()
	t.mu.Unlock()
	t.c.Log.Info().Str("phase", phase).Str("why", why).Msg("teaching: learned")
	if phase != Stopped {
		_ = os.RemoveAll(filepath.Join(t.c.StateDir, cacheFolder)) // the next one computes it anew
	}
	if phase == Taken {
		if err := t.c.Taken(t.ctx); err != nil {
			t.mu.Lock()
			t.learning.Error = "the daemon does not take it: " + err.Error()
			t.save()
			t.mu.Unlock()
		}
	}
}

// tail keeps the end of what is written.
type tail struct{ b []byte }

func (t *tail) Write(p []byte) (int, error) {
	const most = 4 << 10
	t.b = append(t.b, p...)
	if over := len(t.b) - most; over > 0 {
		t.b = t.b[over:]
	}
	return len(p), nil
}

// last is the last line.
func (t *tail) last() string {
	text := bytes.TrimSpace(t.b)
	return strings.ToValidUTF8(string(text[bytes.LastIndexByte(text, '\n')+1:]), "")
}
