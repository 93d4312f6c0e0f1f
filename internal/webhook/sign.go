package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// The headers of what is sent, as Standard Webhooks has them.
const (
	headerID        = "Webhook-Id"
	headerTimestamp = "Webhook-Timestamp"
	headerSignature = "Webhook-Signature"
)

// Sign is the signature of a body that is sent at a time under the id of its event, by each of the secrets: "v1=" and the
// HMAC-SHA256 of ID.TIMESTAMP.BODY, hexadecimal, a blank between two. The timestamp is in whole seconds since 1970 UTC, so
// that a receiver can refuse what somebody kept and sends again.
func Sign(id string, at time.Time, body []byte, secrets ...string) string {
	all := make([]string, len(secrets))
	for i, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(id + "." + timestamp(at) + "."))
		mac.Write(body)
		all[i] = "v1=" + hex.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(all, " ")
}

func timestamp(at time.Time) string { return strconv.FormatInt(at.Unix(), 10) }
