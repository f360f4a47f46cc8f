package main

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"time"

	"earshot/internal/test/output"
	"earshot/internal/test/quota"
	"earshot/internal/test/wallclock"

	"golang.org/x/sys/unix"
)

// daemon is the program under systemd, for which this stands: it is started again when it ends by itself.
type daemon struct {
	s       *scene
	page    string // host:port
	notify  *net.UnixConn
	log     output.Buffer
	clock   *wallclock.Clock // its wall clock; nil = the machine's
	quota   *quota.Group     // its processor time; nil = all of it
	running sync.WaitGroup

	mu       sync.Mutex
	cmd      *exec.Cmd
	ending   bool
	restarts int       // by itself
	fed      time.Time // the watchdog, last
	hungry   time.Duration
}

func newDaemon(s *scene) *daemon { return &daemon{s: s} }

// configure writes the configuration file.
func (d *daemon) configure(text string) error {
	if d.page == "" {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		defer l.Close()
		d.page = l.Addr().String()
	}
	return os.WriteFile(d.s.path("config.yaml"), fmt.Appendf(nil, "%sweb: {listen: %q}\n", text, d.page), 0o600)
}

// start runs it, and from then on again whenever it ends by itself.
func (d *daemon) start() error {
	if d.notify == nil {
		var err error
		d.notify, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: d.s.path("notify"), Net: "unixgram"})
		if err != nil {
			return err
		}
		go d.listen()
	}
	d.mu.Lock()
	d.ending = false
	d.mu.Unlock()
	if err := d.launch(); err != nil {
		return err
	}
	d.running.Add(1)
	go d.keep()
	return nil
}

// launch starts the process.
func (d *daemon) launch() error {
	cmd := exec.Command(d.s.program, "run", "--config", d.s.path("config.yaml"))
	cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+d.s.path("notify"), "WATCHDOG_USEC=30000000")
	if d.s.mic != nil {
		cmd.Env = append(cmd.Env, d.s.mic.Env()...)
	}
	cmd.Stdout, cmd.Stderr = &d.log, &d.log
	begin := cmd.Start
	if d.clock != nil {
		begin = func() error { return d.clock.Start(cmd) }
	}
	if err := begin(); err != nil {
		return err
	}
	d.mu.Lock()
	d.cmd, d.fed = cmd, time.Time{}
	d.mu.Unlock()
	if d.quota != nil {
		return d.quota.Add(cmd.Process.Pid)
	}
	return nil
}

// keep starts it again, until it is told to end.
func (d *daemon) keep() {
	defer d.running.Done()
	for {
		d.mu.Lock()
		cmd := d.cmd
		d.mu.Unlock()
		_ = cmd.Wait()
		d.mu.Lock()
		ending := d.ending
		if !ending {
			d.restarts++
		}
		d.mu.Unlock()
		if ending {
			return
		}
		time.Sleep(time.Second) // RestartSec
		if err := d.launch(); err != nil {
			fmt.Fprintln(&d.log, err)
			return
		}
	}
}

// listen takes the messages to systemd.
func (d *daemon) listen() {
	b := make([]byte, 4096)
	for {
		n, err := d.notify.Read(b)
		if err != nil {
			return
		}
		if !strings.Contains(string(b[:n]), "WATCHDOG=1") {
			continue
		}
		d.mu.Lock()
		if !d.fed.IsZero() {
			d.hungry = max(d.hungry, time.Since(d.fed))
		}
		d.fed = time.Now()
		d.mu.Unlock()
	}
}

// signal sends one to the process.
func (d *daemon) signal(s unix.Signal) error { return unix.Kill(d.pid(), s) }

func (d *daemon) pid() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.cmd.Process.Pid
}

// lastOrders says that it is not to be started again.
func (d *daemon) lastOrders() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.ending = true
}

// stop sends the last signal and waits for the end.
func (d *daemon) stop(s unix.Signal) {
	d.lastOrders()
	_ = d.signal(s) // fails when it has ended
	kill := time.AfterFunc(20*time.Second, func() { _ = d.signal(unix.SIGKILL) })
	defer kill.Stop()
	d.running.Wait()
}

// end stops it for good.
func (d *daemon) end() {
	d.stop(unix.SIGTERM)
	if d.notify != nil {
		d.notify.Close()
	}
	if d.quota != nil {
		_ = d.quota.Close()
	}
	if path := os.Getenv("FAULTS_LOG"); path != "" {
		_ = os.WriteFile(path, []byte(d.log.String()), 0o600)
	}
}

// status is what the page says of the program, as far as it matters here.
type status struct {
	Broker struct {
		Queued, Dropped int64
		Connects        int64
	}
	Clips struct {
		Written, Lost int64
	}
	Sources []struct {
		Phase      string
		Samples    int64
		Lost       int64   `json:"samples_lost"`
		Windows    int64   // scored
		Dropped    int64   `json:"windows_dropped"`
		LatencyP50 float64 `json:"latency_p50_ms"`
		LatencyP99 float64 `json:"latency_p99_ms"`
		Events     int64
	}
}

// status asks the page.
func (d *daemon) status() (s status, err error) {
	client := http.Client{Timeout: patience}
	response, err := client.Get("http://" + d.page + "/status")
	if err != nil {
		return s, err
	}
	defer response.Body.Close()
	if err = json.NewDecoder(response.Body).Decode(&s); err == nil && len(s.Sources) == 0 {
		err = fmt.Errorf("the page shows no source")
	}
	return s, err
}

// figures are what the kernel says of the process: resident memory and processor time so far.
func (d *daemon) figures() (residentMB, processorSeconds float64, err error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", d.pid()))
	if err != nil {
		return 0, 0, err
	}
	_, rest, _ := strings.Cut(string(text), ") ")
	fields := strings.Fields(rest) // from field 3 on
	number := func(field int) float64 {
		v, _ := strconv.ParseFloat(fields[field-3], 64)
		return v
	}
	return number(24) * float64(os.Getpagesize()) / 1e6, (number(14) + number(15)) / 100, nil
}
