package history

// Figures are what the call adds to each key, by its own fields and its visits, whether its legs are at hand or not; none
// when the leg that began it is not known. Of a call that is not Counted they are the same: it is for whoever keeps them
// to leave those out.
func (c *Call) Figures() map[Key]Figures {
	if !c.Begun {
		return nil
	}
	all := map[Key]Figures{}
	add := func(at int64, queue, agent string, f Figures) {
		k := Key{Quarter: at - at%Quarter, Project: c.Project, Number: c.Number, Queue: queue, Agent: agent}
		sum := all[k]
		sum.Add(f)
		if !sum.IsZero() {
			all[k] = sum
		}
	}
	add(c.Started, "", "", c.total())
	for _, v := range c.Visits {
		var f Figures
		f.visit(&v)
		joined := c.joined(&v)
		add(joined, v.Queue, "", f)
		for _, a := range v.Attempts {
			if !a.Answered && a.Agent != "" {
				add(joined, v.Queue, a.Agent, Figures{Offered: 1, Missed: 1})
			}
		}
		if v.Outcome == Served && v.Agent != "" {
			f.Queued, f.Offered, f.Missed = 0, 1, 0 // nobody queues for one agent
			add(joined, v.Queue, v.Agent, f)
		}
	}
	if c.Account != "" {
		f := c.total()
		f.Unqueued, f.Talk = 0, c.Talk
		add(c.Started, "", c.Account, f)
	}
	return all
}

// total is the call as one, however many queues it saw. What was asked of queues is only told of calls that came in.
func (c *Call) total() Figures {
	var f Figures
	if len(c.Visits) == 0 && c.Disposition == Answered {
		f.Talked = 1
	}
	switch {
	case c.Direction == "outbound":
		f.Outbound = 1
		return f
	case c.Direction != "inbound":
		return Figures{}
	}
	f.Inbound = 1
	if len(c.Visits) == 0 {
		f.Unqueued = 1
		return f
	}
	for _, v := range c.Visits {
		one := Figures{}
		one.visit(&v)
		f.Offered, f.Missed, f.WrapUnknown = f.Offered+one.Offered, f.Missed+one.Missed, f.WrapUnknown+one.WrapUnknown
	}
	f.entered(c.Wait, c.served())
	f.talked(c.Talk, c.Hold, c.Wrap, c.served())
	return f
}

func (c *Call) served() bool {
	for _, v := range c.Visits {
		if v.Outcome == Served {
			return true
		}
	}
	return false
}

// wait is from the first join to the first answer, else to the last leave.
func (c *Call) wait() int64 {
	if len(c.Visits) == 0 {
		return 0
	}
	joined, left := c.Visits[0].Joined, int64(0)
	for _, v := range c.Visits {
		if v.Outcome == Served {
			return span(joined, v.Answered)
		}
		left = max(left, v.Left)
	}
	return span(joined, left)
}

// visit adds a stay in a queue.
func (f *Figures) visit(v *Visit) {
	served := v.Outcome == Served
	f.entered(v.Wait, served)
	f.talked(v.Talk, v.Hold, v.Wrap, served)
	if served && !v.WrapKnown {
		f.WrapUnknown++
	}
	for _, a := range v.Attempts {
		if !a.Answered {
			f.Missed++
		}
	}
	f.Offered = f.Missed
	if served { // by whom even where the CDR of the leg is not posted
		f.Offered++
	}
}

// entered adds one that came into a queue.
func (f *Figures) entered(wait int64, served bool) {
	f.Queued++
	n, sum, longest, in := &f.Lost, &f.LostWait, &f.LostLongest, &f.LostIn
	if served {
		n, sum, longest, in = &f.Answered, &f.AnsweredWait, &f.AnsweredLongest, &f.AnsweredIn
	}
	*n, *sum, *longest = *n+1, *sum+wait, max(*longest, wait)
	for i, limit := range Thresholds() {
		if wait < limit {
			in[i]++
			break
		}
	}
}

// talked adds one that an agent answered.
func (f *Figures) talked(talk, hold, wrap int64, served bool) {
	if !served {
		return
	}
	f.Talk, f.Hold, f.Wrap = f.Talk+talk, f.Hold+hold, f.Wrap+wrap
	f.Minutes += (talk + wrap + 59) / 60
	if hold > 0 {
		f.Held++
	}
}

// Waits are in seconds.
type Waits struct{ Answered, Lost []int64 }

// Waits are, by key, those that Figures counts.
func (c *Call) Waits() map[Key]Waits {
	all := map[Key]Waits{}
	if !c.Begun {
		return all
	}
	add := func(at int64, queue, agent string, served bool, wait int64) {
		k := Key{Quarter: at - at%Quarter, Project: c.Project, Number: c.Number, Queue: queue, Agent: agent}
		w := all[k]
		if served {
			w.Answered = append(w.Answered, wait)
		} else {
			w.Lost = append(w.Lost, wait)
		}
		all[k] = w
	}
	if c.Direction == "inbound" && len(c.Visits) > 0 {
		add(c.Started, "", "", c.served(), c.Wait)
	}
	for _, v := range c.Visits {
		joined, served := c.joined(&v), v.Outcome == Served
		add(joined, v.Queue, "", served, v.Wait)
		if served && v.Agent != "" {
			add(joined, v.Queue, v.Agent, true, v.Wait)
		}
	}
	return all
}

// joined is the time for which a visit is counted.
func (c *Call) joined(v *Visit) int64 { return min(max(v.Joined*second, c.Started), c.Started+Reach) }
