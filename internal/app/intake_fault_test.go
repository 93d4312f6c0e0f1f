package app_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"callgate/esl/esltest"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

// flood posts CDRs until it is told to stop, and remembers which were answered 200.
type flood struct {
	*posts
	also     string // a second process, which gets everything too
	mu       sync.Mutex
	moved    *sync.Cond // posts.addr is another, or it is over
	over     bool
	accepted map[string]bool // by leg
	refused  int
	next     atomic.Int64
	wg       sync.WaitGroup
}

// rounds is how often to do it; a fifth of it in every change.
func rounds(all int) int {
	if testing.Short() {
		return all / 5
	}
	return all
}

// startFlood posts with so many in flight, to wherever posts.addr says.
func startFlood(tb testing.TB, inFlight int) *flood {
	f := &flood{posts: newPosts(tb, ""), accepted: map[string]bool{}}
	f.moved = sync.NewCond(&f.mu)
	began := time.Now().Add(-time.Hour)
	for range inFlight {
		f.wg.Go(func() {
			for {
				f.mu.Lock()
				for f.addr == "" && !f.over { // between two lives of the server
					f.moved.Wait()
				}
				if f.over {
					f.mu.Unlock()
					return
				}
				n := f.next.Add(1)
				call, which := n/2, int(n%2)+1
				p, also := *f.posts, f.also
				if n%4 < 2 && also != "" {
					p.addr, also = also, p.addr
				}
				f.mu.Unlock()
				err := p.send(call, which, began)
				if also != "" {
					other := p
					other.addr = also
					_ = other.send(call, which, began)
				}
				f.mu.Lock()
				if err == nil {
					f.accepted[legID(call, which)] = true
				} else {
					f.refused++
				}
				f.mu.Unlock()
			}
		})
	}
	return f
}

func (f *flood) to(addr string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.addr = addr
	f.moved.Broadcast()
}

func (f *flood) counts() (accepted, refused int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.accepted), f.refused
}

func (f *flood) end() {
	f.mu.Lock()
	f.over = true
	f.moved.Broadcast()
	f.mu.Unlock()
	f.wg.Wait()
}

// audit holds the database against what was answered 200: each of it there, nothing twice, and the figures those that the
// calls make.
func (f *flood) audit(t *testing.T, database string) {
	t.Helper()
	s := storetest.Open(t, database, store.Options{})
	if wrong, err := s.WrongFigures(t.Context()); wrong != 0 || err != nil {
		t.Errorf("%d figures are not those of a rebuild, %v", wrong, err)
	}
	db := openDatabase(t, database)
	found, err := db.Query(`SELECT leg FROM cdrs`)
	if err != nil {
		t.Fatal(err)
	}
	defer found.Close()
	there := map[string]int{}
	for found.Next() {
		var leg string
		if err := found.Scan(&leg); err != nil {
			t.Fatal(err)
		}
		there[leg]++
	}
	if err := found.Err(); err != nil {
		t.Fatal(err)
	}
	lost, twice := 0, 0
	for leg := range f.accepted {
		if there[leg] == 0 {
			lost++
		}
	}
	for _, n := range there {
		if n > 1 {
			twice++
		}
	}
	var calls, counted, begun int
	if err := errors.Join(db.QueryRow(`SELECT COUNT(*) FROM calls`).Scan(&calls),
		db.QueryRow(`SELECT COALESCE(SUM(queued), 0) FROM rollups WHERE queue = '' AND agent = ''`).Scan(&counted)); err != nil {
		t.Fatal(err)
	}
	for leg := range there {
		if strings.Contains(leg, "-8001-") {
			begun++
		}
	}
	if lost > 0 || twice > 0 || counted != begun {
		t.Errorf("%d CDRs that were answered 200 are lost, %d are there twice; %d calls are counted of %d that began", lost, twice, counted, begun)
	}
	t.Logf("%d CDRs answered 200, %d not; %d kept, in %d calls", len(f.accepted), f.refused, len(there), calls)
}

// idleSwitch is a switch that nothing happens on.
func idleSwitch(t *testing.T) string {
	t.Helper()
	sw, err := esltest.New(manualSwitch())
	if err != nil {
		t.Fatal(err)
	}
	runUntilCleanup(t, "switch", sw.Run)
	return sw.Addr()
}

// TestIntakeKilled kills callgate twenty times while CDRs pour in: every one that was answered 200 is there, once.
func TestIntakeKilled(t *testing.T) {
	t.Parallel() // it mostly waits
	addr := idleSwitch(t)
	for _, tt := range []struct {
		name     string
		database func() string
	}{{"sqlite", func() string { return storetest.SQLite(t) }}, {"postgres", func() string { address, _ := storetest.Durable(t); return address }}} {
		t.Run(tt.name, func(t *testing.T) {
			database := tt.database()
			f := startFlood(t, 16)
			for range rounds(20) {
				s := &served{Database: database, Recordings: t.TempDir(), Switch: addr}
				s.start(t)
				before, _ := f.counts()
				f.to(s.addr)
				eventually(t, "CDRs in this life", func() bool { now, _ := f.counts(); return now > before+20+rand.IntN(200) })
				if err := s.cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
				f.to("")
				_ = s.cmd.Wait()
			}
			f.end()
			f.audit(t, database)
		})
	}
}

// TestIntakeTwoProcesses posts everything to two processes that share a database, one of which is killed and started
// again meanwhile: what either has answered 200 is there, once.
func TestIntakeTwoProcesses(t *testing.T) {
	t.Parallel() // it mostly waits
	database, _ := storetest.Durable(t)
	addr := idleSwitch(t)
	start := func() *served {
		s := &served{Database: database, Recordings: t.TempDir(), Switch: addr}
		s.start(t)
		return s
	}
	stays, dies := start(), start()
	f := startFlood(t, 16)
	f.to(stays.addr)
	for range rounds(5) {
		f.mu.Lock()
		f.also = dies.addr
		f.mu.Unlock()
		before, _ := f.counts()
		eventually(t, "CDRs by both", func() bool { now, _ := f.counts(); return now > before+200 })
		if err := dies.end(syscall.SIGKILL); err == nil {
			t.Error("it was not killed")
		}
		dies = start()
	}
	f.end()
	for _, s := range []*served{stays, dies} {
		if err := s.end(syscall.SIGTERM); err != nil {
			t.Errorf("callgate ended with %v", err)
		}
	}
	f.audit(t, database)
}

// TestIntakePostgresStruck ends PostgreSQL, as a fault would, while CDRs pour in: those that were answered 200 are there,
// the others were refused, and when it is back CDRs are taken again by the same process.
func TestIntakePostgresStruck(t *testing.T) {
	t.Parallel() // it mostly waits
	database, strike := storetest.Durable(t)
	s := &served{Database: database, Recordings: t.TempDir(), Switch: idleSwitch(t)}
	s.start(t)
	f := startFlood(t, 16)
	f.to(s.addr)
	for range rounds(5) {
		before, refused := f.counts()
		eventually(t, "CDRs are taken", func() bool { now, _ := f.counts(); return now > before+100 })
		strike()
		eventually(t, "CDRs are refused", func() bool { _, now := f.counts(); return now > refused })
	}
	before, _ := f.counts()
	eventually(t, "CDRs are taken again", func() bool { now, _ := f.counts(); return now > before+100 })
	f.end()
	if err := s.end(syscall.SIGTERM); err != nil {
		t.Errorf("callgate ended with %v", err)
	}
	f.audit(t, database)
}

// TestIntakeDiskFull lets the disk that the database is on run full, a real one of 64 MiB: CDRs are refused by 503, and
// taken again when there is room, by the same process.
func TestIntakeDiskFull(t *testing.T) {
	t.Parallel() // it mostly waits
	for _, tt := range []struct {
		name     string
		database func(t *testing.T, disk string) string
	}{
		{"sqlite", func(_ *testing.T, disk string) string { return "sqlite:" + filepath.Join(disk, "callgate.db") }},
		{"postgres", func(t *testing.T, disk string) string { return storetest.DurableIn(t, disk) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			disk := smallDisk(t)
			database := tt.database(t, disk)
			s := &served{Database: database, Recordings: t.TempDir(), Switch: idleSwitch(t)}
			s.start(t)
			filler := filepath.Join(disk, "filler")
			fillUp(t, filler, disk, 3<<20)
			f := startFlood(t, 16)
			f.to(s.addr)
			eventually(t, "the disk is full", func() bool { _, refused := f.counts(); return refused > 50 })
			if err := f.send(f.next.Add(2)/2, 1, time.Now()); !errors.Is(err, errRefused) || !strings.Contains(err.Error(), "503") {
				t.Errorf("a CDR that there is no room for: %v", err)
			}
			if err := os.Remove(filler); err != nil {
				t.Fatal(err)
			}
			before, _ := f.counts()
			eventually(t, "CDRs are taken again", func() bool { now, _ := f.counts(); return now > before+100 })
			f.end()
			if err := s.end(syscall.SIGTERM); err != nil {
				t.Errorf("callgate ended with %v", err)
			}
			f.audit(t, database)
		})
	}
}

// smallDisk mounts a disk of 64 MiB, in memory.
func smallDisk(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "callgate-disk-") // t.TempDir lies where PostgreSQL's user may not look
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Remove(dir) })
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size=64m,mode=0777", "tmpfs", dir).CombinedOutput(); err != nil {
		t.Fatalf("mount a disk, which takes root: %v, %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", "-l", dir).CombinedOutput(); err != nil {
			t.Errorf("unmount: %v, %s", err, out)
		}
	})
	return dir
}

// fillUp fills a disk but for so many bytes.
func fillUp(t *testing.T, file, disk string, but int64) {
	t.Helper()
	var room syscall.Statfs_t
	if err := syscall.Statfs(disk, &room); err != nil {
		t.Fatal(err)
	}
	size := int64(room.Bavail)*room.Bsize - but
	if size <= 0 {
		t.Fatalf("%d bytes are free", int64(room.Bavail)*room.Bsize)
	}
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Fallocate(int(out.Fd()), 0, 0, size); err != nil {
		t.Fatal(err)
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
}
