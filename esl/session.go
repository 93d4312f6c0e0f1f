package esl

import (
	"context"
	"fmt"
	"runtime/debug"
	"strings"
	"sync"
	"time"
)

// Session is one call that FreeSWITCH's socket application has handed over. Its methods may be called by any goroutine,
// from the start of its handler until a while after its end; then they fail.
//
// With the word async in the dialplan the call sits in a park loop, applications run when they are asked for and events
// come all the time. Without it the call's own thread serves the connection: nothing is read or written while an
// application runs, so a hang-up is noticed only after it. Without the word full FreeSWITCH knows no other commands here
// than those of Execute, Set and Hangup.
type Session struct {
	c      *conn
	data   *Event
	uuid   string
	prefix string // of the ids of executions, so that those of an earlier session of the call are not taken for ours
	subs   subscriptions
	m      *serverMetrics

	mu         sync.Mutex
	executions map[string]chan *Event
	started    int           // executions so far
	parked     bool          // the call is known to have entered its park loop
	hungUp     chan struct{} // closed when the call is known to have ended
	over       chan struct{} // closed when nothing more will be executed
}

// UUID is the id of the call's channel.
func (s *Session) UUID() string { return s.uuid }

// Data is the channel as it was when the call was handed over: profile, and every variable as variable_NAME.
func (s *Session) Data() *Event { return s.data }

// CoreUUID identifies the running instance of the switch that has the call, as Client.CoreUUID does.
func (s *Session) CoreUUID() string { return s.data.Get("Core-UUID") }

// Async says whether the socket application was called with the word async.
func (s *Session) Async() bool { return s.data.Get("Socket-Mode") == "async" }

// Full says whether the socket application was called with the word full.
func (s *Session) Full() bool { return s.data.Get("Control") == "full" }

// HungUp is closed when the call has ended. Its last events may still be on their way, if it lingers.
func (s *Session) HungUp() <-chan struct{} { return s.hungUp }

// Subscribe begins to deliver events of this call, in the order in which the switch sent them, as Client.Subscribe does.
// They are those that FreeSWITCH calls myevents and what ServerOptions adds. Unlike that of a Client the subscription ends, and its C is closed, when the session does.
func (s *Session) Subscribe(o SubscribeOptions) *Subscription {
	return s.subs.add(o, s.m.drops.WithLabelValues(o.Name))
}

// Execute runs an application of the dialplan on the call and returns its CHANNEL_EXECUTE_COMPLETE event, however long it
// takes; Application-Response has what the application says of itself. Applications run one after the other
// (event-lock). An argument that holds ${ is refused: FreeSWITCH would replace it, and run it if it is an API command.
//
// Errors are ErrArgument and ErrDown when nothing was sent; ErrHungUp when the call ended and no completion came, so that
// the application was cut short or never began; a *ReplyError when FreeSWITCH refused; ErrOutcomeUnknown when the
// connection was lost or ctx ended first. In the latter case the application goes on. One that does not exist ends the call;
// one that FreeSWITCH does not start, for want of media, reports nothing at all, so give ctx a deadline.
func (s *Session) Execute(ctx context.Context, application, argument string) (*Event, error) {
	e, err := s.execute(ctx, application, argument)
	s.m.command("execute", application, err)
	if err != nil {
		return nil, fmt.Errorf("execute %.40q: %w", application, err)
	}
	return e, nil
}

func (s *Session) execute(ctx context.Context, application, argument string) (*Event, error) {
	id, complete := s.register()
	defer s.forget(id)
	message, err := executeMessage(id, application, argument)
	if err != nil {
		return nil, err
	}
	limit := s.c.timeout
	if !s.Async() {
		limit = 0 // the reply comes when the application is through
	}
	if err := s.send(ctx, message, limit); err != nil {
		return nil, err
	}
	select {
	case e := <-complete:
		return e, nil
	case <-s.over:
		err = s.c.ended()
	case <-ctx.Done():
		err = context.Cause(ctx) // of a session that has ended, the reason
	}
	select {
	case e := <-complete: // it came with the end
		return e, nil
	default:
		return nil, s.because(fmt.Errorf("%w: %w", ErrOutcomeUnknown, err))
	}
}

// send sends a command and waits for its reply, for limit at most if that is not 0.
func (s *Session) send(ctx context.Context, message string, limit time.Duration) error {
	select {
	case <-s.over: // the connection may linger, but what it is told now is never done
		return s.because(fmt.Errorf("%w: %w", ErrDown, s.c.ended()))
	default:
	}
	f, err := s.c.ask(ctx, message, limit)
	if err != nil {
		return s.because(err)
	}
	_, err = result(f)
	return err
}

// because is err, unless the call has ended, which explains everything.
func (s *Session) because(err error) error {
	select {
	case <-s.hungUp:
		return ErrHungUp
	default:
		return err
	}
}

// register makes an id under which a completion will be recognised; it must happen before the command is written.
func (s *Session) register() (id string, complete chan *Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.started++
	id = fmt.Sprintf("%s-%d", s.prefix, s.started)
	complete = make(chan *Event, 1)
	s.executions[id] = complete
	return id, complete
}

func (s *Session) forget(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.executions, id)
}

// Set sets a channel variable, or removes it when value is empty. It fails as Execute does; a value that FreeSWITCH would
// alter is refused with ErrArgument: with a control character, a backslash, ${ or a blank at either end.
func (s *Session) Set(ctx context.Context, name, value string) error {
	if !isVariableName(name) {
		return fmt.Errorf("set: %w: variable name %.40q", ErrArgument, name)
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }) || strings.Trim(value, " ") != value {
		return fmt.Errorf("set %s: %w: value", name, ErrArgument)
	}
	if _, err := s.Execute(ctx, "set", name+"="+value); err != nil {
		return fmt.Errorf("set %s: %w", name, err)
	}
	return nil
}

// Hangup ends the call with a cause of FreeSWITCH's, such as NORMAL_CLEARING; the errors are those of Execute, but it
// waits for the reply only. Unless the session is both async and full it takes its turn behind a running application.
func (s *Session) Hangup(ctx context.Context, cause string) error {
	if cause == "" || strings.Trim(cause, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") != "" {
		return fmt.Errorf("hang up: %w: cause %.40q", ErrArgument, cause)
	}
	if s.Full() {
		_, err := s.API(ctx, "uuid_kill", s.uuid, cause)
		return err
	}
	err := s.send(ctx, hangupMessage(cause), s.c.timeout)
	s.m.command("hangup", "hangup", err)
	if err != nil {
		return fmt.Errorf("hang up: %w", err)
	}
	return nil
}

// API runs a command inside the switch, in the thread of this connection, as Client.API does; for what is slow use a
// Client. It needs a session that is full. It works as long as the connection does, also when the call has ended.
func (s *Session) API(ctx context.Context, name string, args ...string) (text string, err error) {
	message, err := apiMessage(name, args)
	if err == nil {
		var f frame
		if f, err = s.c.do(ctx, message); err == nil {
			text, err = result(f)
		}
	}
	s.m.command("api", name, err)
	if err != nil {
		return "", fmt.Errorf("api %.40q on call: %w", name, err)
	}
	return text, nil
}

// receive takes events from the reader. It never blocks.
func (s *Session) receive(run []*Event) {
	for _, e := range run {
		switch e.Name() {
		case "CHANNEL_PARK":
			s.park(e)
		case "CHANNEL_EXECUTE_COMPLETE":
			s.park(e)
			s.complete(e)
		case "CHANNEL_HANGUP":
			if e.Get("Unique-ID") == s.uuid {
				s.end(s.hungUp)
			}
		case "CHANNEL_HANGUP_COMPLETE":
			if e.Get("Unique-ID") == s.uuid {
				s.end(s.hungUp, s.over)
			}
		}
	}
	s.subs.publish(run)
}

// complete hands a completed execution to whoever waits for it.
func (s *Session) complete(e *Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := e.Get("Application-UUID")
	if complete := s.executions[id]; complete != nil {
		delete(s.executions, id)
		complete <- e // has room for the one
	}
}

// park notes what proves that the call is in its park loop: that it says so, or has executed what we asked for. With
// socket_resume only the latter, for that is to be unset by then: one who is let go with it and loses it on the way is
// reset and never goes on (listener_run, socket_function).
func (s *Session) park(e *Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.parked = s.parked || e.Name() == "CHANNEL_PARK" && s.data.Get("variable_socket_resume") == "" ||
		e.Name() == "CHANNEL_EXECUTE_COMPLETE" && strings.HasPrefix(e.Get("Application-UUID"), s.prefix)
}

// settle makes sure that the call can be given back. What ends control over a call with async is that it leaves its park
// loop when the connection ends; if it has not entered it by then, it never leaves it (socket_function, switch_ivr_park).
// What is executed there proves that it is.
func (s *Session) settle(ctx context.Context) {
	s.mu.Lock()
	parked := s.parked
	s.mu.Unlock()
	select {
	case <-s.hungUp:
		return
	default:
	}
	if !s.Async() || parked {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	_, _ = s.execute(ctx, "unset", "socket_resume") // if it does not succeed the time has passed, which serves as well
}

// settleTime is far more than a call needs from its connection to its park loop.
const settleTime = time.Second

// end closes what is not yet closed.
func (s *Session) end(signals ...chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, signal := range signals {
		select {
		case <-signal:
		default:
			close(signal)
		}
	}
}

// handle has the session handled. A panic is the handler's failure and nobody else's.
func (s *Session) handle(ctx context.Context, o ServerOptions, handler func(context.Context, *Session) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("handler panicked: %v\n%s", p, debug.Stack())
		}
	}()
	if err := s.prepare(context.WithoutCancel(ctx), o); err != nil { // a call that is to be given back needs it, too
		return err
	}
	return handler(ctx, s)
}

// prepare tells FreeSWITCH what we want of this call.
func (s *Session) prepare(ctx context.Context, o ServerOptions) error {
	commands := []string{myEventsMessage()}
	if s.data.Get("variable_socket_resume") != "" {
		// It has done its work now that we are here. From here on it would cut a bridge when we go, and strand a call that
		// was handed over without async (listener_run). Before anything that may be refused.
		message, err := executeMessage(s.prefix, "unset", "socket_resume")
		if err != nil {
			return err
		}
		commands = append(commands, message)
	}
	if s.Full() && len(o.Events)+len(o.Subclasses) > 0 {
		commands = append(commands, subscribeMessage(o.Events, o.Subclasses))
	}
	if s.Full() && s.Async() && o.Linger > 0 {
		commands = append(commands, lingerMessage(o.Linger))
	}
	for _, message := range commands {
		if err := s.send(ctx, message, s.c.timeout); err != nil {
			return fmt.Errorf("%s: %w", firstLine(message), err)
		}
	}
	return nil
}
