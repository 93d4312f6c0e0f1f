package esltest_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/textproto"
	"strings"

	"callgate/esl"
	"callgate/esl/esltest"
)

// linked runs a client of s until stop is called. up has a value whenever the
// link has come up.
func linked(s *esltest.Switch, subclasses ...string) (client *esl.Client, up chan struct{}, stop func()) {
	up = make(chan struct{}, 10)
	client = esl.NewClient(esl.Options{Name: "main", Addr: s.Addr(), Password: "ClueCon", Subclasses: subclasses, PoolSize: 1,
		OnUp: func(context.Context, *esl.Client) { up <- struct{}{} }})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- client.Run(ctx) }()
	return client, up, func() {
		cancel()
		if err := <-ended; err != nil {
			fmt.Println(err)
		}
	}
}

// A switch on a free port of the loopback, and a client that talks to it.
func Example() {
	s, err := esltest.Start(esltest.Config{Version: "1.11.2"})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	client, up, stop := linked(s)
	defer stop()
	<-up
	version, err := client.API(context.Background(), "version", "short")
	fmt.Println(strings.TrimSpace(version), err)
	fmt.Println(client.CoreUUID() == s.CoreUUID())
	// Output:
	// 1.11.2 <nil>
	// true
}

// An event that nothing in the model fires by itself.
func ExampleSwitch_Fire() {
	s, err := esltest.Start(esltest.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	client, up, stop := linked(s, "weather::change")
	defer stop()
	events := client.Subscribe(esl.SubscribeOptions{Name: "weather", Subclasses: []string{"weather::change"}})
	defer events.Close()
	<-up
	s.Fire("CUSTOM", "weather::change", []string{"Sky", "clear & blue"}, "")
	e := <-events.C
	fmt.Println(e.Subclass(), e.Get("Sky"))
	// Output: weather::change clear & blue
}

// A fault: the connection breaks in the middle of an answer, so that nobody can
// know what became of the command.
func ExampleSwitch_CutFrame() {
	s, err := esltest.Start(esltest.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	client, up, stop := linked(s)
	defer stop()
	<-up
	s.CutFrame(10)
	_, err = client.API(context.Background(), "create_uuid")
	fmt.Println(errors.Is(err, esl.ErrOutcomeUnknown))
	// Output: true
}

// A fault of the database: the list comes out empty, and nothing says why.
func ExampleSwitch_SpoilList() {
	s, err := esltest.Start(esltest.Config{
		Queues: []esltest.Queue{{Name: "sales@default"}},
		Agents: []esltest.Agent{{Name: "ann", Status: "available"}}, // kept in small letters, and offered nothing
		Tiers:  []esltest.Tier{{Queue: "sales@default", Agent: "ann"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	client, up, stop := linked(s)
	defer stop()
	<-up
	for _, fault := range []esltest.ListFault{
		{},
		{Fails: true},
		{Columns: func(names []string) []string { return append([]string{"since"}, names[:2]...) }},
		{Half: true},
		{Text: "<html>"},
	} {
		s.SpoilList("tiers", fault)
		reply, err := client.API(context.Background(), "callcenter_config", "tier", "list")
		fmt.Printf("%q %v\n", reply, err)
	}
	// Output:
	// "queue|agent|state|level|position\nsales@default|ann|Ready|1|1\n+OK\n" <nil>
	// "+OK\n" <nil>
	// "since|queue|agent\nx|sales@default|ann\n+OK\n" <nil>
	// "queue|agent|state|level|position" <nil>
	// "<html>" <nil>
}

// A crash: the client comes back to another core.
func ExampleSwitch_Restart() {
	s, err := esltest.Start(esltest.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	client, up, stop := linked(s)
	defer stop()
	<-up
	before := client.CoreUUID()
	s.Restart()
	<-up
	fmt.Println(client.CoreUUID() != before, client.CoreUUID() == s.CoreUUID())
	// Output: true true
}

// A command that fails, as it would in a switch with a broken database.
func ExampleSwitch_FailCommand() {
	s, err := esltest.Start(esltest.Config{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	s.FailCommand("callcenter_config tier", "-ERR database error\n")

	client, up, stop := linked(s)
	defer stop()
	<-up
	_, err = client.API(context.Background(), "callcenter_config", "tier list")
	fmt.Println(err)
	_, err = client.API(context.Background(), "callcenter_config", "queue list")
	fmt.Println(err)
	// Output:
	// api "callcenter_config" on main: command failed: -ERR database error
	// <nil>
}

// A customer waits in a queue until an agent takes the call.
func Example_queue() {
	s, err := esltest.Start(esltest.Config{
		Queues:     []esltest.Queue{{Name: "sales@default"}},
		Agents:     []esltest.Agent{{Name: "ann", Contact: "sofia/internal/ann@127.0.0.1:5070", Status: "Available"}},
		Tiers:      []esltest.Tier{{Queue: "sales@default", Agent: "ann"}},
		Phones:     []esltest.Phone{{Addr: "127.0.0.1:5070"}},
		Extensions: []esltest.Extension{{Match: "^200$", Apps: []esltest.App{{Name: "answer"}, {Name: "callcenter", Data: "sales@default"}}}},
		Speed:      10,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	client, up, stop := linked(s, "callcenter::info")
	defer stop()
	events := client.Subscribe(esl.SubscribeOptions{Name: "queue", Subclasses: []string{"callcenter::info"}})
	defer events.Close()
	<-up
	call, err := s.Call(esltest.Call{Number: "89190000001", Extension: "200"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for e := range events.C {
		switch e.Get("CC-Action") {
		case "member-queue-start":
			fmt.Println(e.Get("CC-Member-CID-Number"), "waits in", e.Get("CC-Queue"))
		case "agent-state-change":
			if e.Get("CC-Agent-State") == "In a queue call" {
				fmt.Println(e.Get("CC-Agent"), "talks")
				call.Hangup()
			}
		case "member-queue-end":
			fmt.Println("it ended:", e.Get("CC-Cause"))
			return
		}
	}
	// Output:
	// 89190000001 waits in sales@default
	// ann talks
	// it ended: Terminated
}

// Every leg that has ended is posted, as mod_xml_cdr does.
func Example_cdr() {
	posts := make(chan string, 1)
	intake := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		document := r.PostFormValue("cdr")
		_, cause, _ := strings.Cut(document, "<hangup_cause>")
		cause, _, _ = strings.Cut(cause, "<")
		posts <- r.URL.Query().Get("uuid") + " " + cause
	}))
	defer intake.Close()
	s, err := esltest.Start(esltest.Config{
		CDR:        esltest.CDRConfig{URL: intake.URL},
		Extensions: []esltest.Extension{{Match: "^200$", Apps: []esltest.App{{Name: "hangup", Data: "USER_BUSY"}}}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()

	call, err := s.Call(esltest.Call{Number: "89190000001", Extension: "200"})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(strings.Replace(<-posts, call.UUID(), "UUID", 1))
	// Output: a_UUID USER_BUSY
}

// A call for a server of the outbound Event Socket: whatever is dialled here goes
// to the listener, and the customer stays until somebody hangs up.
func ExampleSwitch_Call() {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ln.Close()
	s, err := esltest.Start(esltest.Config{Extensions: []esltest.Extension{
		{Match: ".*", Apps: []esltest.App{{Name: "socket", Data: ln.Addr().String() + " async full"}}}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer s.Close()
	call, err := s.Call(esltest.Call{Number: "89190000001", Extension: "200"})
	if err != nil {
		fmt.Println(err)
		return
	}

	conn, err := ln.Accept() // from here on, the server under test
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	r := textproto.NewReader(bufio.NewReader(conn))
	for _, command := range []string{"connect", "sendmsg\ncall-command: hangup\nhangup-cause: USER_BUSY"} {
		fmt.Fprint(conn, command+"\n\n")
		reply, err := r.ReadMIMEHeader()
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(reply.Get("Caller-Destination-Number"), reply.Get("Reply-Text"))
	}
	<-call.Done()
	// Output:
	// 200 %2BOK%0A
	//  +OK
}
