package redact

import "testing"

func TestURLs(t *testing.T) {
	for s, want := range map[string]string{
		"rtsp://cam:secret@10.0.0.7/stream exited": "rtsp://***@10.0.0.7/stream exited",
		"tcp://u@h and ssl://u:p@h":                "tcp://***@h and ssl://***@h",
		"tcp://h:1883/a@b":                         "tcp://h:1883/a@b",
		"nothing":                                  "nothing",
	} {
		if got := URLs(s); got != want {
			t.Errorf("URLs(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestAddresses(t *testing.T) {
	for s, want := range map[string]string{
		"":                        "",
		"no address":              "no address",
		"tcp://host:1883":         "tcp://host:1883",
		"rtsp://cam/user=a&p=b/1": "rtsp://cam/***",
		"rtsp://u:p@cam:554":      "rtsp://***@cam:554",
		"http://cam?token=x, then ssl://a:b@c/d.": "http://cam/*** then ssl://***@c/***",
	} {
		if got := Addresses(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func TestLine(t *testing.T) {
	for s, want := range map[string]string{
		"Küche – 3 °C":      "Küche – 3 °C",
		"a\x1b[31mb\nc\x00": `a\x1b[31mb\nc\x00`,
		"\u202eabc\xff":     `\u202eabc\ufffd`,
	} {
		if got := Line(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}
