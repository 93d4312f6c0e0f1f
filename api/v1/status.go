package v1

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

const systemSee right = "system/see"

// status is the operation on how callgate itself is.
func (f *Face) status() {
	operation(f, huma.Operation{OperationID: "get-status", Method: http.MethodGet, Path: "/status", Summary: "How callgate and what it needs are just now",
		Description: "Of the process that answers, where there are several. What a part says of itself is waited for at most two seconds."}, systemSee, f.getStatus)
}

// Status is how callgate is just now.
type Status struct {
	Version  string         `json:"version"`
	Started  time.Time      `json:"started"`
	Database DatabaseStatus `json:"database"`
	Switches []SwitchStatus `json:"switches" nullable:"false"`
	Gaps     int            `json:"cdr_gaps" doc:"Legs of the last 90 days whose end a switch told of and whose CDR has not come, at the last count."`
	Spool    *int           `json:"spool_files,omitempty" doc:"CDR files that wait in the spool folder; absent when none is watched."`
	Messages *int64         `json:"messages_waiting,omitempty" doc:"Text messages that are still to be sent; absent while the database does not answer."`
	Duties   []string       `json:"duties" nullable:"false" doc:"What this process does for all: installation, and switch: with a switch's name."`
	Disks    []DiskStatus   `json:"disks" nullable:"false"`
}

// DatabaseStatus is how the database is.
type DatabaseStatus struct {
	Kind   string `json:"kind" enum:"sqlite,postgres"`
	OK     bool   `json:"ok" doc:"It answers."`
	Schema int64  `json:"schema,omitempty" doc:"The number of the last migration; absent while it does not answer."`
}

// SwitchStatus is how the link to a switch is.
type SwitchStatus struct {
	Name    string     `json:"name"`
	Up      bool       `json:"up" doc:"Its events come, and it takes commands."`
	Since   *time.Time `json:"since,omitempty" doc:"Since when it has been up; absent while it is not."`
	Trouble string     `json:"trouble,omitempty" doc:"Why it is not."`
	Age     *float64   `json:"age,omitempty" doc:"Seconds since its contact centre was read last; absent when that was too long ago, or never."`
	Version string     `json:"version,omitempty" doc:"FreeSWITCH's; absent when it does not answer."`
}

// DiskStatus is what is free on a disk.
type DiskStatus struct {
	What string `json:"what" enum:"database,recordings,spool" doc:"What is kept there."`
	Free int64  `json:"free" doc:"Bytes that are free for callgate."`
	Size int64  `json:"size" doc:"Bytes."`
}

func (f *Face) getStatus(ctx context.Context, _ *asker, _ *struct{}) (*struct{ Body Status }, error) {
	s, err := f.o.Status(ctx)
	if err != nil {
		return nil, err
	}
	return &struct{ Body Status }{s}, nil
}
