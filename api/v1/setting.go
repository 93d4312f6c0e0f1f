package v1

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"callgate/internal/account"
	"callgate/internal/fault"
	"callgate/internal/setting"
)

// Settings are what is set while callgate runs; setting.Service has them.
type Settings interface {
	List() []setting.Entry
	// Get shows one, or is fault.NotFound "Setting".
	Get(key string) (setting.Entry, error)
	Change(ctx context.Context, c setting.Change) error
}

const (
	settingsSee  right = "settings/see"
	settingsEdit right = "settings/edit"
)

// settings are the operations on what is set while callgate runs.
func (f *Face) settings() {
	const path, one = "/settings", "/settings/{key}"
	gone := []int{http.StatusNotFound}
	edit := []int{http.StatusNotFound, http.StatusPreconditionFailed}
	operation(f, huma.Operation{OperationID: "list-settings", Method: http.MethodGet, Path: path, Summary: "All settings, with the values in use and where they come from",
		Description: "Of secrets only whether they are set. Settings are the whole installation's: who is limited to projects does not see them."}, settingsSee, f.listSettings)
	operation(f, huma.Operation{OperationID: "change-settings", Method: http.MethodPatch, Path: path, Summary: "Change several settings at once: all of them or none",
		Description: "null puts one back to its first value, or to the default. Whether they agree with each other is looked at when all are changed. Those that FreeSWITCH executes, or that say where " +
			"passwords are sent, are for who has the right `*/*`.", Errors: edit}, settingsEdit, f.changeSettings)
	operation(f, huma.Operation{OperationID: "get-setting", Method: http.MethodGet, Path: one, Summary: "One setting", Errors: gone}, settingsSee, f.getSetting)
	operation(f, huma.Operation{OperationID: "put-setting", Method: http.MethodPut, Path: one, Summary: "Change a setting", Errors: edit}, settingsEdit, f.putSetting)
	operation(f, huma.Operation{OperationID: "unset-setting", Method: http.MethodDelete, Path: one, Summary: "Put a setting back to its first value, or to the default", Errors: edit}, settingsEdit, f.unsetSetting)
}

// Setting is one setting.
type Setting struct {
	Key           string     `json:"key"`
	Help          string     `json:"help"`
	Kind          string     `json:"kind" enum:"text,choice,duration,url,secret,integer"`
	Accepts       string     `json:"accepts" doc:"What values it takes, in words."`
	Choices       []string   `json:"choices,omitempty" doc:"Of a choice: all values."`
	Default       string     `json:"default"`
	Value         string     `json:"value" doc:"In use; always empty for a secret."`
	Set           bool       `json:"set" doc:"The value in use is not empty."`
	Source        string     `json:"source" enum:"default,environment,database" doc:"Where the value in use comes from."`
	ChangedAt     *time.Time `json:"changed_at,omitempty" doc:"When it was set in the database; absent when it is not."`
	ChangedBy     string     `json:"changed_by,omitempty"`
	Refused       string     `json:"refused,omitempty" doc:"Why the value in the database is not in use."`
	Administrator bool       `json:"administrator" doc:"Only who has the right */* may change it."`
}

func settingView(e setting.Entry) Setting {
	v := Setting{Key: e.Key, Help: e.Help, Kind: e.Kind.String(), Accepts: e.Accepts(), Choices: e.Choices, Default: e.Default, Value: e.Value, Set: e.Value != "",
		Source: e.Source.String(), ChangedBy: e.By, Administrator: e.Administrator}
	if e.Kind == setting.Secret {
		v.Value, v.Set = "", e.Value == setting.IsSet
	}
	if !e.At.IsZero() {
		v.ChangedAt = &e.At
	}
	if e.Refused != nil {
		v.Refused = e.Refused.Error()
	}
	return v
}

// settingTag changes with what is set; which secret it is is not in it, only when it was set.
func settingTag(all ...setting.Entry) string {
	h := sha256.New()
	for _, e := range all {
		fmt.Fprintf(h, "%s\x00%s\x00%s\x00%d\x00", e.Key, e.Value, e.Source, e.At.UnixMicro())
	}
	return `"` + hex.EncodeToString(h.Sum(nil)[:12]) + `"`
}

// SettingMatch is what settings have to be like.
type SettingMatch struct {
	IfMatch string `header:"If-Match" maxLength:"64" doc:"The ETag that was read; with another one now nothing is changed."`
}

// check objects to settings that were changed since they were read.
func (m SettingMatch) check(pick func(all []setting.Entry) []setting.Entry) func([]setting.Entry) error {
	return func(before []setting.Entry) error {
		if m.IfMatch != "" && m.IfMatch != "*" && m.IfMatch != settingTag(pick(before)...) {
			return fault.New(fault.Stale, "Setting")
		}
		return nil
	}
}

// installation refuses who is limited to projects.
func installation(who *asker) error {
	if len(who.Projects) > 0 {
		return &fault.Error{Kind: fault.Denied, Why: fault.HiddenProject, Subject: "settings are the whole installation's"}
	}
	return nil
}

// maySet tells whether somebody may change these settings.
func (f *Face) maySet(who *asker, keys ...string) error {
	if err := installation(who); err != nil {
		return err
	}
	for _, key := range keys {
		e, err := f.o.Settings.Get(key)
		if err != nil {
			return err
		}
		if e.Administrator && !slices.Contains(who.Rights, account.Right{Module: account.Any, Action: account.Any}) {
			return &fault.Error{Kind: fault.Denied, Why: fault.NoRight, Subject: key + " is for who has the right */*"}
		}
	}
	return nil
}

type settingList struct {
	ETag string `header:"ETag"`
	Body []Setting
}

func (f *Face) listSettings(_ context.Context, who *asker, _ *struct{}) (*settingList, error) {
	if err := installation(who); err != nil {
		return nil, err
	}
	all := f.o.Settings.List()
	out := &settingList{ETag: settingTag(all...), Body: make([]Setting, len(all))}
	for i, e := range all {
		out.Body[i] = settingView(e)
	}
	return out, nil
}

// BySetting names a setting.
type BySetting struct {
	Key string `path:"key" maxLength:"64" doc:"Such as smtp.host."`
}

// pick is the setting among all.
func (b BySetting) pick(all []setting.Entry) []setting.Entry {
	i := slices.IndexFunc(all, func(e setting.Entry) bool { return e.Key == b.Key })
	return all[i : i+1] // it is known to be there
}

type oneSetting struct {
	ETag string `header:"ETag"`
	Body Setting
}

func (f *Face) getSetting(_ context.Context, who *asker, in *BySetting) (*oneSetting, error) {
	if err := installation(who); err != nil {
		return nil, err
	}
	e, err := f.o.Settings.Get(in.Key)
	if err != nil {
		return nil, err
	}
	return &oneSetting{settingTag(e), settingView(e)}, nil
}

func (f *Face) putSetting(ctx context.Context, who *asker, in *struct {
	BySetting
	SettingMatch
	Body struct {
		Value string `json:"value" maxLength:"4096"`
	}
}) (*oneSetting, error) {
	return f.changeSetting(ctx, who, in.BySetting, setting.Change{Values: map[string]string{in.Key: in.Body.Value}, Check: in.check(in.pick)})
}

func (f *Face) unsetSetting(ctx context.Context, who *asker, in *struct {
	BySetting
	SettingMatch
}) (*oneSetting, error) {
	return f.changeSetting(ctx, who, in.BySetting, setting.Change{Unset: []string{in.Key}, Check: in.check(in.pick)})
}

func (f *Face) changeSetting(ctx context.Context, who *asker, by BySetting, c setting.Change) (*oneSetting, error) {
	if err := f.maySet(who, by.Key); err != nil {
		return nil, err
	}
	c.By = who.Login
	if err := f.o.Settings.Change(ctx, c); err != nil {
		return nil, err
	}
	return f.getSetting(ctx, who, &by)
}

// Values are those of settings by key; null is the first value, or the default.
type Values map[string]*string

// Schema implements huma.SchemaProvider.
func (Values) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: "object", AdditionalProperties: &huma.Schema{Type: "string", Nullable: true}}
}

func (f *Face) changeSettings(ctx context.Context, who *asker, in *struct {
	SettingMatch
	Body struct {
		Values Values `json:"values" doc:"By key; null puts one back to its first value, or to the default."`
	}
}) (*settingList, error) {
	c := setting.Change{Values: map[string]string{}, By: who.Login, Check: in.check(func(all []setting.Entry) []setting.Entry { return all })}
	for key, value := range in.Body.Values {
		if err := f.maySet(who, key); err != nil {
			return nil, err
		}
		if value == nil {
			c.Unset = append(c.Unset, key)
		} else {
			c.Values[key] = *value
		}
	}
	slices.Sort(c.Unset)
	if err := installation(who); err != nil {
		return nil, err
	}
	if err := f.o.Settings.Change(ctx, c); err != nil {
		return nil, err
	}
	return f.listSettings(ctx, who, nil)
}
