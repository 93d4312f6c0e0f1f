// Package cdr understands what FreeSWITCH's mod_xml_cdr sends: an HTTP intake for it, a reader for its XML that bears
// with what is ill-formed, a Record of what one document says, and the document as JSON.
//
// It knows nothing of databases, queues or reports: whoever keeps records is behind [Sink], and where recordings lie is
// for others to say. It owns no goroutine and no queue and drops nothing: a post is answered 200 only after the Sink
// has kept it, so FreeSWITCH, which waits with its session for that answer, is the queue for what could not be kept.
// [Handler] blocks as long as the Sink does, up to Options.Timeout.
package cdr
