package callcenter

import "context"

// ReadNow reads a switch at once, whatever the pace.
func (c *Center) ReadNow(ctx context.Context, switchName string) error {
	return c.refresh(ctx, c.watch(switchName), c.o.Now(), false)
}
