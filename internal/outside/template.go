package outside

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// message is what a request says.
type message struct{ method, query, contentType, body string }

func inJSON(body string) message {
	return message{method: http.MethodPost, contentType: "application/json", body: body}
}

var (
	placeholder = regexp.MustCompile(`\{[a-z_]+\}`)
	encodedForm = regexp.MustCompile(`^[!-~]*$`)
)

// CheckTemplate takes the text of a request with all of these placeholders in it and no others. One that begins with a
// question mark is the query of a GET, one that begins with a brace the JSON body of a POST, whose placeholders stand
// within its strings, and any other the body of a POST as HTML forms send it.
func CheckTemplate(text string, placeholders ...string) error {
	found := placeholder.FindAllString(text, -1)
	for _, p := range placeholders {
		if !slices.Contains(found, p) {
			return fmt.Errorf("want %s in it", p)
		}
	}
	for _, p := range found {
		if !slices.Contains(placeholders, p) {
			return fmt.Errorf("unknown placeholder %s", p)
		}
	}
	var pairs []string
	for _, p := range placeholders {
		pairs = append(pairs, p, `"\x`) // which is JSON nowhere but, escaped, in a string
	}
	m := fill(text, pairs...)
	if m.contentType == "application/json" {
		if !json.Valid([]byte(m.body)) {
			return errors.New(`want valid JSON whose placeholders stand in strings, such as {"from":"{start}"}`)
		}
		return nil
	}
	encoded := m.query + m.body
	if _, err := url.ParseQuery(encoded); err != nil || !encodedForm.MatchString(encoded) || strings.Contains(encoded, "#") {
		return errors.New("want name=value&name=value, percent-encoded but for the placeholders, with a ? before it for a GET")
	}
	return nil
}

// fill puts values in the places of a template's placeholders, escaped as where they stand. They come in pairs.
func fill(text string, pairs ...string) message {
	escape := url.QueryEscape
	m := message{method: http.MethodPost, contentType: "application/x-www-form-urlencoded"}
	to := &m.body
	switch {
	case strings.HasPrefix(text, "?"):
		m, text = message{method: http.MethodGet}, text[1:]
		to = &m.query
	case strings.HasPrefix(text, "{"):
		escape = func(value string) string {
			quoted, _ := json.Marshal(value) // a text can be encoded
			return string(quoted[1 : len(quoted)-1])
		}
		m = inJSON("")
	}
	escaped := slices.Clone(pairs)
	for i := 1; i < len(escaped); i += 2 {
		escaped[i] = escape(escaped[i])
	}
	*to = strings.NewReplacer(escaped...).Replace(text)
	return m
}

// pathForm is names with dots between them.
var pathForm = regexp.MustCompile(`^[^.]+(\.[^.]+){0,15}$`)

// CheckPath takes the way to a value within JSON objects, such as data.rows; an empty one means the whole.
func CheckPath(path string) error {
	if path != "" && !pathForm.MatchString(path) {
		return errors.New("want names with dots between them, such as data.rows")
	}
	return nil
}

// at finds the value at a path, or nothing.
func at(body []byte, path string) json.RawMessage {
	for name := range strings.SplitSeq(path, ".") {
		all, err := object(body)
		if err != nil {
			return nil
		}
		body = all[name]
	}
	return body
}
