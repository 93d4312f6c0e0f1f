package esl_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"callgate/esl"
	"callgate/esl/esltest"
)

// A client keeps a link up for as long as its context lasts.
func Example() {
	sw, err := esltest.Start(esltest.Config{}) // a pretend FreeSWITCH; yours is at 127.0.0.1:8021
	if err != nil {
		panic(err)
	}
	defer sw.Close()

	up := make(chan struct{})
	client := esl.NewClient(esl.Options{
		Name: "main", Addr: sw.Addr(), Password: "ClueCon",
		OnUp: func(context.Context, *esl.Client) { close(up) },
	})
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = client.Run(ctx) })
	<-up

	text, err := client.API(ctx, "echo", "hello")
	fmt.Println(text, err)
	_, err = client.API(ctx, "no_such_command")
	fmt.Println(errors.Is(err, esl.ErrReply), err)

	stop()
	running.Wait()
	_, err = client.API(context.Background(), "echo", "hello")
	fmt.Println(errors.Is(err, esl.ErrDown))
	// Output:
	// hello <nil>
	// true api "no_such_command" on main: command failed: -ERR no_such_command Command not found!
	// true
}

// startExample runs a client for the length of an example.
func startExample(sw *esltest.Switch, subclasses ...string) (client *esl.Client, stop func()) {
	up := make(chan struct{})
	client = esl.NewClient(esl.Options{
		Name: "main", Addr: sw.Addr(), Password: "ClueCon", Subclasses: subclasses,
		OnUp: func(context.Context, *esl.Client) { close(up) },
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = client.Run(ctx) })
	<-up
	return client, func() { cancel(); running.Wait() }
}

// What takes long runs as a job. Its result cannot be missed: the job is known before its command is written.
func ExampleClient_BgAPI() {
	sw, err := esltest.Start(esltest.Config{Phones: []esltest.Phone{{Addr: "127.0.0.1:5070", Refuse: 486}}})
	if err != nil {
		panic(err)
	}
	defer sw.Close()
	client, stop := startExample(sw)
	defer stop()

	ctx := context.Background()
	vars, err := esl.Vars(
		esl.Var{Name: "origination_caller_id_number", Value: "+79190000001", Allow: esl.NumberChars},
		esl.Var{Name: "origination_caller_id_name", Value: "Иван Петров"},
	)
	fmt.Println(vars, err)
	job, err := client.BgAPI(ctx, "job-1", "originate", vars+"sofia/internal/1000@127.0.0.1:5070", "&park()")
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = job.Wait(ctx)
	var reply *esl.ReplyError
	fmt.Println(errors.As(err, &reply) && reply.Text == "-ERR USER_BUSY")
	// Output:
	// {origination_caller_id_number=+79190000001,origination_caller_id_name=Иван\sПетров} <nil>
	// true
}

// Events come in their order. A subscriber that is told of a loss looks for himself.
func ExampleClient_Subscribe() {
	sw, err := esltest.Start(esltest.Config{})
	if err != nil {
		panic(err)
	}
	defer sw.Close()
	client, stop := startExample(sw, "callcenter::info")
	defer stop()

	queue := client.Subscribe(esl.SubscribeOptions{Name: "queue", Subclasses: []string{"callcenter::info"}, Buffer: 2})
	defer queue.Close()
	for _, action := range []string{"member-queue-start", "agent-offering", "bridge-agent-start"} {
		sw.Fire("CUSTOM", "callcenter::info", []string{"CC-Action", action}, "")
	}
	<-queue.Lost() // there was room for two
	fmt.Println((<-queue.C).Get("CC-Action"))
	fmt.Println((<-queue.C).Get("cc-action"))
	// Output:
	// member-queue-start
	// agent-offering
}

// A dialplan hands a call over: <action application="socket" data="127.0.0.1:8084 async full"/>.
func ExampleServer() {
	handler := func(ctx context.Context, s *esl.Session) error {
		fmt.Println("call from", s.Data().Get("Caller-Caller-ID-Number"))
		if err := s.Set(ctx, "project", "1111"); err != nil {
			return err
		}
		e, err := s.Execute(ctx, "playback", "tone_stream://%(20,0,440)")
		if err != nil {
			return err
		}
		fmt.Println(e.Get("Application"), e.Get("Application-Response"))
		return nil // the call goes on with the next action of its dialplan
	}
	ctx, stop := context.WithCancel(context.Background())
	server, err := esl.NewServer(ctx, esl.ServerOptions{Addr: "127.0.0.1:0", Handler: handler})
	if err != nil {
		panic(err)
	}
	var running sync.WaitGroup
	running.Go(func() { _ = server.Run(ctx) })
	defer running.Wait()
	defer stop()

	sw, err := esltest.Start(esltest.Config{Extensions: []esltest.Extension{{Match: "^100$", Apps: []esltest.App{
		{Name: "answer"}, {Name: "socket", Data: server.Addr() + " async full"}, {Name: "hangup", Data: "NORMAL_CLEARING"}}}}})
	if err != nil {
		panic(err)
	}
	defer sw.Close()
	caller, err := sw.Call(esltest.Call{Number: "79190000001", Extension: "100"})
	if err != nil {
		panic(err)
	}
	<-caller.Done()
	// Output:
	// call from 79190000001
	// playback FILE PLAYED
}

func ExampleParseEvent() {
	e, err := esl.ParseEvent("text/event-plain", strings.Join([]string{
		"Event-Subclass: callcenter%3A%3Ainfo", "Event-Name: CUSTOM", "CC-Agent: 1000@default",
		"variable_myCamelVar: a%20b", "Content-Length: 5", "", "hello",
	}, "\n"))
	fmt.Println(err, e.Name(), e.Subclass(), e.Get("cc-agent"), e.Get("variable_myCamelVar"), e.Body())
	for name := range e.All() {
		fmt.Print(name, " ")
	}
	// Output:
	// <nil> CUSTOM callcenter::info 1000@default a b hello
	// Event-Subclass Event-Name CC-Agent variable_myCamelVar Content-Length
}

// What FreeSWITCH would take for something else is refused, never changed.
func ExampleQuote() {
	for _, value := range []string{"Иван Петров", "Doe, John", "${system(reboot)}"} {
		quoted, err := esl.Quote(value)
		fmt.Printf("%q %v\n", quoted, errors.Is(err, esl.ErrArgument))
	}
	// Output:
	// "Иван\\sПетров" false
	// "" true
	// "" true
}
