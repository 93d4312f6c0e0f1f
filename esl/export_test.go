package esl

import "testing"

// Recorded returns what one side ("client", "server") of a recorded conversation sent.
func Recorded(t testing.TB, file, side string) [][]byte { return recorded(t, file, side) }
