package remote

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"earshot/infer"
)

// State is a moment of a [Failover].
type State struct {
	Active  bool      // windows are scored on the server
	Server  string    // its name and version, once it has said them
	Since   time.Time // of Active, or of its contrary
	Why     string    // not Active: what was wrong last; "" before the first attempt
	Windows uint64    // scored there
	Left    uint64    // times that it was given up
}

// Timing of a Failover; the zero value means the default.
type Timing struct {
	FirstPause, LongestPause time.Duration // between attempts, doubled from one to the next; 1 s, 30 s
	Health                   time.Duration // between two looks at a server that is in use; 5 s
}

// Failover scores windows on a server while that goes well, and by otherwise while it does not. A window is never
// lost by the change: the one at which the server failed is scored by otherwise too.
type Failover struct {
	s         Settings
	c         Contract
	otherwise infer.Scorer
	told      func(State)
	timing    Timing

	mu     sync.Mutex // guards what follows
	ctx    context.Context
	server *Server    // in use; nil: none
	broken chan error // tells Run why the server in use is no longer
	state  State
}

// NewFailover makes a Failover that has no connection before Run. told is called by Run's goroutine when windows begin or
// cease to be scored on the server, and when an attempt fails for another reason than the last.
func NewFailover(s Settings, c Contract, otherwise infer.Scorer, t Timing, told func(State)) *Failover {
	def := func(d *time.Duration, otherwise time.Duration) {
		if *d == 0 {
			*d = otherwise
		}
	}
	def(&t.FirstPause, time.Second)
	def(&t.LongestPause, 30*time.Second)
	def(&t.Health, 5*time.Second)
	return &Failover{s: s, c: c, otherwise: otherwise, told: told, timing: t, ctx: context.Background(), state: State{Since: time.Now()}}
}

// Drop is the scorer of windows that have nowhere else to go.
func Drop(*infer.Batch, int) error {
	return fmt.Errorf("no inference server, and inference.remote.fallback is drop: %w", infer.ErrDropped)
}

// Score is an [infer.Scorer].
func (f *Failover) Score(b *infer.Batch, n int) error {
	f.mu.Lock()
	server, ctx := f.server, f.ctx
	f.mu.Unlock()
	if server == nil {
		return f.otherwise(b, n)
	}
	x, scores, attention := b.Windows(n)
	err := server.Score(ctx, x, n, scores, attention)
	if err == nil {
		f.mu.Lock()
		f.state.Windows += uint64(n)
		f.mu.Unlock()
		return nil
	}
	f.leave(server, err)
	return f.otherwise(b, n)
}

// leave gives a server up, once.
func (f *Failover) leave(server *Server, why error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.server == server {
		f.server = nil
		f.broken <- why
	}
}

// State is the present moment.
func (f *Failover) State() State {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.state
}

// Run keeps the connection until ctx ends: it connects, looks after the server in use, and comes back to one that was given
// up after a pause that doubles from one attempt to the next, so that one who is slow rather than dead is not tried with every
// window. Its length varies, so that forty machines do not come back at once.
func (f *Failover) Run(ctx context.Context) error {
	f.mu.Lock()
	f.ctx = ctx
	f.mu.Unlock()
	for pause := f.timing.FirstPause; ctx.Err() == nil; {
		server, err := Dial(ctx, f.s, f.c)
		if err == nil {
			began := time.Now()
			err = f.use(ctx, server)
			server.Close()
			if time.Since(began) > 2*pause { // it was worth coming back
				pause = f.timing.FirstPause
			}
		}
		if ctx.Err() != nil {
			break
		}
		f.tell(false, "", err)
		wait := time.Duration(float64(pause) * (0.75 + rand.Float64()/2))
		pause = min(2*pause, f.timing.LongestPause)
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	return nil
}

// use lets windows be scored on a server until it fails, and returns why.
func (f *Failover) use(ctx context.Context, server *Server) error {
	broken := make(chan error, 1)
	f.mu.Lock()
	f.server, f.broken = server, broken
	f.mu.Unlock()
	f.tell(true, server.Name, nil)
	look := time.NewTicker(f.timing.Health)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			f.leave(server, ctx.Err())
			return ctx.Err()
		case err := <-broken:
			return err
		case <-look.C:
			if err := server.Ready(ctx); err != nil {
				f.leave(server, err)
			}
		}
	}
}

// tell notes what happened, and says it where it is news.
func (f *Failover) tell(active bool, name string, why error) {
	f.mu.Lock()
	was := f.state
	f.state.Active, f.state.Why = active, ""
	if active {
		f.state.Server = name
	} else {
		f.state.Why = why.Error()
	}
	if active != was.Active {
		f.state.Since = time.Now()
		if was.Active {
			f.state.Left++
		}
	}
	now := f.state
	f.mu.Unlock()
	if now.Active != was.Active || now.Why != was.Why {
		f.told(now)
	}
}
