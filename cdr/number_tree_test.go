package cdr_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"callgate/cdr"
)

// profiled are the fields of caller profiles that tell who called whom.
var profiled = regexp.MustCompile(`<(?:username|caller_id_number|callee_id_number|ani|rdnis|destination_number)>([^<]*[0-9]{7,}[^<]*)</`)

// parties are the phone numbers in the caller profiles of a CDR, and other spellings of them.
func parties(raw []byte) []string {
	var all []string
	for _, m := range profiled.FindAllSubmatch(raw, -1) {
		number := string(m[1])
		if number == "0000000000" { // FreeSWITCH's word for none
			continue
		}
		all = append(all, number)
		if len(number) == 11 { // Russian ones
			all = append(all, "7"+number[1:], number[1:])
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// TestCapturesWithoutNumbers: of every capture all that is hidden is in its golden file, all else is as it was, and the
// numbers of its parties are nowhere.
func TestCapturesWithoutNumbers(t *testing.T) {
	found := 0
	for _, name := range captures(t) {
		t.Run(name, func(t *testing.T) {
			raw := parsed(t, name).Raw
			all, err := cdr.AppendJSON(nil, raw)
			if err != nil {
				t.Fatal(err)
			}
			shown, err := cdr.AppendJSONWithoutNumbers([]byte("before "), raw)
			if err != nil {
				t.Fatal(err)
			}
			shown, _ = bytes.CutPrefix(shown, []byte("before "))
			golden(t, name+".hidden.txt", []byte(differences(t, all, shown)))
			for _, number := range parties(raw) {
				found++
				for text, n := string(shown), 0; n < 3; n++ { // what is encoded twice too
					if strings.Contains(text, number) {
						t.Errorf("decoded %d times, it shows %s", n, number)
					}
					if text, err = url.PathUnescape(regexp.MustCompile(`%([^0-9A-F]|.[^0-9A-F])`).ReplaceAllString(text, "%25$1")); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
	}
	if found < 20 {
		t.Errorf("only %d numbers were looked for", found)
	}
}

// differences are the values that differ in two compact JSON documents that have the same shape, a line for each.
func differences(t *testing.T, was, is []byte) string {
	t.Helper()
	var out, compact bytes.Buffer
	if err := json.Compact(&compact, is); err != nil || !bytes.Equal(compact.Bytes(), is) {
		t.Errorf("not compact (%v): %s", err, is)
	}
	before, after := json.NewDecoder(bytes.NewReader(was)), json.NewDecoder(bytes.NewReader(is))
	before.UseNumber()
	after.UseNumber()
	key := ""
	for {
		a, errA := before.Token()
		b, errB := after.Token()
		if errors.Is(errA, io.EOF) && errors.Is(errB, io.EOF) {
			return out.String()
		}
		if errA != nil || errB != nil {
			t.Fatalf("another shape: %v, %v", errA, errB)
		}
		if a != b {
			fmt.Fprintf(&out, "%s: %v > %v\n", key, a, b)
			if _, text := b.(string); !text {
				t.Errorf("%s: %v became %v", key, a, b)
			}
		}
		if text, ok := a.(string); ok {
			key = text
		}
	}
}

func TestAppendJSONWithoutNumbers(t *testing.T) {
	const uuid = "12345678-1234-4123-8990-123456789012"
	const profile = `<callflow><caller_profile><caller_id_number>89190000001</caller_id_number></caller_profile></callflow>`
	for _, test := range []struct{ name, xml, want string }{
		{"a number and a name", `<caller_id_number>100</caller_id_number><caller_id_name>Ромашка</caller_id_name>`, `"caller_id_number":"*****","caller_id_name":"*****"`},
		{"nothing to hide", `<ani></ani><rdnis/>`, `"ani":[],"rdnis":[]`},
		{"a number of its own", `<callgate_number>+74950000001</callgate_number>`, `"callgate_number":"*****"`},
		{"several of a name", `<dialed_user>89190000002</dialed_user><dialed_user>1000</dialed_user>`, `"dialed_user":["*****",1000]`},
		{"a text", `<sip_contact_uri>89190000002%40h%3A5060</sip_contact_uri>`, `"sip_contact_uri":"*****%40h%3A5060"`},
		{"an account and an agent", `<sip_to_uri>1001%40h</sip_to_uri><cc_agent>1001%40default</cc_agent>`, `"sip_to_uri":"1001%40h","cc_agent":"1001%40default"`},
		{"on no list", `<crm_phone>89190000002</crm_phone><sip_h_X-Client>tel:+79190000002</sip_h_X-Client><level>123456</level>`,
			`"crm_phone":"*****","sip_h_X-Client":"tel:*****","level":123456`},
		{"times and the like", `<start_uepoch>1795413770094226</start_uepoch><sip_cseq>123153090</sip_cseq><switch_r_sdp>o=- 1795386571 1 IN IP4</switch_r_sdp>`,
			`"start_uepoch":1795413770094226,"sip_cseq":123153090,"switch_r_sdp":"o=- 1795386571 1 IN IP4"`},
		{"a UUID anywhere", `<whatever>` + uuid + `</whatever><uuid>` + uuid + `</uuid>`, `"whatever":"` + uuid + `","uuid":"` + uuid + `"`},
		{"attributes", `<extension name="to 89190000002" number="112"/><application app_name="bridge" app_data="sofia/gateway/g/89190000002" app_stamp="1795413770094226"/>`,
			`"extension":{"@attributes":{"name":"to *****","number":"*****"}},"application":{"@attributes":{"app_name":"bridge","app_data":"sofia/gateway/g/*****","app_stamp":1795413770094226}}`},
		{"text beside attributes", `<ani plan="1">5</ani>`, `"ani":{"@attributes":{"plan":1},"0":"*****"}`},
		{"an unknown attribute", `<a phone="89190000002"/>`, `"a":{"@attributes":{"phone":"*****"}}`},
		{"names", `<x89190000002>a</x89190000002><x89190000003>b</x89190000003>`, `"x*****":["a","b"]`},
		{"a leg named after a party", profile + `<uuid>89190000001</uuid>`, `"callflow":{"caller_profile":{"caller_id_number":"*****"}},"uuid":"*****"`},
		{"where no number should be", profile + `<sip_call_id>9190000001-1795413770@h</sip_call_id><start_epoch>1795413770</start_epoch>`,
			`"callflow":{"caller_profile":{"caller_id_number":"*****"}},"sip_call_id":"*****-1795413770@h","start_epoch":1795413770`},
		{"in another spelling", profile + `<rtp_x>sip%3A%2B7919000%300%301</rtp_x>`, `"callflow":{"caller_profile":{"caller_id_number":"*****"}},"rtp_x":"sip%3A*****"`},
		{"as people write it", profile + `<rtp_x>8 (919) 000-00-01, 25</rtp_x>`, `"callflow":{"caller_profile":{"caller_id_number":"*****"}},"rtp_x":"*****, 25"`},
		{"within other digits", profile + `<rtp_x>1a0089190000001299</rtp_x>`, `"callflow":{"caller_profile":{"caller_id_number":"*****"}},"rtp_x":"1a*****"`},
		{"a party with signs", `<caller_id_number>8 919 000-00-01</caller_id_number><rtp_x>79190000001</rtp_x>`, `"caller_id_number":"*****","rtp_x":"*****"`},
		{"a party of few digits", `<destination_number>100100</destination_number><rtp_x>100100</rtp_x><last_arg>user/100100</last_arg>`,
			`"destination_number":"*****","rtp_x":100100,"last_arg":"user/100100"`},
		{"nobody", `<caller_id_number>0000000000</caller_id_number><rtp_x>10000000000</rtp_x>`, `"caller_id_number":"*****","rtp_x":10000000000`},
		{"damaged", `<last_arg>89190000002`, `"last_arg":"*****"`},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := cdr.AppendJSONWithoutNumbers(nil, []byte("<cdr>"+test.xml+"</cdr>"))
			if err != nil || string(got) != "{"+test.want+"}" {
				t.Errorf("got  %s, %v\nwant {%s}", got, err, test.want)
			}
		})
	}
	if got, err := cdr.AppendJSONWithoutNumbers([]byte("before"), []byte("89190000001")); !errors.Is(err, cdr.ErrNoDocument) || string(got) != "before" {
		t.Errorf("no document: %q, %v", got, err)
	}
}

// FuzzAppendJSONWithoutNumbers: it stays JSON, and no party's number is left that a field names.
func FuzzAppendJSONWithoutNumbers(f *testing.F) {
	for _, seed := range strange() {
		f.Add(seed)
	}
	f.Add(`<cdr><ani>89190000001</ani><variables><x>%38919%30000001</x><y89190000001>a</y89190000001></variables></cdr>`)
	f.Fuzz(func(t *testing.T, rest string) {
		got, err := cdr.AppendJSONWithoutNumbers(nil, []byte("<cdr><ani>89195837261</ani><b>"+rest+"</b></cdr>"))
		if err != nil || !json.Valid(got) {
			t.Errorf("%q became %q, %v", rest, got, err)
		}
		if bytes.Contains(got, []byte("9195837261")) {
			t.Errorf("%q shows the number: %s", rest, got)
		}
	})
}
