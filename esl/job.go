package esl

import (
	"context"
	"fmt"
	"sync"
)

// maxJobs bounds the jobs whose result is awaited at a time. FreeSWITCH starts a thread for each without any bound.
const maxJobs = 4096

// Job is a command that runs in a thread of the switch. It is known to the client from before the command is written,
// so its result cannot be missed, until the result comes, the link is lost or a Wait gives up.
type Job struct {
	id   string
	name string // of the command
	jobs *jobs
	done chan struct{}
	text string // these two are set before done is closed
	err  error
}

// ID is the Job-UUID the job was given.
func (j *Job) ID() string { return j.id }

// Wait blocks for the result: the output of the command. It fails with a *ReplyError when the command did, and with
// ErrOutcomeUnknown when the link was lost or ctx ended first; in the latter case (which is also ctx.Err()) the client
// forgets the job, and its result, should it come, is lost. Any number of goroutines may wait.
func (j *Job) Wait(ctx context.Context) (string, error) {
	select {
	case <-j.done:
	case <-ctx.Done():
		j.jobs.giveUp(j, ctx.Err())
		<-j.done // closed by now, if not by us then with a result that came at the same moment
	}
	return j.text, j.err
}

// jobs are those whose result is awaited, by id.
type jobs struct {
	mu      sync.Mutex
	byID    map[string]*Job
	metrics *metrics
}

// add registers a job, which must happen before its command is written.
func (js *jobs) add(id, name string) (*Job, error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	if js.byID[id] != nil {
		return nil, fmt.Errorf("%w: job id in use", ErrArgument)
	}
	if len(js.byID) >= maxJobs {
		return nil, ErrBusy
	}
	j := &Job{id: id, name: name, jobs: js, done: make(chan struct{})}
	js.byID[id] = j
	js.metrics.jobs.Inc()
	return j, nil
}

// remove takes back a job that was never started.
func (js *jobs) remove(j *Job) {
	js.mu.Lock()
	defer js.mu.Unlock()
	if js.byID[j.id] == j {
		delete(js.byID, j.id)
		js.metrics.jobs.Dec()
	}
}

// giveUp ends a job for which nobody wants to wait any longer.
func (js *jobs) giveUp(j *Job, cause error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	if js.byID[j.id] == j { // and not a later one of the same id
		js.end(j, "", unknown(cause))
	}
}

// endAll ends every job: their results went to a connection that is gone.
func (js *jobs) endAll(cause error) {
	js.mu.Lock()
	defer js.mu.Unlock()
	for _, j := range js.byID {
		js.end(j, "", unknown(cause))
	}
}

func unknown(cause error) error {
	return fmt.Errorf("await job: %w: %w", ErrOutcomeUnknown, cause)
}

// end needs the lock.
func (js *jobs) end(j *Job, text string, err error) {
	delete(js.byID, j.id)
	js.metrics.jobs.Dec()
	js.metrics.command("job", j.name, err)
	j.text, j.err = text, err
	close(j.done)
}

// receive takes the result out of a BACKGROUND_JOB event. Those of other clients of the switch are of no concern.
func (js *jobs) receive(e *Event) {
	js.mu.Lock()
	defer js.mu.Unlock()
	j := js.byID[e.Get("Job-UUID")]
	if j == nil {
		return
	}
	text := e.Body()
	if err := checkResult(text); err != nil {
		js.end(j, "", err)
		return
	}
	js.end(j, text, nil)
}

// BgAPI starts name with args in a thread of its own on the switch and returns as soon as the switch has confirmed it;
// Job.Wait has the result. id becomes the Job-UUID: 1 to 235 printable ASCII characters, no blank, unique among
// the jobs in flight. The errors are those of API, and ErrBusy when 4,096 jobs are in flight already; with an error there
// is no Job.
//
// It goes over the event connection: on one connection FreeSWITCH always sends the reply before the result, and a link
// that is lost loses both, so one failure tells the whole story. The switch does not stop a job whose link is lost.
func (c *Client) BgAPI(ctx context.Context, id, name string, args ...string) (*Job, error) {
	j, err := c.bgapi(ctx, id, name, args)
	c.metrics.command("bgapi", name, err)
	if err != nil {
		return nil, fmt.Errorf("bgapi %.40q on %s: %w", name, c.opts.Name, err)
	}
	return j, nil
}

func (c *Client) bgapi(ctx context.Context, id, name string, args []string) (*Job, error) {
	message, err := jobMessage(id, name, args)
	if err != nil {
		return nil, err
	}
	cn := c.eventConn()
	if cn == nil {
		return nil, c.down()
	}
	j, err := c.jobs.add(id, name)
	if err != nil {
		return nil, err
	}
	f, err := cn.do(ctx, message)
	if err == nil {
		_, err = result(f)
	}
	if got := f.get("Job-UUID"); err == nil && got != id {
		// It runs under an id we did not give, so its result will never be recognised.
		err = fmt.Errorf("%w: %w: reply names job %.80q", ErrOutcomeUnknown, ErrProtocol, got)
	}
	if err != nil {
		c.jobs.remove(j)
		return nil, err
	}
	return j, nil
}
