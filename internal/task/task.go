// Package task is the one place that starts goroutines and waits for them.
package task

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"sync"
	"time"
)

// Group owns goroutines. Each has a name, so that a stop that takes too long can say who is to blame.
type Group struct {
	ctx    context.Context
	cancel context.CancelCauseFunc

	mu      sync.Mutex // guards running, next
	running map[int]string
	next    int
	idle    sync.WaitGroup
}

// New makes a group below parent: it ends when parent does.
func New(parent context.Context) *Group {
	ctx, cancel := context.WithCancelCause(parent)
	return &Group{ctx: ctx, cancel: cancel, running: map[int]string{}}
}

// Context ends when the group is stopped, by Stop, by a failure or from above.
func (g *Group) Context() context.Context { return g.ctx }

// Go runs fn. An error stops the whole group; nil ends only this goroutine. A panic is an error with its stack.
func (g *Group) Go(name string, fn func(context.Context) error) {
	g.GoThen(name, fn, func(err error) {
		if err != nil {
			g.cancel(fmt.Errorf("%s: %w", name, err))
		}
	})
}

// GoThen runs fn and then hands its error, panics included, to ended, in the same goroutine.
func (g *Group) GoThen(name string, fn func(context.Context) error, ended func(error)) {
	g.mu.Lock()
	id := g.next
	g.next++
	g.running[id] = name
	g.mu.Unlock()
	g.idle.Add(1)
	go func() {
		defer func() {
			g.mu.Lock()
			delete(g.running, id)
			g.mu.Unlock()
			g.idle.Done()
		}()
		ended(g.guard(fn))
	}()
}

// guard turns a panic into an error, so that one broken stage ends in a clean stop with "offline" said.
func (g *Group) guard(fn func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	return fn(g.ctx)
}

// Stop tells all to end.
func (g *Group) Stop() { g.cancel(context.Canceled) }

// Fail tells all to end because of err.
func (g *Group) Fail(err error) { g.cancel(err) }

// Wait waits until all have ended and returns what stopped the group, nil for Stop or an end from above.
// Goroutines may be added as long as one is running.
func (g *Group) Wait() error {
	g.idle.Wait()
	return g.Err()
}

// WaitFor is Wait with a deadline; late lists those that have not ended by then.
func (g *Group) WaitFor(limit time.Duration) (late []string, err error) {
	done := make(chan struct{})
	go func() {
		g.idle.Wait()
		close(done)
	}()
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-done:
		return nil, g.Err()
	case <-timer.C:
		return g.Running(), g.Err()
	}
}

// Err is what stopped the group, nil while it runs or when it was stopped on purpose.
func (g *Group) Err() error {
	if g.ctx.Err() == nil {
		return nil
	}
	cause := context.Cause(g.ctx)
	if cause == context.Canceled || cause == context.DeadlineExceeded {
		return nil
	}
	return cause
}

// Running lists who is still at work, sorted.
func (g *Group) Running() []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	names := make([]string, 0, len(g.running))
	for _, n := range g.running {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}
