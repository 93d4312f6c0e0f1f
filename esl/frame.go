package esl

import (
	"bufio"
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
	// keepScratch is the largest buffer a connection keeps between frames.
	keepScratch = 64 << 10
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
// taken as written: outside event bodies only the answer to connect is percent-encoded.
type frame struct {
	headers []header
	body    string
}

func (f frame) get(name string) string {
	if h := find(f.headers, name); h != nil {
		return h.value
	}
	return ""
}

func (f frame) contentType() string { return f.get("Content-Type") }

// frameReader cuts a byte stream into frames. It is not safe for concurrent use. After an error the stream has no
// known boundary any more and the connection is of no further use.
type frameReader struct {
	r       *bufio.Reader
	scratch []byte
}

func newFrameReader(r io.Reader) *frameReader {
	return &frameReader{r: bufio.NewReaderSize(r, 16<<10)}
}

// next blocks for the next frame. An end of the stream between frames is io.EOF, inside one io.ErrUnexpectedEOF.
func (fr *frameReader) next() (frame, error) {
	head, err := fr.head()
	if err != nil {
		return frame{}, err
	}
	f := frame{headers: parseHeaders(head, literal)}
	length := find(f.headers, "Content-Length")
	if length == nil {
		return f, nil
	}
	// ParseUint takes digits only: no sign, no blank, nothing a C parser would read differently.
	n, err := strconv.ParseUint(length.value, 10, 31)
	if err != nil || n > maxBody {
		return frame{}, fmt.Errorf("%w: Content-Length %.20q", ErrProtocol, length.value)
	}
	if f.body, err = fr.body(int(n)); err != nil {
		return frame{}, err
	}
	return f, nil
}

// head reads up to the blank line that ends a header block and skips blank lines before it.
func (fr *frameReader) head() (string, error) {
	buf, line, total := fr.scratch[:0], 0, 0
	defer func() {
		if fr.scratch = buf; cap(buf) > keepScratch {
			fr.scratch = nil
		}
	}()
	for {
		chunk, err := fr.r.ReadSlice('\n')
		// total, unlike the buffer, also counts skipped blank lines, so that they cannot go on for ever.
		if total += len(chunk); total > maxHead {
			return "", fmt.Errorf("%w: header block over %d bytes", ErrProtocol, maxHead)
		}
		buf = append(buf, chunk...)
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case errors.Is(err, io.EOF) && len(buf) > 0:
			return "", io.ErrUnexpectedEOF
		case err != nil:
			return "", err
		}
		if text := string(buf[line:]); text != "\n" && text != "\r\n" {
			line = len(buf)
			continue
		}
		if line > 0 {
			return string(buf[:line]), nil
		}
		buf = buf[:0]
	}
}

// body reads exactly n bytes. Memory follows the bytes that arrive, not the number announced.
func (fr *frameReader) body(n int) (string, error) {
	if n > keepScratch {
		var b strings.Builder
		if _, err := io.CopyN(&b, fr.r, int64(n)); err != nil {
			return "", insideFrame(err)
		}
		return b.String(), nil
	}
	if cap(fr.scratch) < n {
		fr.scratch = make([]byte, n)
	}
	buf := fr.scratch[:n]
	if _, err := io.ReadFull(fr.r, buf); err != nil {
		return "", insideFrame(err)
	}
	return string(buf), nil
}

func insideFrame(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
