package v1

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/fault"
)

// me are the operations on who asks: they need no right.
func (f *Face) me() {
	gone := []int{http.StatusNotFound}
	operation(f, huma.Operation{OperationID: "get-me", Method: http.MethodGet, Path: "/me", Summary: "Who asks, and what he may"}, own, f.getMe)
	operation(f, huma.Operation{OperationID: "change-password", Method: http.MethodPut, Path: "/me/password", Summary: "Change one's password",
		Description: "All other tokens and sessions of the user end.", Errors: []int{http.StatusPreconditionFailed}}, own, f.changePassword)
	operation(f, huma.Operation{OperationID: "sign-out", Method: http.MethodDelete, Path: "/me/token", Summary: "Sign out: end the token or session in hand", Errors: gone}, own, f.signOut)
	operation(f, huma.Operation{OperationID: "list-my-tokens", Method: http.MethodGet, Path: "/me/tokens", Summary: "One's tokens and sessions, the newest first"}, "", f.listMyTokens)
	operation(f, huma.Operation{OperationID: "delete-my-tokens", Method: http.MethodDelete, Path: "/me/tokens", Summary: "End all of one's tokens and sessions but the one in hand"}, "", f.deleteMyTokens)
	operation(f, huma.Operation{OperationID: "delete-my-token", Method: http.MethodDelete, Path: "/me/tokens/{id}", Summary: "End one of one's tokens or sessions", Errors: gone}, "", f.deleteMyToken)
	operation(f, huma.Operation{OperationID: "list-my-keys", Method: http.MethodGet, Path: "/me/keys", Summary: "One's keys for machines, by name",
		Description: "They are made by who may change users: POST /users/{login}/keys."}, "", f.listMyKeys)
	operation(f, huma.Operation{OperationID: "delete-my-key", Method: http.MethodDelete, Path: "/me/keys/{id}", Summary: "End one of one's keys", Errors: gone}, "", f.deleteMyKey)
	operation(f, huma.Operation{OperationID: "list-my-signins", Method: http.MethodGet, Path: "/me/signins", Summary: "Attempts to sign in as oneself, the newest first"}, "", f.listMySignIns)
	operation(f, huma.Operation{OperationID: "begin-totp", Method: http.MethodPost, Path: "/me/totp", DefaultStatus: http.StatusCreated, Summary: "Begin with an authenticator",
		Description: "The answer is what the authenticator is told, once. It is asked for when a code of it was confirmed.", Errors: []int{http.StatusConflict}}, "", f.beginTOTP)
	operation(f, huma.Operation{OperationID: "confirm-totp", Method: http.MethodPost, Path: "/me/totp/confirm", Summary: "Have codes of the authenticator asked for",
		Description: "From then on the user signs in with a code, and not at the documented face, which has no place for one: programs have keys. The answer has ten codes, each good once, for when the authenticator is lost.",
		Errors:      []int{http.StatusConflict}}, "", f.confirmTOTP)
	operation(f, huma.Operation{OperationID: "end-totp", Method: http.MethodPost, Path: "/me/totp/disable", Summary: "Have no more codes asked for", Errors: gone}, "", f.endTOTP)
}

// Me is who asks.
type Me struct {
	Login      string   `json:"login"`
	Rights     []string `json:"rights" nullable:"false" doc:"Of the user, or what a key has of them."`
	Projects   []string `json:"projects" nullable:"false" doc:"Whose data he sees; none are all."`
	MustChange bool     `json:"must_change" doc:"Nothing is open before PUT /me/password."`
	TOTP       bool     `json:"totp" doc:"He signs in with a code of an authenticator."`
	Key        bool     `json:"key" doc:"It is not he but a machine with a key of his."`
}

type oneMe struct{ Body Me }

func (f *Face) getMe(ctx context.Context, who *asker, _ *struct{}) (*oneMe, error) {
	u, err := f.o.Users.Self(ctx, who.Identity)
	if err != nil {
		return nil, err
	}
	return &oneMe{Me{Login: who.Login, Rights: rightTexts(who.Rights), Projects: append([]string{}, who.Projects...), MustChange: who.MustChange, TOTP: u.TOTP,
		Key: who.Token == 0}}, nil
}

func (f *Face) changePassword(ctx context.Context, who *asker, in *struct {
	Body struct {
		Old      string `json:"old_password" maxLength:"256"`
		Password string `json:"password" maxLength:"256" doc:"8 characters or more, neither the login nor the old one."`
	}
}) (*struct{}, error) {
	return nil, f.o.Users.ChangePassword(ctx, who.Identity, in.Body.Old, in.Body.Password, who.client())
}

// person refuses a machine what only people do.
func (who *asker) person() error {
	if who.Token == 0 {
		return &fault.Error{Kind: fault.Denied, Err: errors.New("not with a key")}
	}
	return nil
}

func (f *Face) signOut(ctx context.Context, who *asker, _ *struct{}) (*struct{}, error) {
	if err := who.person(); err != nil {
		return nil, err
	}
	return nil, f.o.Users.Revoke(ctx, who.UserID, who.Token)
}

func (f *Face) listMyTokens(ctx context.Context, who *asker, _ *struct{}) (*tokenList, error) {
	return f.tokensOf(ctx, who, who.UserID)
}

func (f *Face) deleteMyTokens(ctx context.Context, who *asker, _ *struct{}) (*struct{}, error) {
	if err := who.person(); err != nil {
		return nil, err
	}
	return nil, f.o.Users.RevokeAll(ctx, who.UserID, who.Token)
}

func (f *Face) deleteMyToken(ctx context.Context, who *asker, in *ByID) (*struct{}, error) {
	if err := who.person(); err != nil {
		return nil, err
	}
	return nil, f.o.Users.Revoke(ctx, who.UserID, in.ID)
}

func (f *Face) listMyKeys(ctx context.Context, who *asker, _ *struct{}) (*keyList, error) {
	return f.keysOf(ctx, who.UserID)
}

func (f *Face) deleteMyKey(ctx context.Context, who *asker, in *ByID) (*struct{}, error) {
	return nil, f.o.Users.RemoveKey(ctx, who.Identity, who.Login, in.ID)
}

func (f *Face) listMySignIns(ctx context.Context, who *asker, in *SignInPage) (*signInList, error) {
	return f.signInsOf(ctx, who.UserID, *in)
}

type enrolment struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Secret string `json:"secret" doc:"Base32, for typing."`
		URI    string `json:"uri" doc:"otpauth://…, for a QR code."`
	}
}

func (f *Face) beginTOTP(ctx context.Context, who *asker, in *struct {
	Body struct {
		Password string `json:"old_password" maxLength:"256" doc:"The password as it is."`
	}
}) (*enrolment, error) {
	e, err := f.o.Users.BeginTOTP(ctx, who.Identity, in.Body.Password, who.client())
	if err != nil {
		return nil, err
	}
	out := &enrolment{CacheControl: "no-store"}
	out.Body.Secret, out.Body.URI = e.Secret, e.URI
	return out, nil
}

type recovery struct {
	CacheControl string `header:"Cache-Control"`
	Body         struct {
		Codes []string `json:"recovery_codes" nullable:"false"`
	}
}

func (f *Face) confirmTOTP(ctx context.Context, who *asker, in *struct {
	Body struct {
		Code string `json:"code" maxLength:"40"`
	}
}) (*recovery, error) {
	codes, err := f.o.Users.ConfirmTOTP(ctx, who.Identity, in.Body.Code, who.client())
	if err != nil {
		return nil, err
	}
	out := &recovery{CacheControl: "no-store"}
	out.Body.Codes = codes
	return out, nil
}

func (f *Face) endTOTP(ctx context.Context, who *asker, in *struct {
	Body struct {
		Password string `json:"old_password" maxLength:"256" doc:"The password as it is."`
		Code     string `json:"code" maxLength:"40" doc:"Of the authenticator, or a recovery code."`
	}
}) (*struct{}, error) {
	return nil, f.o.Users.EndTOTP(ctx, who.Identity, in.Body.Password, in.Body.Code, who.client())
}
