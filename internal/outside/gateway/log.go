package gateway

import (
	"context"
	"log/slog"
	"strconv"
	"unicode/utf8"
)

// Log takes every message and sends none: it is for demonstrations and tests. It may be used from any goroutine.
type Log struct{ logger *slog.Logger }

// NewLog makes a Log; nil logs nowhere.
func NewLog(logger *slog.Logger) *Log {
	if logger == nil {
		logger = slog.New(slog.DiscardHandler)
	}
	return &Log{logger}
}

// Send takes a message. The log says how long it is, neither what it is nor for whom.
func (l *Log) Send(ctx context.Context, t Text) Sent {
	l.logger.InfoContext(ctx, "a text message was taken and will not be sent", "id", t.ID, "characters", utf8.RuneCountInString(t.Text))
	return Sent{Outcome: Taken, ID: "log-" + strconv.FormatInt(t.ID, 10)}
}

// States says of every message that it was delivered.
func (l *Log) States(_ context.Context, asked []Asked) ([]Receipt, error) {
	all := make([]Receipt, len(asked))
	for i, one := range asked {
		all[i] = Receipt{ID: one.ID, State: Delivered}
	}
	return all, nil
}

// Facts tells them.
func (l *Log) Facts() Facts { return Facts{States: 1000} }
