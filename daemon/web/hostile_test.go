package web

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"earshot/internal/test/resident"

	"earshot/daemon/status"
)

// raw sends bytes over a connection of its own, which stays open until the test ends; nil when it is refused.
func raw(t *testing.T, page, text string) net.Conn {
	t.Helper()
	u, err := url.Parse(page)
	if err != nil {
		t.Fatal(err)
	}
	c, err := net.Dial("tcp", u.Host)
	if err != nil {
		return nil
	}
	t.Cleanup(func() { _ = c.Close() })
	_, _ = io.WriteString(c, text)
	return c
}

// answers holds that the page is there for somebody who comes now.
func answers(t *testing.T, page string) {
	t.Helper()
	for _, path := range []string{"", "healthz", "metrics", "status"} {
		client := &http.Client{Transport: &http.Transport{}, Timeout: hang} // a connection of its own
		response, err := client.Get(page + path)
		if err != nil {
			t.Errorf("/%s: %v", path, err)
			continue
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil || response.StatusCode != http.StatusOK {
			t.Errorf("/%s: %s, %v", path, response.Status, err)
		}
		response.Body.Close()
		client.CloseIdleConnections()
	}
}

// TestVisitorsGoneWild: whatever a visitor opens, asks for or leaves unfinished, the next one is answered and memory
// stays.
func TestVisitorsGoneWild(t *testing.T) {
	for _, c := range []struct {
		name, text string
		times      int
	}{
		{"HEAD of the stream", "HEAD /events HTTP/1.1\r\nHost: localhost\r\n\r\n", 100},
		{"metrics that nobody reads", "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 100},
		{"many metrics in one breath", strings.Repeat("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n", 50), 40},
		{"a body that does not come", "GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\nx", 8000},
		{"a body in chunks that does not come", "GET /status HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nx", 2000},
		{"a form that does not come", "POST /login HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4000\r\n\r\nx", 2000},
		{"a header that does not end", "GET / HTTP/1.1\r\nHost: localhost\r\nX: ", 2000},
		{"nothing", "", 2000},
		{"another's name", "GET / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 100000\r\n\r\n", 2000},
	} {
		t.Run(c.name, func(t *testing.T) {
			page := serve(t, Config{Status: example})
			before := resident.MB(t)
			for i := range c.times {
				raw(t, page, c.text)
				if i%500 == 99 {
					answers(t, page)
				}
			}
			answers(t, page)
			grown := resident.MB(t) - before
			t.Logf("%d times: %d MB, %+d MB", c.times, before+grown, grown)
			if grown > 100 { // the test's own 8 000 sockets are in it
				t.Errorf("memory grew by %d MB", grown)
			}
		})
	}
}

// TestStreamsLeaveRoom: all streams are taken, and the rest of the page is there.
func TestStreamsLeaveRoom(t *testing.T) {
	page := serve(t, Config{Status: example})
	for range 2 * maxPages {
		c := raw(t, page, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n")
		if line, err := bufio.NewReader(c).ReadString('\n'); err != nil || !strings.Contains(line, "200") && !strings.Contains(line, "503") {
			t.Fatalf("%q, %v", line, err)
		}
	}
	answers(t, page)
}

func TestHosts(t *testing.T) {
	name, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	for _, listen := range []string{"127.0.0.1:0", "0.0.0.0:0"} {
		page := serve(t, Config{Status: example, Listen: listen, URL: "https://Ears.example/earshot/"})
		for host, want := range map[string]int{
			"evil.example":        http.StatusMisdirectedRequest,
			"localhost.evil:8090": http.StatusMisdirectedRequest,
			"ears.example.evil":   http.StatusMisdirectedRequest,
			"127.0.0.1.evil:80":   http.StatusMisdirectedRequest,
			"192.168.1.7:8090":    http.StatusOK,
			"[fe80::1]:8090":      http.StatusOK,
			"localhost:8090":      http.StatusOK,
			"LOCALHOST.":          http.StatusOK,
			"ears.example":        http.StatusOK,
			"ears.example:443":    http.StatusOK,
			name:                  http.StatusOK,
			name + ".local:8090":  http.StatusOK,
		} {
			if code, _, _ := get(t, page+"status", host); code != want {
				t.Errorf("%s at %s: %d, want %d", host, listen, code, want)
			}
		}
	}
}

// TestOpenPageShowsNoSound: without a password, on an address that others reach.
func TestOpenPageShowsNoSound(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/mic.flac", []byte("sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		listen, password string
		sound            bool
	}{{"127.0.0.1:0", "", true}, {"0.0.0.0:0", "", false}, {"0.0.0.0:0", "right", true}} {
		hub := NewHub()
		page := serve(t, Config{Status: example, Hub: hub, Listen: c.listen, Password: c.password, ClipsDir: func() string { return dir }})
		request := func(path string) *http.Response {
			r, err := http.NewRequest(http.MethodGet, page+path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+c.password)
			response, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			return response
		}
		answer := request("clips/mic.flac")
		answer.Body.Close()
		if got := answer.StatusCode == http.StatusOK; got != c.sound {
			t.Errorf("%s %q: a clip is played: %v", c.listen, c.password, got)
		}
		tell := func() {
			hub.Send(SpectrumMessage{Type: "spectrum", Source: "mic", Bands: 1, Columns: []byte{1}, Rate: 1, End: time.Now()})
			hub.Send(EventMessage{Type: "event", Label: "dog", Clip: "mic.flac"})
		}
		tell() // what a page is told that opens later
		stream := request("events")
		time.AfterFunc(hang, func() { stream.Body.Close() })
		lines := bufio.NewScanner(stream.Body)
		spectrum, clip, sound, events := false, false, false, 0
		for events < 2 && lines.Scan() {
			line := lines.Text()
			spectrum = spectrum || strings.Contains(line, `"type":"spectrum"`)
			clip = clip || strings.Contains(line, "mic.flac")
			sound = sound || strings.Contains(line, `"sound":true`)
			if strings.Contains(line, `"type":"event"`) {
				if events++; events == 1 {
					for !hub.Watched() {
						time.Sleep(time.Millisecond)
					}
					tell()
				}
			}
		}
		stream.Body.Close()
		if spectrum != c.sound || clip != c.sound || sound != c.sound {
			t.Errorf("%s %q: spectrum %v, clip %v, said %v, want %v", c.listen, c.password, spectrum, clip, sound, c.sound)
		}
	}
}

// TestLogin: nothing but a form and a yes or no without the password; a session with it; wrong ones get slow.
func TestLogin(t *testing.T) {
	page := serve(t, Config{Status: func() status.Status {
		s := example()
		s.Problems = []string{"canary"}
		return s
	}, Password: "right one", URL: "https://ears.example/"})
	for path, want := range map[string]int{"": 401, "events": 401, "status": 401, "metrics": 401, "clips/x.flac": 401, "healthz": 503} {
		code, header, body := get(t, page+path, "")
		if code != want || strings.Contains(body, "canary") || strings.Contains(body, "mic") {
			t.Errorf("/%s: %d %q", path, code, body)
		}
		if path == "" && (!strings.Contains(body, `type="password"`) || !strings.Contains(header.Get("Content-Security-Policy"), "form-action 'self'")) {
			t.Errorf("no form: %q", body)
		}
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	try := func(password string) *http.Response {
		t.Helper()
		response, err := client.PostForm(page+"login", url.Values{"password": {password}})
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response
	}
	response := try("right one")
	if response.StatusCode != http.StatusSeeOther || len(response.Cookies()) != 1 {
		t.Fatalf("%s, %v", response.Status, response.Cookies())
	}
	cookie := response.Cookies()[0]
	if !cookie.HttpOnly || !cookie.Secure || cookie.SameSite != http.SameSiteStrictMode || len(cookie.Value) != 64 {
		t.Errorf("cookie %v", cookie)
	}
	with := func(key, value string) int {
		t.Helper()
		r, err := http.NewRequest(http.MethodGet, page+"status", nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(key, value)
		response, err := client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		return response.StatusCode
	}
	session := fmt.Sprintf("%s=%s", cookie.Name, cookie.Value)
	if code := with("Cookie", session); code != 200 {
		t.Errorf("the session's cookie: %d", code)
	}
	if code := with("Authorization", "Bearer right one"); code != 200 {
		t.Errorf("bearer: %d", code)
	}
	if code := with("Cookie", sessionCookie+"="+strings.Repeat("0", 64)); code != 401 {
		t.Errorf("an invented session: %d", code)
	}
	slowed := 0
	for range 20 {
		if try("wrong").StatusCode == http.StatusTooManyRequests {
			slowed++
		}
	}
	if slowed < 10 || try("right one").StatusCode != http.StatusTooManyRequests {
		t.Errorf("%d of 20 wrong passwords were turned away unread", slowed)
	}
	if code := with("Cookie", session); code != 200 {
		t.Errorf("who has a session is turned away too: %d", code)
	}
}
