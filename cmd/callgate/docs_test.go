package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestLinesInDocs runs the lines of the published pages that administer callgate, each page's on a database of its own.
func TestLinesInDocs(t *testing.T) {
	for _, tt := range []struct {
		page, want string // what the page's lines print, among other things
		lines      int
	}{
		{"README.md", `(?s)9876 +Hot line.*\nshop +1111 +\(the rest\) .*\n30s\n`, 18},
		{"docs/dialplan.md", `ivr/closed\.wav, hangup:USER_BUSY`, 7},
		{"docs/calls.md", `(?m)^project:9876 `, 5},
		{"docs/security.md", `^$`, 1},
		{"docs/modules.md", `(?m)^sms/send +- +on +- +Send messages$`, 6},
		{"docs/reports-outside.md", `^$`, 17},
		{"docs/report-mail.md", `^$`, 6},
		{"docs/users.md", `(?s)^cgk_[0-9a-f]{40}\n.*billing .*crm +active +contact/add contact/queues +all\n`, 11},
		{"docs/sms.md", `(?s)\nsmsc +SMSC.*\nlog +log +2 .*\nsmsru +http, smsru +1 +30 +16 +api_id=\(set\) .*\nmessage 1: taken `, 7},
	} {
		t.Run(tt.page, func(t *testing.T) {
			page, err := os.ReadFile(filepath.Join("../..", tt.page))
			if err != nil {
				t.Fatal(err)
			}
			env := map[string]string{"CALLGATE_DATABASE_URL": "sqlite:" + filepath.Join(t.TempDir(), "x.db")}
			ran, printed := 0, ""
			for _, line := range administering(string(page)) {
				code, out, stderr := callgate(t, env, line.stdin, line.args...)
				if code != 0 {
					t.Errorf("%q: %d %s", line.args, code, stderr)
				}
				ran++
				printed += out
			}
			if ran != tt.lines || !regexp.MustCompile(tt.want).MatchString(printed) {
				t.Errorf("%d lines ran and said\n%s", ran, printed)
			}
		})
	}
}

// docLine is one line of a page, read as a shell would.
type docLine struct {
	stdin string
	args  []string
}

var (
	shellBlock   = regexp.MustCompile("(?ms)^ *```sh\n.*?^ *```$")
	callgateLine = regexp.MustCompile(`(?m)^ *(?:echo '([^']*)' \| )?(?:bin/)?callgate ((?:.*\\\n)*.*)$`)
	shellWord    = regexp.MustCompile(`(?:'[^']*'|[^\s'])+`)
)

// administering are the lines of a page that call callgate, but for those that serve, examine a switch or build.
func administering(page string) (lines []docLine) {
	blocks := strings.Join(shellBlock.FindAllString(page, -1), "\n")
	for _, found := range callgateLine.FindAllStringSubmatch(blocks, -1) {
		text, _, _ := strings.Cut(strings.ReplaceAll(found[2], "\\\n", ""), " # ")
		l := docLine{stdin: found[1] + "\n"}
		for _, word := range shellWord.FindAllString(text, -1) {
			l.args = append(l.args, strings.ReplaceAll(word, "'", ""))
		}
		if !slices.Contains([]string{"serve", "check", "demo"}, l.args[0]) {
			lines = append(lines, l)
		}
	}
	return lines
}
