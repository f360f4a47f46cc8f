// Package redact takes secrets out of what people will read.
package redact

import "regexp"

var userinfo = regexp.MustCompile(`://[^/\s@"']*@`)

// URLs takes user and password out of every URL in s.
func URLs(s string) string { return userinfo.ReplaceAllString(s, "://***@") }
