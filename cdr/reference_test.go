package cdr

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strconv"
	"strings"
)

// The JSON form of a document once more, as plainly as the rules can be written down.

func (n *node) json() string {
	if len(n.Attributes) == 0 && len(n.Children) == 0 {
		if n.Text == "" {
			return "[]"
		}
		return scalarJSON(n.Text)
	}
	var members []string
	if len(n.Attributes) > 0 {
		var attributes []string
		for _, a := range n.Attributes {
			attributes = append(attributes, stringJSON(a[0])+":"+scalarJSON(a[1]))
		}
		members = append(members, `"@attributes":{`+strings.Join(attributes, ",")+"}")
	}
	if n.Text != "" {
		members = append(members, `"0":`+scalarJSON(n.Text))
	}
	values := map[string][]string{}
	var names []string
	for _, c := range n.Children {
		if values[c.Name] == nil {
			names = append(names, c.Name)
		}
		values[c.Name] = append(values[c.Name], c.json())
	}
	for _, name := range names {
		value := strings.Join(values[name], ",")
		if len(values[name]) > 1 {
			value = "[" + value + "]"
		}
		members = append(members, stringJSON(name)+":"+value)
	}
	return "{" + strings.Join(members, ",") + "}"
}

var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?$`)

func scalarJSON(s string) string {
	if !decimal.MatchString(s) || len(s) > maxNumber {
		return stringJSON(s)
	}
	if n, whole := new(big.Int).SetString(s, 10); whole {
		if limit := big.NewInt(1<<53 - 1); n.CmpAbs(limit) > 0 || s == "-0" {
			return stringJSON(s)
		}
		return s
	}
	digits := strings.TrimLeft(strings.NewReplacer("-", "", ".", "").Replace(s), "0")
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || len(digits) > maxSignificant || digits == "" && s[0] == '-' {
		return stringJSON(s)
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func stringJSON(s string) string {
	var b strings.Builder
	for _, char := range s {
		if one, err := json.Marshal(string(char)); err == nil && strings.ContainsAny(string(one), `\`) && !strings.ContainsRune("<>&\u2028\u2029", char) {
			b.WriteString(strings.Trim(string(one), `"`))
			if char == '"' {
				b.WriteString(`"`) // which was trimmed too
			}
			continue
		}
		b.WriteRune(char)
	}
	return `"` + b.String() + `"`
}
