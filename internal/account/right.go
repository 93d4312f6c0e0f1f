package account

import (
	"regexp"
	"strings"
)

// Any is the wildcard that stands for every module, or for every action.
const Any = "*"

// Right allows one action of a module, or with Any all of them. Modules and actions are those of the API
// (contact/add), and two words that no path has: numbers/see and recordings/listen.
type Right struct {
	Module string
	Action string
}

// ParseRight reads MODULE/ACTION. The failure is fault.WrongField "right".
func ParseRight(text string) (Right, error) {
	module, action, _ := strings.Cut(text, "/")
	r := Right{Module: module, Action: action}
	if err := r.check(); err != nil {
		return Right{}, err
	}
	return r, nil
}

// String is the form that ParseRight reads.
func (r Right) String() string { return r.Module + "/" + r.Action }

func (r Right) check() error {
	if (r.Module != Any && !word(r.Module)) || (r.Action != Any && !word(r.Action)) {
		return wrong("right", "want MODULE/ACTION, letters and digits, * for any")
	}
	return nil
}

func (r Right) covers(module, action string) bool {
	return (r.Module == Any || r.Module == module) && (r.Action == Any || r.Action == action)
}

var wordForm = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{0,63}$`)

// word tells whether text can name a module or an action.
func word(text string) bool { return wordForm.MatchString(text) }
