package esltest_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"callgate/esl/esltest"
)

// TestShowChannels has the rows that a running FreeSWITCH shows for the phone of
// an agent, by which a reader tells calls of a queue from others.
func TestShowChannels(t *testing.T) {
	const domain, phone = "127.0.0.1", "127.0.0.1:5080"
	tests := []struct {
		name, contact, from, to string
		after                   time.Duration
		want                    []string // direction name callstate cid_num dest presence_id application dialplan call_uuid
	}{
		{"offered by a queue", "[leg_timeout=20]user/1000@127.0.0.1", "1002", "q", 2 * time.Second, []string{
			"inbound sofia/internal/1002@127.0.0.1 ACTIVE 1002 q 1002@127.0.0.1 callcenter XML -",
			"outbound sofia/internal/1000@127.0.0.1:5080 RINGING 1002 1000 1000@127.0.0.1 - - own"}},
		{"in a queue call", "[leg_timeout=20]user/1000@127.0.0.1", "1002", "q", 5 * time.Second, []string{
			"inbound sofia/internal/1002@127.0.0.1 ACTIVE 1002 q 1002@127.0.0.1 uuid_bridge XML own",
			"outbound sofia/internal/1000@127.0.0.1:5080 ACTIVE 1002 1000 1000@127.0.0.1 uuid_bridge - other"}},
		{"in a queue call, dialled by address", "sofia/internal/sip:1000@127.0.0.1:5080", "1002", "q", 5 * time.Second, []string{
			"inbound sofia/internal/1002@127.0.0.1 ACTIVE 1002 q 1002@127.0.0.1 uuid_bridge XML own",
			"outbound sofia/internal/1000@127.0.0.1:5080 ACTIVE 1002 1000 - uuid_bridge - other"}},
		{"calls out", "user/1000", "1000", "89001112233", 5 * time.Second, []string{
			"inbound sofia/internal/1000@127.0.0.1 ACTIVE 1000 89001112233 1000@127.0.0.1 bridge XML own",
			"outbound sofia/internal/9001112233@127.0.0.1:5080 ACTIVE 1000 9001112233 - - XML other"}},
		{"called, ringing", "user/1000", "1001", "1000", 2 * time.Second, []string{
			"inbound sofia/internal/1001@127.0.0.1 RINGING 1001 1000 1001@127.0.0.1 bridge XML -",
			"outbound sofia/internal/1000@127.0.0.1:5080 RINGING 1001 1000 1000@127.0.0.1 - XML other"}},
		{"called", "user/1000", "1001", "1000", 5 * time.Second, []string{
			"inbound sofia/internal/1001@127.0.0.1 ACTIVE 1001 1000 1001@127.0.0.1 bridge XML own",
			"outbound sofia/internal/1000@127.0.0.1:5080 ACTIVE 1001 1000 1000@127.0.0.1 - XML other"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			cfg := centreConfig(esltest.Queue{}, "agent=1000")
			cfg.Agents[0].Contact = test.contact
			cfg.Users = append(cfg.Users, esltest.User{ID: "1000", Domain: domain, Registered: phone})
			cfg.Phones = append(cfg.Phones, esltest.Phone{Addr: phone, AnswerAfter: 3 * time.Second})
			cfg.Extensions = append(cfg.Extensions,
				esltest.Extension{Match: "^8(.+)$", Apps: []esltest.App{{Name: "bridge", Data: "sofia/internal/$1@" + phone}}},
				esltest.Extension{Match: "^1000$", Apps: []esltest.App{{Name: "bridge", Data: "user/1000@" + domain}}})
			inBubble(t, cfg, func(t *testing.T, b *bench) {
				if _, err := b.s.Call(esltest.Call{Number: test.from, Extension: test.to}); err != nil {
					t.Fatal(err)
				}
				b.life(test.after)
				var shown struct{ Rows []map[string]string }
				if err := json.Unmarshal([]byte(b.api("show channels as json")), &shown); err != nil {
					t.Fatal(err)
				}
				var got []string
				for _, row := range shown.Rows {
					switch row["call_uuid"] {
					case "":
					case row["uuid"]:
						row["call_uuid"] = "own"
					default:
						row["call_uuid"] = "other"
					}
					var columns []string
					for _, name := range []string{"direction", "name", "callstate", "cid_num", "dest", "presence_id", "application", "dialplan", "call_uuid"} {
						if row[name] == "" {
							row[name] = "-"
						}
						columns = append(columns, row[name])
					}
					got = append(got, strings.Join(columns, " "))
				}
				if !slices.Equal(got, test.want) {
					t.Errorf("want %q\ngot  %q", test.want, got)
				}
			})
		})
	}
}
