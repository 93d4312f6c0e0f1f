// Package smpp hands text messages to an SMSC over SMPP 3.4 and hears receipts from it. It is the only place that knows how;
// when to send, and whether to send again, is for others to decide. It is no SMSC, and takes no messages from telephones: they
// are acknowledged, counted and forgotten.
//
// A Client keeps one session bound, or two, while Run runs: it makes connections again when they break, with growing pauses,
// and proves by enquire_link that somebody is there. Every message has one outcome, and it is never handed over twice: what may
// have been written and is not answered is unknown, whatever the SMSC says of it later. Send blocks for a place in the window
// and for answers, and no longer than its context. Receipts are acknowledged once they are kept; what cannot be kept the SMSC
// is told to say again. Run owns all goroutines and waits for them.
//
// An SMSC may be slow, dead or hostile: what it sends is bounded, what cannot be read is answered and counted, and neither
// texts nor numbers nor passwords are logged.
package smpp
