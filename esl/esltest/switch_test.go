package esltest_test

import (
	"context"
	"net"
	"strings"
	"testing"

	"callgate/esl/esltest"
)

func TestNew(t *testing.T) {
	tests := []struct {
		name string
		cfg  esltest.Config
		want string
	}{
		{"bad expression", esltest.Config{Extensions: []esltest.Extension{{Name: "x", Match: "("}}}, "extension x"},
		{"bad address", esltest.Config{Addr: "256.0.0.1:1"}, "listen for the event socket"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			for _, begin := range []func(esltest.Config) (*esltest.Switch, error){esltest.New, esltest.Start} {
				if _, err := begin(test.cfg); err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("want %q, got error %v", test.want, err)
				}
			}
		})
	}
}

// TestClose: whatever way a switch was begun, Close leaves nothing of it.
func TestClose(t *testing.T) {
	tests := []struct {
		name string
		do   func(t *testing.T, s *esltest.Switch)
	}{
		{"never ran", func(*testing.T, *esltest.Switch) {}},
		{"never ran, but has a call", func(t *testing.T, s *esltest.Switch) {
			call, err := s.Call(esltest.Call{Number: "7"})
			if err != nil {
				t.Fatal(err)
			}
			closed(t, s)
			select {
			case <-call.Done():
			default:
				t.Error("the call goes on")
			}
		}},
		{"runs by hand", func(t *testing.T, s *esltest.Switch) {
			ran := make(chan error, 1)
			go func() { ran <- s.Run(context.Background()) }()
			newAdmin(t, connect(t, s, nil)) // it serves
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if err := <-ran; err != nil {
				t.Errorf("Run: %v", err)
			}
		}},
		{"its context ends", func(t *testing.T, s *esltest.Switch) {
			ctx, cancel := context.WithCancel(context.Background())
			ran := make(chan error, 1)
			go func() { ran <- s.Run(ctx) }()
			newAdmin(t, connect(t, s, nil))
			cancel()
			if err := <-ran; err != nil {
				t.Errorf("Run: %v", err)
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s, err := esltest.New(esltest.Config{})
			if err != nil {
				t.Fatal(err)
			}
			test.do(t, s)
			closed(t, s)
		})
	}
	t.Run("with work under way", func(t *testing.T) {
		cfg := originateConfig()
		cfg.RecordingsDir = t.TempDir()
		cfg.Extensions = append(cfg.Extensions, esltest.Extension{Match: "^busy$", Apps: []esltest.App{
			{Name: "record_session", Data: cfg.RecordingsDir + "/x.wav"}, {Name: "sleep", Data: "60000"}}})
		s := run(t, cfg)
		a := newAdmin(t, connect(t, s, nil))
		a.command("bgapi originate sofia/internal/sleeps@127.0.0.1:5080 &park()")
		call, err := s.Call(esltest.Call{Number: "7", Extension: "busy"})
		if err != nil {
			t.Fatal(err)
		}
		a.send("api msleep 60000\n\n")
		closed(t, s)
		select {
		case <-call.Done():
		default:
			t.Error("the call goes on")
		}
		if err := s.Run(context.Background()); err == nil {
			t.Error("it ran twice")
		}
	})
}

// closed closes s twice and makes sure that it has gone.
func closed(t *testing.T, s *esltest.Switch) {
	t.Helper()
	for range 2 {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if _, err := s.Call(esltest.Call{}); err == nil {
		t.Error("a call after Close")
	}
	ln, err := net.Listen("tcp", s.Addr())
	if err != nil {
		t.Fatalf("the port is not free: %v", err)
	}
	ln.Close()
}
