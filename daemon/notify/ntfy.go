package notify

import (
	"context"
	"net/http"

	"earshot/daemon/config"
)

// ntfy publishes to a topic of an ntfy server, as JSON (docs.ntfy.sh/publish/#publish-as-json): headers would have no
// room for a title in Chinese.
type ntfy struct {
	url, topic, token string
	priority          int // 1 to 5
	words             *wording
}

type ntfyMessage struct {
	Topic    string `json:"topic"`
	Title    string `json:"title"`
	Message  string `json:"message"`
	Priority int    `json:"priority"`
	Click    string `json:"click,omitempty"`
}

func newNtfy(s settings, w *wording) Service {
	return &ntfy{url: s.url, topic: config.Or(s.Topic, ""), token: s.token, priority: config.Or(s.Priority, config.DefaultPriority), words: w}
}

// Request implements Service.
func (n *ntfy) Request(ctx context.Context, m *Message) (*http.Request, error) {
	request, _, err := post(ctx, n.url, ntfyMessage{Topic: n.topic, Title: n.words.title(m), Message: n.words.body(m), Priority: n.priority, Click: n.words.click(m)})
	if err == nil && n.token != "" {
		request.Header.Set("Authorization", "Bearer "+n.token)
	}
	return request, err
}
