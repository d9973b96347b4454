package main

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// output is written by the command and read by the test.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(b []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(b)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

func TestRun_PrintsWhatToPasteAndLeavesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	ctx, interrupt := context.WithCancel(t.Context())
	var out, errors output
	ended := make(chan error)
	go func() {
		ended <- run(ctx, []string{"-version", "12.4.0.0", "-faults", "-seed", "7", "-v"}, &out, &errors)
	}()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(out.String(), "Interrupt"); {
		if time.Now().After(deadline) {
			t.Fatalf("nothing was printed: %s", &errors)
		}
		time.Sleep(time.Millisecond)
	}
	text := out.String()
	for _, want := range []string{
		`endpoint       = "https://127.0.0.1:`, `basic = { username = "KEYEXAMPLE\\svc-terraform", password = "Pw-`,
		"/vedauth", "fault seed         7", "Authorization: Bearer control-",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	ca := regexp.MustCompile(`ca_certificate = "(.*)"`).FindStringSubmatch(text)[1]
	if data, err := os.ReadFile(ca); err != nil || !strings.Contains(string(data), "BEGIN CERTIFICATE") {
		t.Errorf("CA file: %v", err)
	}
	interrupt()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(os.TempDir()); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestRun_WrongArguments(t *testing.T) {
	for _, args := range [][]string{{"-nothing"}, {"word"}, {"-port", "x"}} {
		var out, errors output
		if err := run(t.Context(), args, &out, &errors); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
