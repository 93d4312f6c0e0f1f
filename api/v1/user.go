package v1

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/account"
	"callgate/internal/fault"
)

// Users are the users and what opens their doors; account.Service has them.
type Users interface {
	Managed(ctx context.Context, by *account.Identity) ([]account.User, error)
	Look(ctx context.Context, by *account.Identity, login string) (account.User, error)
	Manage(ctx context.Context, by *account.Identity, login string) (account.User, error)
	Create(ctx context.Context, by *account.Identity, d account.Draft) (account.User, error)
	Change(ctx context.Context, by *account.Identity, login string, e account.Edit) (account.User, error)

	Enter(ctx context.Context, c account.Credentials) (account.Pass, error)
	Resume(ctx context.Context, secret string) (*account.Identity, error)
	Self(ctx context.Context, by *account.Identity) (account.User, error)
	ChangePassword(ctx context.Context, by *account.Identity, old, password, address string) error
	BeginTOTP(ctx context.Context, by *account.Identity, password, address string) (account.Enrolment, error)
	ConfirmTOTP(ctx context.Context, by *account.Identity, code, address string) ([]string, error)
	EndTOTP(ctx context.Context, by *account.Identity, password, code, address string) error

	Tokens(ctx context.Context, user int64) ([]account.Token, error)
	Revoke(ctx context.Context, user, id int64) error
	RevokeAll(ctx context.Context, user, keep int64) error
	Keys(ctx context.Context, user int64) ([]account.Key, error)
	AddKey(ctx context.Context, by *account.Identity, login string, k account.Key) (account.Key, string, error)
	RemoveKey(ctx context.Context, by *account.Identity, login string, id int64) error
	SignIns(ctx context.Context, user, before int64, limit int) ([]account.SignIn, error)
	// Available answers fault.Denied when an action is switched off, or its module.
	Available(ctx context.Context, module, action string) error
}

const (
	usersSee  right = "users/see"
	usersEdit right = "users/edit"
)

// users are the operations on users.
func (f *Face) users() {
	const path, one = "/users", "/users/{login}"
	gone := []int{http.StatusNotFound}
	limits := " Nobody gives away more than he has, nor changes a user who has more: rights, and projects."
	operation(f, huma.Operation{OperationID: "list-users", Method: http.MethodGet, Path: path, Summary: "Users, in the order in which they were added",
		Description: "Who is limited to projects sees those who are limited to some of these, and himself."}, usersSee, f.listUsers)
	operation(f, huma.Operation{OperationID: "list-rights", Method: http.MethodGet, Path: "/rights", Summary: "What users can be given: each right with its name and what it allows",
		Description: "For everybody who is signed in: who lacks a right has to be able to ask for it."}, "", f.listRights)
	operation(f, huma.Operation{OperationID: "get-user", Method: http.MethodGet, Path: one, Summary: "One user", Errors: gone}, usersSee, f.getUser)
	operation(f, huma.Operation{OperationID: "add-user", Method: http.MethodPost, Path: path, DefaultStatus: http.StatusCreated, Summary: "Add a user",
		Description: "The login of a removed user is given out again." + limits, Errors: []int{http.StatusConflict}}, usersEdit, f.addUser)
	operation(f, huma.Operation{OperationID: "change-user", Method: http.MethodPatch, Path: one, Summary: "Change what is given of a user",
		Description: "It takes effect at once. Another password and a status that is not active end his tokens and sessions. The last active user with every right and project stays one." + limits,
		Errors:      append([]int{http.StatusConflict, http.StatusPreconditionFailed}, gone...)}, usersEdit, f.changeUser)
	operation(f, huma.Operation{OperationID: "delete-user", Method: http.MethodDelete, Path: one, Summary: "Remove a user",
		Description: "His name stays in old reports; his tokens and keys are gone." + limits, Errors: append([]int{http.StatusConflict, http.StatusPreconditionFailed}, gone...)}, usersEdit, f.deleteUser)
	operation(f, huma.Operation{OperationID: "list-user-tokens", Method: http.MethodGet, Path: one + "/tokens", Summary: "A user's tokens and sessions, the newest first", Errors: gone}, usersSee, f.listTokens)
	operation(f, huma.Operation{OperationID: "delete-user-tokens", Method: http.MethodDelete, Path: one + "/tokens", Summary: "End all tokens and sessions of a user",
		Description: limits, Errors: gone}, usersEdit, f.deleteTokens)
	operation(f, huma.Operation{OperationID: "delete-user-token", Method: http.MethodDelete, Path: one + "/tokens/{id}", Summary: "End a token or session of a user",
		Description: limits, Errors: gone}, usersEdit, f.deleteToken)
	operation(f, huma.Operation{OperationID: "list-user-signins", Method: http.MethodGet, Path: one + "/signins", Summary: "Attempts to sign in as a user, the newest first",
		Description: "Of the last 90 days, as far as they are among the last 100,000 of all users.", Errors: gone}, usersSee, f.listSignIns)
	operation(f, huma.Operation{OperationID: "list-user-keys", Method: http.MethodGet, Path: one + "/keys", Summary: "A user's keys for machines, by name", Errors: gone}, usersSee, f.listKeys)
	operation(f, huma.Operation{OperationID: "add-user-key", Method: http.MethodPost, Path: one + "/keys", DefaultStatus: http.StatusCreated, Summary: "Make a key for a machine",
		Description: "It may what both it and its user may, at any time. The key itself is told here and never again. Keys make and end no keys." + limits,
		Errors:      append([]int{http.StatusConflict}, gone...)}, usersEdit, f.addKey)
	operation(f, huma.Operation{OperationID: "delete-user-key", Method: http.MethodDelete, Path: one + "/keys/{id}", Summary: "End a key of a user", Description: limits, Errors: gone}, usersEdit, f.deleteKey)
}

// User is who signs in.
type User struct {
	Login      string     `json:"login"`
	Status     string     `json:"status" enum:"active,inactive,deleted"`
	Rights     []string   `json:"rights" nullable:"false" doc:"MODULE/ACTION, * for any."`
	Projects   []string   `json:"projects" nullable:"false" doc:"Whose data the user sees; none are all."`
	MustChange bool       `json:"must_change" doc:"The user may do nothing before he has changed his password."`
	TOTP       bool       `json:"totp" doc:"The user signs in with a code of an authenticator, and not at the documented face."`
	PasswordAt *time.Time `json:"password_set_at,omitempty"`
	SignedInAt *time.Time `json:"signed_in_at,omitempty"`
	Revision   int64      `json:"revision" doc:"Grows with every change; the ETag is made of it."`
}

func userView(u *account.User) User {
	return User{Login: u.Login, Status: u.Status.String(), Rights: rightTexts(u.Rights), Projects: append([]string{}, u.Projects...), MustChange: u.MustChange,
		TOTP: u.TOTP, PasswordAt: someTime(u.PasswordAt), SignedInAt: someTime(u.SignedIn), Revision: u.Revision}
}

func rightTexts(rights []account.Right) []string {
	texts := make([]string, len(rights))
	for i, r := range rights {
		texts[i] = r.String()
	}
	return texts
}

// someTime is nil for never.
func someTime(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

type userList struct{ Body []User }

func (f *Face) listUsers(ctx context.Context, who *asker, _ *struct{}) (*userList, error) {
	all, err := f.o.Users.Managed(ctx, who.Identity)
	if err != nil {
		return nil, err
	}
	out := &userList{Body: make([]User, len(all))}
	for i := range all {
		out.Body[i] = userView(&all[i])
	}
	return out, nil
}

// ByLogin names a user.
type ByLogin struct {
	Login string `path:"login" maxLength:"128"`
}

type oneUser struct {
	ETag string `header:"ETag"`
	Body User
}

func answerUser(u *account.User, err error) (*oneUser, error) {
	if err != nil {
		return nil, err
	}
	return &oneUser{ETag: revisionTag(u.Revision), Body: userView(u)}, nil
}

func (f *Face) getUser(ctx context.Context, who *asker, in *ByLogin) (*oneUser, error) {
	u, err := f.o.Users.Look(ctx, who.Identity, in.Login)
	return answerUser(&u, err)
}

func (f *Face) addUser(ctx context.Context, who *asker, in *struct {
	Body struct {
		Login      string   `json:"login" maxLength:"128" doc:"Each word in letters of one alphabet, no / in it."`
		Password   string   `json:"password" maxLength:"256" doc:"8 characters or more, not the login."`
		Rights     []string `json:"rights" maxItems:"200" uniqueItems:"true" nullable:"false" doc:"MODULE/ACTION, * for any."`
		Projects   []string `json:"projects,omitempty" maxItems:"1000" uniqueItems:"true" nullable:"false" doc:"Whose data the user sees; without any, all."`
		MustChange bool     `json:"must_change,omitempty" doc:"The user has to change the password when he has signed in. Not for a program, which cannot."`
	}
}) (*oneUser, error) {
	rights, err := parseRights(in.Body.Rights)
	if err != nil {
		return nil, err
	}
	// Such a login would be no part of a path.
	if strings.Contains(in.Body.Login, "/") || in.Body.Login == "." || in.Body.Login == ".." {
		return nil, wrongParameter("login", "want no / in it")
	}
	if err := f.known(in.Body.Projects); err != nil {
		return nil, err
	}
	u, err := f.o.Users.Create(ctx, who.Identity, account.Draft{Login: in.Body.Login, Password: in.Body.Password, Rights: rights, Projects: in.Body.Projects, MustChange: in.Body.MustChange})
	return answerUser(&u, err)
}

// known refuses projects that are none.
func (f *Face) known(projects []string) error {
	for _, p := range projects {
		if _, err := f.o.Projects.Get(p); errors.Is(err, fault.New(fault.NotFound, "")) {
			return wrongParameter("projects", "there is no such project")
		} else if err != nil {
			return err
		}
	}
	return nil
}

// parseRights reads rights, and refuses a module that there is not.
func parseRights(texts []string) ([]account.Right, error) {
	rights := make([]account.Right, len(texts))
	for i, text := range texts {
		r, err := account.ParseRight(text)
		if err != nil {
			return nil, wrongParameter("rights", "want MODULE/ACTION, letters and digits, * for any")
		}
		if _, known := account.FindAction(r.Module, account.Any); r.Module != account.Any && !known {
			return nil, wrongParameter("rights", "there is no such module")
		}
		rights[i] = r
	}
	return rights, nil
}

func (f *Face) changeUser(ctx context.Context, who *asker, in *struct {
	ByLogin
	Revised
	Body struct {
		Rights     []string `json:"rights,omitempty" maxItems:"200" uniqueItems:"true" nullable:"false" doc:"In the place of those he has. MODULE/ACTION, * for any."`
		Projects   []string `json:"projects,omitempty" maxItems:"1000" uniqueItems:"true" nullable:"false" doc:"In the place of those he has; an empty list are all."`
		Status     string   `json:"status,omitempty" enum:"active,inactive"`
		Password   string   `json:"password,omitempty" maxLength:"256" doc:"8 characters or more, not the login. One's own is changed with PUT /me/password."`
		MustChange *bool    `json:"must_change,omitempty"`
		TOTP       *bool    `json:"totp,omitempty" doc:"false takes away an authenticator that the user has lost."`
	}
}) (*oneUser, error) {
	e := account.Edit{MustChange: in.Body.MustChange, TOTP: in.Body.TOTP}
	var err error
	if e.Revision, err = in.revision("User"); err != nil {
		return nil, err
	}
	if in.Body.Rights != nil {
		rights, err := parseRights(in.Body.Rights)
		if err != nil {
			return nil, err
		}
		e.Rights = &rights
	}
	if in.Body.Projects != nil {
		if err := f.known(in.Body.Projects); err != nil {
			return nil, err
		}
		e.Projects = &in.Body.Projects
	}
	if in.Body.Status != "" {
		status := map[string]account.Status{"active": account.Active, "inactive": account.Inactive}[in.Body.Status]
		e.Status = &status
	}
	if in.Body.Password != "" {
		e.Password = &in.Body.Password
	}
	u, err := f.o.Users.Change(ctx, who.Identity, in.Login, e)
	return answerUser(&u, err)
}

func (f *Face) deleteUser(ctx context.Context, who *asker, in *struct {
	ByLogin
	Revised
}) (*struct{}, error) {
	revision, err := in.revision("User")
	if err != nil {
		return nil, err
	}
	status := account.Deleted
	_, err = f.o.Users.Change(ctx, who.Identity, in.Login, account.Edit{Status: &status, Revision: revision})
	return nil, err
}
