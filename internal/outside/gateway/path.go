package gateway

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// maxSteps is how far apart a path and what it leads to may lie.
const maxSteps = 16

// step leads from a value to one in it: by a name, by a place in a list, or to the first one.
type step struct {
	name  string
	index int // when it has no name; from the end when it is negative
}

const first = "*"

// path leads from a value to one that lies in it.
type path []step

var (
	stepForm = regexp.MustCompile(`^(?:([^.\[\]*{}"\x00-\x1f]+|\*)|\[(-?[0-9]{1,4})\])`)
	errPath  = errors.New("want a path such as data.id, data[0].id, events[-1].id or sms.*.id")
)

// parsePath reads names with dots between them, [n] for places in lists, [-n] for those from the end, and * for the first member.
func parsePath(text string) (path, error) {
	var p path
	for rest := text; rest != ""; {
		if len(p) > 0 && rest[0] != '[' {
			after, dotted := strings.CutPrefix(rest, ".")
			if !dotted || strings.HasPrefix(after, "[") {
				return nil, errPath
			}
			rest = after
		}
		found := stepForm.FindStringSubmatch(rest)
		if found == nil {
			return nil, errPath
		}
		s := step{name: found[1]}
		if found[2] != "" {
			s.index, _ = strconv.Atoi(found[2]) // the form has few digits only
		}
		p, rest = append(p, s), rest[len(found[0]):]
	}
	if len(p) == 0 || len(p) > maxSteps {
		return nil, errPath
	}
	return p, nil
}

// at is what a path leads to, nil when that is nothing.
func (p path) at(value any) any {
	for _, s := range p {
		switch v := value.(type) {
		case object:
			switch {
			case s.name == first && len(v) > 0:
				value = v[0].value
			case s.name != "" && s.name != first:
				value = v.of(s.name)
			default:
				return nil
			}
		case []any:
			i := s.index
			if i < 0 {
				i += len(v)
			}
			if s.name != "" && s.name != first || i < 0 || i >= len(v) {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// paths are ways to one value: the first that leads to something is taken.
type paths struct {
	ways []path
	text string // as written, to tell two of them apart
}

// scan implements scanner: one path or a list of them.
func (p *paths) scan(place string, from any) error {
	all, list := from.([]any)
	if !list {
		all = []any{from}
	}
	for i, one := range all {
		at := place
		if list {
			at = fmt.Sprintf("%s[%d]", place, i)
		}
		text, ok := one.(string)
		if !ok {
			return wrong(at, "want a path, or a list of them")
		}
		way, err := parsePath(text)
		if err != nil {
			return wrong(at, "%w", err)
		}
		p.ways, p.text = append(p.ways, way), p.text+text+"\n"
	}
	if len(all) == 0 {
		return wrong(place, "want a path, or a list of them")
	}
	return nil
}

func (p paths) at(value any) any {
	for _, way := range p.ways {
		if found := way.at(value); found != nil {
			return found
		}
	}
	return nil
}

// scalar is the text that the paths lead to, "" when there is none.
func (p paths) scalar(value any) string {
	text, _ := scalar(p.at(value))
	return text
}

// many are several paths whose texts belong together.
type many []paths

// words are the texts that they lead to.
func (m many) words(value any) string {
	var all []string
	for _, p := range m {
		all = append(all, flat(p.at(value), true)...)
	}
	return strings.Join(all, " ")
}

// scan implements scanner: one path, or a list of paths and lists.
func (m *many) scan(place string, from any) error {
	all, list := from.([]any)
	if !list {
		*m = make(many, 1)
		return (*m)[0].scan(place, from)
	}
	for i, one := range all {
		var p paths
		if err := p.scan(fmt.Sprintf("%s[%d]", place, i), one); err != nil {
			return err
		}
		*m = append(*m, p)
	}
	return nil
}
