package smpp

import (
	"bufio"
	"bytes"
	"time"
)

// Pausing makes all pauses between sessions as long as next says, of what they would be.
func (c *Client) Pausing(next func(time.Duration) time.Duration) { c.pausing = next }

// Split is how a text travels.
func Split(text, encoding, long string) (ucs2 bool, parts [][]byte) {
	b, err := encode(text, encoding)
	if err != nil {
		return false, nil
	}
	return b.ucs2, b.split(long)
}

// PlainID is an id as it is compared.
func PlainID(id string, base int) string { return plainID(id, base) }

// ReadAll reads what an SMSC sends as a link does, as far as it goes, and returns the commands, and the ids of receipts.
func ReadAll(sent []byte) (commands []uint32, ids []string, err error) {
	r := bufio.NewReader(bytes.NewReader(sent))
	for {
		f, err := readFrame(r)
		if err != nil {
			return commands, ids, err
		}
		commands = append(commands, f.id)
		f.text(maxID)
		d, err := f.deliver()
		if err == nil && isReceipt(d) {
			if receipt, ok := readReceipt(d, false); ok {
				ids = append(ids, receipt.ID)
			}
		}
	}
}
