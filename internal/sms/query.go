package sms

import "time"

// Query asks for messages, the newest first. What is empty is any.
type Query struct {
	From, To time.Time // From <= At < To
	States   []State   // one of these
	Projects []string  // of one of these
	Number   string    // as Service.Number has it
	Provider string    // who has it, or was asked last
	// Where Seen is not empty, only messages of one of these projects and those of a user.
	Seen   []string
	UserID int64
	After  Place // of the last of the page before
	Limit  int
}

// Place is where a message stands among all others.
type Place struct {
	At time.Time
	ID int64
}
