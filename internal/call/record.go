package call

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"callgate/internal/fault"
)

// The verbs of Record, and the words of FreeSWITCH for them. A pause is a mask: the file has silence for as long as it
// lasts, so that what is heard later stays where it was, as no time is left out. FreeSWITCH's own pause cuts it out.
//
// Source: switch_ivr_async.c record_callback with SMBF_MASK; switch_core_io.c passes over a bug with SMBF_PAUSE.
var recordVerbs = map[string]string{"start": "start", "stop": "stop", "pause": "mask", "resume": "unmask"}

// Record begins a recording of a leg ("start"), both directions, or has what is recorded of it and of the leg it is
// bridged with end, be silent, or go on ("stop", "pause", "resume"). fault.NotFound "Recording" when there is none.
func (c *Controller) Record(ctx context.Context, who Asker, uuid, verb string) (Done, error) {
	word, ok := recordVerbs[verb]
	if !ok {
		return Done{}, refuse("verb", errors.New("want start, stop, pause or resume"))
	}
	path := ""
	done, err := c.steer(ctx, record, who, uuid, func(ctx context.Context, sw Switch, call Call) error {
		if err := answered(call); err != nil {
			return err
		}
		if verb == "start" {
			path = c.o.Recordings.Path(sw.Name(), uuid+"-"+c.o.NewID())
			return c.startRecording(ctx, sw, uuid, path)
		}
		found := false
		for _, leg := range []string{uuid, call.With} {
			if leg == "" || !uuidForm.MatchString(leg) {
				continue
			}
			bugs, err := readBugs(ctx, sw, leg)
			if err != nil && leg == uuid {
				return unseen(err, "")
			}
			for _, b := range bugs {
				if b.function != recordBug {
					continue
				}
				found = true
				if err := c.tape(ctx, sw, leg, word, b.target); err != nil {
					return err
				}
			}
		}
		if !found {
			return fault.New(fault.NotFound, "Recording")
		}
		return nil
	})
	done.Path = path
	return done, err
}

// startRecording begins a recording, sees that it runs, and lets the CDR find it where it names no other.
func (c *Controller) startRecording(ctx context.Context, sw Switch, uuid, path string) error {
	if err := c.tape(ctx, sw, uuid, "start", path); err != nil {
		return err
	}
	err := c.confirm(ctx, func() (bool, error) {
		bugs, err := readBugs(ctx, sw, uuid)
		for _, b := range bugs {
			if b.function == recordBug && b.target == path {
				return true, nil
			}
		}
		return false, err
	})
	if err != nil {
		return err
	}
	if old, err := sw.API(ctx, "uuid_getvar", uuid, recordingVariable); err == nil && strings.TrimSpace(old) == "_undef_" {
		if _, err := sw.API(ctx, "uuid_setvar", uuid, recordingVariable, path); err != nil {
			c.o.Logger.WarnContext(ctx, "tell the CDR of a recording", "switch", sw.Name(), "call", uuid, "error", err)
		}
	}
	return nil
}

// tape does one thing with one recording. FreeSWITCH splits the command at blanks that are not quoted.
func (c *Controller) tape(ctx context.Context, sw Switch, uuid, word, path string) error {
	if strings.ContainsAny(path, `'\"`) {
		return fmt.Errorf("a recording's path cannot be given to FreeSWITCH")
	}
	if strings.Contains(path, " ") {
		path = "'" + path + "'"
	}
	return run(ctx, sw, "uuid_record", uuid, word, path)
}

// recordBug is what FreeSWITCH calls the media bug of a recording; its target is the file.
const recordBug = "session_record"

// recordingVariable tells a CDR where the recording is.
const recordingVariable = "callgate_recording"

// bug is something that listens in on a channel's media, or changes it.
type bug struct{ function, target string }

// readBugs lists a channel's media bugs. FreeSWITCH escapes nothing in what looks like XML, so it is read by the line.
//
// Source: switch_core_media_bug.c switch_core_media_bug_enumerate.
func readBugs(ctx context.Context, link interface {
	API(ctx context.Context, name string, args ...string) (string, error)
}, uuid string) (bugs []bug, err error) {
	text, err := link.API(ctx, "uuid_buglist", uuid)
	if err != nil {
		return nil, fmt.Errorf("read media bugs: %w", err)
	}
	return parseBugs(text), nil
}

func parseBugs(text string) (bugs []bug) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if f, ok := element(line, "function"); ok {
			bugs = append(bugs, bug{function: f})
		} else if t, ok := element(line, "target"); ok && len(bugs) > 0 {
			bugs[len(bugs)-1].target = t
		}
	}
	return bugs
}

// element is what stands in an element that is a line of its own.
func element(line, name string) (string, bool) {
	rest, ok := strings.CutPrefix(line, "<"+name+">")
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, "</"+name+">")
}
