package history

// Quarter is the span that figures are kept for, in microseconds.
const Quarter = 15 * 60 * 1_000_000

// Fold is the span of figures that are summed up again once they are old, in microseconds: reports of days read few rows
// then. Days of most time zones begin with one or with a quarter hour not far from it.
const Fold = 12 * Quarter

// Reach is how long after the beginning of a call its figures may lie, in microseconds: who joined a queue before or later
// did so by another clock, and is counted at the nearest of these times.
const Reach = 2 * 24 * 3600 * 1_000_000

// Key is what figures are kept for. Three kinds:
//
//   - without Queue and Agent: the calls on a number (by the call's start), each once however many queues it saw;
//   - with Queue and without Agent: all visits of the queue by such calls (by the second of joining, within Reach of the call's start);
//   - with Agent: the agent's share, of the queue, or without Queue of calls that came or went directly.
type Key struct {
	Quarter int64 // its beginning, microseconds since 1970 UTC
	Project string
	Number  string // the project's own, normalised
	Queue   string
	Agent   string
}

// Thresholds are the waits, in seconds, that Figures tell apart.
func Thresholds() [11]int64 { return [...]int64{5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 300} }

// Figures are sums over calls or visits: adding and subtracting them is exact. Only the longest waits are no sums; see
// [Figures.Add]. Spans are whole seconds.
type Figures struct {
	Inbound  int64 // calls that arrived
	Outbound int64 // calls that were made
	Unqueued int64 // inbound ones that never entered a queue
	Talked   int64 // calls outside of queues in which somebody talked

	Queued   int64 // entered a queue
	Answered int64 // of these, by an agent
	Lost     int64 // the others
	Offered  int64 // rings at agents
	Missed   int64 // of these, not answered

	AnsweredWait, LostWait       int64
	AnsweredLongest, LostLongest int64

	Talk, Hold, Held, Wrap int64 // Held: how many were held
	WrapUnknown            int64 // answered by an agent whose wrap-up time nobody knew
	Minutes                int64 // sum of (talk + wrap-up) of each, rounded up to minutes

	// How many waited less than Thresholds()[i], and no less than the threshold before.
	AnsweredIn, LostIn [11]int64
}

// Values are the figures in the order of the table rollups.
func (f *Figures) Values() []*int64 {
	all := []*int64{&f.Inbound, &f.Outbound, &f.Unqueued, &f.Talked, &f.Queued, &f.Answered, &f.Lost, &f.Offered, &f.Missed,
		&f.AnsweredWait, &f.LostWait, &f.AnsweredLongest, &f.LostLongest, &f.Talk, &f.Hold, &f.Held, &f.Wrap, &f.WrapUnknown, &f.Minutes}
	for i := range f.AnsweredIn {
		all = append(all, &f.AnsweredIn[i])
	}
	for i := range f.LostIn {
		all = append(all, &f.LostIn[i])
	}
	return all
}

// Add adds o. The longest waits become the longer ones.
func (f *Figures) Add(o Figures) {
	f.combine(&o, 1)
	f.AnsweredLongest = max(f.AnsweredLongest, o.AnsweredLongest)
	f.LostLongest = max(f.LostLongest, o.LostLongest)
}

// Sub takes o away, which had been added, and tells whether a longest wait may have gone with it. f keeps those, unless
// nothing is left that could have waited: what the longest of the others is, only they know.
func (f *Figures) Sub(o Figures) (stale bool) {
	f.combine(&o, -1)
	if f.Answered == 0 {
		f.AnsweredLongest = 0
	}
	if f.Lost == 0 {
		f.LostLongest = 0
	}
	return f.Answered != 0 && o.Answered != 0 && o.AnsweredLongest >= f.AnsweredLongest ||
		f.Lost != 0 && o.Lost != 0 && o.LostLongest >= f.LostLongest
}

// IsZero tells whether there is nothing in it.
func (f *Figures) IsZero() bool { return *f == Figures{} }

// combine adds sign times the sums of o.
func (f *Figures) combine(o *Figures, sign int64) {
	answered, lost := f.AnsweredLongest, f.LostLongest
	from := o.Values()
	for i, to := range f.Values() {
		*to += sign * *from[i]
	}
	f.AnsweredLongest, f.LostLongest = answered, lost // these are no sums
}

// Within is how many were answered in less than so many seconds; exact is false when that is none of Thresholds, and the
// figures cannot tell.
func (f *Figures) Within(seconds int64) (n int64, exact bool) { return under(f.AnsweredIn, seconds) }

// LostWithin is Within for those that were lost.
func (f *Figures) LostWithin(seconds int64) (n int64, exact bool) { return under(f.LostIn, seconds) }

func under(in [11]int64, seconds int64) (n int64, exact bool) {
	for i, limit := range Thresholds() {
		if limit > seconds {
			break
		}
		n, exact = n+in[i], limit == seconds
	}
	return n, exact
}
