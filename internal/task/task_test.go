package task

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func untilDone(ctx context.Context) error {
	<-ctx.Done()
	return nil
}

func TestErrorStopsAll(t *testing.T) {
	g := New(context.Background())
	g.Go("waiter", untilDone)
	wrong := errors.New("wrong")
	g.Go("failing", func(context.Context) error { return wrong })
	if err := g.Wait(); !errors.Is(err, wrong) || !strings.HasPrefix(err.Error(), "failing: ") {
		t.Errorf("got %v", err)
	}
}

func TestPanicIsAnError(t *testing.T) {
	g := New(context.Background())
	g.Go("waiter", untilDone)
	g.Go("broken", func(context.Context) error { panic("ouch") })
	if err := g.Wait(); err == nil || !strings.Contains(err.Error(), "broken: panic: ouch") {
		t.Errorf("got %v", err)
	}
}

func TestStopIsNoError(t *testing.T) {
	parent, cancel := context.WithCancel(context.Background())
	g := New(parent)
	g.Go("waiter", untilDone)
	cancel()
	if err := g.Wait(); err != nil {
		t.Errorf("got %v", err)
	}
}

func TestWaitForNamesTheLate(t *testing.T) {
	g := New(context.Background())
	release := make(chan struct{})
	g.Go("quick", untilDone)
	g.Go("slow", func(context.Context) error { <-release; return nil })
	g.Stop()
	late, err := g.WaitFor(20 * time.Millisecond)
	if len(late) == 0 || late[len(late)-1] != "slow" || err != nil {
		t.Errorf("late %v, error %v", late, err)
	}
	close(release)
	if late, err := g.WaitFor(time.Minute); late != nil || err != nil {
		t.Errorf("late %v, error %v", late, err)
	}
}

func TestEndedSeesTheError(t *testing.T) {
	g := New(context.Background())
	wrong := errors.New("wrong")
	var seen error
	g.GoThen("failing", func(context.Context) error { return wrong }, func(err error) { seen = err })
	if err := g.Wait(); err != nil || !errors.Is(seen, wrong) || g.Context().Err() != nil {
		t.Errorf("group %v, seen %v", err, seen)
	}
}
