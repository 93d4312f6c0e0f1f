package app_test

import (
	"encoding/xml"
	"io/fs"
	"path"
	"strings"
	"testing"

	"callgate/dialplan/freeswitch"
	"callgate/esl/esltest"
)

// shipped is the text of a file that operators install, edited for its surroundings as its comments say.
func shipped(t *testing.T, name string, edit *strings.Replacer) string {
	t.Helper()
	text, err := fs.ReadFile(freeswitch.Files(), name)
	if err != nil {
		t.Fatal(err)
	}
	return edit.Replace(string(text))
}

// edits are those that the shipped files ask for.
func (a surroundings) edits(encode string, more ...string) *strings.Replacer {
	if encode == "" {
		encode = "true"
	}
	return strings.NewReplacer(append([]string{
		"127.0.0.1:8084", a.outbound,
		"http://127.0.0.1:8080/cdr", a.cdr,
		"cdr:CHOOSE-A-PASSWORD", cdrUser + ":" + cdrPass,
		"/var/lib/freeswitch/cdr-err", a.undelivered,
		`name="encode" value="true"`, `name="encode" value="` + encode + `"`,
		`name="delay" value="5"`, `name="delay" value="1"`, // tests have no time
	}, more...)...)
}

// shippedDialplan are the extensions of the shipped dialplan, for the pretend switch. FreeSWITCH gets the files themselves.
func shippedDialplan(t *testing.T, edit *strings.Replacer) []esltest.Extension {
	t.Helper()
	type extension struct {
		Name       string `xml:"name,attr"`
		Conditions []struct {
			Field      string `xml:"field,attr"`
			Expression string `xml:"expression,attr"`
			Actions    []struct {
				Application string `xml:"application,attr"`
				Data        string `xml:"data,attr"`
			} `xml:"action"`
		} `xml:"condition"`
	}
	type contexts []struct {
		Name       string      `xml:"name,attr"`
		Extensions []extension `xml:"extension"`
	}
	var all []esltest.Extension
	for _, name := range dialplanFiles {
		var file struct {
			Contexts   contexts    `xml:"context"`
			Extensions []extension `xml:"extension"`
		}
		if err := xml.Unmarshal([]byte(shipped(t, name, edit)), &file); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if len(file.Extensions) > 0 { // a part of the context that its folder is named after
			file.Contexts = append(file.Contexts, contexts{{path.Base(path.Dir(name)), file.Extensions}}...)
		}
		for _, c := range file.Contexts {
			for _, e := range c.Extensions {
				x := esltest.Extension{Name: e.Name, Context: c.Name}
				for i, condition := range e.Conditions {
					switch {
					case i > 0:
						x.Also = append(x.Also, esltest.Condition{Field: condition.Field, Match: condition.Expression})
					case condition.Field != "destination_number":
						t.Fatalf("%s: %s begins with a condition on %s", name, e.Name, condition.Field)
					default:
						x.Match = condition.Expression
					}
					for _, a := range condition.Actions {
						x.Apps = append(x.Apps, esltest.App{Name: a.Application, Data: a.Data})
					}
				}
				all = append(all, x)
			}
		}
	}
	return all
}

// dialplanFiles are the shipped files with contexts or parts of them.
var dialplanFiles = [...]string{"dialplan/callgate.xml", "dialplan/callgate-out.xml", "dialplan/public/callgate.xml"}
