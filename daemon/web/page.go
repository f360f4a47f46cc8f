package web

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

var (
	//go:embed page.html
	pageFrame string
	//go:embed page.css
	pageStyle string
	//go:embed text.js
	textScript string
	//go:embed strip.js
	stripScript string
	//go:embed why.js
	whyScript string
	//go:embed history.js
	historyScript string
	//go:embed tune.js
	tuneScript string
	//go:embed alarm.js
	alarmScript string
	//go:embed teach.js
	teachScript string
	//go:embed page.js
	pageScript string
)

// pageText is the whole page: it loads nothing else.
var pageText = []byte(strings.NewReplacer(
	"<style></style>", "<style>\n"+pageStyle+"</style>",
	"<script></script>", "<script>\n"+textScript+stripScript+whyScript+historyScript+tuneScript+teachScript+alarmScript+pageScript+"</script>",
).Replace(pageFrame))

func (s *Server) page(w http.ResponseWriter, _ *http.Request) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", pagePolicy)
	_, _ = w.Write(pageText)
}

// pagePolicy lets the page run its own script and style and talk to this server, and nothing else: even a label
// with a script in its name would do nothing, were it not written as text anyway.
var pagePolicy = policyFor(pageText)

var inline = regexp.MustCompile(`(?s)<(script|style)>(.*?)</(?:script|style)>`)

func policyFor(page []byte) string {
	policy := "default-src 'none'; connect-src 'self'; img-src data:; media-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
	for _, m := range inline.FindAllSubmatch(page, -1) {
		sum := sha256.Sum256(m[2])
		policy += fmt.Sprintf("; %s-src 'sha256-%s'", m[1], base64.StdEncoding.EncodeToString(sum[:]))
	}
	return policy
}
