package esltest

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// report is CS_REPORTING: the CDR is posted on the channel's own thread, so a
// slow endpoint delays whatever comes after.
func (c *channel) report() {
	cfg := &c.s.cfg.CDR
	if cfg.URL == "" && cfg.LogDir == "" {
		return
	}
	bLeg := c.profile.originator != nil
	if !c.wantsCDR(bLeg) {
		return
	}
	name := c.uuid
	if prefix := c.get("prefix-a-leg"); !bLeg && (isTrue(prefix) || prefix == "" && !cfg.NoPrefix) {
		name = "a_" + name
	}
	document := c.cdr()
	s := c.s
	s.outside(func() {
		if cfg.URL == "" {
			s.saveCDR(cfg.LogDir, name, document)
			return
		}
		s.postCDR(name, document)
	})
}

func (c *channel) wantsCDR(bLeg bool) bool {
	if causes := c.get("skip_cdr_causes"); causes != "" && strings.Contains("|"+causes+"|", "|"+c.cause+"|") {
		return false
	}
	switch v := strings.ToLower(c.get("process_cdr")); {
	case v == "a_only":
		return !bLeg
	case v == "b_only":
		return bLeg
	case v != "" && !isTrue(v):
		return false
	}
	return !bLeg || !c.s.cfg.CDR.NoBLeg || isTrue(c.get("force_process_cdr"))
}

// postCDR tries, waits and tries again; what cannot be delivered is written to
// the error directory in its encoded form, where nobody looks for it.
func (s *Switch) postCDR(name, document string) {
	cfg := &s.cfg.CDR
	encoded, kind := document, "application/x-www-form-plaintext"
	switch strings.ToLower(cfg.Encode) {
	case "textxml":
		kind = "text/xml"
	case "base64":
		encoded, kind = base64.StdEncoding.EncodeToString([]byte(document)), "application/x-www-form-base64-encoded"
	case "true":
		encoded, kind = percent(document, false), "application/x-www-form-urlencoded"
	}
	body := "cdr=" + encoded
	if kind == "text/xml" {
		body = document
	}
	if cfg.No100Continue {
		kind = "application/x-www-form-urlencoded"
	}
	for try := 0; try <= cfg.Retries; try++ {
		if try > 0 {
			t := time.NewTimer(s.real(cfg.Delay))
			select {
			case <-t.C:
			case <-s.ctx.Done():
				t.Stop()
				return
			}
		}
		err := s.tryPost(name, body, kind)
		if err == nil {
			return
		}
		s.cfg.Logger.Info("post CDR", "error", err)
	}
	s.saveCDR(cfg.ErrLogDir, name, encoded)
}

func (s *Switch) tryPost(name, body, kind string) error {
	cfg := &s.cfg.CDR
	separator := "?"
	if strings.Contains(cfg.URL, "?") {
		separator = "&"
	}
	ctx, cancel := context.WithTimeout(s.ctx, cfg.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, cfg.URL+separator+"uuid="+name, bytes.NewReader([]byte(body)))
	if err != nil {
		return fmt.Errorf("make CDR request: %w", err)
	}
	req.Header.Set("User-Agent", "freeswitch-xml/1.0")
	req.Header.Set("Accept", "*/*")
	req.Header.Set("Content-Type", kind)
	if cfg.User != "" || cfg.Password != "" {
		req.SetBasicAuth(cfg.User, cfg.Password)
	}
	// One connection for every record, no redirects, as libcurl is used there.
	client := http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true, DisableCompression: true, DialContext: s.cfg.Dial},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20))
	res.Body.Close()
	if err != nil {
		return fmt.Errorf("read answer to CDR: %w", err)
	}
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return fmt.Errorf("CDR refused: %s", res.Status)
	}
	return nil
}

func (s *Switch) saveCDR(dir, name, text string) {
	if dir == "" || strings.ContainsAny(name, `/\`) {
		return
	}
	if err := os.WriteFile(filepath.Join(dir, name+".cdr.xml"), []byte(text), 0o644); err != nil {
		s.cfg.Logger.Error("save CDR", "error", err)
	}
}
