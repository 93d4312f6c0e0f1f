package v1_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"reflect"
	"testing"

	v1 "callgate/api/v1"
)

// TestDocument: what is printed, of which the panel's types are made, is what the face answers.
func TestDocument(t *testing.T) {
	t.Parallel()
	text, err := v1.Document()
	if err != nil {
		t.Fatal(err)
	}
	if again, err := v1.Document(); err != nil || !bytes.Equal(text, again) {
		t.Errorf("another one the second time: %v", err)
	}
	rec := httptest.NewRecorder()
	engine(t, v1.Options{}).ServeHTTP(rec, httptest.NewRequestWithContext(t.Context(), http.MethodGet, v1.Base+"/openapi.json", nil))
	var printed, answered any
	if err := json.Unmarshal(text, &printed); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(rec.Body.Bytes(), &answered); err != nil || !reflect.DeepEqual(printed, answered) {
		t.Errorf("the face answers another one: %v", err)
	}
}
