package fleet

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"earshot/daemon/config"
	"earshot/daemon/models"
	"earshot/internal/logging"
	"earshot/internal/test/skip"
	"earshot/publish"

	"golang.org/x/crypto/ssh"
)

var noon = time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)

// newKey makes an owner's key; path is where the private one lies.
func newKey(t *testing.T) (s Signer, path string) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "owner")
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "id_ed25519")
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	if s, err = ReadSigner(path, func() ([]byte, error) { return nil, errors.New("no passphrase") }); err != nil {
		t.Fatal(err)
	}
	return s, path
}

// bench is a node under test, with what it did.
type bench struct {
	*Node
	t       *testing.T
	signer  Signer
	now     time.Time
	file    []byte // what the parts hold
	ills    []string
	reloads int
	reload  error // what the next one comes to
	try     error
	told    []publish.PushReport
}

func newBench(t *testing.T) *bench {
	t.Helper()
	f, err := config.Parse("x.yaml", []byte("state_dir: "+t.TempDir()+"\n"), nil)
	if err != nil {
		t.Fatal(err)
	}
	shelf, err := models.Open(&f.Config)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, now: noon}
	b.signer, _ = newKey(t)
	b.Node = New(Means{Dir: f.Config.StateDir, Shelf: shelf, Tree: func() string { return "earshot/north/n1" },
		Owner: func() (Owner, error) { return b.signer.Owner(), nil },
		Now:   func() time.Time { return b.now },
		Parts: func(_ context.Context, _ string, _ int64, to io.Writer) error {
			_, err := to.Write(b.file)
			return err
		},
		Try:    func(context.Context, *Manifest, []byte) (string, error) { return "measured", b.try },
		Reload: func(context.Context) error { b.reloads++; return b.reload },
		Ills:   func() []string { return b.ills },
		Tell:   func(r publish.PushReport, _ bool) { b.told = append(b.told, r) },
		Log:    logging.New(logging.Config{Level: "error", Out: io.Discard}), Pace: time.Millisecond})
	return b
}

// manifest is a good one, of an overlay, changed as wished.
func (b *bench) manifest(change func(*Manifest)) *Manifest {
	m := &Manifest{Format: 1, Kind: Overlay, Name: "quiet", Counter: 7, Made: noon, Expires: noon.Add(time.Hour), To: []string{"earshot/north/*"}}
	m.ofFile(b.file)
	if change != nil {
		change(m)
	}
	return m
}

// push lets the node deal with a manifest, and returns what it told last.
func (b *bench) push(m *Manifest, by Signer, spoil func([]byte) []byte) publish.PushReport {
	b.t.Helper()
	text, err := m.Sign(by)
	if err != nil {
		b.t.Fatal(err)
	}
	if spoil != nil {
		text = spoil(text)
	}
	b.take(b.t.Context(), text)
	return b.told[len(b.told)-1]
}

func (b *bench) overlay(name string) string {
	b.t.Helper()
	text, err := os.ReadFile(filepath.Join(b.Dir, "config.d", name+".yaml"))
	if err != nil && !os.IsNotExist(err) {
		b.t.Fatal(err)
	}
	return string(text)
}

// TestRefused: what is not the owner's, not for this node, not new or not of this time changes nothing, and why is told.
func TestRefused(t *testing.T) {
	other, _ := newKey(t)
	swap := func(old, now string) func([]byte) []byte {
		return func(b []byte) []byte { return bytes.Replace(b, []byte(old), []byte(now), 1) }
	}
	for name, c := range map[string]struct {
		change func(*Manifest)
		by     *Signer
		spoil  func([]byte) []byte
		now    time.Time
		want   string
	}{
		"forged by another key":   {by: &other, want: "not signed by the owner's key"},
		"changed after signing":   {spoil: swap(`"counter":7`, `"counter":8`), want: "not signed by the owner's key"},
		"no signature":            {spoil: func(b []byte) []byte { return b[:bytes.IndexByte(b, '\n')+1] }, want: "no signature"},
		"cut short":               {spoil: func(b []byte) []byte { return b[:len(b)-40] }, want: "no signature"},
		"too long":                {spoil: func(b []byte) []byte { return append(b, make([]byte, maxManifest)...) }, want: "in up to"},
		"nonsense":                {spoil: func([]byte) []byte { return []byte("nonsense") }, want: "no line of JSON"},
		"for another node":        {change: func(m *Manifest) { m.To = []string{"earshot/south/*", "earshot/n1"} }, want: "this node is earshot/north/n1"},
		"expired":                 {now: noon.Add(2 * time.Hour), want: "expired at 2026-11-29T13:00:00Z; this node's clock says 2026-11-29T14:00:00Z"},
		"a clock a year behind":   {now: noon.AddDate(-1, 0, 0), want: "this node's clock says 2025-11-29T12:00:00Z, and it was made at 2026-11-29T12:00:00Z"},
		"a clock a year in front": {now: noon.AddDate(1, 0, 0), want: "this node's clock says 2027-11-29T12:00:00Z"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.file = []byte("log: {level: warn}\n")
			by := b.signer
			if c.by != nil {
				by = *c.by
			}
			if !c.now.IsZero() {
				b.now = c.now
			}
			r := b.push(b.manifest(c.change), by, c.spoil)
			if !strings.Contains(r.Refused.Why, c.want) || r.State != "" || b.reloads > 0 || b.overlay("quiet") != "" {
				t.Errorf("%+v, %d reloads, %q; want %s", r, b.reloads, b.overlay("quiet"), c.want)
			}
		})
	}
}

// TestNoOwner: who names no owner takes nothing, and an owner's key that is none is told.
func TestNoOwner(t *testing.T) {
	_, path := newKey(t)
	for key, want := range map[string]string{"": "want the path", "/nowhere": "does not exist", path: "none of OpenSSH's", "ssh-ed25519 AAAA": "none of OpenSSH's"} {
		if _, err := ParseOwner(key); err == nil || !strings.Contains(err.Error(), want) && !strings.Contains(err.Error(), "no such file") {
			t.Errorf("%q: %v, want %s", key, err, want)
		}
	}
}

// TestTaken: a good push lies where a reload reads it, and none that is older is taken after it, even when the clock is set back and the
// program starts anew.
func TestTaken(t *testing.T) {
	b := newBench(t)
	b.file = []byte("log: {level: warn}\n")
	if r := b.push(b.manifest(nil), b.signer, nil); r.State != Kept || r.Counter != 7 || r.Measured != "measured" || b.overlay("quiet") != string(b.file) || b.reloads != 1 {
		t.Fatalf("%+v, %d reloads, %q", r, b.reloads, b.overlay("quiet"))
	}
	told := len(b.told)
	text, err := b.manifest(nil).Sign(b.signer)
	if err != nil {
		t.Fatal(err)
	}
	if b.take(t.Context(), text); len(b.told) != told+1 || b.told[told] != b.told[told-1] || b.reloads != 1 {
		t.Errorf("what was kept, sent again by the broker: %+v", b.told[told:])
	}
	b.file = []byte("log: {level: error}\n")
	for _, counter := range []uint64{7, 6} {
		if r := b.push(b.manifest(func(m *Manifest) { m.Counter = counter }), b.signer, nil); !strings.Contains(r.Refused.Why, "replay") || r.State != Kept {
			t.Errorf("replayed: %+v", r)
		}
	}
	b.now = noon.AddDate(0, 0, -30)
	if r := b.push(b.manifest(func(m *Manifest) { m.Counter, m.Made = 8, b.now }), b.signer, nil); !strings.Contains(r.Refused.Why, "the node's clock is wrong") {
		t.Errorf("by a clock that was set back: %+v", r)
	}
	if got := b.overlay("quiet"); got != "log: {level: warn}\n" {
		t.Errorf("what lies there is %q", got)
	}
	if err := os.WriteFile(filepath.Join(b.Dir, memoryName), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.now = noon
	if r := b.push(b.manifest(func(m *Manifest) { m.Counter = 9 }), b.signer, nil); !strings.Contains(r.Refused.Why, "a replay would not be known") {
		t.Errorf("with a memory that is spoilt: %+v", r)
	}
}

// TestBadFile: what came must be what was signed, be measured well, pass the reload and leave the node well; else all is as it was.
func TestBadFile(t *testing.T) {
	for name, c := range map[string]struct {
		came         string
		try, reload  error
		ill          string
		state, want  string
		reloads, all int
	}{
		"truncated":         {came: "log:", state: Refused, want: "has 4 bytes"},
		"too large":         {came: "log: {level: warn}\n# and more", state: Refused, want: "not the file that was signed"},
		"another":           {came: "log: {level: info}\n", state: Refused, want: "not the file that was signed"},
		"measured badly":    {try: errors.New("it hears nothing"), state: Refused, want: "hears nothing"},
		"not taken":         {reload: errors.New("colour: unknown key"), state: Refused, want: "unknown key", reloads: 1},
		"ill of it":         {ill: "source mic is lost", state: RolledBack, want: "source mic is lost", reloads: 2},
		"ill of it already": {ill: "yard: clipped", state: Kept, reloads: 1},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.file, b.ills = []byte("log: {level: warn}\n"), []string{"yard: clipped"}
			before := "log: {level: error}\n"
			if err := os.MkdirAll(filepath.Join(b.Dir, "config.d"), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(b.Dir, "config.d", "quiet.yaml"), []byte(before), 0o600); err != nil {
				t.Fatal(err)
			}
			m := b.manifest(func(m *Manifest) { m.Soak = 1 })
			b.try, b.reload = c.try, c.reload
			b.Reload = func(context.Context) error {
				if b.reloads++; c.ill != "" {
					b.ills = []string{"yard: clipped", c.ill}
				}
				return b.reload
			}
			if c.came != "" {
				b.file = []byte(c.came)
			}
			r := b.push(m, b.signer, nil)
			if c.state == Kept {
				before = string(b.file)
			}
			if r.State != c.state || !strings.Contains(r.Why, c.want) || b.reloads != c.reloads || b.overlay("quiet") != before {
				t.Errorf("%+v, %d reloads, %q", r, b.reloads, b.overlay("quiet"))
			}
			if mem, err := recall(b.Dir); err != nil || mem.Trial != nil || mem.Counter != 7 {
				t.Errorf("remembered %+v, %v", mem, err)
			}
		})
	}
}

// TestRecover: what was on trial when the program ended is taken back at the next start, a model too.
func TestRecover(t *testing.T) {
	for _, kind := range []string{Overlay, Model} {
		b := newBench(t)
		b.file = []byte("log: {level: warn}\n")
		ctx, cancel := context.WithCancel(t.Context())
		b.Reload = func(context.Context) error { cancel(); return nil } // killed in the midst of the trial
		text, err := b.manifest(func(m *Manifest) { m.Kind, m.Soak = kind, 3600 }).Sign(b.signer)
		if err != nil {
			t.Fatal(err)
		}
		b.take(ctx, text)
		inUse, err := b.Shelf.InUse()
		if err != nil || b.overlay("quiet") == "" && inUse == "" {
			t.Fatalf("%s: it was never there: %v", kind, err)
		}
		if back, err := Recover(b.Dir, b.Shelf, noon); err != nil || !back {
			t.Fatalf("%s: %v, %v", kind, back, err)
		}
		inUse, err = b.Shelf.InUse()
		if mem, _ := recall(b.Dir); err != nil || b.overlay("quiet") != "" || inUse != "" || mem.Report.State != RolledBack || mem.Counter != 7 {
			t.Errorf("%s: %q, %q, %+v", kind, b.overlay("quiet"), inUse, mem)
		}
		if back, err := Recover(b.Dir, b.Shelf, noon); err != nil || back {
			t.Errorf("%s, once more: %v, %v", kind, back, err)
		}
	}
}

// TestRecoverBeforeAnythingLay: a trial that the program's end cut off before its file was in its place leaves what is there, the model in use
// and the overlay of that name.
func TestRecoverBeforeAnythingLay(t *testing.T) {
	b := newBench(t)
	before := "log: {level: error}\n"
	path, _ := overlayPaths(b.Dir, "quiet")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(before), 0o600); err != nil {
		t.Fatal(err)
	}
	used, err := b.Shelf.Put([]byte("a model"), []byte("its card"), nil, noon)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range []*Manifest{{Kind: Overlay, Name: "quiet"}, {Kind: Overlay, Name: "other"}, {Kind: Model, Name: "dogs"}} {
		begun, err := begin(b.Dir, b.Shelf, m, noon)
		if err != nil {
			t.Fatal(err)
		}
		if err := (memory{Counter: 7, Trial: begun}).save(b.Dir); err != nil {
			t.Fatal(err)
		}
		if back, err := Recover(b.Dir, b.Shelf, noon); err != nil || !back {
			t.Errorf("%s: %v, %v", m.Kind, back, err)
		}
		if now, err := b.Shelf.InUse(); err != nil || now != used || b.overlay("quiet") != before || b.overlay("other") != "" {
			t.Errorf("%s %s: model %q, %v, overlays %q and %q", m.Kind, m.Name, now, err, b.overlay("quiet"), b.overlay("other"))
		}
	}
}

// TestOpenSSH: ssh-keygen agrees with what is signed here, and what it signs is taken.
func TestOpenSSH(t *testing.T) {
	if _, err := exec.LookPath("ssh-keygen"); err != nil {
		skip.Now(t, "ssh-keygen is not installed")
	}
	signer, path := newKey(t)
	dir := t.TempDir()
	text := []byte(`{"earshot_push":1}` + "\n")
	sig, err := signer.sign(text)
	if err != nil {
		t.Fatal(err)
	}
	allowed := append([]byte("owner "), ssh.MarshalAuthorizedKey(signer.key.PublicKey())...)
	for name, b := range map[string][]byte{"sig": sig, "allowed": allowed, "text": text} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	verify := exec.Command("ssh-keygen", "-Y", "verify", "-n", namespace, "-f", filepath.Join(dir, "allowed"), "-I", "owner", "-s", filepath.Join(dir, "sig"))
	verify.Stdin = bytes.NewReader(text)
	if out, err := verify.CombinedOutput(); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if out, err := exec.Command("ssh-keygen", "-Y", "sign", "-n", namespace, "-f", path, filepath.Join(dir, "text")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	theirs, err := os.ReadFile(filepath.Join(dir, "text.sig"))
	if err != nil {
		t.Fatal(err)
	}
	if err := signer.Owner().verify(text, theirs); err != nil {
		t.Error(err)
	}
	if err := signer.Owner().verify(append(text, ' '), theirs); err == nil {
		t.Error("another text is taken")
	}
}

// FuzzOpen: whatever comes, nothing that the owner did not sign is believed.
func FuzzOpen(f *testing.F) {
	_, private, _ := ed25519.GenerateKey(rand.Reader)
	key, err := ssh.NewSignerFromKey(private)
	if err != nil {
		f.Fatal(err)
	}
	_, stranger, _ := ed25519.GenerateKey(rand.Reader)
	strange, err := ssh.NewSignerFromKey(stranger)
	if err != nil {
		f.Fatal(err)
	}
	m := &Manifest{Format: 1, Kind: Overlay, Name: "quiet", Counter: 7, Made: noon, Expires: noon.Add(time.Hour), To: []string{"earshot/*"}}
	m.ofFile(nil)
	text, err := m.Sign(Signer{strange})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Fuzz(func(t *testing.T, b []byte) {
		if _, err := (Owner{key.PublicKey()}).open(b); err == nil {
			t.Errorf("%q is believed", b)
		}
	})
}
