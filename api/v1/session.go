package v1

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/account"
)

const (
	// sessionCookie holds the secret of a browser's session; no script sees it.
	sessionCookie = "callgate_session"
	// csrfHeader is what a page sends with everything that changes something: another site cannot.
	csrfHeader = "X-CSRF-Token"
)

// sessions are the operations by which a page in a browser signs in and out.
func (f *Face) sessions() {
	const path = "/session"
	operation(f, huma.Operation{OperationID: "open-session", Method: http.MethodPost, Path: path, DefaultStatus: http.StatusCreated, Summary: "Sign in with a cookie",
		Description: "For pages in a browser. Whatever is not a GET then needs the header `" + csrfHeader + "` of the answer. A session lasts for twelve hours, or until it was not used for one. " +
			"A request with a token and a cookie is the token's."}, open, f.openSession)
	operation(f, huma.Operation{OperationID: "get-session", Method: http.MethodGet, Path: path, Summary: "Who is signed in with this cookie"}, own, f.getSession)
	operation(f, huma.Operation{OperationID: "close-session", Method: http.MethodDelete, Path: path, Summary: "Sign out"}, own, f.closeSession)
}

// Session is that of a browser.
type Session struct {
	Login      string `json:"login"`
	CSRFToken  string `json:"csrf_token" doc:"Goes into the header X-CSRF-Token; empty when the request came with a token and no cookie."`
	MustChange bool   `json:"must_change" doc:"Nothing is open before PUT /me/password."`
}

type oneSession struct {
	CacheControl string `header:"Cache-Control"`
	Body         Session
}

type openedSession struct {
	SetCookie    http.Cookie `header:"Set-Cookie"`
	CacheControl string      `header:"Cache-Control"`
	Body         Session
}

// cookie is one that holds a secret for a while.
func (f *Face) cookie(who *asker, secret string, age int) http.Cookie {
	return http.Cookie{Name: sessionCookie, Value: secret, Path: "/api/", MaxAge: age, HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: f.o.Secure(who.request)}
}

func (f *Face) openSession(ctx context.Context, who *asker, in *struct{ Body Credentials }) (*openedSession, error) {
	p, err := f.o.Users.Enter(ctx, account.Credentials{Login: in.Body.Login, Password: in.Body.Password, Code: in.Body.Code, Address: who.client(), Face: account.Panel})
	if err != nil {
		return nil, err
	}
	return &openedSession{f.cookie(who, p.Token, int(time.Until(p.Expires).Seconds())), "no-store",
		Session{Login: in.Body.Login, CSRFToken: account.CSRFToken(p.Token), MustChange: p.MustChange}}, nil
}

func (f *Face) getSession(_ context.Context, who *asker, _ *struct{}) (*oneSession, error) {
	out := &oneSession{"no-store", Session{Login: who.Login, MustChange: who.MustChange}}
	if who.session != "" {
		out.Body.CSRFToken = account.CSRFToken(who.session)
	}
	return out, nil
}

type closedSession struct {
	SetCookie http.Cookie `header:"Set-Cookie"`
}

func (f *Face) closeSession(ctx context.Context, who *asker, in *struct{}) (*closedSession, error) {
	if _, err := f.signOut(ctx, who, in); err != nil {
		return nil, err
	}
	return &closedSession{f.cookie(who, "", -1)}, nil
}
