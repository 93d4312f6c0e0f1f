package check

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"
)

// wavHead is the size of a wav file without sound.
const wavHead = 44

// closeTime is how long after its call a recording may take to be there.
const closeTime = 2 * time.Second

// shareFix is what to do when the folders are not one.
const shareFix = "mount one folder on both machines, writable for FreeSWITCH and readable for callgate; CALLGATE_RECORDINGS_DIR is its name here, CALLGATE_RECORDINGS_SWITCH_DIR there"

// recordings sees that what the switch records can be read here: a file that we write must be there under the switch's name
// for it and, with ProbeCall, the recording of a call of one second must come to us.
//
// Source: mod_commands.c file_exists_function.
func (x *examination) recordings(ctx context.Context) {
	name, err := x.probeName()
	if err != nil {
		x.unknown(err.Error(), "")
		return
	}
	ours := filepath.Join(x.RecordingsDir, name)
	err = os.WriteFile(ours, []byte("callgate check\n"), 0o600)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		x.wrong("the folder "+x.RecordingsDir+" is not there", shareFix)
		return
	case err != nil:
		x.unknown("nothing can be written to "+x.RecordingsDir+", so that it was not tried whether the switch sees it", "")
	default:
		x.shared(ctx, name)
		if err := os.Remove(ours); err != nil {
			x.unknown("the probe file "+ours+" cannot be removed", "")
		}
	}
	if x.ProbeCall {
		x.probeCall(ctx)
	}
}

func (x *examination) shared(ctx context.Context, name string) {
	answer, ok := x.ask(ctx, "file_exists", path.Join(x.RecordingsSwitchDir, name))
	switch {
	case !ok:
	case answer == "false":
		x.wrong("the switch does not see in "+x.RecordingsSwitchDir+" what we write to "+x.RecordingsDir, shareFix)
	case answer != "true":
		x.unknown("file_exists", answer)
	case x.ProbeCall:
		x.ok("the switch sees our folder as " + x.RecordingsSwitchDir)
	default:
		x.ok("the switch sees our folder as " + x.RecordingsSwitchDir + "; whether it can write there is tried with --probe-call")
	}
}

// probeCall lets the switch call nobody and record a second of silence. No CDR comes of it.
//
// Source: mod_loopback.c null_channel_outgoing_channel; switch_core_state_machine.c switch_core_session_reporting_state
// (process_cdr).
func (x *examination) probeCall(ctx context.Context) {
	name, err := x.probeName()
	if err != nil {
		x.unknown(err.Error(), "")
		return
	}
	answer, ok := x.ask(ctx, "originate", "{process_cdr=false,originate_timeout=3}null/callgate-check",
		"record_session:"+path.Join(x.RecordingsSwitchDir, name)+",sleep:1000", "inline")
	if !ok {
		return
	}
	id, called := strings.CutPrefix(answer, "+OK ")
	if !called {
		x.unknown("the probe call was not made; it needs mod_loopback", answer)
		return
	}
	ours := filepath.Join(x.RecordingsDir, name)
	limited, stop := context.WithTimeout(ctx, x.ProbeTime)
	defer stop()
	for tick := time.Tick(50 * time.Millisecond); ; {
		if answer, ok := x.ask(ctx, "uuid_exists", id); ok && answer == "false" {
			break
		} else if !ok {
			return
		}
		select {
		case <-tick:
		case <-limited.Done():
			x.unknown("the probe call "+id+" does not end", "")
			_, _ = x.ask(ctx, "uuid_kill", id)
			_ = os.Remove(ours) // perhaps nothing was written
			return
		}
	}
	info, err := written(ctx, ours)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		x.wrong("a recording that the switch made in "+x.RecordingsSwitchDir+" is not found here", shareFix)
		return
	case err != nil:
		x.wrong("a recording that the switch made cannot be looked at here", shareFix)
		return
	case info.Size() <= wavHead:
		x.wrong("a recording that the switch made is empty", "see FreeSWITCH's log; load mod_sndfile")
	default:
		if f, err := os.Open(ours); err != nil {
			x.wrong("a recording that the switch made cannot be read here", shareFix)
		} else {
			_ = f.Close() // it was only read
			x.ok("a recording that the switch made can be read here")
		}
	}
	if err := os.Remove(ours); err != nil {
		x.advise("callgate cannot delete recordings: "+name+" is left in "+x.RecordingsDir, "let callgate write to the folder, so that retention works")
	}
}

// written looks at a recording until there is sound in it, for closeTime at most. FreeSWITCH knows a call no more as soon as
// it hangs up, a moment before it closes the file. Source: switch_core_rwlock.c switch_core_session_read_lock.
func written(ctx context.Context, file string) (fs.FileInfo, error) {
	ctx, stop := context.WithTimeout(ctx, closeTime)
	defer stop()
	for tick := time.Tick(50 * time.Millisecond); ; {
		info, err := os.Stat(file)
		if err == nil && info.Size() > wavHead {
			return info, nil
		}
		select {
		case <-tick:
		case <-ctx.Done():
			return info, err
		}
	}
}

// probeName is a name that no recording has.
func (x *examination) probeName() (string, error) {
	var random [8]byte
	if _, err := io.ReadFull(x.Rand, random[:]); err != nil {
		return "", fmt.Errorf("name a probe file: %w", err)
	}
	return "callgate-check-" + hex.EncodeToString(random[:]) + ".wav", nil
}
