package recording

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"
)

// wave is what the head of a WAV file says, held against the size of the file.
type wave struct {
	Duration time.Duration // of the sound that is there, to the sample
	Bytes    int64         // of sound that are there
	Whole    bool          // the lengths in the head are those of the file: whoever wrote it has closed it
}

var errNoWave = errors.New("not a WAV file")

const (
	maxChunks = 64                   // before the sound; a file with more is none of a switch
	maxSpan   = 366 * 24 * time.Hour // of a sound; beyond that the head lies about its rate
	riffHead  = 12                   // "RIFF", length, "WAVE"
	chunkHead = 8                    // name, length
	fmtLength = 16                   // the part of a fmt chunk that all formats share
)

// readWave reads the head of a WAV file of that size. It reads some hundred bytes, however large the file is. A file that is still
// written has a length of 0 or 0xFFFFFFFF in its head, or that of an earlier moment: it is not Whole, and its sound
// is what the size of the file has room for.
//
// FreeSWITCH leaves the lengths of the beginning in the head, 8 and 0, until it closes the file; the sound comes to the disk in pieces of
// 64 KiB, four seconds of a telephone's. Source: mod_sndfile.c sndfile_file_close, through libsndfile, which writes the head again
// in sf_close; seen on FreeSWITCH 1.11.2-dev.
func readWave(r io.ReaderAt, size int64) (wave, error) {
	var b [fmtLength]byte
	if err := readAt(r, b[:riffHead], 0); err != nil {
		return wave{}, err
	}
	if string(b[:4]) != "RIFF" || string(b[8:12]) != "WAVE" {
		return wave{}, errNoWave
	}
	end := int64(binary.LittleEndian.Uint32(b[4:8])) + chunkHead // of the file, as the head has it
	var rate int64                                               // bytes of sound a second
	at := int64(riffHead)
	for range maxChunks {
		if err := readAt(r, b[:chunkHead], at); err != nil {
			return wave{}, err
		}
		name, length := string(b[:4]), binary.LittleEndian.Uint32(b[4:8])
		at += chunkHead
		switch name {
		case "fmt ":
			if length < fmtLength {
				return wave{}, errNoWave
			}
			if err := readAt(r, b[:], at); err != nil {
				return wave{}, err
			}
			rate = int64(binary.LittleEndian.Uint32(b[8:12]))
		case "data":
			if rate == 0 {
				return wave{}, errNoWave // no fmt chunk before the sound, or one that says nothing
			}
			w := wave{Bytes: max(size-at, 0)}
			// What follows the sound is other chunks. An odd length is followed by one byte of padding, which some leave out.
			if said := int64(length); end >= at+said && end <= size+1 && size <= end+1 {
				w.Bytes, w.Whole = min(said, w.Bytes), true
			}
			w.Duration = time.Duration(w.Bytes/rate)*time.Second + time.Duration(w.Bytes%rate)*time.Second/time.Duration(rate)
			if w.Bytes/rate > int64(maxSpan/time.Second) {
				return wave{}, errNoWave
			}
			return w, nil
		}
		at += int64(length) + int64(length&1)
	}
	return wave{}, errNoWave
}

// readAt fills b; an end of the file is errNoWave, as the head is not all there.
func readAt(r io.ReaderAt, b []byte, at int64) error {
	n, err := r.ReadAt(b, at)
	if n == len(b) {
		return nil
	}
	if err == nil || errors.Is(err, io.EOF) {
		return errNoWave
	}
	return fmt.Errorf("read the head of a recording: %w", err)
}
