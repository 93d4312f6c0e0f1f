package esl

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/percipia/eslgo/command"
)

const (
	// end closes a command. Line feeds only: with a carriage return in the block FreeSWITCH would cut arguments
	// there instead of at the first line feed (strip_cr).
	end = "\n\n"
	// maxCommand is far above any command we have and far below what FreeSWITCH reads.
	maxCommand = 1 << 20
	// maxJobID is the longest Job-UUID whose confirmation, which has it twice, fits into the 511 bytes that FreeSWITCH has
	// for a reply (listener_run); a longer one would lose the end of its frame.
	maxJobID = 235
)

func authMessage(password string) string {
	return command.Auth{Password: password}.BuildMessage() + end
}
func exitMessage() string { return command.Exit{}.BuildMessage() + end }

// pingMessage is a command that changes nothing on a connection that does not listen to the log, fires no event and
// always gets a reply.
func pingMessage() string { return command.Log{}.BuildMessage() + end }

// subscribeMessage asks for events as JSON. The plain format cannot tell a literal %41 from an A, nor an empty value
// from the text _undef_; JSON can, and costs us no more to read. Everything after the word CUSTOM is a subclass.
func subscribeMessage(names, subclasses []string) string {
	listen := append([]string{}, names...)
	if len(subclasses) > 0 {
		listen = append(append(listen, "CUSTOM"), subclasses...)
	}
	return command.Event{Format: "json", Listen: listen}.BuildMessage() + end
}

// connectMessage takes a call over; it must be the first command on its connection.
func connectMessage() string { return command.Connect{}.BuildMessage() + end }

// myEventsMessage asks for the events of the call that a connection belongs to, as JSON.
func myEventsMessage() string { return "myevents json" + end }

// lingerMessage asks for the connection to outlive its call, by whole seconds: FreeSWITCH knows no less.
func lingerMessage(d time.Duration) string {
	return "linger " + strconv.FormatInt(int64((d+time.Second-1)/time.Second), 10) + end
}

// executeMessage runs an application of the dialplan on the call that a connection belongs to, under an id that its
// events will carry, when those before it are through.
func executeMessage(id, application, argument string) (string, error) {
	if application == "" || strings.ContainsFunc(application, func(r rune) bool { return r <= ' ' || r > '~' || r == ':' }) {
		return "", fmt.Errorf("%w: application name", ErrArgument)
	}
	if strings.Contains(argument, "${") {
		return "", fmt.Errorf("%w: ${ in an argument", ErrArgument)
	}
	if err := checkCommand(application, []string{argument}); err != nil {
		return "", err
	}
	return "sendmsg\ncall-command: execute\nexecute-app-name: " + application + "\nexecute-app-arg: " + argument +
		"\nEvent-UUID: " + id + "\nevent-lock: true" + end, nil
}

// hangupMessage ends the call that a connection belongs to.
func hangupMessage(cause string) string {
	return "sendmsg\ncall-command: hangup\nhangup-cause: " + cause + end
}

// apiMessage is the command that runs name with args inside the switch's connection thread.
func apiMessage(name string, args []string) (string, error) {
	if err := checkCommand(name, args); err != nil {
		return "", err
	}
	message := command.API{Command: name, Arguments: strings.Join(args, " ")}.BuildMessage()
	return strings.TrimSuffix(message, " ") + end, nil
}

// jobMessage is the command that runs name with args in a thread of its own and reports under our id. It is not built
// by eslgo, which has no place for the id.
func jobMessage(id, name string, args []string) (string, error) {
	if err := checkCommand(name, args); err != nil {
		return "", err
	}
	if id == "" || len(id) > maxJobID || strings.ContainsFunc(id, func(r rune) bool { return r <= ' ' || r > '~' }) ||
		strings.Contains(strings.ToLower(id), "mod_event_socket") {
		return "", fmt.Errorf("%w: job id", ErrArgument)
	}
	return "bgapi " + strings.Join(append([]string{name}, args...), " ") + "\nJob-UUID: " + id + end, nil
}

// checkCommand refuses what would not arrive as it was meant. The error does not repeat the text: it may be private.
func checkCommand(name string, args []string) error {
	if name == "" || strings.ContainsAny(name, " \t") {
		return fmt.Errorf("%w: command name", ErrArgument)
	}
	size := len(name)
	for _, s := range append([]string{name}, args...) {
		if err := checkLine(s); err != nil {
			return err
		}
		size += 1 + len(s)
	}
	if size > maxCommand {
		return fmt.Errorf("%w: command over %d bytes", ErrArgument, maxCommand)
	}
	// FreeSWITCH takes any command that holds both words anywhere, in any case, for the wish to reload the module
	// that serves us (parse_command).
	whole := strings.ToLower(name + " " + strings.Join(args, " "))
	if strings.Contains(whole, "mod_event_socket") && (strings.Contains(whole, "unload") || strings.Contains(whole, "reload")) {
		return fmt.Errorf("%w: it would reload the event socket", ErrArgument)
	}
	return nil
}

// checkLine refuses line ends, after which the rest would be headers or another command, and NUL, which cuts a text.
func checkLine(s string) error {
	if strings.ContainsAny(s, "\r\n\x00") {
		return fmt.Errorf("%w: line end or NUL", ErrArgument)
	}
	return nil
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}
