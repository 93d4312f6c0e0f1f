package outside_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"callgate/internal/outside"
	"callgate/internal/outside/outsidetest"
)

// row is one of a day, a project and a number; changes replace parts of its text.
func row(day, project, number string, changes ...string) string {
	text := "{"
	for i, key := range outside.ReportKeys() {
		quoted, _ := json.Marshal(key)
		value := "0"
		switch i {
		case 0, 1:
			value = day
		case 2:
			value = project
		case 3:
			value = number
		}
		if i > 0 {
			text += ","
		}
		text += string(quoted) + `:"` + value + `"`
	}
	return strings.NewReplacer(changes...).Replace(text + "}")
}

const all = "ИТОГ"

// TestReportNonsense: whatever is wrong with an answer, the failure says what, and quotes nothing of it.
func TestReportNonsense(t *testing.T) {
	good := row("2022-11-10", "1002", "secret")
	const hold = `"Среднее время HOLD, сек":"0"`
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   string // in the failure; empty when there is none
		counts string
	}{
		{"as documented", 200, "[" + good + "]", "", "ok"},
		{"no calls", 200, " [ ] ", "", "ok"},
		{"null for a mean of nothing", 200, "[" + row("2022-11-10", "1002", "secret", hold, `"Среднее время HOLD, сек":null`) + "]", "", "ok"},
		{"more fields", 200, "[" + row("2022-11-10", "1002", "secret", "{", `{"x":[{"y":[]},1],"z":null,`) + "]", "", "ok"},
		{"HTML", 200, "\n <!doctype html><html>secret</html>", "it answers with HTML where JSON is wanted", "nonsense"},
		{"HTML behind a byte-order mark", 200, "\ufeff<html>", "it answers with HTML", "nonsense"},
		{"its trouble", 502, "<html>secret</html>", "it answers with status 502 and HTML", "down"},
		{"wants a log-in", 401, "{}", "it answers with status 401", "down"},
		{"not found", 404, "{}", "it answers with status 404", "down"},
		{"empty", 200, "", "the JSON is cut short", "nonsense"},
		{"cut short", 200, "[" + good, "the JSON is cut short", "nonsense"},
		{"cut short in a row", 200, "[" + good[:len(good)/2], "row 1: ", "nonsense"},
		{"no JSON", 200, "secret", "no JSON", "nonsense"},
		{"something behind", 200, "[" + good + "] []", "something stands behind the JSON", "nonsense"},
		{"an error as an object", 200, `{"error":"secret"}`, "an array is wanted where the rows are", "nonsense"},
		{"null", 200, "null", "an array is wanted where the rows are", "nonsense"},
		{"a row that is none", 200, "[" + good + `,["secret"]]`, "row 2: it is no object", "nonsense"},
		{"a field missing", 200, "[" + row("2022-11-10", "1002", "secret", `"Номер":`, `"номер":`) + "]", `row 1: no field "Номер"`, "nonsense"},
		{"another letter that looks alike", 200, "[" + row("2022-11-10", "1002", "secret", `\"АНТ\"`, `\"AHT\"`) + "]", "row 1: no field", "nonsense"},
		{"a field twice", 200, "[" + row("2022-11-10", "1002", "secret", hold, hold+","+hold) + "]", "stands there twice", "nonsense"},
		{"true", 200, "[" + row("2022-11-10", "1002", "secret", hold, strings.ReplaceAll(hold, `"0"`, "true")) + "]", "is neither a text nor a number", "nonsense"},
		{"an object", 200, "[" + row("2022-11-10", "1002", "secret", hold, strings.ReplaceAll(hold, `"0"`, `{"secret":1}`)) + "]", "is neither a text nor a number", "nonsense"},
		{"null for a figure", 200, "[" + row("2022-11-10", "1002", "secret", `"Число отбоев (не попали в очередь)":"0"`, `"Число отбоев (не попали в очередь)":null`) + "]", "null for", "nonsense"},
		{"null for a number", 200, "[" + row("2022-11-10", "1002", "secret", `"secret"`, "null") + "]", "null for", "nonsense"},
		{"not UTF-8", 200, "[" + row("2022-11-10", "1002", "\xcf\xf0\xe8") + "]", "is no UTF-8", "nonsense"},
		{"half a character", 200, "[" + row("2022-11-10", "1002", `\ud83d`) + "]", "is no UTF-8", "nonsense"},
		{"a day of another form", 200, "[" + row("10.11.2022", "1002", "secret") + "]", "is neither a day", "nonsense"},
		{"a day that is none", 200, "[" + row("2022-02-30", "1002", "secret") + "]", "is neither a day", "nonsense"},
		{"a total of some", 200, "[" + row(all, "1002", all) + "]", "a total of all days that is not", "nonsense"},
		{"a total of a day", 200, "[" + row("2022-11-10", all, all) + "]", "a day without its project", "nonsense"},
		{"no project", 200, "[" + row("2022-11-10", "", "secret") + "]", "a day without its project", "nonsense"},
		{"levels without end", 200, "[" + row("2022-11-10", "1002", "secret", "{", `{"x":`+strings.Repeat("[", 100000)), "exceeded max depth", "nonsense"},
		{"white space without end", 200, "[" + strings.Repeat(" ", 1<<17) + good + "]", "nothing but white space", "nonsense"},
		{"more rows than anybody reads", 200, "[" + strings.Repeat(good+",", 10) + good + "]", "", "ok"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := onSocket(t)
			w.answer(tt.status, tt.body)
			rows, err := w.report(t, manualForm)
			if tt.want == "" && err != nil || tt.want != "" && (!errors.Is(err, down) || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("got %d rows, %v; want %q", len(rows), err, tt.want)
			}
			if err != nil && (strings.Contains(err.Error(), "secret") || rows != nil) {
				t.Errorf("the failure quotes the answer, or part of it is shown: %v", err)
			}
			if n := w.value(t, "callgate_outside_questions_total", tt.counts); n != 1 {
				t.Errorf("%v counted as %s", n, tt.counts)
			}
		})
	}
}

// TestReportFormNonsense: where rows lie deeper, and fields have other names, the failure names these.
func TestReportFormNonsense(t *testing.T) {
	good := row("2022-11-10", "1002", "7")
	for _, tt := range []struct{ name, rows, fields, body, want string }{
		{"fine", "data.rows", "", `{"x":[1],"data":{"y":{},"rows":[` + good + `],"z":0},"w":[]}`, ""},
		{"one field for two keys", "", `{"Дата":"d","День недели":"d"}`, "[" + row("2022-11-10", "1002", "7", `"Дата":`, `"d":`, `"День недели":`, `"e":`) + "]", ""},
		{"nothing there", "data.rows", "", `{"data":{"row":[]}}`, "there is nothing at data.rows"},
		{"no object on the way", "data.rows", "", `{"data":[]}`, `an object is wanted around "rows"`},
		{"no array there", "data.rows", "", `{"data":{"rows":{}}}`, "an array is wanted where the rows are"},
		{"twice", "data.rows", "", `{"data":{"rows":[]},"data":{"rows":[]}}`, `"data" stands there twice`},
		{"twice deeper", "data.rows", "", `{"data":{"rows":[],"rows":[]}}`, `"rows" stands there twice`},
		{"cut short behind the rows", "data.rows", "", `{"data":{"rows":[]}`, "the JSON is cut short"},
		{"array closed by a brace", "", "", "[" + good + "}", "no JSON"},
		{"field missing", "", `{"Номер":"number"}`, "[" + good + "]", `no field "number"`},
		{"a key that is none", "", `{"Nomer":"number"}`, "[]", `the report has no key "Nomer"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := onSocket(t)
			w.answer(200, tt.body)
			form := manualForm
			form.Rows, form.Fields = tt.rows, tt.fields
			_, err := w.report(t, form)
			if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want %q", err, tt.want)
			}
		})
	}
}

// TestReportRows: rows are bounded too, however short they are.
func TestReportRows(t *testing.T) {
	fields := make([]string, len(outside.ReportKeys()))
	for i, key := range outside.ReportKeys() {
		quoted, _ := json.Marshal(key)
		fields[i] = string(quoted) + ":" + map[bool]string{true: `"d"`, false: `"p"`}[i == 0]
	}
	body := "[" + strings.Repeat(`{"d":"2022-11-10","p":1},`, 100_000) + `{"d":"2022-11-10","p":1}]`
	rows, err := outside.ReadRows([]byte(body), "", "{"+strings.Join(fields, ",")+"}")
	if rows != nil || err == nil || !strings.Contains(err.Error(), "too large an answer: more than 100000 rows") {
		t.Errorf("%d rows, %v", len(rows), err)
	}
}

// shape tells of rows only day, project and number.
func shape(rows []outside.ReportRow) (all []string) {
	for _, r := range rows {
		var parts []string
		for _, value := range r.All() {
			if len(parts) < 4 {
				parts = append(parts, *value)
			}
		}
		all = append(all, parts[0]+" "+parts[2]+" "+parts[3])
	}
	return all
}

// TestReportOrder: rows come out by day and project, each total behind what it sums; projects and numbers stay in the
// system's own order.
func TestReportOrder(t *testing.T) {
	body := "[" + strings.Join([]string{
		row(all, all, all), row("2022-11-11", "7", all), row("2022-11-11", "7", "b"), row("2022-11-10", "9", "d"), row("2022-11-10", "7", all),
		row("2022-11-10", "7", "b"), row("2022-11-10", "9", all), row("2022-11-10", "7", "a"),
	}, ",") + "]"
	rows, err := outside.ReadRows([]byte(body), "", "")
	want := []string{"2022-11-10 7 b", "2022-11-10 7 a", "2022-11-10 7 ИТОГ", "2022-11-10 9 d", "2022-11-10 9 ИТОГ",
		"2022-11-11 7 b", "2022-11-11 7 ИТОГ", "ИТОГ ИТОГ ИТОГ"}
	if got := shape(rows); err != nil || !slices.Equal(got, want) {
		t.Errorf("%v\ngot  %q\nwant %q", err, got, want)
	}
}

// FuzzReadRows reads anything: what is accepted has the report's shape and its order.
func FuzzReadRows(f *testing.F) {
	for _, seed := range []string{"", "[]", string(outsidetest.Table), "[" + row("2022-11-10", "1", "7") + "," + row("2022-11-09", "1", all) + "]", `{"data":[]}`, "[{}]", "[[]]"} {
		f.Add([]byte(seed), "")
		f.Add([]byte(`{"data":{"rows":`+seed+"}}"), "data.rows")
	}
	f.Fuzz(func(t *testing.T, body []byte, path string) {
		if outside.CheckPath(path) != nil {
			return
		}
		rows, err := outside.ReadRows(body, path, "")
		if err != nil && rows != nil {
			t.Errorf("both %v and %d rows", err, len(rows))
		}
		if again, failed := outside.ReadRows([]byte(encoded(t, rows)), "", ""); err == nil && (failed != nil || encoded(t, again) != encoded(t, rows)) {
			t.Errorf("%q is read as %s, and that is not read as itself: %v", body, encoded(t, rows), failed)
		}
	})
}
