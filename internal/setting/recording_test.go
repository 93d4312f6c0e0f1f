package setting_test

import (
	"errors"
	"testing"

	"callgate/internal/fault"
	"callgate/internal/setting"
	"callgate/internal/store"
	"callgate/internal/store/storetest"
)

func TestRecordingSettings(t *testing.T) {
	s, err := setting.New(storetest.Open(t, storetest.SQLite(t), store.Options{}), setting.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, key, value string
		accepted         bool
	}{
		{"template", setting.RecordingsTemplate, "{switch}/{project}/{date}/{uuid}.wav", true},
		{"no template", setting.RecordingsTemplate, "", true},
		{"one file for all", setting.RecordingsTemplate, "{date}.wav", false},
		{"unknown placeholder", setting.RecordingsTemplate, "{uuid}{caller}.wav", false},
		{"half a placeholder", setting.RecordingsTemplate, "{uuid}{.wav", false},
		{"a way up", setting.RecordingsTemplate, "../{uuid}.wav", false},
		{"a way up inside", setting.RecordingsTemplate, "a/../{uuid}.wav", false},
		{"absolute", setting.RecordingsTemplate, "/rec/{uuid}.wav", false},
		{"another kind", setting.RecordingsTemplate, "{uuid}.mp3", false},
		{"never", setting.RecordingsKeepDays, "0", true},
		{"less than never", setting.RecordingsKeepDays, "-1", false},
		{"half a day", setting.RecordingsKeepDays, "0.5", false},
		{"no upload at all", setting.RecordingsUploadMiB, "0", false},
		{"prefix", setting.RecordingsS3Prefix, "callgate/", true},
		{"prefix that climbs", setting.RecordingsS3Prefix, "../x", false},
		{"store before it is told", setting.RecordingsStore, setting.InS3, false},
		{"endpoint with a path", setting.RecordingsS3Endpoint, "https://s3.example/calls", false},
		{"endpoint", setting.RecordingsS3Endpoint, "https://s3.example", true},
		{"bucket", setting.RecordingsS3Bucket, "calls", true},
		{"access key", setting.RecordingsS3AccessKey, "key", true},
		{"store without its secret", setting.RecordingsStore, setting.InS3, false},
		{"secret", setting.RecordingsS3SecretKey, "secret", true},
		{"store", setting.RecordingsStore, setting.InS3, true},
		{"what the store needs", setting.RecordingsS3Bucket, "", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := s.Set(t.Context(), tt.key, tt.value, "test")
			if tt.accepted && err != nil || !tt.accepted && !errors.Is(err, fault.New(fault.WrongField, tt.key)) {
				t.Errorf("got %v, accepted %v", err, tt.accepted)
			}
		})
	}
	if got := s.Integer(setting.RecordingsUploadMiB); got != 512 {
		t.Errorf("got %d", got)
	}
}
