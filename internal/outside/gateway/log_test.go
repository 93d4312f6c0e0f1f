package gateway_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"callgate/internal/outside/gateway"
)

// TestLog takes and delivers, and says so with neither text nor number.
func TestLog(t *testing.T) {
	var said bytes.Buffer
	l := gateway.NewLog(slog.New(slog.NewTextHandler(&said, nil)))
	sent := l.Send(t.Context(), hello)
	if sent.Outcome != gateway.Taken || sent.ID != "log-1" {
		t.Errorf("%+v", sent)
	}
	states, err := l.States(t.Context(), []gateway.Asked{{ID: sent.ID}})
	if diff := cmp.Diff([]gateway.Receipt{{ID: "log-1", State: gateway.Delivered}}, states); diff != "" || err != nil {
		t.Errorf("%v (-want, +got):\n%s", err, diff)
	}
	if got := said.String(); !strings.Contains(got, "id=1 characters=12") || strings.Contains(got, hello.Text) || strings.Contains(got, "9255070602") {
		t.Errorf("the log says %s", got)
	}
	gateway.NewLog(nil).Send(t.Context(), hello)
}
