package legacy

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// FuzzQuoted: a text of a row is written as all other answers are, byte for byte.
func FuzzQuoted(f *testing.F) {
	for _, seed := range []string{"", "plain", `"\/`, "\x00\x01\b\f\n\r\t\x1f\x7f", "Анна & <b> 😀", "\u2027\u2028\u2029\u202a", "\xff\xe2\x80", "\uFFFD\ufeff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if got, want := string(appendQuoted(nil, text)), string(marshal(text)); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// TestEveryByteQuoted goes through all characters of two bytes and what is none.
func TestEveryByteQuoted(t *testing.T) {
	for a := range 256 {
		for b := range 256 {
			text := string([]byte{byte(a), byte(b)})
			if got, want := string(appendQuoted(nil, text)), string(marshal(text)); got != want {
				t.Fatalf("%x: got %s, want %s", text, got, want)
			}
		}
	}
}

// torn is a connection that breaks after some bytes.
type torn struct {
	*httptest.ResponseRecorder
	left int
}

var errTorn = errors.New("torn")

func (w *torn) Write(b []byte) (int, error) {
	if w.left -= len(b); w.left < 0 {
		return 0, errTorn
	}
	return w.ResponseRecorder.Write(b)
}

// TestRows: rows are written in pieces, none before there is enough of it or the end, and adding ends with the connection.
func TestRows(t *testing.T) {
	long := strings.Repeat("x", 10_000)
	for _, tt := range []struct {
		name      string
		rows      int
		left      int
		wantAdded int
		wantErr   error
	}{
		{"none", 0, 1 << 20, 0, nil},
		{"one", 1, 1 << 20, 1, nil},
		{"many", 50, 1 << 20, 50, nil},
		{"a client that has gone", 50, 100_000, 11, errTorn},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := &torn{httptest.NewRecorder(), tt.left}
			added := 0
			err := inRows(func(_ context.Context, out *rows) error {
				for range tt.rows {
					if cap(out.text) > 3*rowsBuffer {
						t.Fatalf("%d bytes are kept", cap(out.text))
					}
					if err := out.add(text("a", "<я>"), text("b", long)); err != nil {
						return err
					}
					added++
				}
				return nil
			}).write(w, httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil))
			if added != tt.wantAdded || !errors.Is(err, tt.wantErr) {
				t.Fatalf("%d rows were added, %v", added, err)
			}
			want := `{"result":"OK","data":[` + strings.TrimSuffix(strings.Repeat(`{"a":"<я>","b":"`+long+`"},`, tt.rows), ",") + `]}`
			if got := w.Body.String(); err == nil && got != want || !strings.HasPrefix(want, got) {
				t.Errorf("got %d bytes, want %d: %.100s", len(got), len(want), got)
			}
			if err == nil && !json.Valid(w.Body.Bytes()) {
				t.Error("no JSON")
			}
		})
	}
}
