package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"earshot/daemon/status"
	"earshot/internal/subscribe"
	"earshot/internal/test/rig"
	"earshot/internal/test/testmodel"

	"golang.org/x/sys/unix"
)

var (
	full = served{name: "full"}
	half = served{name: "half", half: true}
)

// steps are what is shown, in order: an engine that a step started serves those after it.
var steps = []rig.Step[*scene]{
	{"this machine alone", speedLocal},
	{"16-bit windows on clips, in this process", halfOnClips},
	{"Triton, gRPC: scores as here", func(s *scene) (string, error) {
		if err := s.startTriton(full); err != nil {
			return "", err
		}
		return s.equal("grpc", false, 1e-5)
	}},
	{"Triton, HTTP with binary tensors: scores as here", func(s *scene) (string, error) { return s.equal("http", false, 1e-5) }},
	{"Triton, gRPC: speed", func(s *scene) (string, error) { return s.speedOf("grpc", false) }},
	{"Triton, 16-bit windows: scores", func(s *scene) (string, error) {
		if err := s.startTriton(half); err != nil {
			return "", err
		}
		return s.equal("grpc", true, 0.05)
	}},
	{"Triton, 16-bit windows: speed", func(s *scene) (string, error) { return s.speedOf("grpc", true) }},
	{"MLServer, gRPC: scores as here", func(s *scene) (string, error) {
		if err := s.startMLServer(full); err != nil {
			return "", err
		}
		return s.equal("grpc", false, 1e-5)
	}},
	{"MLServer, HTTP with JSON: scores as here", func(s *scene) (string, error) { return s.equal("http", false, 1e-5) }},
	{"MLServer, gRPC: speed", func(s *scene) (string, error) { return s.speedOf("grpc", false) }},
	{"MLServer serves other labels", func(s *scene) (string, error) {
		if err := s.startMLServer(served{name: "mllabels", labels: swapped(s)}); err != nil {
			return "", err
		}
		return s.refusal(fmt.Sprintf("url: '127.0.0.1:%d'", s.engine.grpc), `its label 0 is "rooster", want "dog"`)
	}},
	{"one microphone here, of which no window is ever late", func(s *scene) (string, error) { return s.listen("", 1) }},
	{"32 microphones here", func(s *scene) (string, error) { return s.listen("", microphones) }},
	{"32 microphones, Triton", func(s *scene) (string, error) {
		if err := s.startTriton(full); err != nil {
			return "", err
		}
		return s.listen(fmt.Sprintf("url: '127.0.0.1:%d'", s.engine.grpc), microphones)
	}},
	{"Triton is killed under load", killed},
	{"Triton is started again", back},
	{"Triton hangs under load", hangs},
	{"Triton wakes up", wakes},
	{"32 microphones after all that", func(s *scene) (string, error) { return s.settle() }},
	{"Triton knows no such model", func(s *scene) (string, error) {
		return s.refusal(fmt.Sprintf("url: '127.0.0.1:%d', model: yamnet", s.engine.grpc), `it knows no model "yamnet"`)
	}},
	{"precision: fp16, and the model takes 32 bits", func(s *scene) (string, error) {
		return s.refusal(fmt.Sprintf("url: '127.0.0.1:%d', precision: fp16", s.engine.grpc), `of type "FP32", want FP16`)
	}},
	{"a token: right, old, none, and TLS", tokens},
	{"Triton with TLS of its own", tritonTLS},
	{"Triton serves other labels", func(s *scene) (string, error) {
		if err := s.startTriton(served{name: "labels", labels: swapped(s)}); err != nil {
			return "", err
		}
		return s.refusal(fmt.Sprintf("url: '127.0.0.1:%d'", s.engine.grpc), `its label 0 is "rooster", want "dog"`)
	}},
	{"Triton serves another network of the same labels and shapes", func(s *scene) (string, error) {
		spec := testmodel.New(s.model.Labels...)
		spec.Steps = s.model.Steps
		spec.Attend.Dims = []int{-1, s.model.Steps}
		spec.Metadata["front_end"] = s.model.FrontEnd
		path := s.path("other.onnx")
		if err := os.WriteFile(path, spec.Bytes(), 0o600); err != nil {
			return "", err
		}
		if err := s.startTriton(served{name: "other", model: path}); err != nil {
			return "", err
		}
		return s.refusal(fmt.Sprintf("url: '127.0.0.1:%d'", s.engine.grpc), "it serves another network")
	}},
	{"nothing listens", func(s *scene) (string, error) {
		port := s.engine.grpc
		s.stopEngine()
		return s.refusal(fmt.Sprintf("url: '127.0.0.1:%d'", port), "connection refused: nothing listens there")
	}},
}

// swapped are the model's labels with the first two exchanged.
func swapped(s *scene) string {
	l := slices.Clone(s.model.Labels)
	l[0], l[1] = l[1], l[0]
	return strings.Join(l, ",")
}

// refusal is what check-config says of a server that must not be taken.
func (s *scene) refusal(remote, want string) (string, error) {
	said, ok, err := s.check(remote)
	if err != nil {
		return "", err
	}
	if ok || !strings.Contains(said, want) || strings.Contains(said, "\n") {
		s.Fail("want an error of one line with %q", want)
	}
	return "“" + said + "”", nil
}

// heard are the labels of the events that came, and how many.
type heard struct {
	mu     sync.Mutex
	labels map[string]int
}

var (
	alone heard // this machine scores
	lent  heard // the server does, or did
)

// listen runs the program with so many microphones for a round of the recording. remote is inference.remote; "": none.
func (s *scene) listen(remote string, sources int) (string, error) {
	into := &alone
	if remote != "" {
		into = &lent
	}
	into.mu.Lock()
	if into.labels == nil {
		into.labels = map[string]int{}
	}
	into.mu.Unlock()
	if err := s.startDaemon(remote, sources); err != nil {
		return "", err
	}
	ready := func(now status.Status) bool {
		return len(now.Sources) == sources && now.Sources[sources-1].Windows > 0
	}
	if _, err := s.until("listening", time.Minute, func(now status.Status) bool { return ready(now) && (remote == "" || there(now)) }); err != nil {
		return "", err
	}
	now, err := s.status()
	if err != nil {
		return "", err
	}
	s.missing = missing(now) // all microphones start at once
	l, err := subscribe.New("tcp://"+s.broker, "earshot/+/+/event", func(m subscribe.Message) {
		var e struct {
			Type  string `json:"event_type"`
			Phase string
		}
		if json.Unmarshal(m.Payload, &e) == nil && e.Phase == "start" {
			into.mu.Lock()
			into.labels[e.Type]++
			into.mu.Unlock()
		}
	})
	if err != nil {
		return "", err
	}
	time.Sleep(45 * time.Second) // more than the recording's 38
	seen, err := s.settle()
	if remote == "" {
		l.Close()
		s.stopDaemon()
	}
	return seen, err
}

// settle sums up how the program fares: no window may be missing, something must have been heard, and no label that this machine alone does not
// hear.
func (s *scene) settle() (string, error) {
	now, err := s.status()
	if err != nil {
		return "", err
	}
	var windows int64
	var p50, p99 float64
	for _, source := range now.Sources {
		windows += source.Windows
		p50, p99 = max(p50, source.LatencyP50), max(p99, source.LatencyP99)
	}
	lost := missing(now) - s.missing
	if lost > 0 {
		s.Fail("windows are missing")
	}
	remotely := uint64(0)
	if r := now.Inference.Remote; r != nil {
		remotely = r.Windows
	}
	alone.mu.Lock()
	lent.mu.Lock()
	defer alone.mu.Unlock()
	defer lent.mu.Unlock()
	for label := range lent.labels {
		if alone.labels[label] == 0 {
			s.Fail("%q was heard, which this machine alone does not hear", label)
		}
	}
	events := alone.labels
	if now.Inference.Remote != nil {
		events = lent.labels
	}
	if len(events) == 0 {
		s.Fail("no event came")
	}
	return fmt.Sprintf("%d windows (%d of them on the server), %d missing; latency of the slowest microphone %.0f ms (median), %.0f ms (99 %%); events: %s",
		windows, remotely, lost, p50, p99, strings.Join(slices.Sorted(maps.Keys(events)), ", ")), nil
}

// longest is how late a window may be when the server fails: one hop of 64 frames.
const longest = 743 * time.Millisecond

// fallsBack watches how windows are scored after something was done to the server.
func (s *scene) fallsBack(do func()) (string, error) {
	before, err := s.status()
	if err != nil {
		return "", err
	}
	do()
	took, err := s.until("the server is left", 10*time.Second, here)
	if err != nil {
		return "", err
	}
	if took > longest {
		s.Fail("want less than %v", longest)
	}
	if _, err := s.until("windows are scored here", 10*time.Second, func(now status.Status) bool {
		return now.Inference.Windows > before.Inference.Windows+4*microphones
	}); err != nil {
		return "", err
	}
	time.Sleep(2 * time.Second)
	now, err := s.status()
	if err != nil {
		return "", err
	}
	late, lost := 0.0, missing(now)-missing(before)
	if lost > 0 {
		s.Fail("windows are missing")
	}
	for _, source := range now.Sources {
		late = max(late, source.LatencyP99)
	}
	return fmt.Sprintf("windows are scored here after %.0f ms, %d missing; latency 99 %% %.0f ms; health says: “%s”",
		millis(took), lost, late, strings.Join(now.Problems, "; ")), nil
}

func killed(s *scene) (string, error) { return s.fallsBack(s.engine.kill) }

func hangs(s *scene) (string, error) {
	return s.fallsBack(func() { s.engine.signal(unix.SIGSTOP) })
}

func back(s *scene) (string, error) {
	began := time.Now()
	if err := s.engine.launch(); err != nil {
		return "", err
	}
	up := time.Since(began)
	took, err := s.until("back on the server", 90*time.Second, there)
	return fmt.Sprintf("it is ready after %.1f s and used %.1f s later", up.Seconds(), took.Seconds()), err
}

func wakes(s *scene) (string, error) {
	s.engine.signal(unix.SIGCONT)
	took, err := s.until("back on the server", 90*time.Second, there)
	return fmt.Sprintf("used again after %.1f s", took.Seconds()), err
}
