package cdr_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"callgate/cdr"
)

func TestAppendJSON(t *testing.T) {
	for _, test := range []struct {
		name, xml, want string
	}{
		{"attributes first", `<cdr><a x="p" y="q"><b>r</b></a></cdr>`, `{"a":{"@attributes":{"x":"p","y":"q"},"b":"r"}}`},
		{"root attributes", `<cdr core-uuid="c" switchname="s"><a>b</a></cdr>`, `{"@attributes":{"core-uuid":"c","switchname":"s"},"a":"b"}`},
		{"document order", `<cdr><z>a</z><a>z</a><m>m</m></cdr>`, `{"z":"a","a":"z","m":"m"}`},
		{"array at its first place", `<cdr><a>x</a><b>y</b><a>z</a><c>v</c><a>w</a></cdr>`, `{"a":["x","z","w"],"b":"y","c":"v"}`},
		{"array of all kinds", `<cdr><a></a><a>1</a><a k="v"/><a><b>t</b></a></cdr>`, `{"a":[[],1,{"@attributes":{"k":"v"}},{"b":"t"}]}`},
		{"array among many", `<cdr><a>1</a><b/><c/><d/><e/><f/><g/><h/><i/><a>2</a><j/><a>3</a></cdr>`,
			`{"a":[1,2,3],"b":[],"c":[],"d":[],"e":[],"f":[],"g":[],"h":[],"i":[],"j":[]}`},
		{"same name in other parents", `<cdr><a><x>1</x></a><b><x>2</x></b></cdr>`, `{"a":{"x":1},"b":{"x":2}}`},
		{"empty", `<cdr><a></a><b/></cdr>`, `{"a":[],"b":[]}`},
		{"empty root", `<cdr></cdr>`, `[]`},
		{"only layout", "<cdr><a>\n  </a></cdr>", `{"a":[]}`},
		{"only spaces", "<cdr><a>  </a></cdr>", `{"a":"  "}`},
		{"spaces around text", "<cdr><a> b\n</a></cdr>", `{"a":" b\n"}`},
		{"text with attributes", `<cdr><a k="v">t</a></cdr>`, `{"a":{"@attributes":{"k":"v"},"0":"t"}}`},
		{"number with attributes", `<cdr><a k="07">7.10</a></cdr>`, `{"a":{"@attributes":{"k":"07"},"0":7.1}}`},
		{"attributes only", `<cdr><a k="v"></a></cdr>`, `{"a":{"@attributes":{"k":"v"}}}`},
		{"attributes and layout", "<cdr><a k=\"v\">\n</a></cdr>", `{"a":{"@attributes":{"k":"v"}}}`},
		{"empty attribute", `<cdr><a k=""/></cdr>`, `{"a":{"@attributes":{"k":""}}}`},
		{"number in attribute", `<cdr><a k="1"/></cdr>`, `{"a":{"@attributes":{"k":1}}}`},
		{"text beside children dropped", `<cdr>x<a>1</a>y<b>2</b>z</cdr>`, `{"a":1,"b":2}`},
		{"percent-encoding kept", `<cdr><variables><a>x%40y%2Bz+</a></variables></cdr>`, `{"variables":{"a":"x%40y%2Bz+"}}`},
		{"entities", `<cdr><a>&lt;&amp;&gt;&quot;&apos;&#x420;&#1086;</a></cdr>`, `{"a":"<&>\"'Ро"}`},
		{"nothing escaped without need", "<cdr><a>Ромашка/\u2028\U0001F600\x7f</a></cdr>", "{\"a\":\"Ромашка/\u2028\U0001F600\x7f\"}"},
		{"control characters", "<cdr><a>\x01\x1f\b\f\t&#10;&#13;&#0;\\</a></cdr>", `{"a":"\u0001\u001f\b\f\t\n\r\u0000\\"}`},
		{"invalid UTF-8", "<cdr><a>lat\xe9n\xd0</a></cdr>", "{\"a\":\"lat\uFFFDn\uFFFD\"}"},
		{"strange name", `<cdr><we"ird/name>v</we"ird/name></cdr>`, `{"we\"ird/name":"v"}`},
		{"cut off", `<cdr><a>1</a><b>tex`, `{"a":1,"b":"tex"}`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := cdr.AppendJSON([]byte("before "), []byte(test.xml))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff("before "+test.want, string(got)); diff != "" {
				t.Errorf("mismatch (-want, +got):\n%s", diff)
			}
		})
	}
}

func TestAppendJSONWithoutDocument(t *testing.T) {
	for _, raw := range []string{"", "  ", "no markup", "<?xml version=\"1.0\"?>", "<", "< >"} {
		got, err := cdr.AppendJSON([]byte("before"), []byte(raw))
		if !errors.Is(err, cdr.ErrNoDocument) || string(got) != "before" {
			t.Errorf("%q: got %q, %v; want ErrNoDocument and what was there before", raw, got, err)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, test := range []struct {
		name, text, want string // want is empty where the text stays a string
	}{
		{"zero", "0", "0"},
		{"integer", "11", "11"},
		{"negative", "-5", "-5"},
		{"microseconds", "1669295680528041", "1669295680528041"},
		{"trailing zeros", "100", "100"},
		{"shortest", "4.50", "4.5"},
		{"whole fraction", "100.00", "100"},
		{"zero fraction", "0.00", "0"},
		{"fraction below one", "0.24", "0.24"},
		{"negative fraction", "-0.50", "-0.5"},
		{"small fraction", "0.000000001230", "0.00000000123"},
		{"largest integer", "9007199254740991", "9007199254740991"},
		{"smallest integer", "-9007199254740991", "-9007199254740991"},
		{"over the largest", "9007199254740992", ""},
		{"below the smallest", "-9007199254740992", ""},
		{"longer", "10000000000000000", ""},
		{"much longer", strings.Repeat("9", 400), ""},
		{"15 digits", "0.123456789012345", "0.123456789012345"},
		{"15 digits in all", "12345.6789012345", "12345.6789012345"},
		{"16 digits", "0.1234567890123456", ""},
		{"16 digits in all", "123456.7890123456", ""},
		{"16 digits as written", "1.000000000000000", ""},
		{"too small for a double", "0." + strings.Repeat("0", 400) + "1", ""},
		{"negative zero", "-0", ""},
		{"negative zero fraction", "-0.0", ""},
		{"leading zeros", "007", ""},
		{"two zeros", "00", ""},
		{"leading zero of a fraction", "01.5", ""},
		{"negative leading zero", "-01", ""},
		{"plus", "+7", ""},
		{"exponent", "1e5", ""},
		{"capital exponent", "1.5E3", ""},
		{"no fraction", "1.", ""},
		{"no whole", ".5", ""},
		{"only a point", ".", ""},
		{"only a minus", "-", ""},
		{"two minuses", "--1", ""},
		{"two points", "127.0.0", ""},
		{"space before", " 5", ""},
		{"space after", "5 ", ""},
		{"hexadecimal", "0x1F", ""},
		{"other digits", "٣", ""},
		{"words", "NaN", ""},
		{"list", "1,2", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			value := test.want
			if value == "" {
				value = `"` + test.text + `"`
			}
			for xml, want := range map[string]string{
				`<cdr><a>` + test.text + `</a></cdr>`:             `{"a":` + value + `}`,
				`<cdr><a k="` + test.text + `"/></cdr>`:           `{"a":{"@attributes":{"k":` + value + `}}}`,
				`<cdr><a k="">` + test.text + `</a></cdr>`:        `{"a":{"@attributes":{"k":""},"0":` + value + `}}`,
				`<cdr><a>x</a><a>` + test.text + `</a><b/></cdr>`: `{"a":["x",` + value + `],"b":[]}`,
			} {
				got, err := cdr.AppendJSON(nil, []byte(xml))
				if err != nil {
					t.Fatal(err)
				}
				if string(got) != want {
					t.Errorf("%s: got %s, want %s", xml, got, want)
				}
			}
		})
	}
}

// TestMemberJSON checks by name what the golden file of a caller's leg must show.
func TestMemberJSON(t *testing.T) {
	got, err := cdr.AppendJSON(nil, parsed(t, member).Raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`{"@attributes":{"core-uuid":"c7c58bd5-3697-476a-b686-aa0cfaa649c9","switchname":"vm"},"channel_data":{"state":"CS_REPORTING","direction":"inbound","state_number":11,`,
		`"call-stats":{"audio":{"inbound":{"raw_bytes":0,`,
		`"jitter_loss_rate":0,`,
		`"quality_percentage":100,"mos":4.5}`,
		`"sip_from_uri":"89190000001%40127.0.0.1"`,
		`"DP_MATCH":["q_support","support"]`,
		`"end_uepoch":1795413780134172`,
		`"application":[{"@attributes":{"app_name":"set","app_data":"project_id=1111","app_stamp":1795413770110714}},{"@attributes":{"app_name":"answer","app_data":"","app_stamp":1795413770110853}},`,
		`"callflow":[{"@attributes":{"dialplan":"XML","unique-id":"2126a163-d329-4812-bffe-1eb0ec76a381","clone-of":"32a24b68-8d64-4e2e-ac1f-1a80e1744716","profile_index":2},"extension":{"@attributes":{"name":"queue","number":"q_support"}},"caller_profile":{"username":89190000001,"dialplan":"XML","caller_id_name":"Ромашка","caller_id_number":89190000001,"callee_id_name":"Outbound Call","callee_id_number":1001,"ani":89190000001,"aniii":[],"network_addr":"127.0.0.1","rdnis":[],`,
		`},{"@attributes":{"dialplan":"XML","unique-id":"32a24b68-8d64-4e2e-ac1f-1a80e1744716","profile_index":1},`,
		`"times":{"created_time":1795413770094226,"profile_created_time":1795413770094226,"progress_time":0,`,
	} {
		if !bytes.Contains(got, []byte(want)) {
			t.Errorf("missing %s", want)
		}
	}
	if bytes.Contains(got, []byte(`\u`)) {
		t.Error("something is escaped that need not be")
	}
}

func FuzzAppendJSON(f *testing.F) {
	for _, seed := range strange() {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := cdr.AppendJSON(nil, raw)
		if err != nil {
			return
		}
		if !utf8.Valid(got) {
			t.Errorf("not UTF-8: %q", got)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, got); err != nil {
			t.Fatalf("not JSON: %v\n%s", err, got)
		}
		if !bytes.Equal(compact.Bytes(), got) {
			t.Errorf("not compact: %s", got)
		}
	})
}
