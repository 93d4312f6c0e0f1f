package history_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"callgate/cdr"
	"callgate/internal/fault"
	"callgate/internal/history"
)

// shelf keeps documents in memory, or fails.
type shelf struct {
	mu      sync.Mutex
	takes   time.Duration // to save a batch
	packs   time.Duration // to pack a document
	err     error
	poison  string // of the leg that no batch may have
	batches []int
	kept    map[string]int
}

var errPoison = errors.New("poison")

func (s *shelf) Pack(raw []byte) []byte {
	s.mu.Lock()
	packs := s.packs
	s.mu.Unlock()
	time.Sleep(packs)
	return raw
}

func (s *shelf) SaveCDRs(ctx context.Context, all []*history.Document) ([]history.Outcome, error) {
	s.mu.Lock()
	takes := s.takes
	s.mu.Unlock()
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return nil, fault.Wrap(fault.StorageDown, ctx.Err(), "save")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return nil, s.err
	}
	outcomes := make([]history.Outcome, len(all))
	for i, d := range all {
		if s.poison != "" && d.Record.Leg == s.poison {
			return nil, errPoison
		}
		outcomes[i] = history.Duplicate
		if s.kept[d.Record.Leg] == 0 {
			outcomes[i] = history.Stored
		}
	}
	for _, d := range all {
		s.kept[d.Record.Leg]++
	}
	s.batches = append(s.batches, len(all))
	return outcomes, nil
}

func (s *shelf) set(change func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change()
}

// running is an intake whose Run goes on in the background.
func running(s *shelf) (i *history.Intake, stop func()) {
	i = history.NewIntake(history.IntakeOptions{Store: s, Surroundings: around{}, Now: time.Now})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- i.Run(ctx) }()
	return i, func() {
		cancel()
		if err := <-ended; err != nil {
			panic(err)
		}
	}
}

func recordOf(n int) *cdr.Record {
	return &cdr.Record{Leg: fmt.Sprint("leg", n), Raw: []byte("<cdr/>")}
}

// saveAll saves so many at once and returns what came of each.
func saveAll(i *history.Intake, from, to int) []error {
	failures := make([]error, to-from)
	var wg sync.WaitGroup
	for n := range failures {
		wg.Go(func() { failures[n] = i.Save(context.Background(), recordOf(from+n)) })
	}
	wg.Wait()
	return failures
}

var down = fault.New(fault.StorageDown, "")

// TestIntakeShares: those who come together are saved together, and nobody is answered before he is.
func TestIntakeShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{kept: map[string]int{}, takes: 10 * time.Millisecond}
		i, stop := running(s)
		before := time.Now()
		for n, err := range saveAll(i, 0, 300) {
			if err != nil {
				t.Errorf("leg %d: %v", n, err)
			}
		}
		if took := time.Since(before); len(s.kept) != 300 || len(s.batches) > 4 || took > 43*time.Millisecond {
			t.Errorf("%d kept, in batches of %v, after %v", len(s.kept), s.batches, took)
		}
		// One that comes alone waits for nobody, one that is being packed is waited for, but not long.
		before = time.Now()
		if outcome, err := i.Keep(context.Background(), recordOf(0)); outcome != history.Duplicate || err != nil || time.Since(before) != s.takes {
			t.Errorf("alone: %v, %v after %v", outcome, err, time.Since(before))
		}
		s.set(func() { s.packs, s.batches = 2*time.Millisecond, nil })
		var wg sync.WaitGroup
		wg.Go(func() { saveAll(i, 300, 302) })
		time.Sleep(time.Millisecond)
		wg.Go(func() { saveAll(i, 302, 304) })
		wg.Wait()
		if len(s.batches) != 1 {
			t.Errorf("batches of %v", s.batches)
		}
		stop()
		if err := i.Save(context.Background(), recordOf(0)); !errors.Is(err, down) {
			t.Errorf("after the stop: %v", err)
		}
	})
}

// TestIntakeStop: what waits when the intake stops is saved.
func TestIntakeStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{kept: map[string]int{}, takes: time.Second}
		i, stop := running(s)
		var failures []error
		var wg sync.WaitGroup
		wg.Go(func() { failures = saveAll(i, 0, 400) })
		time.Sleep(100 * time.Millisecond)
		stop()
		wg.Wait()
		if errors.Join(failures...) != nil || len(s.kept) != 400 {
			t.Errorf("%d kept, %v", len(s.kept), errors.Join(failures...))
		}
	})
}

// TestIntakeDown: while storage is down everybody is refused at once, but one that looks whether it is back.
func TestIntakeDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{kept: map[string]int{}, takes: time.Hour}
		i, stop := running(s)
		before := time.Now()
		for n, err := range saveAll(i, 0, 2000) {
			if !errors.Is(err, down) {
				t.Errorf("leg %d: %v", n, err)
			}
		}
		if took := time.Since(before); took > 5*time.Second {
			t.Errorf("refused after %v: FreeSWITCH does not wait so long", took)
		}
		var looks sync.WaitGroup
		looks.Go(func() { _ = i.Save(context.Background(), recordOf(0)) })
		synctest.Wait()
		before = time.Now()
		for range 10 {
			if err := i.Save(context.Background(), recordOf(1)); !errors.Is(err, down) {
				t.Error(err)
			}
		}
		if took := time.Since(before); took != 0 {
			t.Errorf("refused after %v", took)
		}
		looks.Wait()
		synctest.Wait() // who saves is done with it as well, and takes nobody along any more
		s.set(func() { s.takes = 0; s.err = down })
		if err := i.Save(context.Background(), recordOf(2)); !errors.Is(err, down) {
			t.Error(err)
		}
		synctest.Wait()
		s.set(func() { s.err = nil })
		for n := range 3 {
			if err := i.Save(context.Background(), recordOf(n)); err != nil {
				t.Errorf("it is back: %v", err)
			}
		}
		if errors.Join(saveAll(i, 10, 300)...) != nil {
			t.Error("it is back, and many are refused")
		}
		stop()
	})
}

// TestIntakePoison: a document that the database will never take does not stand in the way of the others.
func TestIntakePoison(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{kept: map[string]int{}, poison: "leg77", takes: time.Millisecond}
		i, stop := running(s)
		for n, err := range saveAll(i, 0, 256) {
			if want := n == 77; errors.Is(err, errPoison) != want || (err != nil) != want {
				t.Errorf("leg %d: %v", n, err)
			}
		}
		if len(s.kept) != 255 {
			t.Errorf("%d kept", len(s.kept))
		}
		stop()
	})
}
