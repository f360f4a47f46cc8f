package daemon

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"earshot/daemon/broker"
	"earshot/daemon/capture"
	"earshot/daemon/config"
	"earshot/daemon/source"
	"earshot/daemon/status"
	"earshot/internal/audio"
	"earshot/internal/logging"
	"earshot/internal/test/testmodel"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// hang is how long anything may take before a test gives up; no test depends on less.
const hang = 2 * time.Minute

// Tones in the middle of the bands of the test model's labels: four labels share 128 bands between 50 Hz and
// 22 kHz, lowest first.
var toneHz = map[string]float64{"dog": 150, "siren": 1000, "rain": 4000}

// testLabels is what the test model knows.
var testLabels = []string{"dog", "siren", "rain", "background"}

func modelBytes() []byte { return testmodel.New(testLabels...).Bytes() }

// wav writes a recording: pairs of a label ("" for silence) and seconds.
func wav(t testing.TB, parts ...any) string {
	t.Helper()
	var x []float32
	for i := 0; i < len(parts); i += 2 {
		hz := toneHz[parts[i].(string)]
		n := int(parts[i+1].(float64) * 44100)
		for k := range n {
			x = append(x, float32(0.3*math.Sin(2*math.Pi*hz*float64(k)/44100)))
		}
	}
	path := filepath.Join(t.TempDir(), "sound.wav")
	if err := audio.WriteWAV16(path, x, 44100); err != nil {
		t.Fatal(err)
	}
	return path
}

// listener is a subscriber at a broker that remembers all it got.
type listener struct {
	client mqtt.Client
	mu     sync.Mutex
	cond   *sync.Cond
	all    []message
}

type message struct {
	topic, payload string
	at             time.Time
}

func listen(t testing.TB, url string) *listener { return listenTo(t, url, "#") }

// listenTo is listen for one filter. A filter with a wildcard races with publishers in mochi-mqtt v2.7.9
// (TopicsIndex.scanMessages reads what RetainMessage writes): while anybody publishes, name a topic.
func listenTo(t testing.TB, url, filter string) *listener {
	t.Helper()
	l := &listener{}
	l.cond = sync.NewCond(&l.mu)
	options := mqtt.NewClientOptions().AddBroker(url).SetClientID(fmt.Sprintf("listener%d", time.Now().UnixNano())).SetOrderMatters(true)
	l.client = mqtt.NewClient(options)
	if token := l.client.Connect(); !token.WaitTimeout(hang) || token.Error() != nil {
		t.Fatalf("subscriber: %v", token.Error())
	}
	t.Cleanup(func() { l.client.Disconnect(0) })
	if token := l.client.Subscribe(filter, 1, func(_ mqtt.Client, m mqtt.Message) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.all = append(l.all, message{m.Topic(), string(m.Payload()), time.Now()})
		l.cond.Broadcast()
	}); !token.WaitTimeout(hang) || token.Error() != nil {
		t.Fatalf("subscribe: %v", token.Error())
	}
	return l
}

// forget drops all messages so far: what a test remembers is not the daemon's.
func (l *listener) forget() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = nil
}

// wait blocks until ok says so of all messages so far.
func (l *listener) wait(t testing.TB, what string, ok func([]message) bool) {
	t.Helper()
	stop := time.AfterFunc(hang, func() { l.cond.Broadcast() })
	defer stop.Stop()
	end := time.Now().Add(hang)
	l.mu.Lock()
	defer l.mu.Unlock()
	for !ok(l.all) {
		if time.Now().After(end) {
			var b strings.Builder
			for _, m := range l.all {
				fmt.Fprintf(&b, "%s %s\n", m.topic, m.payload)
			}
			t.Fatalf("never: %s; got\n%s", what, b.String())
		}
		l.cond.Wait()
	}
}

// on lists the payloads of topics with this end, in order.
func on(all []message, end string) []string {
	var out []string
	for _, m := range all {
		if strings.HasSuffix(m.topic, end) {
			out = append(out, m.payload)
		}
	}
	return out
}

func has(end, payload string) func([]message) bool {
	return func(all []message) bool {
		for _, p := range on(all, end) {
			if p == payload {
				return true
			}
		}
		return false
	}
}

// rig is a daemon under test with a broker of its own.
type rig struct {
	t       testing.TB
	broker  *broker.Broker
	house   *listener
	log     *lines
	path    string // configuration file
	reload  chan os.Signal
	reloads chan Reloaded
	ready   chan Ready
	page    string // once status has asked for it
	cancel  context.CancelFunc
	done    chan error
	opts    Options
}

// lines is a log that tests read while it is written.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// newRig prepares a daemon with the given configuration; the broker and the state are the rig's.
func newRig(t testing.TB, yaml string) *rig {
	t.Helper()
	b, err := broker.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.Close() })
	r := &rig{t: t, broker: b, house: listen(t, b.URL()), log: &lines{}, path: filepath.Join(t.TempDir(), "config.yaml"),
		reload: make(chan os.Signal, 1), reloads: make(chan Reloaded, 1), ready: make(chan Ready, 1), done: make(chan error, 1)}
	state := t.TempDir()
	r.configure(yaml)
	r.opts = Options{
		Load: func() (*config.File, error) {
			return config.Load(r.path, []config.Override{
				{Flag: "test", Key: "mqtt.broker", Value: b.URL()},
				{Flag: "test", Key: "node.id", Value: "n1"},
				{Flag: "test", Key: "state_dir", Value: state},
				{Flag: "test", Key: "web.listen", Value: "127.0.0.1:0"},
			})
		},
		BuiltIn: modelBytes,
		Log:     logging.New(logging.Config{Level: "info", Format: "json", Out: r.log}),
		Version: "test",
		Devices: func() ([]capture.Device, error) { return nil, nil },
		Means: source.Means{Demo: func(int, func(capture.State)) (capture.Source, error) {
			return nil, errors.New("no demo in this test")
		}},
		Reload:   r.reload,
		Reloaded: func(what Reloaded) { r.reloads <- what },
		Ready:    func(ready Ready) { r.ready <- ready },
	}
	return r
}

func (r *rig) configure(yaml string) {
	r.t.Helper()
	if err := os.WriteFile(r.path, []byte(yaml), 0o600); err != nil {
		r.t.Fatal(err)
	}
}

// embedded lets the daemon start a broker of its own.
func (r *rig) embedded() {
	load := r.opts.Load
	r.opts.Load = func() (f *config.File, err error) {
		if f, err = load(); err == nil {
			f.Config.MQTT.Broker = ""
		}
		return f, err
	}
}

// start runs the daemon.
func (r *rig) start() {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() { r.done <- Run(ctx, r.opts) }()
	r.t.Cleanup(func() {
		cancel()
		if r.t.Failed() {
			r.t.Logf("log:\n%s", r.log)
		}
	})
}

// end waits for the daemon's end and returns its error.
func (r *rig) end() error {
	r.t.Helper()
	select {
	case err := <-r.done:
		return err
	case <-time.After(hang):
		r.t.Fatal("the daemon does not end")
		return nil
	}
}

// status is what the page says at this moment.
func (r *rig) status(t *testing.T) (s status.Status) {
	t.Helper()
	if r.page == "" {
		r.page = (<-r.ready).Page
	}
	response, err := http.Get(r.page + "status")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(&s); err != nil {
		t.Fatal(err)
	}
	return s
}

// until waits until the page says so.
func (r *rig) until(t *testing.T, what string, ok func(status.Status) bool) {
	t.Helper()
	for end := time.Now().Add(hang); !ok(r.status(t)); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("never: %s", what)
		}
	}
}

type eventPayload struct {
	Type     string    `json:"event_type"`
	Phase    string    `json:"phase"`
	Score    float64   `json:"score"`
	Onset    time.Time `json:"onset"`
	Duration float64   `json:"duration"`
}

// published waits for the daemon's farewell and returns the events of the source src.
func (r *rig) published(t *testing.T) []eventPayload {
	t.Helper()
	r.house.wait(t, "offline", has("earshot/n1/availability", "offline"))
	r.house.mu.Lock()
	defer r.house.mu.Unlock()
	var events []eventPayload
	for _, p := range on(r.house.all, "/src/event") {
		var e eventPayload
		if err := json.Unmarshal([]byte(p), &e); err != nil {
			t.Fatal(err)
		}
		if e.Phase == "end" {
			events = append(events, e)
		}
	}
	return events
}
