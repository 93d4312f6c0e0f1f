package gateway

// Judged is what Send makes of an answer.
func (h *HTTP) Judged(t Text, status int, body []byte, wait string) Sent {
	s := h.d.Send.judge(newAnswer(status, body, wait))
	s.Reason = words(s.Reason, h.secrets, t)
	return s
}

// AtPath is the text that lies there in some JSON.
func AtPath(path, body string) (text string, found bool, err error) {
	p, err := parsePath(path)
	if err != nil {
		return "", false, err
	}
	value, err := parse([]byte(body))
	if err != nil {
		return "", false, err
	}
	at := p.at(value)
	text, _ = scalar(at)
	return text, at != nil, nil
}
