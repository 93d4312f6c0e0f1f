package esl

import "errors"

// What can go wrong with a command. Exactly one question matters to whoever repeats it: may the switch have acted?
// Only ErrOutcomeUnknown says that it may; with any of the others it did not, or it answered. ErrHungUp stands apart: where
// the call has ended, what was done to it no longer matters.
var (
	// ErrDown means that no usable connection was there to send on: nothing was sent.
	ErrDown = errors.New("no link to the switch, nothing was sent")
	// ErrBusy means that a bound of ours was reached: nothing was sent.
	ErrBusy = errors.New("too many jobs in flight, nothing was sent")
	// ErrArgument means that the command could not be put on the wire without changing its meaning: nothing was sent.
	ErrArgument = errors.New("unsafe or malformed argument, nothing was sent")
	// ErrOutcomeUnknown means that the command was, or may have been, written and its result was never seen.
	ErrOutcomeUnknown = errors.New("sent, outcome unknown")
)

// Why a connection could not be made or did not last; they show in Client.Err and beside ErrDown and ErrOutcomeUnknown.
var (
	// ErrAuth means that the switch did not accept the password.
	ErrAuth = errors.New("password refused by the switch")
	// ErrRefused means that the switch's access list turned our address away (text/rude-rejection).
	ErrRefused = errors.New("address refused by the switch's access list")
	// ErrSilent means that something accepted the connection and did not finish the log-in in time.
	ErrSilent = errors.New("peer accepted the connection and stayed silent")
	// ErrUnresponsive means that an established connection stopped answering commands: a half-open or stuck peer.
	ErrUnresponsive = errors.New("switch stopped answering")
	// ErrClosed means that the switch ended the connection, with a notice or without.
	ErrClosed = errors.New("connection closed by the switch")
	// ErrHungUp means that the call of a Session has ended.
	ErrHungUp = errors.New("call has ended")
	// ErrProtocol means that the peer broke the framing or a size limit, so that nothing after it can be trusted.
	ErrProtocol = errors.New("protocol violation")
)

// What the switch answered when it did not answer with a result; every one of them arrives inside a *ReplyError.
var (
	// ErrReply is a reply that starts with -ERR.
	ErrReply = errors.New("command failed")
	// ErrUsage is a reply that starts with -USAGE: the arguments were wrong and nothing was done.
	ErrUsage = errors.New("wrong usage of a command")
	// ErrNoReply is the -ERR no reply by which FreeSWITCH says that the command printed nothing.
	ErrNoReply = errors.New("command printed nothing")
	// ErrEmpty is a result without a single byte; FreeSWITCH gives it for jobs that printed nothing.
	ErrEmpty = errors.New("empty result")
)
