package v1

import (
	"context"
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
	operation(f, huma.Operation{OperationID: "list-settings", Method: http.MethodGet, Path: path, Summary: "All settings, with the values in use and where they come from",
		Description: "Of secrets only whether they are set. Settings are the whole installation's: who is limited to projects does not see them."}, settingsSee, f.listSettings)
	operation(f, huma.Operation{OperationID: "change-settings", Method: http.MethodPatch, Path: path, Summary: "Change several settings at once: all of them or none",
		Description: "null puts one back to its first value, or to the default. Whether they agree with each other is looked at when all are changed. Those that FreeSWITCH executes, or that say where " +
			"passwords are sent, are for who has the right `*/*`.", Errors: gone}, settingsEdit, f.changeSettings)
	operation(f, huma.Operation{OperationID: "get-setting", Method: http.MethodGet, Path: one, Summary: "One setting", Errors: gone}, settingsSee, f.getSetting)
	operation(f, huma.Operation{OperationID: "put-setting", Method: http.MethodPut, Path: one, Summary: "Change a setting", Errors: gone}, settingsEdit, f.putSetting)
	operation(f, huma.Operation{OperationID: "unset-setting", Method: http.MethodDelete, Path: one, Summary: "Put a setting back to its first value, or to the default", Errors: gone}, settingsEdit, f.unsetSetting)
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

// settingViews are settings as they are shown; they change with what is set. Which secret it is is not in them, only when it was set.
func settingViews(all ...setting.Entry) []Setting {
	views := make([]Setting, len(all))
	for i, e := range all {
		views[i] = settingView(e)
	}
	return views
}

// settingsAs objects to settings that are not as the client knows them.
func (f *Face) settingsAs(k Known, pick func(all []setting.Entry) []setting.Entry) func([]setting.Entry) error {
	return func(before []setting.Entry) error { return k.holds(f, "Setting", settingViews(pick(before)...)) }
}

// settingsWhole is why settings are not for who is limited to projects.
const settingsWhole = "settings are the whole installation's"

// maySet tells whether somebody may change these settings.
func (f *Face) maySet(who *asker, keys ...string) error {
	if err := allProjects(who, settingsWhole); err != nil {
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

func (f *Face) listSettings(_ context.Context, who *asker, _ *struct{}) (*single[[]Setting], error) {
	if err := allProjects(who, settingsWhole); err != nil {
		return nil, err
	}
	all := settingViews(f.o.Settings.List()...)
	return singly(f, all, all)
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

func (f *Face) getSetting(_ context.Context, who *asker, in *BySetting) (*single[Setting], error) {
	if err := allProjects(who, settingsWhole); err != nil {
		return nil, err
	}
	e, err := f.o.Settings.Get(in.Key)
	if err != nil {
		return nil, err
	}
	all := settingViews(e)
	tag, err := f.etag(all)
	return &single[Setting]{tag, all[0]}, err
}

func (f *Face) putSetting(ctx context.Context, who *asker, in *struct {
	BySetting
	Known
	Body struct {
		Value string `json:"value" maxLength:"4096"`
	}
}) (*single[Setting], error) {
	return f.changeSetting(ctx, who, in.BySetting, setting.Change{Values: map[string]string{in.Key: in.Body.Value}, Check: f.settingsAs(in.Known, in.pick)})
}

func (f *Face) unsetSetting(ctx context.Context, who *asker, in *struct {
	BySetting
	Known
}) (*single[Setting], error) {
	return f.changeSetting(ctx, who, in.BySetting, setting.Change{Unset: []string{in.Key}, Check: f.settingsAs(in.Known, in.pick)})
}

func (f *Face) changeSetting(ctx context.Context, who *asker, by BySetting, c setting.Change) (*single[Setting], error) {
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
	Known
	Body struct {
		Values Values `json:"values" doc:"By key; null puts one back to its first value, or to the default."`
	}
}) (*single[[]Setting], error) {
	c := setting.Change{Values: map[string]string{}, By: who.Login, Check: f.settingsAs(in.Known, func(all []setting.Entry) []setting.Entry { return all })}
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
	if err := allProjects(who, settingsWhole); err != nil {
		return nil, err
	}
	if err := f.o.Settings.Change(ctx, c); err != nil {
		return nil, err
	}
	return f.listSettings(ctx, who, nil)
}
