package legacy

import (
	"context"
	"net/http"
	"slices"
	"strconv"
	"time"

	"callgate/internal/account"
	"callgate/internal/call"
	"callgate/internal/callcenter"
	"callgate/internal/fault"
	"callgate/internal/recording"
)

// Calls makes calls.
type Calls interface {
	// Originate rings the account and sends it on; the reply is FreeSWITCH's own line, newline included.
	Originate(ctx context.Context, o call.Order) (reply string, err error)
}

// Board knows the contact centre as it was a moment ago.
type Board interface {
	Queues() (callcenter.Answer, error)
	Queue(name string) (callcenter.Answer, error)
	Tiers() (callcenter.Answer, error)
	TiersOf(queue string) (callcenter.Answer, error)
	// QueuesAmong and TiersAmong are of some queues only.
	QueuesAmong(names []string) (callcenter.Answer, error)
	TiersAmong(queues []string) (callcenter.Answer, error)
}

// CDRs finds the records of ended calls.
type CDRs interface {
	// CDRJSON returns a channel's own record as the documented JSON, with phone numbers or without, or fault.NotFound.
	CDRJSON(ctx context.Context, leg string, numbers bool) ([]byte, error)
	// Project is that of the call that a channel is a leg of; "" when it has none, or nobody knows the channel.
	Project(ctx context.Context, leg string) (string, error)
}

// Recordings finds what was recorded of a call.
type Recordings interface {
	// Open finds the recording of the call that leg belongs to, or fault.NotFound.
	Open(ctx context.Context, leg string) (*recording.File, error)
}

// contact is the module that talks to FreeSWITCH.
func (f *Face) contact() {
	f.actions[path{"contact", "add"}] = action{noGET: true, run: f.add}
	f.actions[path{"contact", "audio"}] = action{run: f.audio}
	f.actions[path{"contact", "cdr"}] = action{run: f.cdr}
	f.actions[path{"contact", "queues"}] = action{run: f.queues}
	f.actions[path{"contact", "tiers"}] = action{run: f.tiers}
	f.actions[path{"contact", "tier"}] = action{run: f.tier}
}

// add makes a call. Fields are checked one after the other: the first that is wrong is named.
func (f *Face) add(ctx context.Context, q *request) (answer, error) {
	o := call.Order{Login: q.who.Login, Projects: q.who.Projects}
	for _, field := range []struct {
		name string
		form func(string) bool
		to   *string
	}{
		{"called_number", call.IsNumber, &o.Called},
		{"caller_number", call.IsNumber, &o.Caller},
		{"sip", call.IsAccount, &o.Account},
	} {
		value, err := q.required(field.name)
		if err != nil {
			return answer{}, err
		}
		if !field.form(value) {
			return answer{}, fault.New(fault.WrongField, field.name)
		}
		*field.to = value
	}
	reply, err := f.o.Calls.Originate(ctx, o)
	if err != nil {
		return answer{}, err
	}
	return answer{json: marshal(struct {
		Message string `json:"message"`
	}{reply})}, nil
}

// slowest is the slowest download that a recording's deadline allows for, in bytes a second.
const slowest = 8 << 10

func (f *Face) audio(ctx context.Context, q *request) (answer, error) {
	id, err := q.id()
	if err != nil {
		return answer{}, err
	}
	file, err := f.o.Recordings.Open(ctx, id)
	if err != nil {
		return answer{}, err
	}
	if !q.who.Sees(file.Entry.Project) { // to him it does not exist
		_ = file.Close()
		return answer{}, &fault.Error{Kind: fault.NotFound, Why: fault.HiddenProject, Subject: "ID"}
	}
	return answer{write: func(w http.ResponseWriter, r *http.Request) error {
		defer file.Close()
		_ = http.NewResponseController(w).SetWriteDeadline(
			time.Now().Add(writeTime + time.Duration(file.Size/slowest)*time.Second))
		h := w.Header()
		h.Set("Content-Type", "audio/wav")
		h.Set("Content-Disposition", "inline; filename="+strconv.Quote(file.Name))
		http.ServeContent(w, r, file.Name, file.Modified, file)
		return nil
	}}, nil
}

func (f *Face) cdr(ctx context.Context, q *request) (answer, error) {
	id, err := q.id()
	if err != nil {
		return answer{}, err
	}
	if len(q.who.Projects) > 0 {
		project, err := f.o.CDRs.Project(ctx, id)
		if err != nil {
			return answer{}, err
		}
		if !q.who.Sees(project) { // to him it does not exist
			return answer{}, &fault.Error{Kind: fault.NotFound, Why: fault.HiddenProject, Subject: "ID"}
		}
	}
	body, err := f.o.CDRs.CDRJSON(ctx, id, q.who.May("numbers", "see"))
	return answer{json: body}, err
}

// id takes a channel's id: any text that finds nothing is Wrong ID!, only what is no text is Wrong id!.
func (q *request) id() (string, error) { return q.required("id") }

func (f *Face) queues(_ context.Context, q *request) (answer, error) {
	name, err := q.optional("name")
	if err != nil {
		return answer{}, err
	}
	seen, limited := f.queuesOf(q.who)
	switch {
	case name != "" && limited && !slices.Contains(seen, name):
		return answer{}, fault.New(fault.NotFound, "Queue")
	case name != "":
		return dated(f.o.Board.Queue(name))
	case limited:
		return dated(f.o.Board.QueuesAmong(seen))
	}
	return dated(f.o.Board.Queues())
}

// queuesOf are the queues that somebody who is limited to projects sees.
func (f *Face) queuesOf(who *account.Identity) (seen []string, limited bool) {
	if len(who.Projects) == 0 {
		return nil, false
	}
	return f.o.QueuesOf(who.Projects), true
}

func (f *Face) tiers(_ context.Context, q *request) (answer, error) {
	if seen, limited := f.queuesOf(q.who); limited {
		return dated(f.o.Board.TiersAmong(seen))
	}
	return dated(f.o.Board.Tiers())
}

func (f *Face) tier(_ context.Context, q *request) (answer, error) {
	queue, err := q.required("queue")
	if err != nil {
		return answer{}, err
	}
	if seen, limited := f.queuesOf(q.who); limited && !slices.Contains(seen, queue) {
		return answer{}, fault.New(fault.NotFound, "Tier")
	}
	return dated(f.o.Board.TiersOf(queue))
}

func dated(a callcenter.Answer, err error) (answer, error) {
	return answer{json: a.JSON, age: a.Age, dated: true}, err
}
