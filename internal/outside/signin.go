package outside

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// The ways to sign in.
const (
	FlowNone   = "none"
	FlowBasic  = "basic"  // HTTP basic authentication with every question
	FlowBearer = "bearer" // a token that somebody has given us, with every question
	FlowForm   = "form"   // a request with log-in and password, whose answer brings a token or a session cookie
)

// LogIn says how a system lets us in. The zero value is for one that asks for nothing.
type LogIn struct {
	Flow            string // empty is FlowNone
	Login, Password string // for FlowBasic and FlowForm
	Token           string // for FlowBearer
	URL             string // for FlowForm: where; below the server's own when it begins with a slash
	Request         string // the Template of that request, with {login} and {password}
	TokenPath       string // to the token in the answer's JSON, such as data.access_token; empty when the cookies are kept
}

// OwnLogIn is the log-in of our own API, or with an empty login none.
func OwnLogIn(login, password string) LogIn {
	if login == "" {
		return LogIn{}
	}
	return LogIn{Flow: FlowForm, Login: login, Password: password, URL: "/auth/login",
		Request: `{"login":"{login}","password":"{password}"}`, TokenPath: "access_token"}
}

// credential is the header that lets a question in; without a name there is none.
type credential struct{ header, value string }

var (
	errSignedOut = errors.New("it does not let us in")
	// errRefused marks a log-in that is to be left alone.
	errRefused = errors.New("the log-in is refused")
)

const (
	// firstBar is how long a log-in that was refused is left alone; four times as long each time, up to longestBar.
	// Systems lock an account after a handful of wrong passwords within a quarter of an hour or so.
	firstBar   = time.Minute
	longestBar = time.Hour
	maxSignIn  = 1 << 20 // bytes of an answer to a log-in
)

var tokenForm = regexp.MustCompile(`^[!-~]+$`) // what a header can carry

// CheckToken takes a token that a header can carry.
func CheckToken(token string) error {
	if len(token) > 4096 || !tokenForm.MatchString(token) {
		return errors.New("want at most 4096 printable ASCII characters without spaces")
	}
	return nil
}

// barred tells that the log-in was refused and is left alone for now.
func (s *session) barred() error {
	if wait := time.Until(time.UnixMicro(s.barredUntil.Load())); wait > 0 {
		return fmt.Errorf("%w, and left alone for %v more lest the account be locked", errRefused, wait.Round(time.Second))
	}
	return nil
}

// lapsed tells whether a credential that is refused opened something before, so that signing in again may help.
func (s *session) lapsed(with credential) bool {
	s.signing.Lock()
	defer s.signing.Unlock()
	return s.logIn.Flow == FlowForm && (with != s.with || s.proven)
}

// judge draws the conclusion of a question asked: a credential has proven good, or the log-in has to be left alone.
func (s *session) judge(with credential, err error) error {
	if errors.Is(err, errSignedOut) {
		err = fmt.Errorf("%w: %w", errRefused, err)
	}
	s.signing.Lock()
	defer s.signing.Unlock()
	switch {
	case err == nil && with == s.with:
		s.proven, s.refusals = true, 0
	case errors.Is(err, errRefused) && s.barred() == nil: // who asked at the same time has heard the same
		s.with, s.proven = credential{}, false
		bar := min(firstBar<<min(2*s.refusals, 10), longestBar)
		s.refusals++
		s.barredUntil.Store(time.Now().Add(bar).UnixMicro())
	}
	return err
}

// signedOut tells whether an answer says that we have to sign in. Systems with cookies lead to their log-in page.
func (s *session) signedOut(r *reply) bool {
	switch {
	case s.logIn.Flow == "" || s.logIn.Flow == FlowNone:
		return false
	case r.status == http.StatusUnauthorized:
		return true
	}
	return s.keepsCookies() && (r.html || r.status == http.StatusForbidden || r.status >= 300 && r.status < 400)
}

func (s *session) keepsCookies() bool { return s.logIn.Flow == FlowForm && s.logIn.TokenPath == "" }

// signIn returns a credential other than the one that was refused.
func (s *session) signIn(ctx context.Context, client *http.Client, refused credential) (credential, error) {
	s.signing.Lock()
	defer s.signing.Unlock()
	switch s.logIn.Flow {
	case FlowBasic:
		pair := base64.StdEncoding.EncodeToString([]byte(s.logIn.Login + ":" + s.logIn.Password))
		s.with = credential{"Authorization", "Basic " + pair}
	case FlowBearer:
		s.with = credential{"Authorization", "Bearer " + s.logIn.Token}
	case FlowForm:
		if s.with != refused && s.with != (credential{}) { // somebody else was quicker
			return s.with, nil
		}
		s.with, s.proven = credential{}, false
		if err := s.barred(); err != nil {
			return credential{}, err
		}
		with, err := s.handIn(ctx, client)
		if err != nil {
			return credential{}, fmt.Errorf("sign in: %w", err)
		}
		s.with = with
	}
	return s.with, nil
}

// handIn hands in log-in and password and takes what comes for them.
func (s *session) handIn(ctx context.Context, client *http.Client) (credential, error) {
	base, path := s.url, s.logIn.URL
	if !strings.HasPrefix(path, "/") {
		base, path = path, ""
	}
	m := fill(s.logIn.Request, "{login}", s.logIn.Login, "{password}", s.logIn.Password)
	r, err := s.send(ctx, client, base, path, m, credential{}, maxSignIn)
	if err != nil {
		return credential{}, err
	}
	defer r.close()
	passed := r.status < 300 || s.keepsCookies() && r.status < 400 // a redirect to the first page
	switch {
	case r.status >= 500:
		return credential{}, fmt.Errorf("it answers with %s", r)
	case !passed:
		return credential{}, fmt.Errorf("%w: it answers with %s", errRefused, r)
	case s.keepsCookies():
		return kept(r.cookies)
	}
	body, err := io.ReadAll(r)
	if err != nil {
		return credential{}, r.blame(err)
	}
	var token string
	if json.Unmarshal(at(body, s.logIn.TokenPath), &token) != nil || CheckToken(token) != nil {
		return credential{}, fmt.Errorf("%w: no token at %s in the answer", errRefused, s.logIn.TokenPath)
	}
	return credential{"Authorization", "Bearer " + token}, nil
}

// kept makes a credential of the cookies that an answer sets.
func kept(cookies []*http.Cookie) (credential, error) {
	var pairs []string
	for _, c := range cookies {
		if c.MaxAge >= 0 && c.Value != "" && (c.Expires.IsZero() || c.Expires.After(time.Now())) { // else it is taken away
			pairs = append(pairs, (&http.Cookie{Name: c.Name, Value: c.Value}).String())
		}
	}
	if len(pairs) == 0 {
		return credential{}, fmt.Errorf("%w: no cookie in the answer", errRefused)
	}
	return credential{"Cookie", strings.Join(pairs, "; ")}, nil
}
