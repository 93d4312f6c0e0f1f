package api

import (
	"context"
	"encoding/json"
	"net/http"
	"time"
)

// probeTime bounds one readiness check, so that a hung part cannot hang the answer.
const probeTime = 2 * time.Second

// Health answers /healthz and /readyz.
type Health struct {
	Database func(ctx context.Context) error
	Switches []SwitchState
}

// SwitchState tells whether the link to one switch is usable.
type SwitchState interface {
	Name() string
	Ready() bool
}

// alive says 200 while the process lives.
func (h *Health) alive(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte("ok\n"))
}

// readiness is the body of /readyz: a reason for every part.
type readiness struct {
	Ready    bool              `json:"ready"`
	Database string            `json:"database"`
	Switches map[string]string `json:"switches"`
}

// ready says 200 when the database and at least one switch answer, else 503, and why. The texts are ours: a
// driver's error may hold addresses.
func (h *Health) ready(w http.ResponseWriter, r *http.Request) {
	ctx, stop := context.WithTimeout(r.Context(), probeTime)
	defer stop()
	state := readiness{Database: "ok", Switches: map[string]string{}}
	if err := h.Database(ctx); err != nil {
		state.Database = "unavailable"
	}
	for _, s := range h.Switches {
		state.Switches[s.Name()] = "no link"
		if s.Ready() {
			state.Switches[s.Name()] = "ok"
			state.Ready = state.Database == "ok"
		}
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if !state.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = json.NewEncoder(w).Encode(state)
}
