package smpp

import (
	"github.com/linxGnu/gosmpp/data"
	"github.com/linxGnu/gosmpp/pdu"
)

// octets are how many a message has place for: alone, and as one of several that have a header. An octet is a character of the
// default alphabet, or half of one that an escape stands before.
//
// Source: 3GPP TS 23.040, 9.2.3.24.1 and 9.2.3.24.8. All of a message is 140 octets; of several each begins with a header of
// 6 octets, or of 7 where the reference has 16 bits. 160 characters of 7 bits are 140 octets, 153 with 6 of them 140.
type octets struct{ one, many, wide int }

const maxParts = 255

func gsmOctets() octets  { return octets{160, 153, 152} }
func ucs2Octets() octets { return octets{140, 134, 132} }

// body is a text as it travels.
type body struct {
	octets []byte
	ucs2   bool
}

// encode writes a text: in the default alphabet if all of it is there and nothing else is wanted, else in UCS-2.
func encode(text, encoding string) (b body, err error) {
	if encoding == Auto {
		if b.octets, err = data.GSM7BIT.Encode(text); err == nil {
			return b, nil
		}
	}
	b.ucs2 = true
	b.octets, err = data.UCS2.Encode(text)
	return b, err
}

// split divides what is too long for one message, and never a character.
func (b body) split(long string) (parts [][]byte) {
	room, rest := gsmOctets(), b.octets
	if b.ucs2 {
		room = ucs2Octets()
	}
	most := room.many
	if long == WideUDH {
		most = room.wide
	}
	if len(rest) <= room.one {
		return [][]byte{rest}
	}
	for len(rest) > most {
		n := most - begun(rest[:most], b.ucs2)
		parts, rest = append(parts, rest[:n]), rest[n:]
	}
	return append(parts, rest)
}

// begun is how many octets at the end are the first half of a character: an escape, or a high surrogate.
func begun(part []byte, ucs2 bool) int {
	switch n := len(part); {
	case ucs2 && part[n-2]&0xFC == 0xD8:
		return 2
	case !ucs2 && part[n-1] == 0x1B:
		return 1
	}
	return 0
}

// header says which of how many parts something is. Source: 3GPP TS 23.040, 9.2.3.24.1 and 9.2.3.24.8.
func header(long string, reference uint16, part, of int) pdu.UDH {
	if long == WideUDH {
		return pdu.UDH{{ID: 0x08, Data: []byte{byte(reference >> 8), byte(reference), byte(of), byte(part)}}}
	}
	return pdu.UDH{{ID: 0x00, Data: []byte{byte(reference), byte(of), byte(part)}}}
}
