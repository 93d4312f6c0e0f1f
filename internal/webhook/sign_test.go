package webhook_test

import (
	"testing"
	"time"

	"callgate/internal/webhook"
)

// TestSign holds signatures against what openssl makes of the same:
//
//	printf '%s' 'ID.TIMESTAMP.BODY' | openssl dgst -sha256 -hmac SECRET
func TestSign(t *testing.T) {
	for _, tt := range []struct {
		name, id, body string
		at             int64
		secrets        []string
		want           string
	}{
		{"plain", "evt_1", `{"a":1}`, 1700000000, []string{"whsec_abc"}, "v1=88f9349a6f86064c712e91cb113f3aeadd79b80b92f98a137b36f33753039a9e"},
		{"nothing in it", "evt_1", "", 0, []string{"k"}, "v1=72231151fd45892dcdeb01069390bac42b962cc80867a6a2045282a9a380fcaa"},
		{"letters of others", "evt_ж", `{"имя":"Анна"}`, 1700000001, []string{"ключ"}, "v1=4ed7e0827c2bfce9969316ae8c9e2b1873c1a890223134e7ea41564f9e3d5f09"},
		{"two secrets", "evt_1", `{"a":1}`, 1700000000, []string{"new", "whsec_abc"}, "v1=56e1949d2b702474708dca12390971016560807d7e6dc89ed88b7fbd73be12fc v1=88f9349a6f86064c712e91cb113f3aeadd79b80b92f98a137b36f33753039a9e"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := webhook.Sign(tt.id, time.Unix(tt.at, 999_999_999), []byte(tt.body), tt.secrets...); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}
