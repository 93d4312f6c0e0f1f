package esl

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Bounds on what a peer may make us hold. The header block of the largest frame that has one, the answer to connect,
// carries every variable of a call; the largest bodies are tables of tens of thousands of rows.
const (
	maxHead = 1 << 20
	maxBody = 64 << 20
	// keepScratch is the largest header block whose memory a connection keeps for the next.
	keepScratch = 1 << 10
	// usualHead is more than the header block of any frame but the answer to connect has.
	usualHead = 256
	// firstBody is the memory a body gets before its first byte has come; the rest follows what arrives.
	firstBody = 64 << 10
)

// Content types of mod_event_socket (listener_run, api_exec, send_disconnect).
const (
	typeAuth       = "auth/request"
	typeReply      = "command/reply"
	typeAPI        = "api/response"
	typePlain      = "text/event-plain"
	typeJSON       = "text/event-json"
	typeDisconnect = "text/disconnect-notice"
	typeRejection  = "text/rude-rejection"
)

// frame is one message of the switch: a header block and, when Content-Length says so, a body. Its header values are
// as written: outside event bodies only the answer to connect is percent-encoded.
type frame struct {
	kind string // the Content-Type
	head string // the header block; empty for events, which have everything in the body
	body string
}

// get returns the first header of that name, whose case does not matter.
func (f frame) get(name string) string {
	for line := range strings.SplitSeq(f.head, "\n") {
		if n, value, ok := cutHeader(strings.TrimSuffix(line, "\r")); ok && equalFold(n, name) {
			return value
		}
	}
	return ""
}

// frameReader cuts a byte stream into frames. It is not safe for concurrent use. After an error the stream has no
// known boundary any more and the connection is of no further use.
type frameReader struct {
	r       *bufio.Reader
	scratch []byte
}

// newFrameReader reads from r, as much at a time as it has up to that many bytes.
func newFrameReader(r io.Reader, buffer int) *frameReader {
	return &frameReader{r: bufio.NewReaderSize(r, buffer)}
}

// next blocks for the next frame. An end of the stream between frames is io.EOF, inside one io.ErrUnexpectedEOF.
func (fr *frameReader) next() (frame, error) {
	head, err := fr.head()
	if err != nil {
		return frame{}, err
	}
	kind, length := describe(head)
	f := frame{kind: knownType(kind)}
	if f.kind != typePlain && f.kind != typeJSON {
		f.head = string(head)
	}
	if length == nil {
		return f, nil
	}
	// ParseUint takes digits only: no sign, no blank, nothing a C parser would read differently.
	n, err := strconv.ParseUint(string(length), 10, 31)
	if err != nil || n > maxBody {
		return frame{}, fmt.Errorf("%w: Content-Length %.20q", ErrProtocol, length)
	}
	if f.body, err = fr.body(int(n)); err != nil {
		return frame{}, err
	}
	return f, nil
}

// pending says whether bytes of the next frame are here already.
func (fr *frameReader) pending() bool { return fr.r.Buffered() > 0 }

// describe finds the two headers that say what a frame is, the first of each; length is nil when there is none.
func describe(head []byte) (kind, length []byte) {
	for line := range bytes.Lines(head) {
		line = bytes.TrimRight(line, "\r\n")
		colon := bytes.IndexByte(line, ':')
		switch {
		case kind == nil && colon == len("Content-Type") && equalFold(line[:colon], "Content-Type"):
			kind = bytes.TrimPrefix(line[colon+1:], []byte(" "))
		case length == nil && colon == len("Content-Length") && equalFold(line[:colon], "Content-Length"):
			length = bytes.TrimPrefix(line[colon+1:], []byte(" "))
		}
	}
	return kind, length
}

// knownType is the text of a content type, without making one where it is known.
func knownType(b []byte) string {
	for _, known := range [...]string{typePlain, typeJSON, typeReply, typeAPI} {
		if string(b) == known {
			return known
		}
	}
	return string(b)
}

// head reads up to the blank line that ends a header block and skips blank lines before it. What it returns is good
// until the next call.
func (fr *frameReader) head() ([]byte, error) {
	buf, line, total := fr.scratch[:0], 0, 0
	defer func() {
		if fr.scratch = buf; cap(buf) > keepScratch {
			fr.scratch = nil
		}
	}()
	if here, _ := fr.r.Peek(min(fr.r.Buffered(), usualHead)); len(here) > 0 && here[0] > '\r' { // cannot fail: it is there
		if blank := bytes.Index(here, []byte("\n\n")); blank > 0 && bytes.IndexByte(here[:blank], '\r') < 0 {
			_, _ = fr.r.Discard(blank + 2)
			return here[:blank+1], nil
		}
	}
	for {
		chunk, err := fr.r.ReadSlice('\n')
		// total, unlike the buffer, also counts skipped blank lines, so that they cannot go on for ever.
		if total += len(chunk); total > maxHead {
			return nil, fmt.Errorf("%w: header block over %d bytes", ErrProtocol, maxHead)
		}
		buf = append(buf, chunk...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(buf) > 0:
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		}
		if text := buf[line:]; string(text) != "\n" && string(text) != "\r\n" {
			line = len(buf)
			continue
		}
		if line > 0 {
			return buf[:line], nil
		}
		buf = buf[:0]
	}
}

// body reads exactly n bytes. Memory follows the bytes that arrive, not the number announced.
func (fr *frameReader) body(n int) (string, error) {
	var b strings.Builder
	b.Grow(min(n, firstBody))
	for n > 0 {
		if _, err := fr.r.Peek(1); err != nil { // waits for more when nothing is left
			if errors.Is(err, io.EOF) {
				err = io.ErrUnexpectedEOF
			}
			return "", err
		}
		chunk, _ := fr.r.Peek(min(n, fr.r.Buffered())) // cannot fail: it is there
		b.Write(chunk)
		_, _ = fr.r.Discard(len(chunk))
		n -= len(chunk)
	}
	return b.String(), nil
}
