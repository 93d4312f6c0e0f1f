// Package cdr understands what FreeSWITCH's mod_xml_cdr sends: an HTTP intake for it, a reader for its XML that bears
// with what is ill-formed, a Record of what one document says, and the document as JSON. What mod_xml_cdr could not send
// a [Spool] takes from the folder where it was left, and a [Pusher] posts to an intake elsewhere.
//
// It knows nothing of databases, queues or reports: whoever keeps records is behind [Sink], and where recordings lie is
// for others to say. It owns no goroutine but those of a Spool, which end with what started them, and no queue, and
// drops nothing: a post is answered 200 only after the Sink has kept it, so FreeSWITCH, which waits with its session for
// that answer, is the queue for what could not be kept; a Spool's queue is the folder. [Handler] blocks as long as the
// Sink does, up to Options.Timeout.
package cdr
