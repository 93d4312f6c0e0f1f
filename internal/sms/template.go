package sms

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"callgate/internal/fault"
	"callgate/internal/setting"
)

// Template is a text with places for what differs from one message to the next. A place is a name in braces, {code}; {{ and
// }} are braces.
type Template struct {
	Name      string
	Project   string // whose messages it is for; "" is any's
	Text      string
	ChangedAt time.Time
	ChangedBy string
}

// placeForm is what the name of a place looks like: letters of any script, digits and _.
var placeForm = regexp.MustCompile(`^[\pL_][\pL\pN_]{0,63}$`)

// piece is a part of a template's text: as it stands there, or a place.
type piece struct {
	text  string
	place bool
}

// pieces reads a text. The error tells where it is wrong, counted in characters from 1.
func pieces(text string) (all []piece, err error) {
	var plain strings.Builder
	for i := 0; i < len(text); {
		wrong := func(format string, args ...any) error {
			return fmt.Errorf("character %d: %w", utf8.RuneCountInString(text[:i])+1, fmt.Errorf(format, args...))
		}
		next := strings.IndexAny(text[i:], "{}\x00")
		if next < 0 {
			next = len(text) - i
		}
		plain.WriteString(text[i : i+next])
		switch i += next; {
		case i == len(text):
		case text[i] == 0:
			return nil, wrong("NUL cannot be sent")
		case strings.HasPrefix(text[i:], "{{"), strings.HasPrefix(text[i:], "}}"):
			plain.WriteByte(text[i])
			i += 2
		case text[i] == '}':
			return nil, wrong("} without {")
		default:
			length := strings.IndexByte(text[i:], '}')
			if length < 0 {
				return nil, wrong("{ without }")
			}
			name := text[i+1 : i+length]
			if !placeForm.MatchString(name) {
				return nil, wrong("%.40q is no name", name)
			}
			all = append(all, piece{text: plain.String()}, piece{name, true})
			plain.Reset()
			i += length + 1
		}
	}
	return append(all, piece{text: plain.String()}), nil
}

// Check tells what is wrong with a template: fault.WrongField, or EmptyField, about name or text. Of a text that cannot be
// read it tells the place, such as "character 12: { without }".
func (t *Template) Check() error {
	if err := setting.CheckName(t.Name); err != nil {
		return &fault.Error{Kind: fault.WrongField, Subject: "name", Err: err}
	}
	if strings.TrimSpace(t.Text) == "" {
		return fault.New(fault.EmptyField, "text")
	}
	_, err := pieces(t.Text)
	if err == nil && !IsText(t.Text) {
		err = fmt.Errorf("want at most %d characters", maxText)
	}
	if err != nil {
		return &fault.Error{Kind: fault.WrongField, Subject: "text", Err: err}
	}
	return nil
}

// Places are the names of a template's places in the order in which they come, each once.
func (t *Template) Places() []string {
	all := []string{}
	read, _ := pieces(t.Text) // it was checked
	for _, p := range read {
		if p.place && !slices.Contains(all, p.text) {
			all = append(all, p.text)
		}
	}
	return all
}

// Render puts values into the places. Braces in a value are nothing but braces. A place without a value, and a value
// without a place, is fault.WrongField "values" with its name; so are values that make a text longer than any message.
func (t *Template) Render(values map[string]string) (string, error) {
	read, err := pieces(t.Text)
	if err != nil {
		return "", &fault.Error{Kind: fault.WrongField, Subject: "text", Err: err}
	}
	unused := maps.Clone(values)
	var b strings.Builder
	for _, p := range read {
		if !p.place {
			b.WriteString(p.text)
			continue
		}
		value, given := values[p.text]
		if !given {
			return "", wrongValues("there is no value for {%s}", p.text)
		}
		if b.Len()+len(value) > utf8.UTFMax*maxText { // before memory is full of it
			return "", wrongValues("the text is too long to be sent")
		}
		b.WriteString(value)
		delete(unused, p.text)
	}
	if len(unused) > 0 {
		return "", wrongValues("the template has no place {%.64s}", slices.Sorted(maps.Keys(unused))[0])
	}
	return b.String(), nil
}

func wrongValues(format string, args ...any) error {
	return &fault.Error{Kind: fault.WrongField, Subject: "values", Err: fmt.Errorf(format, args...)}
}

// TemplateStore keeps templates. A database that is down is fault.StorageDown.
type TemplateStore interface {
	// Templates lists all by name.
	Templates(ctx context.Context) ([]Template, error)
	// Template finds one, or fault.NotFound "Template".
	Template(ctx context.Context, name string) (Template, error)
	// KeepTemplate keeps a template in the place of the one of that name, unless allow, which sees that one or nil, has an
	// objection. Between the two nobody else changes it.
	KeepTemplate(ctx context.Context, t Template, allow func(old *Template) error) error
	// RemoveTemplate forgets a template, unless allow has an objection; fault.NotFound "Template".
	RemoveTemplate(ctx context.Context, name string, allow func(old *Template) error) error
}

// Templates are those there are. It may be used from any goroutine.
type Templates struct {
	TemplateStore
	now func() time.Time
}

// NewTemplates makes Templates.
func NewTemplates(store TemplateStore, now func() time.Time) *Templates {
	return &Templates{store, now}
}

// Put keeps a template that can be rendered, in the place of the one of that name. It fails as Check and allow do, and
// returns it as it is kept.
func (t *Templates) Put(ctx context.Context, n Template, by string, allow func(old *Template) error) (Template, error) {
	if err := n.Check(); err != nil {
		return Template{}, err
	}
	n.ChangedAt, n.ChangedBy = t.now().UTC().Truncate(time.Microsecond), by
	if err := t.KeepTemplate(ctx, n, allow); err != nil {
		return Template{}, fmt.Errorf("put template %s: %w", n.Name, err)
	}
	return n, nil
}
