package v1

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"callgate/internal/account"
	"callgate/internal/fault"
	"callgate/internal/report"
)

// insiders are the accounts of a face that nobody reaches from outside: who asks is in the context.
type insiders struct{ Accounts }

type insiderKey struct{}

// Authenticate implements Accounts.
func (insiders) Authenticate(ctx context.Context, _ string, _ func() string) (*account.Identity, error) {
	who, ok := ctx.Value(insiderKey{}).(*account.Identity)
	if !ok {
		return nil, fault.New(fault.BadToken, "")
	}
	return who, nil
}

// Renderers are the reports of this face as files, by the last part of their paths: what may be asked of a report, who may
// see what of it and what is in it are the same. They have an engine of their own, without a listener. Of the options those
// are needed that reports need.
func Renderers(o Options) map[string]report.Renderer {
	o.Accounts, o.Rate = insiders{o.Accounts}, nil // what is mailed was planned
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	f := &Face{o: o, api: humagin.New(engine, faceConfig())}
	engine.Use(func(c *gin.Context) {
		defer func() { // an answer that breaks off panics
			if last := c.Errors.Last(); last != nil {
				c.Request.Context().Value(failureKey{}).(*failure).err = last.Err
			}
		}()
		c.Next()
	})
	f.reports()
	all := map[string]report.Renderer{}
	for path := range f.api.OpenAPI().Paths {
		if name, ok := strings.CutPrefix(path, "/reports/"); ok {
			all[name] = &renderer{engine, name}
		}
	}
	return all
}

type failureKey struct{}

// failure is why an answer is none.
type failure struct{ err error }

// renderer makes one report.
type renderer struct {
	engine http.Handler
	name   string
}

// set are the parameters that a schedule sets itself.
var set = [...]string{"from", "to", "format", "zone"}

// Render implements report.Renderer.
func (r *renderer) Render(ctx context.Context, o report.Order) (report.File, error) {
	kind, ok := exportTypes[o.Format]
	if !ok || o.Format == "ndjson" {
		return report.File{}, wrongParameter("format", "want csv or xlsx")
	}
	for _, name := range set {
		if o.Parameters.Has(name) {
			return report.File{}, wrongParameter("parameters", name+" is the schedule's to say")
		}
	}
	who := &account.Identity{UserID: o.Reader.ID, Login: o.Reader.Login, Projects: o.Reader.Projects}
	for _, text := range o.Reader.Rights {
		right, err := account.ParseRight(text)
		if err != nil {
			return report.File{}, err
		}
		who.Rights = append(who.Rights, right)
	}
	query := maps.Clone(o.Parameters)
	if query == nil {
		query = url.Values{}
	}
	query.Set("from", o.First.String())
	query.Set("to", o.Last.String())
	query.Set("format", o.Format)
	// The contact-centre report counts days by the clocks of each project; Local is the face's own zone.
	if zone := o.Zone.String(); r.name != "centre" && zone != time.Local.String() {
		query.Set("zone", zone)
	}
	name := r.name + "-" + o.First.String()
	if o.Last != o.First {
		name += "-" + o.Last.String()
	}
	return report.File{Name: name + "." + o.Format, Type: kind, Write: func(w io.Writer) error {
		return r.write(context.WithValue(ctx, insiderKey{}, who), query, w)
	}}, nil
}

// write asks for the report.
func (r *renderer) write(ctx context.Context, query url.Values, w io.Writer) error {
	failed := &failure{}
	req, err := http.NewRequestWithContext(context.WithValue(ctx, failureKey{}, failed), http.MethodGet, "/reports/"+r.name+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer inside")
	out := &filed{to: w, header: http.Header{}, status: http.StatusOK}
	broken := r.serve(out, req)
	switch {
	case out.err != nil:
		return out.err
	case failed.err != nil:
		return failed.err
	case broken:
		return errors.New("the report broke off")
	case out.status != http.StatusOK:
		return out.refused()
	}
	return nil
}

// serve tells whether the answer broke off.
func (r *renderer) serve(w http.ResponseWriter, req *http.Request) (broken bool) {
	defer func() {
		switch p := recover(); p {
		case nil:
		case http.ErrAbortHandler:
			broken = true
		default:
			panic(p)
		}
	}()
	r.engine.ServeHTTP(w, req)
	return false
}

// filed is an answer that goes into a file, unless it is a problem.
type filed struct {
	to      io.Writer
	header  http.Header
	status  int
	problem []byte
	err     error // of the file
}

// Header implements http.ResponseWriter.
func (f *filed) Header() http.Header { return f.header }

// WriteHeader implements http.ResponseWriter.
func (f *filed) WriteHeader(status int) { f.status = status }

// Write implements http.ResponseWriter.
func (f *filed) Write(b []byte) (int, error) {
	if f.status != http.StatusOK {
		f.problem = append(f.problem, b...)
		return len(b), nil
	}
	n, err := f.to.Write(b)
	if f.err == nil {
		f.err = err
	}
	return n, err
}

// refused is what was wrong with the parameters.
func (f *filed) refused() error {
	var p huma.ErrorModel
	kind, _, _ := mime.ParseMediaType(f.header.Get("Content-Type"))
	if err := json.Unmarshal(f.problem, &p); err != nil || kind != "application/problem+json" {
		return errors.New("the report answers " + http.StatusText(f.status))
	}
	text := p.Detail
	for _, e := range p.Errors {
		text += "; " + e.Location + ": " + e.Message
	}
	return &fault.Error{Kind: fault.WrongField, Subject: "parameters", Err: errors.New(text)}
}
