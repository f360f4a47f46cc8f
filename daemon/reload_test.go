package daemon

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/status"
)

// hup sends SIGHUP's stand-in and waits for what comes of it.
func (r *rig) hup(t *testing.T) Reloaded {
	t.Helper()
	r.reload <- syscall.SIGHUP
	select {
	case what := <-r.reloads:
		r.page = what.Ready.Page
		return what
	case err := <-r.done:
		t.Fatalf("the daemon ended: %v", err)
	case <-time.After(hang):
		t.Fatal("the reload does not end")
	}
	return Reloaded{}
}

// hupTo reloads a configuration and fails unless it changes what it should.
func (r *rig) hupTo(t *testing.T, yaml string, changed ...string) {
	t.Helper()
	r.configure(yaml)
	if got := r.hup(t); got.Err != nil || !slices.Equal(got.Changed, changed) {
		t.Fatalf("changed %q (%v), want %q", got.Changed, got.Err, changed)
	}
}

// hupBad reloads a configuration and fails unless it is refused for these reasons.
func (r *rig) hupBad(t *testing.T, yaml string, why ...string) {
	t.Helper()
	r.configure(yaml)
	got := r.hup(t)
	if got.Err == nil {
		t.Fatalf("it was taken, and changed %q:\n%s", got.Changed, yaml)
	}
	for _, want := range why {
		if !strings.Contains(got.Err.Error(), want) {
			t.Errorf("not told: %s; got %v", want, got.Err)
		}
	}
}

// loop is a recording played over and over in real time.
func loop(name, path string) string {
	return "{name: " + name + ", kind: file, loop: true, paths: ['" + path + "']}"
}

// TestReloadThatHangs: while a configuration is read from a disk that does not answer the daemon goes on, says so after
// a while, ends when it is told to, and takes the newest configuration once the disk is back.
func TestReloadThatHangs(t *testing.T) {
	r := newRig(t, quick+"sources: ["+loop("a", wav(t, "dog", 3.0))+"]\n")
	read := r.opts.Load
	var gone atomic.Bool // the disk
	r.opts.Load = func() (*config.File, error) {
		for gone.Load() && t.Context().Err() == nil {
			time.Sleep(time.Millisecond)
		}
		if err := t.Context().Err(); err != nil { // the last reload was given up: nothing of it may come into the folders that go now
			return nil, err
		}
		return read()
	}
	r.opts.Patience = 50 * time.Millisecond
	r.start()
	r.house.wait(t, "dog", has("/a/dog/state", "ON"))
	gone.Store(true)
	for range 2 { // the second finds the first still waiting
		if got := r.hup(t); got.Err == nil || !strings.Contains(got.Err.Error(), "does a disk not answer") {
			t.Fatalf("changed %q (%v), want an error that says what it waits for", got.Changed, got.Err)
		}
	}
	heard := r.status(t).Sources[0].Windows
	r.until(t, "goes on all the while", func(s status.Status) bool { return s.Sources[0].Windows > heard })
	r.configure(quick + "sources: [" + loop("b", wav(t, "siren", 3.0)) + "]\n")
	gone.Store(false)
	for { // a busy machine may take longer than the little that is allowed here
		got := <-r.reloads
		if got.Err == nil && slices.Equal(got.Changed, []string{"sources"}) {
			break
		}
		select {
		case r.reload <- syscall.SIGHUP:
		default:
		}
	}
	gone.Store(true)
	for r.hup(t).Err == nil { // one that was asked for before
	}
	start := time.Now()
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
	t.Logf("stopped within %v", time.Since(start))
}

func TestReload(t *testing.T) {
	dog, siren := wav(t, "dog", 3.0), wav(t, "siren", 3.0)
	r := newRig(t, quick+"sources: ["+loop("a", dog)+", "+loop("b", siren)+"]\n")
	r.start()
	r.house.wait(t, "dog at a", has("/a/dog/state", "ON"))
	r.house.wait(t, "siren at b", has("/b/siren/state", "ON"))

	// A bad file changes nothing and says why, with the line.
	r.hupBad(t, "windows: {hop_frames: 3}\nbroken: true\n", `config.yaml:1: windows.hop_frames`, `config.yaml:2: broken: unknown key`)
	for _, want := range []string{`config.yaml:1: windows.hop_frames`, `config.yaml:2: broken: unknown key`} {
		if !strings.Contains(r.log.String(), want) {
			t.Errorf("not logged: %s", want)
		}
	}
	// So does one that names a label the model does not have, or a model that is not there.
	r.hupBad(t, "watch: {labels: [{label: dgo}]}\n", `watch.labels[0].label: "dgo"`)
	r.hupBad(t, "model: {path: /nowhere.onnx}\n", "/nowhere.onnx")
	// A file that says the same changes nothing either.
	r.hupTo(t, "# only a remark\n"+quick+"sources: ["+loop("a", dog)+", "+loop("b", siren)+"]\n")

	// A source that goes vanishes from the broker; the other goes on without a break.
	r.hupTo(t, quick+"sources: ["+loop("a", dog)+"]\n", "sources")
	r.house.wait(t, "b's topics emptied", has("/b/siren/state", ""))

	// A label that goes vanishes too, another threshold is used, and the source is not restarted for it.
	r.hupTo(t, "watch: {hold: 0s, labels: [{label: siren}], groups: []}\nsmoothing: {windows: 1}\nsources: ["+loop("a", dog)+"]\n", "labels")
	r.house.wait(t, "a's dog emptied", has("/a/dog/state", ""))

	// A new source comes.
	r.hupTo(t, "watch: {hold: 0s, labels: [{label: siren}], groups: []}\nsmoothing: {windows: 1}\nsources: ["+loop("a", dog)+", "+loop("c", siren)+"]\n", "sources")
	r.house.wait(t, "siren at c", has("/c/siren/state", "ON"))

	r.house.mu.Lock()
	for i, seen := 0, on(r.house.all, "n1/a/availability"); i+1 < len(seen); i++ {
		if seen[i] == "online" && seen[i+1] != "online" {
			t.Errorf("a was disturbed by changes that are not its own: %v", seen)
		}
	}
	r.house.mu.Unlock()

	// Another model, another hop: everything that listens starts afresh, nothing else.
	path := filepath.Join(t.TempDir(), "model.onnx")
	if err := os.WriteFile(path, modelBytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	r.hupTo(t, "windows: {hop_frames: 32}\ninference: {threads: 2}\nmodel: {path: '"+path+"'}\nsources: ["+loop("a", dog)+"]\nwatch: {labels: [{label: dog}], groups: []}\n", "model", "labels", "windows", "sources")
	r.house.wait(t, "dog again", func(all []message) bool {
		states := on(all, "/a/dog/state")
		return states[len(states)-1] == "ON"
	})

	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
}

// TestReloadPageAndName: the page moves, the machine is announced under its new name and in its new area, and neither
// a sound nor the connection is disturbed by it.
func TestReloadPageAndName(t *testing.T) {
	dog := wav(t, "dog", 3.0)
	sources := "sources: [" + loop("a", dog) + "]\n"
	r := newRig(t, quick+sources)
	r.start()
	r.house.wait(t, "dog", has("/a/dog/state", "ON"))
	r.hupTo(t, quick+sources+"node: {name: Hallway, area: Below}\nweb: {url: 'http://hallway.lan:8090/'}\n", "web", "mqtt")
	announced := func(parts ...string) func(all []message) bool {
		return func(all []message) bool {
			for _, p := range on(all, "/config") {
				found := 0
				for _, part := range parts {
					if strings.Contains(p, part) {
						found++
					}
				}
				if found == len(parts) {
					return true
				}
			}
			return false
		}
	}
	r.house.wait(t, "announced as Hallway", announced(`"Hallway"`, `"Below"`, "hallway.lan"))
	// Names follow the language of the house.
	r.hupTo(t, quick+sources+"node: {name: Hallway, area: Below, language: de}\nweb: {url: 'http://hallway.lan:8090/'}\n", "labels", "mqtt")
	r.house.wait(t, "a German dog", announced(`"Hund"`))
	// A group whose topics would be another thing's is a mistake like any other.
	r.hupBad(t, sources+"watch: {labels: [{label: dog}], groups: [{name: mute, labels: [dog]}]}\n", "mute")
	r.house.mu.Lock()
	for _, state := range on(r.house.all, "n1/availability") {
		if state != "online" {
			t.Errorf("the machine said %s", state)
		}
	}
	r.house.mu.Unlock()
	if n := r.status(t).Broker.Connects; n != 1 {
		t.Errorf("connected %d times", n)
	}
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
}

// TestReloadConnection: another keep-alive needs another connection; mutes go on over it, and so does the sound.
func TestReloadConnection(t *testing.T) {
	dog := wav(t, "dog", 3.0, "", 2.0)
	sources := "sources: [" + loop("a", dog) + "]\n"
	r := newRig(t, quick+sources)
	r.start()
	r.house.wait(t, "dog", has("/a/dog/state", "ON"))
	if token := r.house.client.Publish("earshot/n1/a/rain/mute/set", 1, false, "1h"); !token.WaitTimeout(hang) || token.Error() != nil {
		t.Fatal(token.Error())
	}
	r.house.wait(t, "rain muted", has("/a/rain/mute", "ON"))
	r.until(t, "rain muted", func(s status.Status) bool { return s.Sources[0].Labels[2].Muted })
	r.house.forget()
	r.hupTo(t, quick+sources+"mqtt: {keep_alive: 7s}\n", "mqtt")
	r.house.wait(t, "online again", has("n1/availability", "online"))
	r.house.wait(t, "source online again", has("n1/a/availability", "online"))
	r.house.wait(t, "rain muted still", has("/a/rain/mute", "ON"))
	r.house.wait(t, "dog again", has("/a/dog/state", "ON"))
	r.cancel()
	if err := r.end(); err != nil {
		t.Fatal(err)
	}
}
