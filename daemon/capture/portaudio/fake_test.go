package portaudio

import (
	"errors"
	"sync"
	"time"

	"earshot/daemon/capture"
	"earshot/internal/test/sourcetest"
)

// fakeSystem stands in for PortAudio: each call is a func that may be replaced.
type fakeSystem struct {
	mu      sync.Mutex
	devices []capture.Device
	refuse  func(d capture.Device, channels, rate int) error
	hang    map[string]chan struct{} // what hangs until its channel is closed
	users   int
	inits   int
	streams []*fakeStream
}

var errRefused = errors.New("invalid sample rate")

func (f *fakeSystem) block(call string) {
	f.mu.Lock()
	c := f.hang[call]
	f.mu.Unlock()
	if c != nil {
		<-c
	}
}

func (f *fakeSystem) Initialize() error {
	f.block("Initialize")
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.users == 0 {
		f.inits++
	}
	f.users++
	return nil
}

func (f *fakeSystem) Terminate() error {
	f.block("Terminate")
	f.mu.Lock()
	defer f.mu.Unlock()
	f.users--
	return nil
}

func (f *fakeSystem) Inputs() ([]capture.Device, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.devices, nil
}

func (f *fakeSystem) Supports(d capture.Device, channels, rate int) error {
	if f.refuse != nil {
		return f.refuse(d, channels, rate)
	}
	return nil
}

func (f *fakeSystem) Refused(err error) bool { return errors.Is(err, errRefused) }

func (f *fakeSystem) Open(d capture.Device, channels, rate int, latency time.Duration, call callback) (stream, error) {
	f.block("Open")
	s := &fakeStream{sys: f, device: d, channels: channels, rate: rate, call: call}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.streams = append(f.streams, s)
	return s, nil
}

// stream returns the i-th stream that was opened, waiting for it.
func (f *fakeSystem) stream(i int) *fakeStream {
	for end := time.Now().Add(sourcetest.HangGuard); time.Now().Before(end); time.Sleep(time.Millisecond) {
		f.mu.Lock()
		if len(f.streams) > i && f.streams[i].started {
			s := f.streams[i]
			f.mu.Unlock()
			return s
		}
		f.mu.Unlock()
	}
	panic("the stream is not opened")
}

// give brings x to the newest stream, if that runs.
func (f *fakeSystem) give(x []float32) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.streams); n > 0 && f.streams[n-1].started && !f.streams[n-1].closed {
		f.streams[n-1].call(x, false)
	}
}

type fakeStream struct {
	sys            *fakeSystem
	device         capture.Device
	channels, rate int
	call           callback
	started        bool
	closed         bool
}

func (s *fakeStream) Start() error {
	s.sys.block("Start")
	s.sys.mu.Lock()
	defer s.sys.mu.Unlock()
	s.started = true
	return nil
}
func (s *fakeStream) Abort() error { s.sys.block("Abort"); return nil }
func (s *fakeStream) Close() error {
	s.sys.block("Close")
	s.sys.mu.Lock()
	defer s.sys.mu.Unlock()
	s.closed = true
	return nil
}

// leisurely are deadlines that nothing but a hang reaches.
var leisurely = deadlines{sourcetest.HangGuard, sourcetest.HangGuard, sourcetest.HangGuard, sourcetest.HangGuard, sourcetest.HangGuard, sourcetest.HangGuard, sourcetest.HangGuard}
