package outside

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"
	"unicode/utf8"
)

// Stat is how many agents a project has: logged in, and of these ready, not ready and talking.
type Stat struct{ LoggedIn, Ready, NotReady, Talking int }

// ProjectStat is the Stat of one project.
type ProjectStat struct {
	Project string
	Stat    Stat
}

// maxStat is the largest answer taken, in bytes.
const maxStat = 1 << 20

// OnlineStat asks an online-statistics server that speaks the words of our own API.
type OnlineStat struct{ client *Client }

// NewOnlineStat makes an OnlineStat that asks by the client.
func NewOnlineStat(c *Client) *OnlineStat { return &OnlineStat{c} }

// Get asks for one project and tells how old the answer is. fault.NotFound "Project" when the server does not know
// it, else failures are fault.OutsideDown.
func (o *OnlineStat) Get(ctx context.Context, project string) (Stat, time.Duration, error) {
	body, err := json.Marshal(map[string]string{"project_id": project})
	if err != nil {
		return Stat{}, 0, err
	}
	return ask(ctx, o.client, question{path: "/onlinestat/get", message: inJSON(string(body)), subject: "Project", limit: maxStat}, whole(readStat))
}

// All asks for all projects, in the order in which the server names them. What it returns is shared and must not be
// written to.
func (o *OnlineStat) All(ctx context.Context) ([]ProjectStat, time.Duration, error) {
	return ask(ctx, o.client, question{path: "/onlinestat/all", message: inJSON("{}"), limit: maxStat}, whole(readStats))
}

// readStat reads the four numbers and holds them against each other.
func readStat(body []byte) (Stat, error) {
	members, err := object(body)
	if err != nil {
		return Stat{}, err
	}
	var s Stat
	for _, m := range []struct {
		name string
		to   *int
	}{{"cntLoggedIn", &s.LoggedIn}, {"cntReady", &s.Ready}, {"cntNotReady", &s.NotReady}, {"cntTalking", &s.Talking}} {
		n, err := strconv.ParseUint(string(members[m.name]), 10, 31)
		if err != nil {
			return Stat{}, fmt.Errorf("%s is no whole number from 0 to %d", m.name, math.MaxInt32)
		}
		*m.to = int(n)
	}
	if s.LoggedIn != s.Ready+s.NotReady+s.Talking {
		return Stat{}, errors.New("the sum is wrong")
	}
	return s, nil
}

// readStats reads a Stat for each project, and keeps their order.
func readStats(body []byte) ([]ProjectStat, error) {
	all := []ProjectStat{}
	err := members(body, func(project string, value json.RawMessage) error {
		s, err := readStat(value)
		if err != nil {
			return fmt.Errorf("project %d of the answer: %w", len(all)+1, err)
		}
		all = append(all, ProjectStat{project, s})
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

var errNoObject = errors.New("it is not one JSON object")

// object reads the members of one JSON object.
func object(body []byte) (map[string]json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	err := members(body, func(name string, value json.RawMessage) error { all[name] = value; return nil })
	return all, err
}

// members calls f for each member of the JSON object that body is, in their order. A name that stands there twice
// leaves open which one is meant, and fails. No error quotes the body.
func members(body []byte, f func(name string, value json.RawMessage) error) error {
	// The whole is valid, so what follows only takes it apart.
	if !utf8.Valid(body) || !json.Valid(body) {
		return errNoObject
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return errNoObject
	}
	seen := map[string]bool{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return errNoObject
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return errNoObject
		}
		text, _ := name.(string)
		if seen[text] {
			return errors.New("a name stands there twice")
		}
		seen[text] = true
		if err := f(text, value); err != nil {
			return err
		}
	}
	return nil
}
