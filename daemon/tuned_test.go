package daemon

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// post asks the page to change something.
func (r *rig) post(t *testing.T, path, body string) (code int, text string) {
	t.Helper()
	response, err := http.Post(r.page+"api/v1/"+path, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	b, err := io.ReadAll(io.LimitReader(response.Body, 1<<16))
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(b)
}

// TestApply: a rule that is applied on the page counts at once and after a reload; undone, the configuration's does; one that
// the daemon does not take leaves all as it was.
func TestApply(t *testing.T) {
	yaml := "sources: [" + loop("src", wav(t, "", 1.0)) + "]\nwatch: {labels: [{label: dog, on: 0.5, off: 0.3}]}\n"
	r := newRig(t, yaml)
	r.start()
	threshold := func() float64 { return r.status(t).Sources[0].Labels[0].Threshold }
	if got := threshold(); got != 0.5 {
		t.Fatalf("configured as 0.5, it is %g", got)
	}
	if code, text := r.post(t, "tune/apply", `{"label":"dog","on":0.7004,"off":0.42,"hold":5}`); code != 200 || threshold() != 0.7 {
		t.Errorf("applied: %d %s, %g", code, text, threshold())
	}
	if got := <-r.reloads; got.Err != nil {
		t.Error(got.Err)
	}
	if r.hup(t); threshold() != 0.7 {
		t.Errorf("after a reload it is %g", threshold())
	}
	r.configure(yaml + "colour: red\n")
	if code, text := r.post(t, "tune/apply", `{"label":"dog","on":0.9,"off":0.5}`); code != 409 || !strings.Contains(text, "colour: unknown key") {
		t.Errorf("beside a mistake in the configuration: %d %s", code, text)
	}
	<-r.reloads
	r.configure(yaml)
	if r.hup(t); threshold() != 0.7 {
		t.Errorf("what was not taken is not as it was: %g", threshold())
	}
	if code, text := r.post(t, "tune/apply", `{"label":"dog","on":0.8,"off":0.4}`); code != 200 || threshold() != 0.8 {
		t.Errorf("applied again: %d %s, %g", code, text, threshold())
	}
	<-r.reloads
	if code, text := r.post(t, "tune/undo", ""); code != 200 || threshold() != 0.7 {
		t.Errorf("undone: %d %s, %g", code, text, threshold())
	}
	<-r.reloads
	if code, text := r.post(t, "tune/undo", ""); code != 400 || !strings.Contains(text, "nothing to undo") {
		t.Errorf("undone once more: %d %s", code, text)
	}
	r.cancel()
	if err := r.end(); err != nil {
		t.Error(err)
	}
}
