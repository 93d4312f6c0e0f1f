package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
)

// TestSMSCommands sets providers, lists, tries and removes them. A secret comes from elsewhere than the command line, and is
// not shown.
func TestSMSCommands(t *testing.T) {
	provider := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.FormValue("key") != "s3cret":
			fmt.Fprint(w, `{"error":"wrong key"}`)
		case r.FormValue("text") == "later":
			w.WriteHeader(http.StatusServiceUnavailable)
		case r.FormValue("text") == "break":
			panic(http.ErrAbortHandler)
		default:
			fmt.Fprintf(w, `{"id":"to %s from %s"}`, r.FormValue("to"), r.FormValue("from"))
		}
	}))
	t.Cleanup(provider.Close)
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	describe := func(address string) string {
		text, err := json.Marshal(map[string]any{"title": "x", "number": "digits", "needs": []any{map[string]any{"name": "login", "title": "Login", "optional": true},
			map[string]any{"name": "key", "title": "Key", "secret": true}},
			"send": map[string]any{"method": "POST", "url": address, "form": map[string]string{"to": "{number}", "text": "{text}", "from": "{from}", "key": "{key}", "login": "{login}"},
				"taken":   []any{map[string]any{"where": []any{map[string]any{"path": "id", "present": true}}}},
				"refused": []any{map[string]any{"where": []any{map[string]any{"path": "error", "present": true}}}}, "id": "id", "reason": "error"}})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	good, bad, key := file("good.json", describe(provider.URL)), file("bad.json", describe("ftp://x")), file("key", "s3cret\r\nmore\n")
	set := "sms provider set gate --description " + good
	runCommands(t, []command{
		{"none", "", words("sms provider list"), 0, `^NAME +KIND +ASKED +PER SECOND +AT ONCE +VALUES +RECEIPTS\n$`, ""},
		{"presets", "", words("sms presets"), 0, `\nsmsc +SMSC\.ru +login, password \(secret\), key \(secret, optional\)[^\n]* https://smsc\.ru/.*\n`, ""},
		{"a secret where all can read it", "", words(set + " --set key=s3cret"), 2, `^$`, "key is a secret: give it on standard input"},
		{"no secret", "", words(set), 1, `^$`, "key: the provider needs one"},
		{"secret on standard input", "s3cret\n", words(set + " --set key=- --set login=me"), 0, `^$`, ""},
		{"is not shown", "", words("sms provider list"), 0, `\ngate +http +no +any +16 +key=\(set\), login=me +/api/v1/sms/receipts/gate/[A-Z2-7]{26}\n$`, ""},
		{"asked first", "", words("settings set sms.provider gate,other"), 0, `^$`, ""},
		{"is asked", "", words("sms provider list"), 0, `\ngate +http +1 `, ""},
		{"pace", "", words("sms provider set gate --per-second 2.5 --at-once 3 --set login="), 0, `^$`, ""},
		{"the rest is as it was", "", words("sms provider list"), 0, `\ngate +http +1 +2\.5 +3 +key=\(set\) +/api`, ""},
		{"the same again", "", words(set), 0, `^$`, ""},
		{"test", "", words("sms provider test gate --phone 89190000000 --text ok --originator SHOP"), 0, `^message 1: taken after .*, its id there is to 79190000000 from SHOP\n$`, ""},
		{"test without a text", "", append(words("sms provider test gate --phone"), "8 (919) 000-00-00"), 0, `^message 2: taken`, ""},
		{"not now", "", words("sms provider test gate --phone 89190000000 --text later"), 1, `^$`, "not taken now: "},
		{"nobody knows", "", words("sms provider test gate --phone 89190000000 --text break"), 1, `^$`, "message 4: it is not known whether it was taken: "},
		{"test of nobody", "", words("sms provider test none --phone 89190000000"), 1, `^$`, "not found Provider"},
		{"test for letters", "", words("sms provider test gate --phone nobody"), 2, `^$`, "--phone"},
		{"test of nothing", "", append(words("sms provider test gate --phone 89190000000 --text"), " "), 2, `^$`, "--text"},
		{"wrong secret", "other\n", words("sms provider set gate --set key=-"), 0, `^$`, ""},
		{"is refused", "", words("sms provider test gate --phone 89190000000"), 1, `^$`, "refused: status 200: wrong key"},
		{"secret in a file", "", words("sms provider set gate --set-file key=" + key), 0, `^$`, ""},
		{"is taken", "", words("sms provider test gate --phone 89190000000"), 0, `^message 6: taken`, ""},
		{"a preset", "s3cret\n", words("sms provider set other --preset smsru --set api_id=-"), 0, `^$`, ""},
		{"a log", "", words("sms provider set log --kind log"), 0, `^$`, ""},
		{"all", "", words("sms provider list"), 0, `\ngate +http +1 .*\nlog +log +no +any +16 +- +-\nother +http, smsru +2 +any +16 +api_id=\(set\) +/api.*\n$`, ""},
		{"in the place of the preset", "", words("sms provider set other --description " + good), 1, `^$`, "key: the provider needs one"},
		{"both", "", words("sms provider set other --preset smsc --description " + good), 1, `^$`, "either a preset or a description"},
		{"a description that cannot work", "", words("sms provider set other --set-file key=" + key + " --description " + bad), 1, `^$`, "send.url: "},
		{"a description that is not there", "", words("sms provider set other --description " + dir + "/none"), 1, `^$`, "read the description"},
		{"a file that is not there", "", words("sms provider set other --set-file key=" + dir + "/none"), 1, `^$`, "read the value of key"},
		{"another kind", "", words("sms provider set other --kind pigeon"), 1, `^$`, "want http, smpp or log"},
		{"no kind", "", words("sms provider set new --per-second 1"), 1, `^$`, "want http, smpp or log"},
		{"no such preset", "", words("sms provider set new --preset smsd"), 1, `^$`, "there is no preset"},
		{"a name with a capital", "", words("sms provider set New --kind log"), 1, `^$`, "wrong field name"},
		{"a value without a name", "", words("sms provider set gate --set =x"), 2, `^$`, "want NAME=VALUE"},
		{"a value twice", "", words("sms provider set gate --set login=x --set login=y"), 2, `^$`, "each name once"},
		{"two of standard input", "x\ny\n", words("sms provider set gate --set login=- --set key=-"), 2, `^$`, "login and key are both asked for"},
		{"nothing", "", words("sms provider set gate"), 2, `^$`, "nothing to change"},
		{"remove", "", words("sms provider remove gate"), 0, `^$`, ""},
		{"removed", "", words("sms provider list"), 0, `^[^\n]*\nlog [^\n]*\nother [^\n]*\n$`, ""},
		{"remove again", "", words("sms provider remove gate"), 1, `^$`, "not found Provider"},
	})
}
