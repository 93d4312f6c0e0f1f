package outside

import (
	"context"
	"net"
)

// DialBy makes connections by dial, before the first question.
func (c *Client) DialBy(dial func(ctx context.Context, network, addr string) (net.Conn, error)) {
	c.transport.DialContext = dial
}

// ReadStats reads an answer to /onlinestat/all.
func ReadStats(body []byte) ([]ProjectStat, error) { return readStats(body) }
