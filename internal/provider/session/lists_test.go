package session

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
)

var testKey = ListKey{Path: "Security/Identities", What: 1}

func TestLists_OneReadForAllWhoAsk(t *testing.T) {
	var lists Lists
	var reads atomic.Int64
	release := make(chan struct{})
	var all sync.WaitGroup
	for range 50 {
		all.Go(func() {
			got, err := Once(t.Context(), &lists, testKey, func(context.Context) (string, error) {
				reads.Add(1)
				<-release
				return "list", nil
			})
			if got != "list" || err != nil {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
	close(release)
	all.Wait()
	if n := reads.Load(); n != 1 {
		t.Errorf("read %d times", n)
	}
}

func TestLists_OtherKeysAreOtherLists(t *testing.T) {
	var lists Lists
	for n := range 3 {
		got, err := Once(t.Context(), &lists, ListKey{Path: "Security/Identities", What: n}, func(context.Context) (int, error) { return n, nil })
		if got != n || err != nil {
			t.Errorf("got %d, %v; want %d", got, err, n)
		}
	}
}

func TestLists_FirstOneLeavesAndTheOthersGetTheList(t *testing.T) {
	var lists Lists
	started, release := make(chan struct{}), make(chan struct{})
	first, leave := context.WithCancel(t.Context())
	read := func(ctx context.Context) (string, error) {
		close(started)
		select {
		case <-release:
			return "list", nil
		case <-ctx.Done():
			return "", ctx.Err()
		}
	}
	left := make(chan error, 1)
	go func() {
		_, err := Once(first, &lists, testKey, read)
		left <- err
	}()
	<-started
	second := make(chan error, 1)
	r := lists.join(t.Context(), testKey, nil) // the second one waits already
	go func() {
		<-r.done
		second <- r.err
	}()
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("the first one got %v", err)
	}
	close(release)
	if err := <-second; err != nil {
		t.Errorf("the second one got %v", err)
	}
}

func TestLists_LastOneLeavesAndTheReadEnds(t *testing.T) {
	var lists Lists
	started, ended := make(chan struct{}), make(chan struct{})
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		<-started
		leave()
	}()
	_, err := Once(ctx, &lists, testKey, func(ctx context.Context) (string, error) {
		close(started)
		<-ctx.Done()
		close(ended)
		return "", ctx.Err()
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
	<-ended
	got, err := Once(t.Context(), &lists, testKey, func(context.Context) (string, error) { return "list", nil })
	if got != "list" || err != nil {
		t.Errorf("afterwards: %q, %v", got, err)
	}
}

func TestLists_ErrorIsNotKept(t *testing.T) {
	var lists Lists
	failure := errors.New("broken")
	if _, err := Once(t.Context(), &lists, testKey, func(context.Context) (string, error) { return "", failure }); !errors.Is(err, failure) {
		t.Errorf("error = %v", err)
	}
	if got, err := Once(t.Context(), &lists, testKey, func(context.Context) (string, error) { return "list", nil }); got != "list" || err != nil {
		t.Errorf("afterwards: %q, %v", got, err)
	}
}

// writing makes a request pass the watcher of a session's writes.
func writing(t *testing.T, lists *Lists, method, path string) {
	t.Helper()
	w := &writeWatcher{lists: lists, base: "/KeyfactorAPI", next: answering{}}
	req, err := http.NewRequestWithContext(t.Context(), method, "https://command.test/KeyfactorAPI/"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := w.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
}

type answering struct{}

func (answering) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody}, nil
}

func TestLists_WriteMakesThemBeReadAgain(t *testing.T) {
	for _, test := range []struct {
		method, path string
		again        bool
	}{
		{"POST", "Certificates/Import", true},
		{"PUT", "Certificates/Metadata", true},
		{"DELETE", "certificates/7", true},
		{"POST", "Certificates/Analyze", false},
		{"GET", "Certificates", false},
		{"POST", "Security/Roles", false},
	} {
		var lists Lists
		reads := 0
		read := func(context.Context) (int, error) { reads++; return reads, nil }
		key := ListKey{Path: "Certificates", What: "query"}
		for range 2 {
			if _, err := Once(t.Context(), &lists, key, read); err != nil {
				t.Fatal(err)
			}
			writing(t, &lists, test.method, test.path)
		}
		if want := map[bool]int{true: 2, false: 1}[test.again]; reads != want {
			t.Errorf("%s %s: read %d times, want %d", test.method, test.path, reads, want)
		}
	}
}

func TestLists_ReadUnderWayDuringAWriteIsNotGivenToWhoAsksAfterwards(t *testing.T) {
	var lists Lists
	started, release := make(chan struct{}), make(chan struct{})
	key := ListKey{Path: "Certificates", What: "query"}
	before := make(chan string, 1)
	go func() {
		got, _ := Once(t.Context(), &lists, key, func(context.Context) (string, error) {
			close(started)
			<-release
			return "old", nil
		})
		before <- got
	}()
	<-started
	writing(t, &lists, "POST", "Certificates/Import")
	after, err := Once(t.Context(), &lists, key, func(context.Context) (string, error) { return "new", nil })
	if after != "new" || err != nil {
		t.Errorf("after the write: %q, %v", after, err)
	}
	close(release)
	if got := <-before; got != "old" {
		t.Errorf("who asked before the write got %q", got)
	}
}
