package command

import (
	"strings"
	"testing"
)

func TestPublic(t *testing.T) {
	for why, want := range map[string]string{
		"":                  "",
		"no sound for 10 s": "no sound for 10 s",
		"command ffmpeg ended after 1.0 s: exit status 1; it said: canary":                                                "command ffmpeg ended after 1.0 s: exit status 1",
		"command ffmpeg ended: exit status 1; it said: rtsp://u:canary@cam/canary?pw=canary; canary; started again in 2s": "command ffmpeg ended: exit status 1; started again in 2s",
		"cannot open http://user:canary@cam:80/live?password=canary":                                                      "cannot open http://***@cam:80/***",
		"ended; it said: canary; started again in canary":                                                                 "ended",
		"open \x1b[31mred": `open \x1b[31mred`,
	} {
		got, said := Public(why)
		if got != want || strings.Contains(got, "canary") {
			t.Errorf("%q: %q, want %q", why, got, want)
		}
		if strings.Contains(why, "it said") && !strings.Contains(said, "canary") {
			t.Errorf("%q: its words are lost: %q", why, said)
		}
	}
}
