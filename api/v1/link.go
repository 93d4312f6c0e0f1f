package v1

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/fault"
)

const linkTime = 5 * time.Minute // that a link is good for where nobody says how long

// links are the operations on links to recordings, which browsers follow without a token.
func (f *Face) links() {
	operation(f, huma.Operation{OperationID: "link-recording", Method: http.MethodPost, Path: "/calls/{id}/recording/link", Summary: "Make a link to a call's recording",
		Description: "For a player that cannot send a token, such as an <audio> element. Whoever has the link hears what its maker may hear, until it expires, and while its maker may.",
		Errors:      []int{http.StatusNotFound}}, recordingsListen, f.linkRecording)
	operation(f, huma.Operation{OperationID: "play-recording", Method: http.MethodGet, Path: "/calls/{id}/recording/play", Summary: "A call's recording, by a link",
		Description: "Takes no token. As `/calls/{id}/recording/audio` else. 403 says that the link is none, or has expired, or that its maker may not listen any more.",
		Errors:      []int{http.StatusNotFound, http.StatusConflict}, Responses: soundResponses()}, open, f.playRecording)
}

// linked is what a link is good for.
type linked struct {
	call    string
	user    int64
	expires int64 // epoch seconds
}

// signature is what nobody makes who has not the key.
func (l *linked) signature(f *Face) string {
	h := hmac.New(sha256.New, f.o.Key("recording link"))
	_, _ = fmt.Fprintf(h, "%d %d %s", l.user, l.expires, l.call) // never fails
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}

// Link leads to a recording.
type Link struct {
	URL     string    `json:"url" doc:"Path and query, at the address at which it was asked for."`
	Expires time.Time `json:"expires"`
}

func (f *Face) linkRecording(ctx context.Context, who *asker, in *struct {
	ByRecordedCall
	Body *struct {
		Seconds int `json:"seconds,omitempty" minimum:"1" maximum:"3600" doc:"How long the link is good for; 300 without it."`
	}
}) (*struct{ Body Link }, error) {
	if _, err := f.getRecording(ctx, who, &in.ByRecordedCall); err != nil {
		return nil, err
	}
	good := linkTime
	if in.Body != nil && in.Body.Seconds > 0 {
		good = time.Duration(in.Body.Seconds) * time.Second
	}
	expires := time.Now().Add(good).UTC().Truncate(time.Second)
	l := &linked{in.ID, who.UserID, expires.Unix()}
	query := url.Values{"user": {strconv.FormatInt(l.user, 10)}, "expires": {strconv.FormatInt(l.expires, 10)}, "signature": {l.signature(f)}}
	return &struct{ Body Link }{Link{URL: Base + "/calls/" + url.PathEscape(in.ID) + "/recording/play?" + query.Encode(), Expires: expires}}, nil
}

func (f *Face) playRecording(ctx context.Context, who *asker, in *struct {
	ByRecordedCall
	User      int64  `query:"user" required:"true"`
	Expires   int64  `query:"expires" required:"true"`
	Signature string `query:"signature" required:"true" maxLength:"64"`
}) (*huma.StreamResponse, error) {
	l := &linked{in.ID, in.User, in.Expires}
	if !hmac.Equal([]byte(l.signature(f)), []byte(in.Signature)) {
		return nil, &fault.Error{Kind: fault.Denied, Subject: "it is no link of ours"}
	}
	if time.Now().Unix() >= in.Expires {
		return nil, &fault.Error{Kind: fault.Denied, Subject: "the link has expired"}
	}
	var err error
	if who.Identity, err = f.o.User(ctx, in.User); err != nil {
		return nil, err
	}
	if err := f.may(ctx, who, recordingsListen); err != nil {
		return nil, err
	}
	return f.getRecordingAudio(ctx, who, &in.ByRecordedCall)
}
