package notify

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// webhook posts JSON to an address, signed as Standard Webhooks 1.0 has it (standardwebhooks.com): a receiver can tell
// who sent it, that nobody changed it, that it is no recording of an old one, and that it has had it before.
type webhook struct {
	url   string
	key   []byte // of the signature; nil sends none
	words *wording
	now   func() time.Time
}

// hook is the body. Its keys are those of an event message on MQTT.
type hook struct {
	Type     string   `json:"event_type"`
	Phase    string   `json:"phase"` // start, end
	Node     string   `json:"node"`
	Source   string   `json:"source"`
	Title    string   `json:"title"` // for people, in the house's language
	Score    float64  `json:"score"`
	Onset    string   `json:"onset"`
	End      string   `json:"end,omitempty"`
	Duration float64  `json:"duration,omitempty"` // seconds
	First    *float64 `json:"first,omitempty"`
	Second   *float64 `json:"second,omitempty"`
	Clip     string   `json:"clip,omitempty"`
	ClipURL  string   `json:"clip_url,omitempty"`
}

func newWebhook(s settings, w *wording) Service {
	h := &webhook{url: s.url, words: w, now: time.Now}
	if s.secret != "" {
		h.key, _ = signingKey(s.secret) // read has tried it
	}
	return h
}

// signingKey is the secret's bytes: base64 behind "whsec_", else the text as it stands.
func signingKey(secret string) ([]byte, error) {
	coded, isCoded := strings.CutPrefix(secret, "whsec_")
	if !isCoded {
		return []byte(secret), nil
	}
	key, err := base64.StdEncoding.DecodeString(coded)
	if err != nil || len(key) == 0 {
		return nil, errors.New("want base64 behind whsec_")
	}
	return key, nil
}

// Request implements Service.
func (h *webhook) Request(ctx context.Context, m *Message) (*http.Request, error) {
	const stamp = "2006-01-02T15:04:05.000Z07:00"
	out := hook{Type: m.Label, Phase: "start", Node: h.words.node, Source: m.Source, Title: h.words.title(m), Score: round(m.Score, 4),
		Onset: m.Onset.Format(stamp), Clip: m.Clip, ClipURL: m.ClipURL}
	if m.Asked {
		first, second := round(m.First, 4), round(m.Second, 4)
		out.First, out.Second = &first, &second
	}
	if !m.On {
		out.Phase, out.End, out.Duration = "end", m.End.Format(stamp), round(m.End.Sub(m.Onset).Seconds(), 3)
	}
	request, body, err := post(ctx, h.url, out)
	if err != nil || h.key == nil {
		return request, err
	}
	at := strconv.FormatInt(h.now().Unix(), 10)
	request.Header.Set("webhook-id", m.ID)
	request.Header.Set("webhook-timestamp", at)
	request.Header.Set("webhook-signature", "v1,"+sign(h.key, m.ID, at, body))
	return request, nil
}

// sign is the base64 of HMAC-SHA256 over id.timestamp.body.
func sign(key []byte, id, at string, body []byte) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(id + "." + at + "."))
	mac.Write(body)
	return base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// post is a request with a JSON body, which is returned beside it.
func post(ctx context.Context, url string, v any) (*http.Request, []byte, error) {
	body, err := json.Marshal(v)
	if err != nil {
		return nil, nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
	return request, body, err
}
