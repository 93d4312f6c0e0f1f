package project

// NoCountry stands for a country that is not in the list: only + and 00 tell a number there.
const NoCountry = "none"

// any19 is the first digit of national numbers where it tells nothing.
const any19 = "123456789"

// countries are what we know, from the numbering plans that the countries' regulators publish. A test compares them with
// libphonenumber.
var countries = [...]Country{
	{iso: NoCountry, abroad: prefixes{"00"}},
	{"AE", "971", prefixes{"0"}, prefixes{"00"}, 7, []shape{{"234679", 8, 8}, {"56", 9, 9}, {"8", 7, 9}}},
	{"AM", "374", prefixes{"0"}, prefixes{"00"}, 8, []shape{{any19, 8, 8}}},
	{"AZ", "994", prefixes{"0"}, prefixes{"00"}, 9, []shape{{any19, 9, 9}}},
	{"BG", "359", prefixes{"0"}, prefixes{"00"}, 8, []shape{{"2345679", 7, 8}, {"8", 7, 9}, {"9", 9, 9}}},
	{"BY", "375", prefixes{"80", "8"}, prefixes{"810", "00"}, 9, []shape{{"1234", 9, 9}, {"89", 10, 10}}},
	{"CA", "1", prefixes{"1"}, prefixes{"011", "00"}, 10, []shape{{"23456789", 10, 10}}},
	{"CH", "41", prefixes{"0"}, prefixes{"00"}, 9, []shape{{any19, 9, 9}}},
	{"CN", "86", prefixes{"0"}, prefixes{"00"}, 10, []shape{{"13579", 10, 11}, {"2468", 10, 10}}},
	{"CY", "357", prefixes{}, prefixes{"00"}, 8, []shape{{"25789", 8, 8}}},
	{"CZ", "420", prefixes{}, prefixes{"00"}, 9, []shape{{any19, 9, 9}}},
	{"DE", "49", prefixes{"0"}, prefixes{"00"}, 10, []shape{{any19, 6, 11}}},
	{"EE", "372", prefixes{}, prefixes{"00"}, 7, []shape{{"3456789", 7, 8}, {"8", 10, 10}}},
	{"ES", "34", prefixes{}, prefixes{"00"}, 9, []shape{{"56789", 9, 9}}},
	{"FI", "358", prefixes{"0"}, prefixes{"00"}, 9, []shape{{any19, 5, 10}}},
	{"FR", "33", prefixes{"0"}, prefixes{"00"}, 9, []shape{{any19, 9, 9}}},
	{"GB", "44", prefixes{"0"}, prefixes{"00"}, 9, []shape{{"18", 9, 10}, {"23579", 10, 10}}},
	{"GE", "995", prefixes{"0"}, prefixes{"00"}, 9, []shape{{any19, 9, 9}}},
	{"GR", "30", prefixes{}, prefixes{"00"}, 10, []shape{{"256789", 10, 10}}},
	{"IL", "972", prefixes{"0"}, prefixes{"00"}, 8, []shape{{"23489", 8, 8}, {"57", 9, 9}, {"1", 10, 10}}},
	{"IN", "91", prefixes{"0"}, prefixes{"00"}, 10, []shape{{any19, 10, 10}, {"1", 11, 11}}},
	// Zeros at the beginning belong to the number.
	{"IT", "39", prefixes{}, prefixes{"00"}, 9, []shape{{"0", 9, 11}, {"3", 9, 10}, {"4", 10, 10}, {"8", 9, 9}}},
	{"KG", "996", prefixes{"0"}, prefixes{"00"}, 9, []shape{{any19, 9, 9}}},
	{"KZ", "7", prefixes{"8"}, prefixes{"810", "00"}, 10, []shape{{"23456789", 10, 10}}},
	{"LT", "370", prefixes{"0", "8"}, prefixes{"00"}, 8, []shape{{"3456789", 8, 8}}},
	{"LV", "371", prefixes{}, prefixes{"00"}, 8, []shape{{"2689", 8, 8}}},
	{"MD", "373", prefixes{"0"}, prefixes{"00"}, 8, []shape{{"2356789", 8, 8}}},
	{"NL", "31", prefixes{"0"}, prefixes{"00"}, 9, []shape{{any19, 9, 9}, {"89", 7, 7}}},
	{"NO", "47", prefixes{}, prefixes{"00"}, 8, []shape{{"23456789", 8, 8}}},
	{"PL", "48", prefixes{}, prefixes{"00"}, 9, []shape{{any19, 9, 9}}},
	{"PT", "351", prefixes{}, prefixes{"00"}, 9, []shape{{"236789", 9, 9}}},
	{"RO", "40", prefixes{"0"}, prefixes{"00"}, 9, []shape{{"236789", 9, 9}}},
	{"RS", "381", prefixes{"0"}, prefixes{"00"}, 8, []shape{{"123", 8, 9}, {"6", 8, 10}, {"789", 8, 9}}},
	{"RU", "7", prefixes{"8"}, prefixes{"810", "00"}, 10, []shape{{"23456789", 10, 10}}},
	{"SE", "46", prefixes{"0"}, prefixes{"00"}, 8, []shape{{any19, 7, 9}}},
	// Numbers that begin with 00 are mobile ones.
	{"TJ", "992", prefixes{}, prefixes{"810"}, 9, []shape{{"0123456789", 9, 9}}},
	{"TM", "993", prefixes{"8"}, prefixes{"810", "00"}, 8, []shape{{"1234567", 8, 8}}},
	{"TR", "90", prefixes{"0"}, prefixes{"00"}, 10, []shape{{"234589", 10, 10}}},
	{"UA", "380", prefixes{"0"}, prefixes{"00"}, 9, []shape{{"3456789", 9, 9}}},
	{"US", "1", prefixes{"1"}, prefixes{"011", "00"}, 10, []shape{{"23456789", 10, 10}}},
	{"UZ", "998", prefixes{}, prefixes{"00"}, 9, []shape{{"23456789", 9, 9}}},
}

// FindCountry finds a country by its ISO 3166 code, or NoCountry; false when it is none that we know.
func FindCountry(iso string) (*Country, bool) {
	for i := range countries {
		if countries[i].iso == iso {
			return &countries[i], true
		}
	}
	return nil, false
}

// Countries lists the codes that FindCountry knows, NoCountry first.
func Countries() []string {
	all := make([]string, len(countries))
	for i, c := range countries {
		all[i] = c.iso
	}
	return all
}
