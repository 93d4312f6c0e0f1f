package v1

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"callgate/internal/fault"
	"callgate/internal/history"
)

const (
	// maxExports is how many exports there are at a time: each reads the database as fast as its client takes it.
	maxExports  = 4
	userExports = 2 // of one user
	exportRetry = 30 * time.Second
	exportStall = answerTime // that a client may take over a piece of an export
)

// exporting are the exports that are going on. It may be used from any goroutine.
type exporting struct {
	mu    sync.Mutex
	users map[int64]int // how many each has
	all   int
}

// begin refuses one that is too many; one that it lets begin has to end.
func (e *exporting) begin(user int64) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	why := ""
	switch {
	case e.users[user] == userExports:
		why = strconv.Itoa(userExports) + " exports of yours are going on"
	case e.all == maxExports:
		why = strconv.Itoa(maxExports) + " exports are going on"
	}
	if why != "" {
		return &fault.Error{Kind: fault.TooMany, Subject: why, RetryAfter: exportRetry}
	}
	if e.users == nil {
		e.users = map[int64]int{}
	}
	e.users[user]++
	e.all++
	return nil
}

func (e *exporting) end(user int64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all--
	if e.users[user]--; e.users[user] == 0 {
		delete(e.users, user)
	}
}

// exportTypes are the kinds of content that the forms have which an export comes in.
var exportTypes = map[string]string{"csv": "text/csv; charset=utf-8", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"ndjson": "application/x-ndjson"}

// exporter writes rows in one form. Nothing but Close follows a failure.
type exporter[R any] interface {
	Write(row *R) error
	End() error
	// Close gives back what there is beside memory.
	Close() error
}

// tabular is what the forms for people show of rows.
type tabular[R any] struct {
	title   string
	columns func(row *R) []column // the same names for each
}

func newExporter[R any](format string, w io.Writer, zone *time.Location, of tabular[R]) (exporter[R], error) {
	switch format {
	case "csv":
		return newCSV(w, zone, of)
	case "xlsx":
		return newXLSX(w, zone, of)
	}
	return newNDJSON[R](w), nil
}

func exportOperation() huma.Operation {
	content := map[string]*huma.MediaType{}
	for _, kind := range exportTypes {
		content[kind] = &huma.MediaType{Schema: &huma.Schema{Type: "string"}}
	}
	return huma.Operation{OperationID: "export-calls", Method: http.MethodGet, Path: "/calls/export", Summary: "All calls that a search would find, as a file",
		Description: "One of from, to, number and id must be given. from and to are about when a call began. ndjson has a line for each call as the search has it; csv and xlsx have times in zone. " +
			"When something fails after the first byte the connection is broken: a file that came to its end is whole. Therefore HTTP/1.0, " +
			"where the end cannot be told from a break, is refused with 505. 429 says that " + strconv.Itoa(maxExports) + " exports are going on, or " +
			strconv.Itoa(userExports) + " of the same user.",
		Errors:    []int{http.StatusHTTPVersionNotSupported},
		Responses: map[string]*huma.Response{"200": {Description: "The file.", Content: content}}}
}

func (f *Face) exportCalls(ctx context.Context, who *asker, in *struct {
	CallFilter
	Format string `query:"format" required:"true" enum:"csv,xlsx,ndjson"`
}) (*huma.StreamResponse, error) {
	w, err := f.want(ctx, who, &in.CallFilter, history.MaxPage)
	if err != nil {
		return nil, err
	}
	return f.file(who, "calls", in.Format, w.zone, func(c *gin.Context) error {
		return export(c, in.Format, w.zone, callTable(), func(yield func(*Call, error) bool) {
			for found, err := range f.each(c.Request.Context(), w) {
				var row Call
				if err == nil {
					row = callView(&found.Call, w.numbers)
				}
				if !yield(&row, err) {
					return
				}
			}
		})
	})
}

// file answers with a file that write writes, while there is a place for one more.
func (f *Face) file(who *asker, name, format string, zone *time.Location, write func(c *gin.Context) error) (*huma.StreamResponse, error) {
	if err := f.exports.begin(who.UserID); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		defer f.exports.end(who.UserID)
		c := humagin.Unwrap(ctx)
		if !c.Request.ProtoAtLeast(1, 1) {
			_ = huma.WriteErr(f.api, ctx, http.StatusHTTPVersionNotSupported, "An export needs HTTP/1.1") // the client has gone: nobody to tell
			return
		}
		h := c.Writer.Header()
		h.Set("Content-Type", exportTypes[format])
		h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%s.%s"`, name, time.Now().In(zone).Format("2006-01-02-150405"), format))
		if who.cause = write(c); who.cause == nil {
			return
		}
		if c.Writer.Written() {
			_ = c.Error(who.cause)
			panic(http.ErrAbortHandler)
		}
		h.Del("Content-Disposition")
		f.refuse(ctx, who.cause)
	}}, nil
}

// export writes rows to the client.
func export[R any](c *gin.Context, format string, zone *time.Location, of tabular[R], rows iter.Seq2[*R, error]) (err error) {
	out, err := newExporter(format, patient{c.Writer}, zone, of)
	if err != nil {
		return err
	}
	defer func() {
		if closed := out.Close(); err == nil {
			err = closed
		}
	}()
	for row, err := range rows {
		if err != nil {
			return err
		}
		if err := out.Write(row); err != nil {
			return fmt.Errorf("write an export: %w", err)
		}
	}
	if err := out.End(); err != nil {
		return fmt.Errorf("end an export: %w", err)
	}
	return nil
}

// each yields all calls that are wanted, a page at a time, the newest first: those that come meanwhile move none of the
// others. After an error it ends.
func (f *Face) each(ctx context.Context, w *wanted) iter.Seq2[*history.Found, error] {
	return func(yield func(*history.Found, error) bool) {
		for more := true; more; {
			page, err := f.page(ctx, w)
			if err != nil {
				yield(nil, err)
				return
			}
			for i := range page {
				if !yield(&page[i], nil) {
					return
				}
			}
			if more = len(page) == w.query.Limit; more {
				w.query.After = page[len(page)-1].Place
			}
		}
	}
}

// patient gives the client the full time for every piece of a long answer.
type patient struct{ http.ResponseWriter }

// Write implements io.Writer.
func (w patient) Write(b []byte) (int, error) {
	_ = http.NewResponseController(w.ResponseWriter).SetWriteDeadline(time.Now().Add(exportStall))
	return w.ResponseWriter.Write(b)
}
