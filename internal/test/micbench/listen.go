package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"

	"earshot/internal/test/vmic"

	"golang.org/x/sys/unix"
)

// configuration listens to the virtual microphone, publishes every label, and
// lets an event end soon, so that clips do not run into each other.
const configuration = `
node: {id: micbench}
state_dir: %q
sources: [{name: mic, kind: portaudio, device: %s}]
model: {path: %q}
watch: {on: %g, off: %g, hold: 1s, labels: [{label: "*"}], groups: []}
mqtt: {embedded: "127.0.0.1:%d", discovery: false, scores: 1}
web: {listen: ""}
log: {format: json}
`

// listener is the program at work and somebody who reads its MQTT messages.
type listener struct {
	dir   string
	procs []*exec.Cmd

	mu     sync.Mutex
	online bool
	ended  bool               // the program has ended
	heard  time.Time          // end of the newest window that has scores
	missed bool               // windows are missing since begin
	on     map[string]bool    // labels that are on now
	peaks  map[string]float64 // of the events since begin
	log    []byte             // what the program wrote
}

// listen starts both and waits until the microphone is online.
func listen(program, model string, on float64, mic *vmic.Mic) (*listener, error) {
	dir, err := os.MkdirTemp("", "micbench")
	if err != nil {
		return nil, err
	}
	l := &listener{dir: dir, on: map[string]bool{}}
	l.begin()
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "config.yaml")
	text := fmt.Sprintf(configuration, dir, vmic.Device, model, on, on/2, port)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	run := exec.Command(program, "run", "--config", config)
	run.Env = append(os.Environ(), mic.Env()...)
	stderr, err := run.StderrPipe()
	if err == nil {
		err = l.start(run)
	}
	if err != nil {
		l.close()
		return nil, err
	}
	go l.keep(stderr)
	go l.subscribe(port)
	for end := time.Now().Add(patience); ; time.Sleep(100 * time.Millisecond) {
		l.mu.Lock()
		online, ended, log := l.online, l.ended, string(l.log)
		l.mu.Unlock()
		if online {
			return l, nil
		}
		if ended || time.Now().After(end) {
			l.close()
			return nil, fmt.Errorf("%w: the microphone does not come online; the program says:\n%s", errUnheard, log)
		}
	}
}

func freePort() (int, error) {
	c, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer c.Close()
	return c.Addr().(*net.TCPAddr).Port, nil
}

func (l *listener) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	if err := cmd.Start(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.procs = append(l.procs, cmd)
	return nil
}

// keep holds on to the last of what the program writes, for an error message.
func (l *listener) keep(r io.Reader) {
	for s := bufio.NewScanner(r); s.Scan(); {
		l.mu.Lock()
		l.log = append(append(l.log, s.Bytes()...), '\n')
		l.log = l.log[max(0, len(l.log)-4000):]
		l.mu.Unlock()
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ended, l.online = true, false
}

// subscribe reads messages until the broker is gone for good.
func (l *listener) subscribe(port int) {
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(200 * time.Millisecond) {
		cmd := exec.Command("mosquitto_sub", "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-q", "1", "-v", "-t", "earshot/#")
		out, err := cmd.StdoutPipe()
		if err != nil || l.start(cmd) != nil {
			return
		}
		for s := bufio.NewScanner(out); s.Scan(); {
			topic, payload, _ := strings.Cut(s.Text(), " ")
			l.take(topic, payload)
			end = time.Now().Add(patience)
		}
		cmd.Wait()
	}
}

// take is one message.
func (l *listener) take(topic, payload string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case topic == "earshot/micbench/mic/availability":
		l.online = payload == "online"
	case strings.HasSuffix(topic, "/state"):
		parts := strings.Split(topic, "/")
		if payload == "ON" {
			l.on[parts[len(parts)-2]] = true
		} else {
			delete(l.on, parts[len(parts)-2])
		}
	case topic == "earshot/micbench/mic/scores":
		var s struct{ At time.Time }
		if json.Unmarshal([]byte(payload), &s) == nil {
			l.missed = l.missed || !l.heard.IsZero() && s.At.Sub(l.heard) > windowsApart
			l.heard = s.At
		}
	case topic == "earshot/micbench/mic/event":
		var e struct {
			Type  string  `json:"event_type"`
			Score float64 `json:"score"` // its peak, when it is over
		}
		if json.Unmarshal([]byte(payload), &e) == nil {
			l.peaks[e.Type] = max(l.peaks[e.Type], e.Score)
		}
	}
}

// windowsApart is more than lies between two windows (0.743 s) and less than
// between two with one missing.
const windowsApart = 1100 * time.Millisecond

// begin forgets the events so far.
func (l *listener) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.peaks, l.missed = map[string]float64{}, false
}

// errUnheard says that this machine was too busy to hear all of a clip.
var errUnheard = errors.New("not all of the clip was heard")

// strongest waits until all that was played before now has been heard and is
// over, and returns the label of the strongest event since begin; "" when there
// was none.
func (l *listener) strongest() (label string, peak float64, err error) {
	played := time.Now().Add(quiet)
	for over := false; !over; time.Sleep(100 * time.Millisecond) {
		l.mu.Lock()
		over = l.heard.After(played) && len(l.on) == 0
		online, log := l.online, string(l.log)
		l.mu.Unlock()
		if !online || time.Since(played) > patience {
			return "", 0, fmt.Errorf("%w: the microphone is online: %v; the program says:\n%s", errUnheard, online, log)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.missed {
		return "", 0, errUnheard
	}
	for k, v := range l.peaks {
		if v > peak {
			label, peak = k, v
		}
	}
	return label, peak, nil
}

// close ends what was started.
func (l *listener) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, p := range l.procs {
		p.Process.Signal(unix.SIGTERM)
	}
	os.RemoveAll(l.dir)
}
