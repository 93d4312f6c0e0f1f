package account

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"callgate/internal/fault"
)

// Status is what a user may do at all. The numbers are the ones that the documented API shows.
type Status int

// The statuses. Only an active user signs in; a deleted one stays on record, so that old reports keep a name, and
// its login may be given out again.
const (
	Deleted  Status = 0
	Inactive Status = 9
	Active   Status = 10
)

// String names the status for people; the documented API shows the number.
func (s Status) String() string {
	switch s {
	case Deleted:
		return "deleted"
	case Inactive:
		return "inactive"
	case Active:
		return "active"
	}
	return "status " + strconv.Itoa(int(s))
}

func (s Status) check() error {
	switch s {
	case Active, Inactive, Deleted:
		return nil
	}
	return wrong("status", "want active, inactive or deleted")
}

// User is one account.
type User struct {
	ID         int64
	Login      string // compared byte for byte
	Status     Status
	Rights     []Right
	Projects   []string // the projects whose data the user sees; empty means all
	MustChange bool     // may do nothing before the password is another
	TOTP       bool     // signs in with a code of an authenticator beside the password
	PasswordAt time.Time
	SignedIn   time.Time
	Revision   int64 // grows with every change of what an administrator sets
}

// Admin tells whether nothing is kept from the user: an active one with every right who sees every project.
func (u *User) Admin() bool {
	return u.Status == Active && len(u.Projects) == 0 && slices.Contains(u.Rights, Right{Module: Any, Action: Any})
}

// Identity is what is done in the name of a user without a token of his, such as what he has planned.
func (u *User) Identity() *Identity {
	return &Identity{UserID: u.ID, Login: u.Login, Rights: u.Rights, Projects: u.Projects}
}

// Identity is what an authenticated request may do.
type Identity struct {
	UserID     int64
	Login      string
	Rights     []Right
	Projects   []string // empty means all
	MustChange bool     // see User
	Token      int64    // the id of the token that the request came with; 0 when it was a key
}

// Covers tells whether the identity has all of these rights and sees all of these projects, none being all of them: what
// somebody has who is not covered he can neither be given nor have taken away by the identity.
func (id *Identity) Covers(rights []Right, projects []string) bool {
	return id.coversProjects(projects) && !slices.ContainsFunc(rights, func(r Right) bool { return !id.May(r.Module, r.Action) })
}

func (id *Identity) coversProjects(projects []string) bool {
	if id == nil || len(id.Projects) > 0 && len(projects) == 0 {
		return false
	}
	return !slices.ContainsFunc(projects, func(p string) bool { return !id.Sees(p) })
}

// May tells whether one of the identity's rights covers the action. It knows nothing of modules that are switched
// off: see Service.Authorize. A nil identity may nothing.
func (id *Identity) May(module, action string) bool {
	if id == nil {
		return false
	}
	for _, r := range id.Rights {
		if r.covers(module, action) {
			return true
		}
	}
	return false
}

// Sees tells whether the identity may see data of the project. A nil identity sees nothing.
func (id *Identity) Sees(project string) bool {
	if id == nil {
		return false
	}
	for _, p := range id.Projects {
		if p == project {
			return true
		}
	}
	return len(id.Projects) == 0
}

const (
	maxLogin   = 128 // characters
	maxProject = 64  // bytes
)

// checkLogin refuses what could not be typed back or would spoil a log line.
func checkLogin(login string) error {
	switch {
	case login == "":
		return fault.New(fault.EmptyField, "login")
	case !printable(login) || utf8.RuneCountInString(login) > maxLogin || strings.TrimSpace(login) != login:
		return wrong("login", "want at most 128 printable characters without blanks around them")
	}
	return nil
}

// checkNewLogin refuses what would pass for another login in a list: signs that do not show, letters written in another way
// than usual, and words that mix alphabets. Logins that there are already are not asked.
func checkNewLogin(login string) error {
	if err := checkLogin(login); err != nil {
		return err
	}
	if !norm.NFKC.IsNormalString(login) || strings.ContainsFunc(login, func(r rune) bool {
		return !unicode.IsGraphic(r) || unicode.Is(unicode.Other_Default_Ignorable_Code_Point, r)
	}) {
		return wrong("login", "want no signs that do not show, and letters as they are usually written")
	}
	for word := range strings.FieldsFuncSeq(login, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsMark(r) }) {
		if strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(unicode.Latin, r) }) &&
			strings.ContainsFunc(word, func(r rune) bool { return !unicode.In(r, unicode.Latin, unicode.Common, unicode.Inherited) }) ||
			strings.ContainsFunc(word, func(r rune) bool { return unicode.Is(unicode.Cyrillic, r) }) &&
				strings.ContainsFunc(word, func(r rune) bool { return !unicode.In(r, unicode.Cyrillic, unicode.Common, unicode.Inherited) }) {
			return wrong("login", "want each word in letters of one alphabet")
		}
	}
	return nil
}

// checkReach refuses rights and projects of the wrong form.
func checkReach(rights []Right, projects []string) error {
	for _, r := range rights {
		if err := r.check(); err != nil {
			return err
		}
	}
	return checkProjects(projects)
}

func checkProjects(projects []string) error {
	for _, p := range projects {
		if p == "" || len(p) > maxProject || !printable(p) || strings.ContainsFunc(p, unicode.IsSpace) {
			return wrong("project", "want 1 to 64 printable characters without blanks")
		}
	}
	return nil
}

// printable tells whether text is UTF-8 without control characters.
func printable(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
}

func wrong(field, reason string) error {
	return &fault.Error{Kind: fault.WrongField, Subject: field, Err: errors.New(reason)}
}
