package callcenter

import "context"

// ReadNow reads a switch at once, whatever the pace, as after a change of ours.
func (c *Center) ReadNow(ctx context.Context, switchName string) error {
	return c.refresh(ctx, c.watch(switchName), c.o.Now(), true)
}
