package mail

import (
	"errors"
	"net/mail"
	"regexp"
	"strings"
	"unicode"
)

// addressForm is an address as mail servers everywhere take it: no quotes, no comments, no letters but ASCII's.
var addressForm = regexp.MustCompile(`^[A-Za-z0-9.!#$%&'*+/=?^_{|}~-]{1,64}@[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?(\.[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*$`)

const maxAddress = 254 // bytes; RFC 5321, 4.5.3.1.3

var errAddress = errors.New("want NAME@DOMAIN in ASCII, a domain of other letters in its xn-- form")

// CheckAddress refuses what is no address of a recipient. The error never holds it.
func CheckAddress(text string) error {
	if len(text) > maxAddress || !addressForm.MatchString(text) {
		return errAddress
	}
	if a, err := mail.ParseAddress(text); err != nil || a.Address != text { // two dots in a row, say
		return errAddress
	}
	return nil
}

// ParseSender reads NAME@DOMAIN or TEXT <NAME@DOMAIN>.
func ParseSender(text string) (*mail.Address, error) {
	a, err := mail.ParseAddress(text)
	if err != nil || CheckAddress(a.Address) != nil || strings.ContainsFunc(a.Name, unicode.IsControl) {
		return nil, errors.New("want the sender as NAME@DOMAIN or TEXT <NAME@DOMAIN>")
	}
	return a, nil
}
