package outside

import (
	"bytes"
	"context"
	"net"
)

// DialBy makes connections by dial, before the first question.
func (c *Client) DialBy(dial func(ctx context.Context, network, addr string) (net.Conn, error)) {
	c.transport.DialContext = dial
}

// ReadStats reads an answer to /onlinestat/all.
func ReadStats(body []byte) ([]ProjectStat, error) { return readStats(body) }

// ReadRows reads an answer to a request for a report.
func ReadRows(body []byte, path, fields string) ([]ReportRow, error) {
	names, err := fieldsOf(fields)
	if err != nil {
		return nil, err
	}
	return readRows(bytes.NewReader(body), path, names)
}

// Fill fills in a template.
func Fill(text string, pairs ...string) (query, body string) {
	m := fill(text, pairs...)
	return m.query, m.body
}

// Remembered is how many answers are kept.
func (c *Client) Remembered() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.with.mu.Lock()
	defer c.with.mu.Unlock()
	return len(c.with.memory)
}
