// Package sms is text messages: what was asked to be sent, and what became of it. It is not where messages are kept, nor
// HTTP, and it writes neither a text nor a number to the process log. Calls block on the Store; the package owns no
// goroutines, and its types may be used from any.
package sms

import (
	"regexp"
	"time"
	"unicode/utf8"
)

// Message is one text message that somebody asked to send.
type Message struct {
	ID         int64 // given by the Store, growing
	At         time.Time
	Phone      string // as it was given
	Number     string // the same as a provider gets it: E.164 where the country's plan has it, else what can be dialled of it
	Originator string // whom it shows as its sender; "" is whatever the provider shows
	Text       string
	Project    string // the one it is for, if any
	Session    string // the sender's own mark
	UserID     int64
	Result     Result
	Reason     string // why it was not sent, for the administrator only
}

// Result is what the sender was answered, as the documented API says it. It is final: after Error nothing is sent.
type Result string

// The results.
const (
	OK    Result = "OK"    // a provider has taken the message
	Error Result = "error" // none has
)

// The longest text is what 255 parts hold, the most that a message can be split into, of 153 characters each.
// Source: 3GPP TS 23.040, 9.2.3.24.1.
const (
	maxText = 255 * 153
	maxMark = 255
)

var phoneForm = regexp.MustCompile(`^\+?[0-9 ()-]{5,24}$`)

// IsPhone tells whether a text has the form of a phone number that a message can be sent to.
func IsPhone(text string) bool { return phoneForm.MatchString(text) }

// IsText tells whether a text is no longer than a message can be.
func IsText(text string) bool { return utf8.RuneCountInString(text) <= maxText }

// IsMark tells whether a text is no longer than an originator or a session can be, 255 characters.
func IsMark(text string) bool { return utf8.RuneCountInString(text) <= maxMark }
