package smpp

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

const (
	headerLength = 16
	maxFrame     = 64 << 10 // octets; the longest message_payload is as long
	answerBit    = 1 << 31  // of the id of a command: it is an answer
)

// frame is a PDU of which no more than the header has been read. Source: SMPP 3.4, 3.2.
type frame struct {
	id, status, number uint32
	octets             []byte // all of it
}

// errLength is a length after which nobody can know where the next PDU begins.
var errLength = errors.New("a PDU has a length that none has")

// readFrame reads one PDU. It fails only when nothing more can be read from r.
func readFrame(r *bufio.Reader) (frame, error) {
	length, err := r.Peek(4)
	if err != nil {
		if len(length) > 0 && errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF
		}
		return frame{}, err
	}
	n := binary.BigEndian.Uint32(length)
	if n < headerLength || n > maxFrame {
		return frame{}, fmt.Errorf("%w: %d", errLength, n)
	}
	all := make([]byte, n)
	if _, err := io.ReadFull(r, all); err != nil {
		return frame{}, err
	}
	return frame{binary.BigEndian.Uint32(all[4:]), binary.BigEndian.Uint32(all[8:]), binary.BigEndian.Uint32(all[12:]), all}, nil
}

func (f frame) isAnswer() bool { return f.id&answerBit != 0 }

// is tells whether it is that command. The library knows ids as signed numbers.
func (f frame) is(id data.CommandIDType) bool { return f.id == uint32(id) }

// text is the string that the body begins with, up to most octets, which is what the answers to a message and to a bind have.
func (f frame) text(most int) string {
	body := f.octets[headerLength:]
	for i, c := range body {
		if c == 0 || i == most {
			return string(body[:i])
		}
	}
	return string(body)
}

// deliver reads a message that the SMSC delivers. The library panics on some PDUs; what it does not survive is none.
func (f frame) deliver() (d *pdu.DeliverSM, err error) {
	defer func() {
		if r := recover(); r != nil {
			d, err = nil, errors.New("the library cannot read it")
		}
	}()
	d, _ = pdu.NewDeliverSM().(*pdu.DeliverSM)
	return d, d.Unmarshal(pdu.NewBuffer(f.octets))
}

// marshal is a PDU as it is sent, with a number.
func marshal(p pdu.PDU, number uint32) []byte {
	p.SetSequenceNumber(int32(number))
	b := pdu.NewBuffer(nil)
	p.Marshal(b)
	return b.Bytes()
}
