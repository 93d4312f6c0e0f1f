package esl_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Every test and benchmark that the documentation names exists.
func TestDocumentedTestsExist(t *testing.T) {
	page, err := os.ReadFile("../docs/event-socket.md")
	if err != nil {
		t.Fatal(err)
	}
	declared := map[string]bool{}
	for _, pattern := range []string{"*_test.go", "esltest/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`).FindAllSubmatch(text, -1) {
				declared[string(m[1])] = true
			}
		}
	}
	named := regexp.MustCompile(`\b(?:Test|Fuzz|Benchmark)[A-Z]\w+`).FindAllString(string(page), -1)
	if len(named) < 50 {
		t.Fatalf("only %d names found", len(named))
	}
	for _, name := range named {
		if !declared[name] {
			t.Errorf("docs/event-socket.md names %s, which does not exist", name)
		}
	}
}
