package command

import (
	"fmt"
	"strings"
	"testing"
)

const canary = "c4n4ry/pass"

func TestTailKeepsTheLastLinesWithoutSecrets(t *testing.T) {
	argv := []string{"ffmpeg", "-i", "rtsp://admin:" + "c4n4ry%2Fpass" + "@10.0.0.7:554/live?token=tok3nvalue"}
	env := []string{"TZ=UTC", "RTSP_URL=rtsp://user:" + "envsecret" + "@cam/1", "CAMERA_PASSWORD=plainsecret"}
	r := newRedactor(argv, env)
	tl := &tail{redact: r.line}
	for i := range 100 {
		fmt.Fprintf(tl, "line %d\n", i)
	}
	fmt.Fprintf(tl, "rtsp://admin:%s@10.0.0.7:554/live: 401 Unauthorized\r\n", canary)
	fmt.Fprint(tl, "opening rtsp://admin:c4n4ry%2Fpass@10.0.0.7 with tok3nvalue and envsecret\n")
	fmt.Fprint(tl, "\x1b[31mAuthorization: Basic YWRtaW46YzRuNHJ5\x1b[0m pass=plainsecret\n")
	fmt.Fprint(tl, "https://other:other"+"secret@host/x password: hunter2")
	got := tl.String()
	t.Log(got)
	for _, secret := range []string{canary, "c4n4ry", "tok3nvalue", "envsecret", "plainsecret", "YWRtaW46", "othersecret", "hunter2", "\x1b", "\n"} {
		if strings.Contains(got, secret) {
			t.Errorf("%q holds %q", got, secret)
		}
	}
	for _, kept := range []string{"401 Unauthorized", "10.0.0.7", "host/x"} {
		if !strings.Contains(got, kept) {
			t.Errorf("%q lacks %q", got, kept)
		}
	}
	if strings.Contains(got, "line 98") {
		t.Errorf("%q keeps more than the last lines", got)
	}
}

func TestTailIsBounded(t *testing.T) {
	tl := &tail{redact: newRedactor(nil, nil).line}
	long := strings.Repeat("x", tailLine-20) + " rtsp://admin:longsecret@host/" + strings.Repeat("y", 1<<20)
	for range 3 {
		fmt.Fprint(tl, long)
	}
	if cap(tl.line) > 2*tailLine {
		t.Errorf("a line without end takes %d bytes", cap(tl.line))
	}
	if got := tl.String(); strings.Contains(got, "longs") || len(got) > tailLine {
		t.Errorf("a secret that was cut in two is shown: %q", got)
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("opening ", " failed")
	f.Add("rtsp://a:", "@b")
	f.Add("x://", "@")
	f.Fuzz(func(t *testing.T, before, after string) {
		const secret = "S3CRETcanary"
		r := newRedactor([]string{"rtsp://u:" + secret + "@h/"}, nil)
		if got := r.line(before + secret + after); strings.Contains(got, secret) {
			t.Fatalf("%q holds the secret", got)
		}
	})
}
