// Package esl speaks with FreeSWITCH over its Event Socket (mod_event_socket), both ways: a Client keeps a link to one
// switch, over which commands are sent and events received; a Server takes the calls that a dialplan hands over, one
// Session each. The package knows the protocol and nothing of queues or databases; package esltest is a pretend FreeSWITCH
// for tests.
//
// A Client holds one connection for events and jobs and a few for commands, because FreeSWITCH runs an api command
// inside the connection that asked for it. It reconnects for ever. Replies are matched to commands strictly in order,
// many can be on their way at once, a command is never repeated, and its error says whether the switch may have acted on
// it.
//
// Events are delivered in order to bounded subscriptions and never wait for one: a full subscription drops, counts and is
// told, since a client that stops reading would freeze the event socket of the whole switch. An event's headers are looked
// at when somebody asks. Values share the memory of their event; who keeps one for long keeps a copy (strings.Clone).
//
// A Server gives every call back to its dialplan, whatever happens; what keeps a caller from being stranded is written at
// its declaration.
//
// Goroutines belong to Client.Run and Server.Run, which wait for them. FreeSWITCH itself speaks no TLS: Options.TLS is for
// a wrapper such as stunnel in front of it. Of eslgo only the builders of commands are used.
package esl
