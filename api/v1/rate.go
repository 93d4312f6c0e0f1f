package v1

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"callgate/internal/fault"
)

// Rate is how much a user may ask.
type Rate struct {
	PerSecond int // requests, in the long run
	Burst     int // at once; 0 is no limit
}

// bucket is what a user has left at a time.
type bucket struct {
	left float64
	at   time.Time
}

// rates count what users ask. There is a bucket for each that was not full when it was looked at last: no more than users.
type rates struct {
	refused prometheus.Counter

	mu      sync.Mutex
	buckets map[int64]bucket
	swept   time.Time
}

func newRates(r prometheus.Registerer) *rates {
	return &rates{buckets: map[int64]bucket{}, refused: promauto.With(r).NewCounter(prometheus.CounterOpts{
		Name: "callgate_api_rate_limited_total", Help: "Requests to the modern face that were refused because their user asked too much.",
	})}
}

const sweepTime = time.Minute // between two times that buckets are thrown away which are full again

// take takes one request of a user. It tells how many are left at once, when all are again, and when one is where none was.
func (r *rates) take(user int64, rate Rate, now time.Time) (left int, reset, wait time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	burst, speed := float64(rate.Burst), float64(rate.PerSecond)
	if now.Sub(r.swept) >= sweepTime {
		r.swept = now
		for id, b := range r.buckets {
			if b.left+speed*now.Sub(b.at).Seconds() >= burst {
				delete(r.buckets, id)
			}
		}
	}
	b, known := r.buckets[user]
	if !known {
		b = bucket{burst, now}
	}
	b = bucket{min(burst, b.left+speed*max(0, now.Sub(b.at).Seconds())), now}
	seconds := func(n float64) time.Duration { return time.Duration(n / speed * float64(time.Second)) }
	if b.left < 1 {
		wait = seconds(1 - b.left)
	} else {
		b.left--
	}
	r.buckets[user] = b
	return int(b.left), seconds(burst - b.left), wait
}

// The headers of an answer, as draft-ietf-httpapi-ratelimit-headers has them up to its sixth version.
const (
	rateLimit     = "RateLimit-Limit"
	rateRemaining = "RateLimit-Remaining"
	rateReset     = "RateLimit-Reset"
)

// spare takes one request of who asks from what he may ask, and tells him what is left.
func (f *Face) spare(ctx huma.Context, who *asker) error {
	if f.o.Rate == nil || who.Identity == nil || who.UserID == 0 {
		return nil
	}
	rate := f.o.Rate()
	if rate.Burst == 0 {
		return nil
	}
	left, reset, wait := f.rates.take(who.UserID, rate, time.Now())
	ctx.SetHeader(rateLimit, strconv.Itoa(rate.Burst))
	ctx.SetHeader(rateRemaining, strconv.Itoa(left))
	ctx.SetHeader(rateReset, strconv.Itoa(int(math.Ceil(reset.Seconds()))))
	if wait == 0 {
		return nil
	}
	f.rates.refused.Inc()
	return &fault.Error{Kind: fault.TooMany, RetryAfter: wait}
}

// describe completes the document: by which words operations are grouped, and the limit, which every operation that takes a token
// has.
func describe(d *huma.OpenAPI) {
	d.Components.Headers = map[string]*huma.Header{}
	least := 0.0
	for name, doc := range map[string]string{rateLimit: "How many requests the user may make at once; absent where there is no limit.", rateRemaining: "How many are left.",
		rateReset: "Seconds until all are again."} {
		d.Components.Headers[name] = &huma.Header{Description: doc, Schema: &huma.Schema{Type: "integer", Minimum: &least}}
	}
	tags := map[string]bool{}
	for _, item := range d.Paths {
		for _, o := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if o == nil {
				continue
			}
			for _, tag := range o.Tags {
				tags[tag] = true
			}
			if len(o.Security) == 0 {
				continue
			}
			for _, answer := range o.Responses {
				if answer.Headers == nil {
					answer.Headers = map[string]*huma.Header{}
				}
				for name := range d.Components.Headers {
					answer.Headers[name] = &huma.Header{Ref: "#/components/headers/" + name}
				}
			}
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(tags)) {
		d.Tags = append(d.Tags, &huma.Tag{Name: tag})
	}
}
