package notify

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"earshot/internal/redact"
)

const (
	firstPause  = time.Second     // before a second try; doubles
	lastPause   = 5 * time.Minute // up to this
	tooOld      = 24 * time.Hour  // after this nobody is told any more
	maxAnswer   = 4 << 10         // bytes of an answer that are read: its first line explains an error
	maxHeaders  = 64 << 10        // bytes of an answer's headers
	shownAnswer = 200             // bytes of it that are shown
)

// newClient waits for an answer as long as the settings say, all counted.
func newClient(s settings) *http.Client {
	return &http.Client{
		Timeout: s.timeout,
		Transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: s.roots},
			MaxIdleConns:           1,
			IdleConnTimeout:        time.Minute,
			MaxResponseHeaderBytes: maxHeaders,
			ForceAttemptHTTP2:      true,
		},
		// A redirect would carry the message and its proof of origin to a place that nobody configured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// refusal is an answer that another try would not change.
type refusal struct{ error }

// run sends one message after the other, each until it is taken, refused or too old.
func (c *channel) run(ctx context.Context) error {
	defer c.client.CloseIdleConnections()
	for {
		m := c.queue.oldest()
		if m == nil {
			select {
			case <-ctx.Done():
				return nil
			case <-c.queue.bell:
			}
			continue
		}
		c.deliver(ctx, m)
		if ctx.Err() != nil {
			return nil
		}
	}
}

// deliver tries until the message is out of the queue or ctx ends.
func (c *channel) deliver(ctx context.Context, m *Message) {
	for pause := c.pause; ; pause = min(2*pause, lastPause) {
		asked, err := c.try(ctx, m)
		if ctx.Err() != nil {
			return
		}
		var final refusal
		switch {
		case err == nil:
			c.queue.done(m, nil)
			return
		case errors.As(err, &final), time.Since(m.Onset) > tooOld:
			c.log.Often(c.log.Error().Err(err), "notify "+c.Name).Str("to", c.Name).Str("label", m.Label).Msg("not told")
			c.queue.done(m, err)
			return
		}
		c.log.Often(c.log.Warn().Err(err), "notify "+c.Name).Str("to", c.Name).Msg("will be tried again")
		c.queue.failed(err)
		wait := time.NewTimer(max(pause, min(asked, lastPause)))
		select {
		case <-ctx.Done():
			wait.Stop()
			return
		case <-wait.C:
		}
		if c.queue.oldest() != m {
			return // the bounds have dropped it
		}
	}
}

// try sends once. asked is how long the server wants to be left alone.
func (c *channel) try(ctx context.Context, m *Message) (asked time.Duration, err error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	request, err := c.service.Request(ctx, m)
	if err != nil {
		return 0, refusal{err}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "earshot")
	answer, err := c.client.Do(request)
	if err != nil {
		return 0, c.plain(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode/100 == 2 {
		return 0, nil
	}
	text, _ := io.ReadAll(io.LimitReader(answer.Body, maxAnswer)) // what is there explains the status
	return retryAfter(answer), c.judge(answer, text)
}

// judge says what an answer other than 2xx means.
func (c *channel) judge(answer *http.Response, text []byte) error {
	first, _, _ := strings.Cut(strings.TrimSpace(string(text)), "\n")
	said := answer.Status
	if first = c.clean(first); first != "" {
		said += ": " + strconv.Quote(first)
	}
	switch code := answer.StatusCode; {
	case code/100 == 3:
		to := c.host // of an address that is relative to the one asked
		if u, err := answer.Location(); err == nil && u.Host != "" {
			to = c.clean(u.Host)
		}
		return refusal{fmt.Errorf("the server sends elsewhere (%s, at %q); want its final address in the configuration", answer.Status, to)}
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return refusal{fmt.Errorf("the server refuses (%s); is the secret or token right?", said)}
	case code == http.StatusRequestTimeout, code == http.StatusTooEarly, code == http.StatusTooManyRequests, code/100 == 5:
		return fmt.Errorf("the server cannot take it now (%s)", said)
	default:
		return refusal{fmt.Errorf("the server does not take it (%s)", said)}
	}
}

// plain is an error of the client without the address, which may hold a secret.
func (c *channel) plain(err error) error {
	var outer *url.Error
	if errors.As(err, &outer) {
		if outer.Timeout() {
			return fmt.Errorf("%s gave no answer within %v", c.host, c.timeout)
		}
		err = outer.Err
	}
	return fmt.Errorf("%s: %s", c.host, c.clean(err.Error()))
}

// clean makes what a stranger wrote fit for a log: short, one line, no address with more than its host, no secret of ours.
func (c *channel) clean(s string) string {
	for _, secret := range c.secrets {
		s = strings.ReplaceAll(s, secret, "****")
	}
	s = redact.Line(redact.Addresses(s))
	if len(s) > shownAnswer {
		s = strings.ToValidUTF8(s[:shownAnswer], "") + "…"
	}
	return s
}

// retryAfter reads the header of that name, in seconds; 0 without one.
func retryAfter(answer *http.Response) time.Duration {
	n, err := strconv.Atoi(answer.Header.Get("Retry-After"))
	if err != nil || n < 0 || n > int(lastPause/time.Second) {
		n = 0
		if err == nil {
			return lastPause
		}
	}
	return time.Duration(n) * time.Second
}
