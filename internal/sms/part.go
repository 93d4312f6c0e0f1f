package sms

import (
	"strings"
	"unicode/utf16"
)

// Encoding is how the characters of a message travel.
type Encoding string

// The encodings.
const (
	GSM7 Encoding = "gsm-7" // seven bits a character, fourteen for some
	UCS2 Encoding = "ucs-2" // sixteen bits a character, thirty-two for what lies beyond: emoji
)

// The alphabet of GSM-7, and what of it takes two places. Source: 3GPP TS 23.038, 6.2.1 and 6.2.1.1.
const (
	gsmBasic = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
	gsmTwice = "\f^{}\\[~]|€"
)

// Places of a message that is sent in one, and of each of several, which have a header. Source: 3GPP TS 23.040, 9.2.3.24.1.
const (
	oneGSM, manyGSM = 160, 153
	oneUCS, manyUCS = 70, 67
)

// Count tells how a text is sent, and in how many parts. A character is never divided between two parts.
func Count(text string) (Encoding, int) {
	if places, ok := gsmPlaces(text); ok {
		return GSM7, parts(places, oneGSM, manyGSM)
	}
	var places []int
	for _, r := range text {
		places = append(places, utf16.RuneLen(r))
	}
	return UCS2, parts(places, oneUCS, manyUCS)
}

// gsmPlaces are those that each character takes in GSM-7, if all of them are in it.
func gsmPlaces(text string) (places []int, ok bool) {
	for _, r := range text {
		switch {
		case strings.ContainsRune(gsmBasic, r):
			places = append(places, 1)
		case strings.ContainsRune(gsmTwice, r):
			places = append(places, 2)
		default:
			return nil, false
		}
	}
	return places, true
}

func parts(places []int, one, many int) int {
	all := 0
	for _, n := range places {
		all += n
	}
	if all <= one {
		return 1
	}
	count, room := 1, many
	for _, n := range places {
		if n > room {
			count, room = count+1, many
		}
		room -= n
	}
	return count
}
