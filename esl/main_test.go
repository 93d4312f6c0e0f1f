package esl_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if kind := os.Getenv(serverProcess); kind != "" {
		os.Exit(serveOutbound(kind, os.Stdin, os.Stdout))
	}
	goleak.VerifyTestMain(m)
}
