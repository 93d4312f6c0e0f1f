package outside

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// maxAnswer is the largest answer taken, in bytes.
const maxAnswer = 1 << 20

// errNonsense marks an answer that came and cannot be right.
var errNonsense = errors.New("nonsense")

// reply is an HTTP answer read to its end.
type reply struct {
	status int
	age    time.Duration
	body   []byte
}

// exchange asks the server, signed in where a log-in is set; a token that no longer holds is replaced once.
func (s *session) exchange(ctx context.Context, client *http.Client, q question, read func([]byte) (any, error)) (answer, error) {
	token := ""
	var err error
	if s.login != "" {
		if token, err = s.signIn(ctx, client, ""); err != nil {
			return answer{}, err
		}
	}
	r, err := s.post(ctx, client, q.path, q.body, token)
	if err == nil && r.status == http.StatusUnauthorized && s.login != "" {
		if token, err = s.signIn(ctx, client, token); err == nil {
			r, err = s.post(ctx, client, q.path, q.body, token)
		}
	}
	switch {
	case err != nil:
		return answer{}, err
	case r.status == http.StatusNotFound && q.subject != "" && says(r.body, q.subject+" not found"):
		return answer{unknown: true, received: time.Now()}, nil
	case r.status != http.StatusOK:
		return answer{}, fmt.Errorf("it answers with status %d", r.status)
	}
	value, err := read(r.body)
	if err != nil {
		return answer{}, fmt.Errorf("%w: %w", errNonsense, err)
	}
	return answer{value: value, received: time.Now(), age: r.age}, nil
}

// tokenForm is what a header can carry.
var tokenForm = regexp.MustCompile(`^[!-~]{1,1000}$`)

// signIn returns a token other than the one that was refused, "" for none.
func (s *session) signIn(ctx context.Context, client *http.Client, refused string) (string, error) {
	s.signing.Lock()
	defer s.signing.Unlock()
	if s.token != refused && s.token != "" { // somebody else was quicker
		return s.token, nil
	}
	s.token = ""
	body, err := json.Marshal(map[string]string{"login": s.login, "password": s.password})
	if err != nil {
		return "", err
	}
	r, err := s.post(ctx, client, "/auth/login", string(body), "")
	if err != nil {
		return "", fmt.Errorf("sign in: %w", err)
	}
	if r.status != http.StatusOK {
		return "", fmt.Errorf("sign in: it answers with status %d", r.status)
	}
	members, err := object(r.body)
	if err == nil {
		var token string
		if json.Unmarshal(members["access_token"], &token) == nil && tokenForm.MatchString(token) {
			s.token = token
			return token, nil
		}
	}
	return "", fmt.Errorf("sign in: %w: no token in the answer", errNonsense)
}

func (s *session) post(ctx context.Context, client *http.Client, path, body, token string) (reply, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(s.url, "/")+path, strings.NewReader(body))
	if err != nil {
		return reply{}, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "callgate")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := client.Do(req)
	if err != nil {
		return reply{}, err
	}
	defer resp.Body.Close()
	r := reply{status: resp.StatusCode, age: age(resp.Header.Get("Age"))}
	if r.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1)); err != nil {
		return reply{}, fmt.Errorf("read the answer: %w", err)
	}
	if len(r.body) > maxAnswer {
		return reply{}, fmt.Errorf("%w: more than %d bytes", errNonsense, maxAnswer)
	}
	return r, nil
}

// age reads how many seconds old the server says its answer is.
func age(header string) time.Duration {
	n, err := strconv.ParseUint(header, 10, 31)
	if err != nil {
		return 0
	}
	return time.Duration(n) * time.Second
}

// says tells whether the body is the documented error of that text.
func says(body []byte, text string) bool {
	members, err := object(body)
	var said string
	return err == nil && json.Unmarshal(members["error"], &said) == nil && said == text
}
