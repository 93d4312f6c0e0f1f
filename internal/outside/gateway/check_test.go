package gateway_test

import (
	"encoding/json"
	"strings"
	"testing"

	"callgate/internal/outside/gateway"
)

// whole is a description in which everything can be spoiled.
const whole = `{
  "title": "Own", "source": "https://gate.example/doc", "read": "all", "number": "digits",
  "needs": [{"name": "login", "title": "Login"}, {"name": "key", "title": "Key", "secret": true}],
  "send": {
    "method": "POST", "url": "https://gate.example/v1/send", "headers": {"X-Id": "{id}"},
    "auth": {"kind": "basic", "user": "{login}", "password": "{key}"},
    "query": {"v": "2"},
    "json": {"messages": [{"text": "{text}", "to": [{"msisdn": "{number}"}]}]},
    "timeout": 20,
    "taken": [{"status": "200-299", "where": [{"path": "ok", "equals": true}], "body": "ok"}],
    "later": [{"status": "429", "wait": 60}],
    "refused": [{"where": [{"path": "ok", "equals": false}]}],
    "id": ["data.id", "data[0].id"], "reason": "error"
  },
  "status": {
    "method": "POST", "url": "https://gate.example/v1/status", "form": {"ids": "{ids}"}, "most": 50,
    "answered": [{"status": 200}],
    "each": "data", "id": "id", "state": "state", "reason": "why",
    "codes": {"delivered": ["D"], "failed": ["F"], "expired": ["E"], "on_its_way": ["W"]}
  },
  "receipt": {
    "in": ["json"], "each": "data", "where": [{"path": "kind", "equals": "sms"}], "id": "id", "state": "state",
    "codes": {"delivered": ["D"], "failed": ["F"]},
    "signature": {"hash": "sha256", "of": "{key}{data}", "at": "hash"},
    "answer": {"text": "OK", "type": "text/plain"}
  },
  "limits": {"per_second": 10, "longest": 1000, "minutes": 1440}
}`

// TestCheck: what cannot work is refused with the place.
func TestCheck(t *testing.T) {
	if _, err := gateway.ParseDescription([]byte(whole)); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, old, new, want string }{
		{"unknown placeholder", `"{number}"`, `"{numbr}"`, "send.json.messages[0].to[0].msisdn: unknown placeholder {numbr} at character 1"},
		{"further on", `"{text}"`, `"Здравствуйте, {text} {name}"`, "send.json.messages[0].text: unknown placeholder {name} at character 22"},
		{"the one that stands in", `"{text}"`, `"{text|txt}"`, "send.json.messages[0].text: unknown placeholder {txt} at character 1"},
		{"nothing in it", `"{text}"`, `"{text}{}"`, "send.json.messages[0].text: unknown placeholder {} at character 7"},
		{"open", `"{text}"`, `"a {text"`, "send.json.messages[0].text: unclosed { at character 3: write {{ where one is meant"},
		{"open in another", `"{text}"`, `"{te{xt}"`, "send.json.messages[0].text: unclosed { at character 1: write {{ where one is meant"},
		{"not opened", `"{text}"`, `"text}"`, "send.json.messages[0].text: a } without its { at character 5: write }} where one is meant"},
		{"not of a message", `"{text}"`, `"{text}{ids}"`, "send.json.messages[0].text: {ids} at character 7 cannot stand here"},
		{"not of a poll", `"{ids}"`, `"{ids}{text}"`, "status.form.ids: {text} at character 6 cannot stand here"},
		{"no text", `"{text}"`, `"hello"`, "send: {text} stands nowhere in it"},
		{"no number", `"{number}"`, `"7"`, "send: {number} stands nowhere in it"},
		{"a text in a header", `"{id}"`, `"{text}"`, "send.headers.X-Id: {text} at character 1 cannot stand here"},
		{"a line in a header", `"{id}"`, `"a\nb"`, "send.headers.X-Id: want it on one line"},
		{"no header", `"X-Id"`, `"X Id"`, "send.headers.X Id: want the name of a header"},
		{"a header of ours", `"X-Id"`, `"content-length"`, "send.headers.content-length: this header is not a description's to set"},
		{"a header that auth sets", `"X-Id"`, `"authorization"`, "send.headers.authorization: auth sets this header"},
		{"a number in the log-in", `"{login}"`, `"{number}"`, "send.auth.user: {number} at character 1 cannot stand here"},
		{"a line in the log-in", `"{login}"`, `"{login}\t"`, "send.auth: want all of it on one line"},
		{"a colon in the name", `"{login}"`, `"a:{login}"`, "send.auth.user: no colon can stand in it"},
		{"a need of two lines", `"title": "Login"`, `"title": "Login", "default": "a\nb"`, "needs[0].default: want it on one line"},
		{"no log-in", `"user": "{login}", `, ``, "send.auth.user: basic wants one"},
		{"a log-in of another kind", `"kind": "basic", `, `"kind": "bearer", "token": "x", `, "send.auth.password: it does not go with that kind"},
		{"no kind", `"basic"`, `"digest"`, "send.auth.kind: want none, basic, bearer, query or header"},
		{"in the query twice", `"kind": "basic", "user": "{login}", "password": "{key}"`, `"kind": "query", "name": "v", "value": "{key}{login}"`, "send.auth.name: it is in query too"},
		{"no address", `"https://gate.example/v1/send"`, `"gate.example/send"`, "send.url: want http:// or https:// and a host"},
		{"another kind of address", `"https://gate.example/v1/send"`, `"ftp://gate.example/"`, "send.url: want http:// or https:// and a host"},
		{"a password in the address", `"https://gate.example/v1/send"`, `"https://a:b@gate.example/"`, "send.url: want http:// or https:// and a host"},
		{"no host", `"https://gate.example/v1/send"`, `"https:///v1"`, "send.url: want http:// or https:// and a host"},
		{"the host is the number's to say", `"https://gate.example/v1/send"`, `"https://{number}.example/"`, "send.url: want no placeholder in the host"},
		{"nor the end of it", `"https://gate.example/v1/send"`, `"https://gate.example{number}"`, "send.url: want no placeholder in the host"},
		{"all of it", `"https://gate.example/v1/send"`, `"{login}"`, "send.url: want http:// or https:// and a host"},
		{"a query in the address", `"https://gate.example/v1/send"`, `"https://gate.example/?a=b"`, "send.url: want nothing behind the path: use query"},
		{"a path that leads back", `"https://gate.example/v1/send"`, `"https://gate.example/a/.."`, "send.url: want the path without . and .."},
		{"a text in the address", `"https://gate.example/v1/send"`, `"https://gate.example/{text}"`, "send.url: {text} at character 22 cannot stand here"},
		{"a method", `"method": "POST", "url": "https://gate.example/v1/send"`, `"method": "post", "url": "https://gate.example/"`, "send.method: want GET, POST or PUT"},
		{"a body of a GET", `"method": "POST", "url": "https://gate.example/v1/send"`, `"method": "GET", "url": "https://gate.example/"`, "send: a GET has no body: use query"},
		{"two bodies", `"timeout": 20`, `"form": {"a": "b"}`, "send: want form or json, not both"},
		{"patience", `"timeout": 20`, `"timeout": 301`, "send.timeout: want seconds, up to 300"},
		{"never taken", `"taken": [{"status": "200-299", "where": [{"path": "ok", "equals": true}], "body": "ok"}]`, `"taken": []`, "send.taken: want a rule that tells when a message is taken"},
		{"always taken", `{"status": "200-299", "where": [{"path": "ok", "equals": true}], "body": "ok"}`, `{}`, "send.taken[0]: want status, where or body: it holds of everything"},
		{"taken by a failure", `{"status": "200-299", "where": [{"path": "ok", "equals": true}], "body": "ok"}`, `{"status": "200-599"}`, "send.taken[0]: a failure of the server takes nothing"},
		{"no status", `"200-299"`, `"2xx"`, "send.taken[0].status: want HTTP's status codes such as 200-299,409"},
		{"a range of none", `"200-299"`, `"299-200"`, "send.taken[0].status: want HTTP's status codes such as 200-299,409"},
		{"no pattern", `"body": "ok"`, `"body": "(ok"`, "send.taken[0].body: error parsing regexp: missing closing ): `(ok`"},
		{"a pattern that RE2 has not", `"body": "ok"`, `"body": "(a)\\1"`, "send.taken[0].body: error parsing regexp: invalid escape sequence: `\\1`"},
		{"a pattern of nothing", `"body": "ok"`, `"body": "[^\\x00-\\x{10FFFF}]"`, "send.taken[0].body: nothing matches [^\\x00-\\x{10FFFF}]"},
		{"too long a pattern", `"body": "ok"`, `"body": "` + strings.Repeat("x", 501) + `"`, "send.taken[0].body: want a regular expression of at most 500 bytes"},
		{"no condition", `{"path": "ok", "equals": true}`, `{"path": "ok"}`, "send.taken[0].where[0]: want one of equals, one_of, none_of and present"},
		{"two of them", `{"path": "ok", "equals": true}`, `{"path": "ok", "equals": true, "present": true}`, "send.taken[0].where[0]: want one of equals, one_of, none_of and present"},
		{"no path", `{"path": "ok", "equals": true}`, `{"equals": true}`, "send.taken[0].where[0].path: want one"},
		{"what is no path", `"ok", "equals": true`, `"ok..x", "equals": true`, "send.taken[0].where[0].path: want a path such as data.id, data[0].id, events[-1].id or sms.*.id"},
		{"two values at once", `{"path": "ok", "equals": true}`, `{"path": "ok", "equals": 1}, {"path": "ok", "one_of": [2, 3]}`, "send.taken[0].where[1]: it never holds when send.taken[0].where[0] does"},
		{"there and not there", `{"path": "ok", "equals": true}`, `{"path": "ok", "equals": 1}, {"path": "ok", "present": false}`, "send.taken[0].where[1]: it never holds when send.taken[0].where[0] does"},
		{"none of what it is", `{"path": "ok", "equals": true}`, `{"path": "ok", "none_of": [1, 2]}, {"path": "ok", "one_of": [2]}`, "send.taken[0].where[1]: it never holds when send.taken[0].where[0] does"},
		{"an object as a value", `"equals": true`, `"equals": {}`, "send.taken[0].where[0].equals: want texts or numbers"},
		{"a wait for nothing", `"equals": false}]`, `"equals": false}], "wait": 5`, "send.refused[0].wait: want seconds, up to a day, of a later rule"},
		{"too long a wait", `"wait": 60`, `"wait": 86401`, "send.later[0].wait: want seconds, up to a day, of a later rule"},
		{"the second way is none", `"data[0].id"`, `"data[x].id"`, "send.id[1]: want a path such as data.id, data[0].id, events[-1].id or sms.*.id"},
		{"no way at all", `"id": ["data.id", "data[0].id"]`, `"id": []`, "send.id: want a path, or a list of them"},
		{"nothing asked for", `"{ids}"`, `"x"`, "status: want either {id} or {ids} in it"},
		{"one and many", `"{ids}"`, `"{ids}{id}"`, "status: want either {id} or {ids} in it"},
		{"how many", `"most": 50`, `"most": 0`, "status.most: want how many messages at once, up to 1000, with {ids} and not without"},
		{"the number of many", `"{ids}"`, `"{ids}{number}"`, "status: {number} is of one message and does not go with {ids}"},
		{"many in one", `"each": "data", "id": "id", "state": "state", "reason": "why"`, `"id": "id", "state": "state"`, "status.each: want one with {ids}"},
		{"no state", `"state": "state", "reason": "why"`, `"reason": "why"`, "status.state: want where the state is"},
		{"no codes", `{"delivered": ["D"], "failed": ["F"], "expired": ["E"], "on_its_way": ["W"]}`, `{"on_its_way": ["W"]}`, "status.codes: want codes that say how a message ended"},
		{"a code of two", `"expired": ["E"]`, `"expired": ["F"]`, "status.codes.expired: F is in failed too"},
		{"nowhere to look", `"in": ["json"]`, `"in": []`, "receipt.in: want where to look: query, form, json"},
		{"somewhere else", `"in": ["json"]`, `"in": ["json", "xml"]`, "receipt.in[1]: want query, form or json, each once"},
		{"no id", `"in": ["json"], "each": "data", "where": [{"path": "kind", "equals": "sms"}], "id": "id"`, `"in": ["json"]`, "receipt.id: want one"},
		{"another hash", `"sha256"`, `"crc32"`, "receipt.signature.hash: want md5, sha1, sha256"},
		{"a signature of nothing", `"{key}{data}"`, `"{key}{.}"`, "receipt.signature.of: {.} at character 6 is neither a need nor a path"},
		{"a signature that anybody can make", `"{key}{data}"`, `"{data}"`, "receipt.signature.of: want a need in it, or anybody could make it"},
		{"an answer of two lines", `"text/plain"`, `"text/plain\r\nX: y"`, "receipt.answer.type: want it on one line"},
		{"a need that nobody uses", `{"name": "login", "title": "Login"}`, `{"name": "login", "title": "Login"}, {"name": "zone", "title": "Zone"}`, "needs[1]: nothing uses {zone}"},
		{"a need that is not there", `{"name": "login", "title": "Login"}, `, ``, "send.auth.user: unknown placeholder {login} at character 1"},
		{"a need of another's name", `"name": "login"`, `"name": "text"`, "needs[0].name: {text} is something else"},
		{"the same twice", `"name": "login"`, `"name": "key"`, "needs[1].name: key stands there twice"},
		{"no name", `"name": "login"`, `"name": "Log in"`, "needs[0].name: want a name of small letters, digits and _"},
		{"no title of it", `"title": "Login"`, `"title": " "`, "needs[0].title: want one"},
		{"a secret that everybody knows", `"secret": true`, `"secret": true, "default": "x"`, "needs[1].default: a secret has none"},
		{"unless what", `"title": "Login"`, `"title": "Login", "unless": "token"`, "needs[0].unless: want the name of another need"},
		{"no title", `"Own"`, `""`, "title: want one"},
		{"no page", `"https://gate.example/doc"`, `"the manual"`, "source: want the address of a page"},
		{"experimental, and why", `"read": "all"`, `"experimental": true`, "read: want what makes it experimental"},
		{"no form of numbers", `"digits"`, `"national"`, "number: want plus or digits"},
		{"less than nothing", `"per_second": 10`, `"per_second": -1`, "limits: want no negative number"},
		{"an unknown field", `"method": "POST", "url": "https://gate.example/v1/send"`, `"methid": "POST"`, "send.methid: unknown field"},
		{"deep in it", `"path": "kind"`, `"pth": "kind"`, "receipt.where[0].pth: unknown field"},
		{"at the top", `"title": "Own"`, `"Title": "Own"`, "Title: unknown field"},
		{"what is ours", `"title": "Own"`, `"raw": "Own"`, "raw: unknown field"},
		{"twice", `"timeout": 20`, `"timeout": 20, "timeout": 20`, "send.timeout: it stands there twice"},
		{"twice in a body", `"text": "{text}"`, `"text": "{text}", "text": ""`, "send.json.messages[0].text: it stands there twice"},
		{"twice in a form", `{"ids": "{ids}"}`, `{"ids": "{ids}", "ids": ""}`, "status.form.ids: it stands there twice"},
		{"a number for a text", `"title": "Own"`, `"title": 5`, "title: want a text"},
		{"a number for a template", `"{ids}"`, `5`, "status.form.ids: want a text"},
		{"a text for a number", `"timeout": 20`, `"timeout": "20"`, "send.timeout: want a whole number"},
		{"a part of a number", `"timeout": 20`, `"timeout": 2.5`, "send.timeout: want a whole number"},
		{"a text for a truth value", `"secret": true`, `"secret": "yes"`, "needs[1].secret: want true or false"},
		{"null", `"title": "Own"`, `"title": null`, "title: want a text"},
		{"a list for an object", `{"v": "2"}`, `["2"]`, "send.query: want an object"},
		{"an object for a list", `["json"]`, `{}`, "receipt.in: want a list"},
		{"cut short", `"limits": {"per_second": 10, "longest": 1000, "minutes": 1440}` + "\n}", `"limits": `, "no JSON at line 27, character 12: unexpected end of JSON input"},
		{"a comma", `"source": "https`, `, "source": "https`, `no JSON at line 2, character 19: invalid character ',' looking for beginning of object key string`},
		{"too long", `"Own"`, `"` + strings.Repeat("x", 64<<10) + `"`, "it is longer than 65536 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if strings.Count(whole, tt.old) == 0 {
				t.Fatalf("%s stands nowhere", tt.old)
			}
			_, err := gateway.ParseDescription([]byte(strings.Replace(whole, tt.old, tt.new, 1)))
			if err == nil || err.Error() != tt.want {
				t.Errorf("%v\nwant %s", err, tt.want)
			}
			var d gateway.Description
			if json.Unmarshal([]byte(strings.Replace(whole, tt.old, tt.new, 1)), &d) == nil {
				t.Error("taken as JSON")
			}
		})
	}
}

// TestDescriptionAsJSON: a description that is stored and read again is the same.
func TestDescriptionAsJSON(t *testing.T) {
	d := described(t, "\ufeff"+whole)
	stored, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	var again gateway.Description
	if err := json.Unmarshal(stored, &again); err != nil || again.Title != "Own" || again.Limits != d.Limits {
		t.Errorf("%+v, %v", again, err)
	}
	h := driver(t, &again, map[string]string{"login": "a", "key": "b"}, gateway.Options{})
	want := gateway.Facts{States: 50, Receipts: true, Limits: gateway.Limits{PerSecond: 10, Longest: 1000, Minutes: 1440}}
	if h.Facts() != want {
		t.Errorf("%+v", h.Facts())
	}
	if empty, err := json.Marshal(struct{ D *gateway.Description }{&gateway.Description{}}); err != nil || string(empty) != `{"D":null}` {
		t.Errorf("none at all: %s, %v", empty, err)
	}
}
