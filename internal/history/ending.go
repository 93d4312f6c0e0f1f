package history

// Ending is how calls of a quarter hour ended. Calls are counted by it, as [Figures] are kept by [Key].
type Ending struct {
	Quarter         int64 // of the calls' start, microseconds since 1970 UTC
	Project, Number string
	Direction       string
	Disposition     Disposition
	HungUp          Party
	Cause           string
}

// Ending is how the call ended; ok is false when the leg that began it is not known.
func (c *Call) Ending() (e Ending, ok bool) {
	return Ending{Quarter: c.Started - c.Started%Quarter, Project: c.Project, Number: c.Number, Direction: c.Direction,
		Disposition: c.Disposition, HungUp: c.HungUp, Cause: c.Cause}, c.Begun
}
