package account

import (
	"errors"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

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

// User is one account.
type User struct {
	ID       int64
	Login    string // compared byte for byte
	Status   Status
	Rights   []Right
	Projects []string // the projects whose data the user sees; empty means all
}

// Identity is what an authenticated request may do.
type Identity struct {
	UserID   int64
	Login    string
	Rights   []Right
	Projects []string // empty means all
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
