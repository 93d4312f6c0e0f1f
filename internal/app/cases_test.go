package app_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"callgate/esl/esltest"
)

// scenario is a case: something that a contact centre lives through, on the pretend switch and on a running one alike.
type scenario struct {
	name  string
	what  string // one sentence, for docs/cases.md
	world world
	run   func(t *testing.T, s *scene)
}

// cases are all of them, in the order of the document.
func cases() []scenario {
	var all []scenario
	for _, some := range [][]scenario{contactCases(), queueCases(), inboundCases(), steerCases(), recordCases(), shiftCases()} {
		all = append(all, some...)
	}
	return all
}

// TestCases plays every case on the pretend switch, which shows what FreeSWITCH would do; TestFreeSWITCH shows that it does.
func TestCases(t *testing.T) { play(t, 6, openPretend) }

// play runs the cases, so many at a time: they wait more than they work, whatever the number of processors.
func play(t *testing.T, atATime int, open func(*testing.T, world, surroundings) stage) (passed, failed int32) {
	first := newBeginning(t)
	var wg sync.WaitGroup
	var good, bad atomic.Int32
	free := make(chan struct{}, atATime)
	for _, c := range cases() {
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			ran := false // or -run leaves it out
			ok := t.Run(c.name, func(t *testing.T) {
				ran = true
				c.run(t, newScene(t, first, c.world, open))
			})
			switch {
			case ran && ok:
				good.Add(1)
			case ran:
				bad.Add(1)
			}
		})
	}
	wg.Wait()
	return good.Load(), bad.Load()
}

var update = flag.Bool("update", false, "rewrite the list in docs/cases.md")

// TestCasesDocument holds docs/cases.md to the list.
func TestCasesDocument(t *testing.T) {
	const path, line = "../../docs/cases.md", "|---|---|\n"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, table, _ := strings.Cut(string(text), line)
	var want strings.Builder
	seen := map[string]bool{}
	for _, c := range cases() {
		fmt.Fprintf(&want, "| %s | %s |\n", c.name, c.what)
		if seen[c.name] {
			t.Errorf("two cases are called %q", c.name)
		}
		seen[c.name] = true
	}
	if *update {
		if err := os.WriteFile(path, []byte(head+line+want.String()), 0o600); err != nil {
			t.Fatal(err)
		}
	} else if table != want.String() {
		t.Errorf("the list is another (go test ./internal/app -run TestCasesDocument -update): %s", table)
	}
}

// centre is a world with one queue, "sales", and the agent "anna", whose phone is that of account 1001.
func centre(p esltest.Phone, change func(*world)) world {
	p.User = "1001"
	w := world{
		phones: []esltest.Phone{p},
		queues: []esltest.Queue{{Name: "sales", Strategy: "longest-idle-agent", MOH: "tone_stream://%(1000,4000,440);loops=-1"}},
		agents: []esltest.Agent{{Name: "anna", Contact: "user/1001", Status: "Available"}},
		tiers:  []esltest.Tier{{Queue: "sales", Agent: "anna", Level: 1, Position: 1}},
	}
	if change != nil {
		change(&w)
	}
	return w
}
