package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	v1 "callgate/api/v1"
	"callgate/esl"
)

// statusTime is how long is waited for what parts say of themselves.
const statusTime = 2 * time.Second

// status tells how this process, the database and the switches are, from what is measured anyway.
func (a *App) status(figures prometheus.Gatherer) func(ctx context.Context) (v1.Status, error) {
	return func(ctx context.Context) (v1.Status, error) {
		ctx, stop := context.WithTimeout(ctx, statusTime)
		defer stop()
		s := v1.Status{Version: a.version, Started: a.started, Database: v1.DatabaseStatus{Kind: a.store.Kind()}, Switches: a.switchStates(ctx),
			Duties: []string{}, Disks: []v1.DiskStatus{}}
		var err error
		if s.Database.Schema, err = a.store.Schema(ctx); err == nil {
			s.Database.OK = true
			if waiting, err := a.store.WaitingMessages(ctx); err == nil {
				s.Messages = &waiting
			}
		}
		all, err := figures.Gather()
		if err != nil {
			return v1.Status{}, fmt.Errorf("gather the figures of a status: %w", err)
		}
		disks := map[string]v1.DiskStatus{}
		for _, family := range all {
			for _, m := range family.GetMetric() {
				n := m.GetGauge().GetValue()
				switch family.GetName() {
				case "callgate_cdr_gaps":
					s.Gaps += int(n)
				case "callgate_cdr_spool_files":
					files := int(n)
					s.Spool = &files
				case "callgate_duty_held":
					if n == 1 {
						s.Duties = append(s.Duties, label(m, "duty"))
					}
				case "callgate_disk_free_bytes":
					d := disks[label(m, "what")]
					d.Free = int64(n)
					disks[label(m, "what")] = d
				case "callgate_disk_size_bytes":
					d := disks[label(m, "what")]
					d.Size = int64(n)
					disks[label(m, "what")] = d
				}
			}
		}
		for what, d := range disks {
			d.What = what
			s.Disks = append(s.Disks, d)
		}
		slices.SortFunc(s.Disks, func(x, y v1.DiskStatus) int { return cmp.Compare(x.What, y.What) })
		return s, nil
	}
}

// label is the value of a label.
func label(m *dto.Metric, name string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}

// switchStates asks the links, and the switches that are up for their version.
func (a *App) switchStates(ctx context.Context) []v1.SwitchStatus {
	all := make([]v1.SwitchStatus, len(a.links))
	for i, l := range a.links {
		s := &all[i]
		s.Name = l.Name()
		if since := l.Since(); !since.IsZero() {
			s.Up, s.Since = true, &since
			if text, err := l.API(ctx, "version"); err == nil {
				s.Version = strings.TrimSpace(text)
			}
		} else {
			s.Trouble = trouble(l.Err())
		}
	}
	for _, live := range a.center.Live() {
		if i := slices.IndexFunc(all, func(s v1.SwitchStatus) bool { return s.Name == live.Switch }); i >= 0 {
			age := time.Since(live.Taken).Seconds()
			all[i].Age = &age
		}
	}
	return all
}

// trouble says why a link is down, without addresses.
func trouble(err error) string {
	switch {
	case errors.Is(err, esl.ErrAuth):
		return "the switch does not take the password"
	case errors.Is(err, esl.ErrRefused):
		return "the switch does not let this address in"
	}
	return "no link"
}
