package publish

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/internal/test/output"

	mqtt "github.com/eclipse/paho.mqtt.golang"
)

// paho is all that the library would log, of every test of this package. Its loggers are set before anything runs: it reads them
// from goroutines that outlive a connection.
var paho output.Buffer

func init() {
	for _, l := range []*mqtt.Logger{&mqtt.ERROR, &mqtt.CRITICAL, &mqtt.WARN, &mqtt.DEBUG} {
		*l = log.New(&paho, "", 0)
	}
}

// TestCanary: the password, and one hidden in addresses, is looked for in all
// that the publisher says: messages, errors, health, files, fmt, JSON, and what
// paho would log.
func TestCanary(t *testing.T) {
	dir := t.TempDir()
	m := newMosquitto(t, "password_file "+passwordFile(t, "earshot", canary))
	c := testConfig(m.URL())
	c.Username, c.Password = "earshot", canary
	c.StateFile, c.StoreDir = filepath.Join(dir, "announced.json"), dir
	c.Device.URL = "http://user:" + canary + "@hallway.lan/"
	said := statuses(&c)
	l := listenAt(t, mqtt.NewClientOptions().AddBroker(m.URL()).SetUsername("earshot").SetPassword(canary), "#")
	r := run(t, c)
	leak := "ffmpeg -i rtsp://cam:" + canary + "@10.0.0.7/stream exited"
	r.SourceAvailable("mic", false, leak)
	r.Diagnostics(Diagnostics{Sources: []SourceDiagnostics{{Name: "mic", Problem: "dead", Detail: leak}}})
	r.Occurrence(onset("dog", 0))
	r.settled(t)
	l.expect("earshot/n1/mic/problem", `{"state":"ON","reason":"lost","detail":"ffmpeg -i rtsp://***@10.0.0.7/stream exited"}`)
	m.Kill()
	eventually(t, "the loss is noticed", func() bool { return !r.Health().Connected })
	r.Occurrence(end("dog", 0, time.Second))
	r.stop(t)

	var all bytes.Buffer
	note := func(x ...any) { fmt.Fprintln(&all, x...) }
	l.mu.Lock()
	note(l.all)
	l.mu.Unlock()
	note(said.errors(), r.Health(), r.Stats())
	fmt.Fprintf(&all, "%v %+v %#v %v %+v %#v\n", c, c, c, r.Publisher, r.session, r.box)
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	asJSON = bytes.ReplaceAll(asJSON, []byte(c.Device.URL), nil) // a Config as given, not said by us
	note(string(asJSON))
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 2 {
		t.Fatalf("files %v, %v", files, err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		note(f, string(b))
	}
	wrong := c
	wrong.Broker = "tcp://earshot:" + canary + "@127.0.0.1:1"
	_, err = New(wrong)
	note(err, wrong)
	if strings.Contains(strings.ReplaceAll(all.String(), c.Device.URL, ""), canary) {
		at := strings.Index(all.String(), canary)
		t.Errorf("the canary sings: …%s…", all.String()[max(0, at-200):at+50])
	}
	if !strings.Contains(all.String(), "earshot/n1/mic/problem") || !strings.Contains(all.String(), "connection lost") {
		t.Error("the test looks at nothing")
	}
	if strings.Contains(paho.String(), canary) {
		t.Error("paho logs the password")
	}
}
