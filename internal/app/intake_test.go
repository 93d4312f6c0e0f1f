package app_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// ourNumber is the project's number that the calls of these tests come to.
const ourNumber = "74951234567"

// posts makes CDRs of answered queue calls as FreeSWITCH posts them: two recorded documents, of the caller's and of the
// agent's leg, with other uuids, times and numbers for every call. It posts each over a connection of its own.
type posts struct {
	addr   string
	legs   [2]post
	header string
}

// post is a recorded request whose parts that differ from call to call are found by their place.
type post struct {
	prefix string // a_ or nothing
	leg    int    // which of ids is the leg's
	body   []byte
	places [3][]int // of the ids of the stay, the caller's leg and the agent's leg
	times  []int
	number []int
}

const (
	recordedStay   = "3f6f13d0-45a1-4b5c-9d1b-ee35c4fbdf9b"
	recordedCaller = "e11f9649-810b-44d4-867f-4bf94cc3bf5b"
	recordedAgent  = "62333d86-d9ec-48e2-aad9-cf085a019929"
	recordedTime   = "17954137" // the first digits of all epochs
	recordedNumber = "89190000001"
)

func newPosts(tb testing.TB, addr string) *posts {
	tb.Helper()
	p := &posts{addr: addr}
	p.header = "User-Agent: freeswitch-xml/1.0\r\nAccept: */*\r\nAuthorization: Basic " +
		base64.StdEncoding.EncodeToString([]byte(cdrUser+":"+cdrPass)) + "\r\nContent-Type: application/x-www-form-urlencoded\r\n"
	for i, name := range [...]string{"queue-member-answered-recorded-utf8-name", "queue-agent-leg-held"} {
		raw, err := os.ReadFile("../../cdr/testdata/captures/" + name + ".http")
		if err != nil {
			tb.Fatal(err)
		}
		_, body, found := bytes.Cut(raw, []byte("\r\n\r\n"))
		if !found {
			_, body, found = bytes.Cut(raw, []byte("\n\n"))
		}
		if !found {
			tb.Fatalf("%s has no body", name)
		}
		leg := &p.legs[i]
		leg.prefix, leg.leg = [...]string{"a_", ""}[i], i+1
		leg.body = bytes.ReplaceAll(bytes.TrimSpace(body), []byte("q_support"), []byte(ourNumber))
		for n, id := range [...]string{recordedStay, recordedCaller, recordedAgent} {
			leg.places[n] = placesOf(leg.body, id)
		}
		leg.times, leg.number = placesOf(leg.body, recordedTime), placesOf(leg.body, recordedNumber)
		if len(leg.places[leg.leg]) == 0 || len(leg.times) == 0 || len(leg.number) == 0 {
			tb.Fatalf("%s is not as it was", name)
		}
	}
	return p
}

func placesOf(in []byte, what string) (all []int) {
	for at := 0; ; {
		i := bytes.Index(in[at:], []byte(what))
		if i < 0 {
			return all
		}
		all = append(all, at+i)
		at += i + len(what)
	}
}

// legID is the uuid of a call's leg: 0 is its stay in the queue, 1 the caller's leg, 2 the agent's.
func legID(call int64, which int) string {
	return fmt.Sprintf("%08x-0000-4000-800%d-%012x", uint32(call*2654435761), which, call)
}

// request is the request of one leg of a call that began about then.
func (p *posts) request(call int64, which int, began time.Time) []byte {
	leg := &p.legs[which-1]
	out := fmt.Appendf(nil, "POST /cdr?uuid=%s%s HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\n\r\n", leg.prefix, legID(call, which), p.addr, p.header, len(leg.body))
	from := len(out)
	out = append(out, leg.body...)
	body := out[from:]
	for n, places := range leg.places {
		id := legID(call, n)
		for _, at := range places {
			copy(body[at:], id)
		}
	}
	stamp := fmt.Sprintf("%08d", began.Unix()/100)
	for _, at := range leg.times {
		copy(body[at:], stamp)
	}
	number := fmt.Sprintf("89%09d", call%1_000_000_000)
	for _, at := range leg.number {
		copy(body[at:], number)
	}
	return out
}

// errRefused says that a CDR was not answered 200.
var errRefused = errors.New("not answered 200")

// send posts one leg.
func (p *posts) send(call int64, which int, began time.Time) error {
	conn, err := net.DialTimeout("tcp", p.addr, 5*time.Second)
	if err != nil {
		return err
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(5 * time.Second)); err != nil { // FreeSWITCH's timeout
		return err
	}
	if _, err := conn.Write(p.request(call, which, began)); err != nil {
		return err
	}
	line, err := bufio.NewReaderSize(conn, 512).ReadString('\n')
	if err != nil {
		return err
	}
	if !strings.HasPrefix(line, "HTTP/1.1 200 ") {
		return fmt.Errorf("%w: %s", errRefused, strings.TrimSpace(line))
	}
	return nil
}

// sendAll posts both legs of so many calls, with so many in flight, and returns how long it took.
func (p *posts) sendAll(tb testing.TB, first, calls int64, inFlight int, began time.Time) time.Duration {
	tb.Helper()
	start := time.Now()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range inFlight {
		wg.Go(func() {
			for {
				n := next.Add(1) - 1
				if n >= 2*calls {
					return
				}
				if err := p.send(first+n/2, int(n%2)+1, began); err != nil {
					tb.Errorf("call %d: %v", first+n/2, err)
					return
				}
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}
