package notify

import (
	"context"
	"net/http"

	"earshot/daemon/config"
)

// apprise asks an Apprise API server (github.com/caronc/apprise-api) to pass a message on to the services that it is
// configured with: POST to …/notify/KEY.
type apprise struct {
	url, tag, token string
	words           *wording
}

type appriseMessage struct {
	Title string `json:"title"`
	Body  string `json:"body"`
	Type  string `json:"type"`
	Tag   string `json:"tag,omitempty"`
}

func newApprise(s settings, w *wording) Service {
	return &apprise{url: s.url, tag: config.Or(s.Tag, ""), token: s.token, words: w}
}

// Request implements Service.
func (a *apprise) Request(ctx context.Context, m *Message) (*http.Request, error) {
	request, _, err := post(ctx, a.url, appriseMessage{Title: a.words.title(m), Body: a.words.body(m), Type: "info", Tag: a.tag})
	if err == nil && a.token != "" {
		request.Header.Set("Authorization", "Bearer "+a.token)
	}
	return request, err
}
