package portaudio

import (
	"context"
	"fmt"
	"sync"
	"time"

	"earshot/daemon/capture"
	"earshot/internal/fairtime"
)

// deadlines bound every call into PortAudio. A call beyond its deadline will
// not return: with a stopped audio server even Abort waits for ever.
type deadlines struct {
	Initialize, Query, Open, Start, Abort, Close, Terminate time.Duration
}

var defaultDeadlines = deadlines{
	Initialize: 15 * time.Second, // asks every device, and JACK
	Query:      3 * time.Second,
	Open:       5 * time.Second,
	Start:      5 * time.Second,
	Abort:      2 * time.Second,
	Close:      3 * time.Second,
	Terminate:  5 * time.Second,
}

// host owns PortAudio, which is one per process and not safe for concurrent
// use: it serialises the calls, gives each a deadline, counts users, and reads
// the device list again (which needs PortAudio initialised anew) when a source
// asks for it.
type host struct {
	sys   system
	limit deadlines
	turn  chan struct{} // one token: who holds it may call
	dead  chan struct{} // closed when a call hung

	mu     sync.Mutex
	hung   error
	users  int
	rescan bool                   // all users are asked to release
	free   chan struct{}          // closed and renewed when users reaches 0
	taken  map[*Microphone]string // devices that are heard, or waited for, by Device.Key
}

func newHost(sys system, limit deadlines) *host {
	h := &host{sys: sys, limit: limit, turn: make(chan struct{}, 1), dead: make(chan struct{}), free: make(chan struct{}), taken: map[*Microphone]string{}}
	h.turn <- struct{}{}
	return h
}

// process is the one host of this process.
var process = newHost(portAudio{}, defaultDeadlines)

// call runs f, which calls PortAudio, and returns its error, or capture.ErrHung when f
// has not returned within limit; then it never will, and so does no later call.
func (h *host) call(what string, limit time.Duration, f func() error) error {
	select {
	case <-h.dead:
		return h.fault()
	default:
	}
	select {
	case <-h.turn:
	case <-h.dead:
		return h.fault()
	}
	done := make(chan error, 1)
	go func() { done <- f() }()
	var starved fairtime.Starvation
	starved.Since()
	for extended := 0; ; extended++ {
		t := time.NewTimer(limit)
		select {
		case err := <-done:
			t.Stop()
			h.turn <- struct{}{}
			return explain(what, err)
		case <-t.C:
		}
		if extended == maxExtended || starved.Since() < limit/2 {
			return h.die(what, time.Duration(extended+1)*limit)
		}
	}
}

// maxExtended is how often a deadline is extended because threads of this process spent most of it waiting for a
// processor: then it is the machine that is slow.
const maxExtended = 10

// explain says which call failed.
func explain(what string, err error) error {
	if err == nil {
		return nil
	}
	if err.Error() == "" { // a host error whose text ALSA has not set
		err = fmt.Errorf("the sound system failed without saying why (%T)", err)
	}
	return fmt.Errorf("portaudio: %s: %w", what, err)
}

// die notes that a call hangs.
func (h *host) die(what string, waited time.Duration) error {
	h.mu.Lock()
	h.hung = fmt.Errorf("%w: PortAudio's %s has not returned within %v; only a new process helps", capture.ErrHung, what, waited)
	h.mu.Unlock()
	close(h.dead)
	return h.fault()
}

func (h *host) fault() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.hung
}

// acquire initialises PortAudio for one more user. It waits while others are
// asked to release, but not longer than ctx.
func (h *host) acquire(ctx context.Context) error {
	for {
		h.mu.Lock()
		if !h.rescan || h.users == 0 {
			h.rescan = false
			h.users++
			h.mu.Unlock()
			muteLibraries()
			err := h.call("Initialize", h.limit.Initialize, h.sys.Initialize)
			if err != nil {
				h.leave()
			}
			return err
		}
		free := h.free
		h.mu.Unlock()
		select {
		case <-free:
		case <-ctx.Done():
			return ctx.Err()
		case <-h.dead:
			return h.fault()
		}
	}
}

// release gives up what acquire got.
func (h *host) release() error {
	err := h.call("Terminate", h.limit.Terminate, h.sys.Terminate)
	h.leave()
	return err
}

func (h *host) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.users--
	if h.users == 0 {
		close(h.free)
		h.free = make(chan struct{})
	}
}

// askRescan asks all users to release PortAudio, so that the next acquire sees
// devices that came since. It says whether there was anyone to ask: without
// users, every acquire reads the list.
func (h *host) askRescan() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.rescan = h.users > 0
	return h.rescan
}

// rescanAsked says that a user should release and acquire anew.
func (h *host) rescanAsked() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rescan
}

// inputs lists the input devices; the caller has acquired h.
func (h *host) inputs() (d []capture.Device, err error) {
	err = h.call("device list", h.limit.Query, func() (err error) {
		d, err = h.sys.Inputs()
		return err
	})
	return d, err
}

// Devices lists the sound inputs that PortAudio sees now.
func Devices() ([]capture.Device, error) { return process.devices(context.Background()) }

func (h *host) devices(ctx context.Context) ([]capture.Device, error) {
	if err := h.acquire(ctx); err != nil {
		return nil, err
	}
	d, err := h.inputs()
	if e := h.release(); err == nil {
		err = e
	}
	return d, err
}
