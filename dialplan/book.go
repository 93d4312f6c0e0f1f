package dialplan

import (
	"context"
	"log/slog"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"

	"callgate/internal/backlog"
)

const (
	bookRoom    = 20_000 // decisions that wait to be written, some 8 MB
	bookCompany = 50 * time.Millisecond
)

// BookOptions of a Book. The zero value of every field is a safe default.
type BookOptions struct {
	Registerer prometheus.Registerer
	Logger     *slog.Logger
}

// Book writes decisions to a store, many in one transaction, and holds up nobody: Add only puts a decision into memory.
// What is there is written within a tenth of a second. While the store is down up to 20,000 decisions wait for it; those
// that come then are dropped and counted. It may be used from any goroutine.
type Book struct{ decisions *backlog.Backlog[Decision] }

// NewBook makes a Book that begins to write when Run is called.
func NewBook(store DecisionStore, o BookOptions) *Book {
	return &Book{backlog.New(bookRoom, bookCompany, store.SaveDecisions, backlog.Options{Facts: "decisions", Metric: "callgate_dialplan_decision",
		Registerer: o.Registerer, Logger: o.Logger})}
}

// Add takes a decision and gives it an ID. It never blocks.
func (b *Book) Add(d Decision) {
	d.ID = uuid.Must(uuid.NewV7()).String() // grows with the time within one process; random numbers never fail
	b.decisions.Put(d)
}

// Run writes until ctx ends, then what there is, as Backlog.Run does. It may be called once.
func (b *Book) Run(ctx context.Context) error { return b.decisions.Run(ctx) }
