package web

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"
)

// login lets in who knows the password: a browser by a form and a session's cookie, a program by an Authorization
// header (Basic with any user, or Bearer). The zero value's methods are for a page without a password.
type login struct {
	want   [sha256.Size]byte // of the password: comparing tells nothing of its length either
	secure bool              // the cookie is for https only
	now    func() time.Time

	mu       sync.Mutex
	sessions map[string]time.Time // key → end
	total    bucket
	clients  map[string]*bucket
}

const (
	sessionCookie = "earshot_session"
	sessionLife   = 30 * 24 * time.Hour
	maxSessions   = 64   // the one that ends first makes room
	maxClients    = 1024 // of whom failures are remembered
)

// newLogin is nil without a password.
func newLogin(password, pageURL string) *login {
	if password == "" {
		return nil
	}
	return &login{want: sha256.Sum256([]byte(password)), secure: strings.HasPrefix(pageURL, "https://"), now: time.Now,
		sessions: map[string]time.Time{}, clients: map[string]*bucket{}, total: bucket{most: 50, every: 2 * time.Second}}
}

// bucket holds tries: so many at once, and one more each time.
type bucket struct {
	most  int
	every time.Duration
	used  int
	at    time.Time // when used was true
}

// take uses a try up; false when there is none.
func (b *bucket) take(now time.Time) bool {
	if back := int(now.Sub(b.at) / b.every); back > 0 {
		b.used, b.at = max(0, b.used-back), now
	}
	if b.used >= b.most {
		return false
	}
	b.used++
	return true
}

// check compares a password. may is false where too many wrong ones came, from this client or from all: then
// nothing was compared.
func (l *login) check(r *http.Request, password string) (right, may bool) {
	client, _, _ := net.SplitHostPort(r.RemoteAddr)
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	b := l.clients[client]
	if b == nil {
		if len(l.clients) >= maxClients {
			clear(l.clients) // the total still counts
		}
		b = &bucket{most: 5, every: 10 * time.Second}
		l.clients[client] = b
	}
	if !b.take(now) || !l.total.take(now) {
		return false, false
	}
	got := sha256.Sum256([]byte(password))
	if subtle.ConstantTimeCompare(got[:], l.want[:]) != 1 {
		return false, true
	}
	delete(l.clients, client)
	l.total.used--
	return true, true
}

// knows tells whether a request comes from who has logged in.
func (l *login) knows(r *http.Request) (known, may bool) {
	if c, err := r.Cookie(sessionCookie); err == nil {
		l.mu.Lock()
		end, ok := l.sessions[c.Value]
		l.mu.Unlock()
		if ok && l.now().Before(end) {
			return true, true
		}
	}
	if _, password, ok := r.BasicAuth(); ok {
		return l.check(r, password)
	}
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return l.check(r, token)
	}
	return false, true
}

// open makes a session and hands its key over.
func (l *login) open(w http.ResponseWriter) {
	var random [32]byte
	_, _ = rand.Read(random[:]) // never fails (crypto/rand)
	key := hex.EncodeToString(random[:])
	l.mu.Lock()
	now := l.now()
	first := ""
	for k, end := range l.sessions {
		if !now.Before(end) {
			delete(l.sessions, k)
		} else if first == "" || end.Before(l.sessions[first]) {
			first = k
		}
	}
	if len(l.sessions) >= maxSessions {
		delete(l.sessions, first)
	}
	l.sessions[key] = now.Add(sessionLife)
	l.mu.Unlock()
	http.SetCookie(w, &http.Cookie{Name: sessionCookie, Value: key, Path: "/", HttpOnly: true, Secure: l.secure,
		SameSite: http.SameSiteStrictMode, MaxAge: int(sessionLife / time.Second)})
}

// required lets only those through who have logged in; open paths are for all.
func (l *login) required(next http.Handler) http.Handler {
	if l == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/login" || r.URL.Path == "/healthz" {
			next.ServeHTTP(w, r)
			return
		}
		switch known, may := l.knows(r); {
		case known:
			next.ServeHTTP(w, r)
		case !may:
			tooMany(w)
		case r.URL.Path == "/":
			writeLogin(w, http.StatusUnauthorized, "")
		default:
			w.Header().Set("WWW-Authenticate", `Bearer realm="earshot"`)
			http.Error(w, "log in on the page, or send the password as a bearer token", http.StatusUnauthorized)
		}
	})
}

// enter answers the form.
func (l *login) enter(w http.ResponseWriter, r *http.Request) {
	if l == nil {
		http.NotFound(w, r)
		return
	}
	if err := r.ParseForm(); err != nil {
		http.Error(w, "want a form with a password", http.StatusBadRequest)
		return
	}
	switch right, may := l.check(r, r.PostForm.Get("password")); {
	case !may:
		tooMany(w)
	case !right:
		writeLogin(w, http.StatusUnauthorized, "That is not the password.")
	default:
		l.open(w)
		http.Redirect(w, r, "./", http.StatusSeeOther)
	}
}

func tooMany(w http.ResponseWriter) {
	w.Header().Set("Retry-After", "10")
	http.Error(w, "too many wrong passwords; wait ten seconds", http.StatusTooManyRequests)
}
