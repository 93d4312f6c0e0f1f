package gateway

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

const (
	maxWords = 200 // runes of a provider's words that are kept
	piece    = 8   // runes of a text in a row that may not be told again
	cut      = "…"
)

// digits are what may be a number of a telephone, also as people write them.
var digits = regexp.MustCompile(`\+?\p{Nd}(?:[\s().-]{0,2}\p{Nd}){4,}`)

func isControl(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }

// onLine is a text as it stands on one line.
func onLine(text string) string {
	return strings.Map(func(r rune) rune {
		if isControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
}

// words are what a provider says, fit for whoever administrates it: nothing of the text, no number and no secret. Rather
// there is nothing left than one of them.
func words(said string, secrets []string, t Text) string {
	if said == "" {
		return ""
	}
	said = onLine(said)
	text := formsOf(t.Text)
	hidden := slices.Concat(secrets, []string{t.Number, strings.TrimPrefix(t.Number, "+")})
	for _, h := range hidden {
		if h != "" {
			said = strings.ReplaceAll(said, h, cut)
		}
	}
	for _, form := range text {
		said = form.cutOut(said)
	}
	said = digits.ReplaceAllString(said, cut)
	if short := []rune(said); len(short) > maxWords {
		said = string(short[:maxWords-1]) + cut
	}
	said = strings.TrimSpace(said)
	// What was cut out may have left one of them behind, and may have been one.
	if slices.ContainsFunc(text, func(form pieces) bool { return form.stand(said) }) ||
		slices.ContainsFunc(hidden, func(h string) bool { return h != "" && strings.Contains(said, h) }) {
		return ""
	}
	return said
}

// pieces are all that may not be told again of a text: piece runes in a row, or all of a shorter one.
type pieces struct {
	long int // runes
	all  map[string]bool
}

// formsOf are the pieces of a text in all forms in which a provider may quote it: as it is, and as it stands in a form, in a path
// and in the JSON of those who escape letters.
func formsOf(text string) []pieces {
	escaped := strconv.QuoteToASCII(text)
	return []pieces{piecesOf(onLine(text)), piecesOf(url.QueryEscape(text)), piecesOf(url.PathEscape(text)), piecesOf(escaped[1 : len(escaped)-1])}
}

func piecesOf(text string) pieces {
	runes := []rune(text)
	p := pieces{min(piece, len(runes)), map[string]bool{}}
	for i := range len(runes) - p.long + 1 {
		p.all[string(runes[i:i+p.long])] = true
	}
	return p
}

func (p pieces) cutOut(said string) string {
	if p.long == 0 {
		return said
	}
	var b strings.Builder
	runes, hidden := []rune(said), 0 // up to which rune
	for i, r := range runes {
		if i+p.long <= len(runes) && p.all[string(runes[i:i+p.long])] {
			if i >= hidden {
				b.WriteString(cut)
			}
			hidden = i + p.long
		}
		if i >= hidden {
			b.WriteRune(r)
		}
	}
	return b.String()
}

func (p pieces) stand(said string) bool {
	if p.long == 0 {
		return false
	}
	for part := range p.all {
		if strings.Contains(said, part) {
			return true
		}
	}
	return false
}
