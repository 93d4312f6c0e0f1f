package esltest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// recording is a media bug that writes a file until it is stopped or the channel ends.
type recording struct {
	path   string // as the switch names it
	file   string // where it really is
	start  time.Time
	paused time.Duration
	since  time.Time // of the pause
	ended  bool
}

// recordingFile maps a path inside the switch to the real one.
func (s *Switch) recordingFile(path string) (string, bool) {
	if s.cfg.RecordingsDir == "" {
		return path, filepath.IsAbs(path)
	}
	rel, err := filepath.Rel(s.cfg.RecordingsPath, path)
	if err != nil || !filepath.IsLocal(rel) {
		return "", false
	}
	return filepath.Join(s.cfg.RecordingsDir, rel), true
}

// record starts a recording; limit is in seconds, 0 for none. A second start on
// the same path does nothing.
func (c *channel) record(path string, limit int) bool {
	for _, r := range c.recordings {
		if r.path == path {
			return true
		}
	}
	file, ok := c.s.recordingFile(path)
	if !ok || c.codec == "" || c.down() {
		return false
	}
	var err error
	c.s.outside(func() {
		if err = os.MkdirAll(filepath.Dir(file), 0o755); err == nil {
			err = writeWAV(file, 0)
		}
	})
	if err != nil {
		c.s.cfg.Logger.Error("open recording", "error", err)
		return false
	}
	r := &recording{path: path, file: file, start: c.s.now()}
	c.recordings = append(c.recordings, r)
	e := c.s.begin(siteRecordStart, "RECORD_START")
	c.describe(e)
	e.headers.add("Record-File-Path", path)
	c.s.fire(e)
	if limit > 0 {
		c.s.after(time.Duration(limit)*time.Second, func() { c.endRecording(r, "success-maxtime") })
	}
	return true
}

// stopRecording ends one recording, or "all" of them.
func (c *channel) stopRecording(path string) bool {
	found := false
	for _, r := range append([]*recording(nil), c.recordings...) {
		if strings.EqualFold(path, "all") || r.path == path {
			c.endRecording(r, "success-maxtime")
			found = true
		}
	}
	return found
}

func (c *channel) stopRecordings() {
	for _, r := range append([]*recording(nil), c.recordings...) {
		c.endRecording(r, "success-silence")
	}
}

// endRecording closes the file and only then announces its end.
func (c *channel) endRecording(r *recording, cause string) {
	if r.ended {
		return
	}
	r.ended = true
	for i, x := range c.recordings {
		if x == r {
			c.recordings = append(c.recordings[:i], c.recordings[i+1:]...)
			break
		}
	}
	samples := c.samples(r)
	c.writeRecording(r, samples)
	size := samples*2 + wavHeader
	c.set("record_file_size", strconv.Itoa(size))
	discarded := samples == 0
	if discarded {
		cause = "empty-file"
	} else if samples < atoi(c.get("RECORD_MIN_SEC"))*wavRate {
		discarded, cause = true, "input-too-short"
	}
	if discarded {
		c.set("RECORD_DISCARDED", "true")
		var err error
		if c.s.outside(func() { err = os.Remove(r.file) }); err != nil {
			c.s.cfg.Logger.Error("discard recording", "error", err)
		}
	}
	c.set("record_samples", strconv.Itoa(samples))
	c.set("record_seconds", strconv.Itoa(samples/wavRate))
	c.set("record_ms", strconv.Itoa(samples/(wavRate/1000)))
	c.set("record_completion_cause", cause)
	e := c.s.begin(siteRecordStop, "RECORD_STOP")
	c.describe(e)
	e.headers.add("Record-File-Path", r.path)
	e.headers.add("Record-Completion-Cause", cause)
	c.s.fire(e)
}

// samples counts what was heard, in frames of 20 ms.
func (c *channel) samples(r *recording) int {
	end := c.s.now()
	if !r.since.IsZero() {
		end = r.since
	}
	frames := (end.Sub(r.start) - r.paused) / (20 * time.Millisecond)
	return max(int(frames), 0) * 160
}

func (c *channel) writeRecording(r *recording, samples int) {
	var err error
	c.s.outside(func() { err = writeWAV(r.file, samples) })
	if err != nil {
		c.s.cfg.Logger.Error("write recording", "error", err)
	}
}

// closeFiles finishes the files of a channel that ends without events.
func (c *channel) closeFiles() {
	for _, r := range c.recordings {
		if !r.ended {
			r.ended = true
			c.writeRecording(r, c.samples(r))
		}
	}
}

// pauseRecording stops or resumes the flow into a file.
func (c *channel) pauseRecording(path string, on bool) bool {
	for _, r := range c.recordings {
		if r.path != path {
			continue
		}
		if now := c.s.now(); on && r.since.IsZero() {
			r.since = now
		} else if !on && !r.since.IsZero() {
			r.paused += now.Sub(r.since)
			r.since = time.Time{}
		}
		return true
	}
	return false
}
