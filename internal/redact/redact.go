// Package redact takes out of what people will read what should not be there: secrets, and what would act on a
// terminal.
package redact

import (
	"regexp"
	"strconv"
	"strings"
)

var userinfo = regexp.MustCompile(`://[^/\s@"']*@`)

// URLs takes user and password out of every URL in s.
func URLs(s string) string { return userinfo.ReplaceAllString(s, "://***@") }

var address = regexp.MustCompile(`\b([A-Za-z][A-Za-z0-9+.-]*)://([^\s"'<>]*)`)

// Addresses leaves of every URL in s no more than its scheme and host: cameras take passwords in the path and in
// the query too.
func Addresses(s string) string {
	return address.ReplaceAllStringFunc(s, func(found string) string {
		m := address.FindStringSubmatch(found)
		host, _, more := strings.Cut(m[2], "/")
		host, _, query := strings.Cut(host, "?")
		if i := strings.LastIndexByte(host, '@'); i >= 0 {
			host = "***" + host[i:]
		}
		if more || query {
			host += "/***"
		}
		return m[1] + "://" + host
	})
}

// Line makes what a stranger wrote one line that can be printed anywhere: characters that would move the cursor,
// colour a terminal or turn the direction of writing stand there as \x1b and the like.
func Line(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strconv.IsPrint(r) && r != '\ufffd' {
			b.WriteRune(r)
			continue
		}
		quoted := strconv.QuoteRuneToASCII(r)
		b.WriteString(quoted[1 : len(quoted)-1])
	}
	return b.String()
}
