package report

import (
	"encoding/json"
	"regexp"
	"strings"
	"unicode/utf8"
)

// bodyLimit is how much of a body the request log keeps.
const bodyLimit = 4096 // bytes

const mask = "***"

// secretKey finds the keys password, token, access_token and their like (new_password). Case and the letters that
// Unicode folds with these do not matter, as they do not matter to Go's JSON decoder either.
var secretKey = regexp.MustCompile(`(?i)password|token`)

// suspect finds, in what is not JSON, where a secret may begin: a secret key, or an ASCII letter written as an
// escape sequence, which nobody does who has nothing to hide.
var suspect = regexp.MustCompile(`(?i)password|token|\\u00[4-7][0-9a-f]|%[46][0-9a-f]|%[57][0-9a]`)

// Redact makes of a request body the text that may be kept: at most 4 KiB of it, cut between characters; valid
// UTF-8 without NUL, which PostgreSQL takes; and without passwords and tokens. In JSON the values under such keys
// are masked at any depth and all else stays as it came. What is not JSON is masked from the first such word to its
// end, since nobody can tell where a value ends there.
func Redact(body string) string {
	if head := body[:min(len(body), bodyLimit)]; plain(head) {
		return head
	}
	text := []byte(body)
	if json.Valid(text) {
		text = maskJSON(text)
	} else if at := suspect.FindIndex(text[:min(len(text), bodyLimit)]); at != nil {
		text = append(text[:at[1]:at[1]], mask...)
	}
	return cut(text)
}

// plain tells whether nothing in text can be, or can be written as, one of the words: most bodies are so, and need no
// parsing.
func plain(text string) bool {
	for i := range len(text) {
		switch c := text[i]; {
		case c == 0 || c == '\\' || c == '%' || c >= utf8.RuneSelf:
			return false
		case c|0x20 == 'p' && folds(text[i:], "password"), c|0x20 == 't' && folds(text[i:], "token"):
			return false
		}
	}
	return true
}

// folds tells whether text begins with the word, which is of small letters, in any case.
func folds(text, word string) bool {
	return len(text) >= len(word) && strings.EqualFold(text[:len(word)], word)
}

// cut makes valid text of at most bodyLimit bytes.
func cut(body []byte) string {
	text := string(body[:min(len(body), bodyLimit+utf8.UTFMax)])
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\uFFFD"), "\x00", "\uFFFD")
	if len(text) <= bodyLimit {
		return text
	}
	end := bodyLimit
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end]
}

// maskJSON masks the values under secret keys in a valid JSON document. It copies everything else byte for byte.
func maskJSON(doc []byte) []byte {
	out := make([]byte, 0, min(len(doc), 2*bodyLimit))
	copied := 0
	for i := 0; i < len(doc) && len(out) <= bodyLimit; {
		if doc[i] != '"' {
			i++
			continue
		}
		key := doc[i:stringEnd(doc, i)]
		i += len(key)
		value := skipSpace(doc, i)
		if value == len(doc) || doc[value] != ':' || !isSecret(key) {
			continue
		}
		value = skipSpace(doc, value+1)
		out = append(append(out, doc[copied:value]...), '"')
		out = append(append(out, mask...), '"')
		i = valueEnd(doc, value)
		copied = i
	}
	return append(out, doc[copied:]...)
}

func isSecret(quoted []byte) bool {
	if plain(string(quoted)) {
		return false
	}
	var key string
	return json.Unmarshal(quoted, &key) != nil || secretKey.MatchString(key)
}

func skipSpace(doc []byte, i int) int {
	for i < len(doc) && strings.IndexByte(" \t\r\n", doc[i]) >= 0 {
		i++
	}
	return i
}

// stringEnd returns the index behind the string that begins at i.
func stringEnd(doc []byte, i int) int {
	for i++; i < len(doc) && doc[i] != '"'; i++ {
		if doc[i] == '\\' {
			i++
		}
	}
	return min(i+1, len(doc))
}

// valueEnd returns the index behind the value that begins at i.
func valueEnd(doc []byte, i int) int {
	for depth := 0; i < len(doc); {
		switch doc[i] {
		case '"':
			i = stringEnd(doc, i)
			if depth == 0 {
				return i
			}
			continue
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 {
				return i // behind a number or a word
			}
			if depth--; depth == 0 {
				return i + 1
			}
		case ',', ' ', '\t', '\r', '\n':
			if depth == 0 {
				return i
			}
		}
		i++
	}
	return i
}
