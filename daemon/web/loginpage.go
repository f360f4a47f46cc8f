package web

import (
	"fmt"
	"net/http"
	"strings"
)

// loginText is the page of who has not logged in; it loads nothing and runs nothing.
const loginText = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="dark light">
<title>earshot</title>
<style>
body { font: 16px system-ui, sans-serif; display: grid; place-items: center; min-height: 90vh; margin: 0; }
form { display: grid; gap: 12px; width: min(20rem, 90vw); }
input, button { font: inherit; padding: 10px; }
</style>
</head>
<body>
<main>
<form method="post" action="login">
<h1>earshot</h1>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required autofocus>
<button>Log in</button>
<p role="alert"></p>
</form>
</main>
</body>
</html>
`

var loginPolicy = strings.Replace(policyFor([]byte(loginText)), "form-action 'none'", "form-action 'self'", 1)

// writeLogin answers with the form; wrong is one of our own sentences.
func writeLogin(w http.ResponseWriter, code int, wrong string) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", loginPolicy)
	w.WriteHeader(code)
	_, _ = fmt.Fprint(w, strings.Replace(loginText, `<p role="alert">`, `<p role="alert">`+wrong, 1))
}
