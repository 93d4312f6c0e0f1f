package v1

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"

	"callgate/internal/fault"
	"callgate/internal/recording"
	"callgate/internal/report"
)

// Recordings finds what was recorded of a call; recording.Library is one.
type Recordings interface {
	// Find tells of the recording of the call that leg belongs to, in whatever state; fault.NotFound when there is none.
	Find(ctx context.Context, leg string) (recording.Entry, error)
	// Open opens it; fault.Unfinished while it is not whole.
	Open(ctx context.Context, leg string) (*recording.File, error)
}

// RecordingList lists what was recorded.
type RecordingList interface {
	ListRecordings(ctx context.Context, q recording.Query) ([]recording.Entry, error)
}

const (
	recordingsSee    right = "recordings/see"
	recordingsListen right = "recordings/listen"
)

// recordings are the operations on recordings.
func (f *Face) recordings() {
	operation(f, huma.Operation{OperationID: "list-recordings", Method: http.MethodGet, Path: "/recordings",
		Summary: "Recordings of a time, the newest first"}, recordingsSee, f.listRecordings)
	operation(f, huma.Operation{OperationID: "get-recording", Method: http.MethodGet, Path: "/calls/{id}/recording",
		Summary: "What is known of a call's recording", Errors: []int{http.StatusNotFound}}, recordingsListen, f.getRecording)
	operation(f, huma.Operation{OperationID: "get-recording-audio", Method: http.MethodGet, Path: "/calls/{id}/recording/audio",
		Summary: "A call's recording", Description: "Range requests are answered with the range. 409 says that the call still goes on, or that its file is on the way.",
		Errors: []int{http.StatusNotFound, http.StatusConflict}, Responses: soundResponses()}, recordingsListen, f.getRecordingAudio)
}

// soundResponses are how a sound is answered.
func soundResponses() map[string]*huma.Response {
	sound := &huma.Response{Description: "The sound.", Content: map[string]*huma.MediaType{"audio/wav": {Schema: &huma.Schema{Type: "string"}}}}
	return map[string]*huma.Response{"200": sound, "206": sound, "304": {Description: "As the client has it."}, "412": {Description: "Not as the client has it."},
		"416": {Description: "The range lies beyond the end.", Content: map[string]*huma.MediaType{"text/plain": {Schema: &huma.Schema{Type: "string"}}}}}
}

// Recording is what is known of one recording. Times of day are epoch seconds, 0 for unknown.
type Recording struct {
	UUID     string   `json:"uuid" doc:"The channel that was recorded."`
	Switch   string   `json:"switch" doc:"Empty when only a CDR or the file tells of it."`
	Project  string   `json:"project"`
	Name     string   `json:"name" doc:"Below the recordings folder; empty when the switch wrote it elsewhere. Long numbers in it are hidden from users without the right numbers/see."`
	State    string   `json:"state" enum:"recording,closed,complete,uploading,uploaded,empty,lost,deleted" doc:"closed: the switch has ended it and its file is awaited."`
	Started  float64  `json:"started"`
	Stopped  float64  `json:"stopped"`
	Duration float64  `json:"duration" doc:"Seconds of sound."`
	Size     int64    `json:"size" doc:"Bytes."`
	Where    []string `json:"where" doc:"Where it is to be had: folder, s3."`
	Cause    string   `json:"cause" doc:"Why it ended, in FreeSWITCH's words."`
}

func recordingView(e recording.Entry, numbers bool) Recording {
	r := Recording{UUID: e.Leg, Switch: e.Switch, Project: e.Project, Name: report.ShownText(e.Name, numbers), State: string(e.State), Started: stamp(e.At), Stopped: stamp(e.Stopped),
		Duration: e.Duration.Seconds(), Size: e.Size, Where: []string{}, Cause: e.Cause}
	if e.InFolder {
		r.Where = append(r.Where, "folder")
	}
	if e.Object != "" {
		r.Where = append(r.Where, "s3")
	}
	return r
}

// stamp is a time in epoch seconds, 0 for none.
func stamp(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.UnixMilli()) / 1000
}

type recordingList struct {
	Body struct {
		Recordings []Recording `json:"recordings"`
		Next       string      `json:"next" doc:"The cursor of the next page; empty when there is none."`
	}
}

// listSpan is how far back a list reaches that names no beginning.
const listSpan = 24 * time.Hour

func (f *Face) listRecordings(ctx context.Context, who *asker, in *struct {
	From   int64  `query:"from" minimum:"0" doc:"Began then or later, epoch seconds; a day before to."`
	To     int64  `query:"to" minimum:"0" doc:"Began before; now."`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100"`
	Cursor string `query:"cursor" doc:"next of the page before; from and to stay the same."`
}) (*recordingList, error) {
	q := recording.Query{From: time.Unix(in.From, 0), To: time.Unix(in.To, 0), Projects: who.Projects, Limit: in.Limit}
	if in.To == 0 {
		q.To = time.Now()
	}
	if in.From == 0 {
		q.From = q.To.Add(-listSpan)
	}
	var after recordingPlace
	if in.Cursor != "" {
		var ok bool
		if after, ok = readRecordingPlace(in.Cursor); !ok {
			return nil, &fault.Error{Kind: fault.WrongField, Subject: "cursor", Err: errors.New("want the next of an answer")}
		}
		q.Before, q.Limit = &recording.Entry{At: after.at}, in.Limit+after.told // those of that very moment once more
	}
	all, err := f.o.RecordingList.ListRecordings(ctx, q)
	if err != nil {
		return nil, err
	}
	more := len(all) == q.Limit
	all = all[min(after.told, len(all)):]
	out, numbers := &recordingList{}, who.May("numbers", "see")
	out.Body.Recordings = make([]Recording, len(all))
	for i, e := range all {
		out.Body.Recordings[i] = recordingView(e, numbers)
	}
	if more {
		out.Body.Next = after.behind(all).String()
	}
	return out, nil
}

// recordingPlace is a place in the list: behind so many of those that began at a moment. It tells no name of a file,
// in which there may be a phone number.
type recordingPlace struct {
	at   time.Time
	told int
}

const maxTold = 10_000 // recordings of one microsecond

// behind is the place behind a page, which has entries, that follows p.
func (p recordingPlace) behind(page []recording.Entry) recordingPlace {
	last := recordingPlace{at: page[len(page)-1].At}
	for i := len(page) - 1; i >= 0 && page[i].At.Equal(last.at); i-- {
		last.told++
	}
	if p.at.Equal(last.at) {
		last.told += p.told
	}
	return last
}

// String writes a cursor.
func (p recordingPlace) String() string {
	return strconv.FormatInt(p.at.UnixMicro(), 10) + "." + strconv.Itoa(p.told)
}

// readRecordingPlace reads it again.
func readRecordingPlace(text string) (p recordingPlace, ok bool) {
	at, told, _ := strings.Cut(text, ".")
	us, first := strconv.ParseInt(at, 10, 64)
	n, second := strconv.Atoi(told)
	p = recordingPlace{time.UnixMicro(us), n}
	return p, first == nil && second == nil && n > 0 && n <= maxTold && p.String() == text
}

// ByRecordedCall names a call that was recorded, or is.
type ByRecordedCall struct {
	ID string `path:"id" maxLength:"256" doc:"UUID of any leg of the call."`
}

type oneRecording struct{ Body Recording }

func (f *Face) getRecording(ctx context.Context, who *asker, in *ByRecordedCall) (*oneRecording, error) {
	e, err := f.o.Recordings.Find(ctx, in.ID)
	if err == nil && !who.Sees(e.Project) {
		err = fault.New(fault.NotFound, "ID")
	}
	if err != nil {
		return nil, err
	}
	return &oneRecording{recordingView(e, who.May("numbers", "see"))}, nil
}

const (
	answerTime = 30 * time.Second
	slowest    = 8 << 10 // the slowest download that a deadline allows for, in bytes a second
)

func (f *Face) getRecordingAudio(ctx context.Context, who *asker, in *ByRecordedCall) (*huma.StreamResponse, error) {
	file, err := f.o.Recordings.Open(ctx, in.ID)
	if errors.Is(err, fault.New(fault.Unfinished, "")) {
		if _, denied := f.getRecording(ctx, who, in); denied != nil { // that it is coming is told to those who may see it
			err = denied
		}
	}
	if err != nil {
		return nil, err
	}
	if !who.Sees(file.Entry.Project) {
		_ = file.Close()
		return nil, fault.New(fault.NotFound, "ID")
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		defer file.Close()
		c := humagin.Unwrap(ctx)
		_ = http.NewResponseController(c.Writer).SetWriteDeadline(time.Now().Add(answerTime + time.Duration(file.Size/slowest)*time.Second))
		h := c.Writer.Header()
		h.Set("Cache-Control", "private, no-cache")
		h.Set("Content-Type", "audio/wav")
		h.Set("Content-Disposition", "inline; filename="+strconv.Quote(file.Name))
		http.ServeContent(c.Writer, c.Request, file.Name, file.Modified, file)
	}}, nil
}
