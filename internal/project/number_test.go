package project_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nyaruka/phonenumbers"

	"callgate/internal/project"
	"callgate/internal/setting"
)

func country(t testing.TB, iso string) *project.Country {
	t.Helper()
	c, ok := project.FindCountry(iso)
	if !ok {
		t.Fatalf("no country %s", iso)
	}
	return c
}

// TestNormal: what becomes of numbers as they come in; "" stays as it is.
func TestNormal(t *testing.T) {
	for _, tt := range []struct {
		name, country, number, want string
	}{
		{"trunk prefix", "RU", "84951234567", "+74951234567"},
		{"calling code", "RU", "74951234567", "+74951234567"},
		{"calling code with a plus", "RU", "+74951234567", ""},
		{"ten digits", "RU", "4951234567", "+74951234567"},
		{"ten digits that begin with the trunk prefix", "RU", "8121234567", "+78121234567"},
		{"ten digits that begin with the calling code", "RU", "7012345678", "+77012345678"},
		{"free of charge", "RU", "88001112233", "+78001112233"},
		{"free of charge, ten digits", "RU", "8001112233", "+78001112233"},
		{"international prefix", "RU", "81049301234567", "+49301234567"},
		{"international prefix to oneself", "RU", "81074951234567", "+74951234567"},
		{"00", "RU", "0049301234567", "+49301234567"},
		{"as people write it", "RU", "8 (495) 123-45-67", "+74951234567"},
		{"with no-break spaces and dots", "RU", "+7\u00a0495\u00a0123.45.67", "+74951234567"},
		{"of another country, with a plus", "RU", "+49 30 1234567", "+49301234567"},
		{"of another country, without", "RU", "493012345678", ""},
		{"a plus before the trunk prefix", "RU", "+84951234567", ""},
		{"a digit short", "RU", "8495123456", "+78495123456"}, // ten digits
		{"two digits short", "RU", "849512345", ""},
		{"a digit too many", "RU", "849512345678", ""},
		{"no such area", "RU", "80951234567", ""},
		{"ten digits of no area", "RU", "0951234567", ""},
		{"international prefix without a number", "RU", "810", ""},
		{"international prefix before too little", "RU", "00112", ""},
		{"international prefix before too much", "RU", "8101234567890123456", ""},
		{"no calling code begins with 0", "RU", "000301234567", ""},

		{"nothing", "RU", "", ""},
		{"a plus", "RU", "+", ""},
		{"a plus and layout", "RU", "+ ()", ""},
		{"only layout", "RU", "(-)", ""},
		{"internal", "RU", "1001", ""},
		{"internal with layout", "RU", "10-01", ""},
		{"emergency", "RU", "112", ""},
		{"seven digits", "RU", "1234567", ""},
		{"feature code", "RU", "*98", ""},
		{"feature code with a number", "RU", "*21*84951234567#", ""},
		{"name", "RU", "alice", ""},
		{"name of digits and more", "RU", "84951234567a", ""},
		{"address", "RU", "84951234567@example.com", ""},
		{"plus inside", "RU", "8+4951234567", ""},
		{"two pluses", "RU", "++74951234567", ""},
		{"not UTF-8", "RU", "8495\xa01234567", ""},
		{"half a no-break space", "RU", "84951234567\xc2", ""},
		{"digits of another script", "RU", "٨٤٩٥١٢٣٤٥٦٧", ""},
		{"code that FreeSWITCH would execute", "RU", "${system(id)}", ""},
		{"longest", "RU", "+" + strings.Repeat("1-", 31) + "1", "+" + strings.Repeat("1", 32)},
		{"too long", "RU", "+" + strings.Repeat("1-", 33), ""},

		{"Kazakhstan shares the code", "KZ", "87012345678", "+77012345678"},
		{"Belarus, trunk prefix of two digits", "BY", "80291234567", "+375291234567"},
		{"Belarus, free of charge", "BY", "88011234567", "+3758011234567"},
		{"Ukraine", "UA", "0501234567", "+380501234567"},
		{"Ukraine, calling code", "UA", "380501234567", "+380501234567"},
		{"Lithuania, now", "LT", "061234567", "+37061234567"},
		{"Lithuania, before", "LT", "861234567", "+37061234567"},
		{"Italy keeps the zero", "IT", "0612345678", "+390612345678"},
		{"Italy, calling code", "IT", "390612345678", "+390612345678"},
		{"Italy, mobile that begins with the calling code", "IT", "3931234567", "+393931234567"},
		{"America", "US", "12015550123", "+12015550123"},
		{"America, abroad", "US", "011442079460958", "+442079460958"},
		{"India, mobile that begins with the calling code", "IN", "9123456789", "+919123456789"},
		{"Germany, trunk prefix", "DE", "030123456", "+4930123456"},
		{"Germany, both could be: the calling code", "DE", "4930123456", "+4930123456"},
		{"Germany, mobile alone", "DE", "15112345678", "+4915112345678"},
		{"Germany, too short to be told alone", "DE", "30123456", ""},

		{"no country, a plus", project.NoCountry, "+7 495 1234567", "+74951234567"},
		{"no country, 00", project.NoCountry, "0074951234567", "+74951234567"},
		{"no country, ten digits", project.NoCountry, "4951234567", ""},
		{"no country, trunk prefix", project.NoCountry, "84951234567", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			want := tt.want
			if want == "" {
				want = tt.number
			}
			if got := country(t, tt.country).Normal(tt.number); got != want {
				t.Errorf("%s: %q is %q, want %q", tt.country, tt.number, got, want)
			}
		})
	}
}

// TestPlans compares the table with libphonenumber: of every country numbers of each of its kinds, in every form in which
// they are told.
func TestPlans(t *testing.T) {
	const tries, wanted = 1000, 30
	random := rand.New(rand.NewPCG(1, 2))
	kinds := []phonenumbers.PhoneNumberType{phonenumbers.FIXED_LINE, phonenumbers.MOBILE, phonenumbers.TOLL_FREE}
	// In countries whose numbers have many lengths shorter ones need something before them, as do those that begin like
	// the calling code.
	alone := map[string]int{"BG": 8, "DE": 10, "FI": 9, "NL": 9, "SE": 8}
	for _, iso := range project.Countries()[1:] {
		t.Run(iso, func(t *testing.T) {
			c := country(t, iso)
			code := fmt.Sprint(phonenumbers.GetCountryCodeForRegion(iso))
			for _, kind := range kinds {
				example := phonenumbers.GetExampleNumberForType(iso, kind)
				if example == nil || iso == "DE" && kind == phonenumbers.TOLL_FREE { // it has ten digits by the plan, not 13
					continue
				}
				found := 0
				for range tries {
					national := []byte(phonenumbers.GetNationalSignificantNumber(example))
					// As long as the example, as far as that is a number; one in two begins with the same two digits.
					for i := random.IntN(2) * 2; i < len(national); i++ {
						national[i] = byte('0' + random.IntN(10))
					}
					full := "+" + code + string(national)
					n, err := phonenumbers.Parse(full, iso)
					if err != nil || phonenumbers.Format(n, phonenumbers.E164) != full || !phonenumbers.IsValidNumberForRegion(n, iso) {
						continue
					}
					if is := phonenumbers.GetNumberType(n); is != kind && is != phonenumbers.FIXED_LINE_OR_MOBILE {
						continue
					}
					forms := []string{full, phonenumbers.Format(n, phonenumbers.INTERNATIONAL), phonenumbers.Format(n, phonenumbers.NATIONAL), full[1:]}
					if min, open := alone[iso]; !open || len(national) >= min && !strings.HasPrefix(string(national), code) {
						forms = append(forms, string(national))
					}
					if iso == "TJ" {
						forms = append(forms, "810"+full[1:])
					} else {
						forms = append(forms, "00"+full[1:])
					}
					for _, form := range forms {
						if got := c.Normal(form); got != full {
							t.Errorf("%v: %q is %q, want %q", kind, form, got, full)
						}
					}
					if found++; found == wanted || t.Failed() {
						break
					}
				}
				if found == 0 {
					t.Errorf("kind %v: no number found", kind)
				}
			}
		})
	}
}

// TestCountries: the setting takes the countries that are known.
func TestCountries(t *testing.T) {
	for _, d := range setting.Definitions() {
		if d.Key == setting.NumbersCountry {
			if diff := cmp.Diff(project.Countries(), d.Choices); diff != "" || !slices.Contains(d.Choices, d.Default) {
				t.Errorf("mismatch (-known, +taken):\n%s", diff)
			}
			return
		}
	}
	t.Error("there is no such setting")
}

// FuzzNormal: Normal is done after once, changes what are numbers only, and makes of those what E.164 has.
func FuzzNormal(f *testing.F) {
	for _, number := range []string{"8 (495) 123-45-67", "+74951234567", "0049301234567", "81049301234567", "4951234567", "*98#", "alice", "\u00a0+7\xc2", "000301234567"} {
		f.Add(number)
	}
	f.Fuzz(func(t *testing.T, number string) {
		for _, iso := range project.Countries() {
			c := country(t, iso)
			got := c.Normal(number)
			if again := c.Normal(got); again != got {
				t.Errorf("%s: %q is %q, and then %q", iso, number, got, again)
			}
			if got == number {
				continue
			}
			digits, plus := strings.CutPrefix(got, "+")
			if !plus || digits == "" || len(digits) > 32 || strings.Trim(digits, "0123456789") != "" || strings.Trim(number, "+0123456789 .-()\u00a0") != "" {
				t.Errorf("%s: %q is %q", iso, number, got)
			}
		}
	})
}

// TestNormalIsDoneAfterOnce does what FuzzNormal does, with digits that make numbers more often than not.
func TestNormalIsDoneAfterOnce(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 20_000 {
		iso := project.Countries()[random.IntN(len(project.Countries()))]
		c := country(t, iso)
		number := []byte([]string{"", "", "8", "0", "00", "810", "011", "80", "+", "7", "375", "49"}[random.IntN(12)])
		for range random.IntN(18) {
			number = append(number, "00112233445566778899 -"[random.IntN(22)])
		}
		got := c.Normal(string(number))
		if again := c.Normal(got); again != got {
			t.Fatalf("%s: %q is %q, and then %q", iso, number, got, again)
		}
	}
}

// TestBeginnings: what is looked for when somebody has typed the beginning of a number.
func TestBeginnings(t *testing.T) {
	for _, tt := range []struct{ name, country, typed, want string }{
		{"trunk prefix", "RU", "8495", "8495 +7495 +78495"},
		{"calling code", "RU", "7495", "7495 +7495 +77495"},
		{"area alone", "RU", "495", "495 +7495"},
		{"area that begins with the trunk prefix", "RU", "812", "812 +7812"},
		{"an area, or the trunk prefix and another", "RU", "831", "831 +731 +7831"},
		{"a plus", "RU", "+7495", "+7495"},
		{"a plus before the trunk prefix", "RU", "+8495", "+8495"},
		{"whole", "RU", "84951234567", "84951234567 +74951234567"},
		{"a digit too many", "RU", "849512345678", "849512345678"},
		{"abroad", "RU", "81049", "81049 +49 +781049"},
		{"00", "RU", "0049", "0049 +49"},
		{"no more than the international prefix", "RU", "00", "00"},
		{"internal", "RU", "100", "100"},
		{"trunk prefix of two digits", "BY", "8029", "8029 +37529 +3758029"},
		{"Germany", "DE", "030", "030 +4930"},
		{"Italy keeps the zero", "IT", "061", "061 +39061"},
		{"no country", project.NoCountry, "8495", "8495"},
		{"no country, 00", project.NoCountry, "007495", "007495 +7495"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.Join(country(t, tt.country).Beginnings(tt.typed), " "); got != tt.want {
				t.Errorf("%s: %q is %q, want %q", tt.country, tt.typed, got, tt.want)
			}
		})
	}
}

// TestBeginningsOfNormal: whoever types a number finds it from the fifth digit to the last.
func TestBeginningsOfNormal(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 50_000 {
		iso := project.Countries()[random.IntN(len(project.Countries()))]
		c := country(t, iso)
		number := []string{"", "", "8", "0", "00", "810", "011", "80", "+", "7", "375", "49"}[random.IntN(12)]
		for range random.IntN(14) {
			number += string("0123456789"[random.IntN(10)])
		}
		normal := c.Normal(number)
		for n := 5; n <= len(number); n++ {
			begins := func(b string) bool { return strings.HasPrefix(normal, b) }
			if got := c.Beginnings(number[:n]); !slices.ContainsFunc(got, begins) {
				t.Fatalf("%s: %q is %q, whose beginning %q is %q", iso, number, normal, number[:n], got)
			}
		}
	}
}

// BenchmarkNormal: what it costs for every CDR, two to four times.
func BenchmarkNormal(b *testing.B) {
	for _, tt := range []struct{ name, country, number string }{
		{"trunk", "RU", "84951234567"}, {"written", "RU", "+74951234567"}, {"layout", "RU", "8 (495) 123-45-67"}, {"abroad", "RU", "81049301234567"},
		{"internal", "RU", "1001"}, {"name", "RU", "alice"}, {"open", "DE", "15112345678"},
	} {
		b.Run(tt.name, func(b *testing.B) {
			c := country(b, tt.country)
			b.ReportAllocs()
			for b.Loop() {
				c.Normal(tt.number)
			}
		})
	}
}

// TestDocumented: the examples in docs/dialplan.md are true.
func TestDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/dialplan.md")
	if err != nil {
		t.Fatal(err)
	}
	examples := 0
	for line := range strings.Lines(string(page)) {
		row := exampleRow.FindStringSubmatch(line)
		if row == nil {
			continue
		}
		for quoted := range strings.SplitSeq(row[2], ", ") {
			number := strings.Trim(quoted, "`")
			want := number
			if row[3] != "" {
				want = row[3]
			}
			if got := country(t, row[1]).Normal(number); got != want {
				t.Errorf("%s: %q is %q, want %q", row[1], number, got, want)
			}
			examples++
		}
	}
	if examples < 20 {
		t.Errorf("%d examples found", examples)
	}
}

var exampleRow = regexp.MustCompile("^\\| ([A-Z]{2}|none) \\| (`.*`) \\| (?:`(\\+[0-9]+)`|as it is.*) \\|\n$")
