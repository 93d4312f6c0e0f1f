package v1

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/account"
)

// tokens is the operation that signs in.
func (f *Face) tokens() {
	operation(f, huma.Operation{OperationID: "add-token", Method: http.MethodPost, Path: "/tokens", DefaultStatus: http.StatusCreated, Summary: "Sign in",
		Description: "The token goes into the header `Authorization: Bearer …`. 401 with the type `urn:callgate:code_due` says that the password is right and the user has an authenticator. " +
			"After five failures for a login from an address the answer is 429 for a while. A user has at most 100 tokens: the oldest gives way. 403 while `auth/login` is switched off, in which case `POST /session` goes on.", Errors: []int{http.StatusForbidden}}, open, f.signIn)
}

// Credentials are what somebody signs in with.
type Credentials struct {
	Login    string `json:"login" minLength:"1" maxLength:"128"`
	Password string `json:"password" minLength:"1" maxLength:"256"`
	Code     string `json:"code,omitempty" maxLength:"40" doc:"Of the authenticator, or a recovery code."`
}

type signedIn struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Token      string    `json:"token"`
		ExpiresAt  time.Time `json:"expires_at"`
		MustChange bool      `json:"must_change" doc:"Nothing is open before PUT /me/password."`
	}
}

func (f *Face) signIn(ctx context.Context, who *asker, in *struct {
	Body struct {
		Credentials
		Name string `json:"name,omitempty" maxLength:"64" doc:"What the token is called in lists."`
	}
}) (*signedIn, error) {
	// What is switched off as auth/login is that programs are given tokens. A session in a browser can be had all the same: by whom
	// else should it be switched on.
	if err := f.o.Users.Available(ctx, "auth", "login"); err != nil {
		return nil, err
	}
	p, err := f.o.Users.Enter(ctx, account.Credentials{Login: in.Body.Login, Password: in.Body.Password, Code: in.Body.Code, Name: in.Body.Name,
		Address: who.client(), Face: account.Modern})
	if err != nil {
		return nil, err
	}
	out := &signedIn{CacheControl: "no-store"}
	out.Body.Token, out.Body.ExpiresAt, out.Body.MustChange = p.Token, p.Expires, p.MustChange
	return out, nil
}

// Token is a token or session as it is listed.
type Token struct {
	ID        int64      `json:"id"`
	Name      string     `json:"name"`
	Session   bool       `json:"session" doc:"Of a browser."`
	Address   string     `json:"address" doc:"Where it was asked for."`
	IssuedAt  time.Time  `json:"issued_at"`
	ExpiresAt time.Time  `json:"expires_at" doc:"A session that is not used for an hour ends earlier."`
	UsedAt    *time.Time `json:"used_at,omitempty" doc:"When it was used last, to a minute."`
	InHand    bool       `json:"in_hand" doc:"The one that this request came with."`
}

type tokenList struct{ Body []Token }

// tokensOf lists the tokens of a user.
func (f *Face) tokensOf(ctx context.Context, who *asker, user int64) (*tokenList, error) {
	all, err := f.o.Users.Tokens(ctx, user)
	if err != nil {
		return nil, err
	}
	out := &tokenList{Body: make([]Token, len(all))}
	for i, t := range all {
		out.Body[i] = Token{ID: t.ID, Name: t.Name, Session: t.Session, Address: t.Address, IssuedAt: t.Issued, ExpiresAt: t.Expires, UsedAt: someTime(t.Used),
			InHand: t.ID == who.Token}
	}
	return out, nil
}

func (f *Face) listTokens(ctx context.Context, who *asker, in *ByLogin) (*tokenList, error) {
	u, err := f.o.Users.Look(ctx, who.Identity, in.Login)
	if err != nil {
		return nil, err
	}
	return f.tokensOf(ctx, who, u.ID)
}

func (f *Face) deleteTokens(ctx context.Context, who *asker, in *ByLogin) (*struct{}, error) {
	u, err := f.o.Users.Manage(ctx, who.Identity, in.Login)
	if err != nil {
		return nil, err
	}
	return nil, f.o.Users.RevokeAll(ctx, u.ID, 0)
}

// ByID is the id of a token or key.
type ByID struct {
	ID int64 `path:"id" minimum:"1"`
}

func (f *Face) deleteToken(ctx context.Context, who *asker, in *struct {
	ByLogin
	ByID
}) (*struct{}, error) {
	u, err := f.o.Users.Manage(ctx, who.Identity, in.Login)
	if err != nil {
		return nil, err
	}
	return nil, f.o.Users.Revoke(ctx, u.ID, in.ID)
}

// SignIn is an attempt to sign in.
type SignIn struct {
	ID      int64     `json:"id"`
	At      time.Time `json:"at"`
	Address string    `json:"address"`
	Face    string    `json:"face" enum:"documented,modern,panel"`
	Result  string    `json:"result" doc:"ok, or what was wrong. Attempts that had to wait are not here: nothing of them was looked at."`
}

// SignInPage says which attempts are asked for.
type SignInPage struct {
	Before int64 `query:"before" minimum:"0" doc:"Only those before the one with that id."`
	Limit  int   `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

type signInList struct{ Body []SignIn }

func (f *Face) signInsOf(ctx context.Context, user int64, p SignInPage) (*signInList, error) {
	all, err := f.o.Users.SignIns(ctx, user, p.Before, p.Limit)
	if err != nil {
		return nil, err
	}
	out := &signInList{Body: make([]SignIn, len(all))}
	for i, s := range all {
		out.Body[i] = SignIn{ID: s.ID, At: s.At, Address: s.Address, Face: string(s.Face), Result: string(s.Result)}
	}
	return out, nil
}

func (f *Face) listSignIns(ctx context.Context, who *asker, in *struct {
	ByLogin
	SignInPage
}) (*signInList, error) {
	u, err := f.o.Users.Look(ctx, who.Identity, in.Login)
	if err != nil {
		return nil, err
	}
	return f.signInsOf(ctx, u.ID, in.SignInPage)
}
