package transport

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

func TestRedirect_GetToTheSameOriginIsFollowed(t *testing.T) {
	for _, code := range []int{301, 302, 303, 307, 308} {
		tr, server, _ := start(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/old" {
				http.Redirect(w, r, "/new?x=1", code)
				return
			}
			_, _ = fmt.Fprint(w, r.URL)
		}, nil)
		resp, err := tr.Client(nil).Get(server.URL + "/old")
		if err != nil {
			t.Fatal(err)
		}
		if got := text(t, resp); got != "/new?x=1" {
			t.Errorf("%d: ended at %s", code, got)
		}
	}
}

func TestRedirect_OtherOriginIsNamedAndNotAsked(t *testing.T) {
	var asked atomic.Int32
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer other.Close()
	tr, server, _ := start(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", r.URL.Query().Get("to"))
		w.WriteHeader(302)
	}, nil)
	host := strings.TrimPrefix(server.URL, "https://")
	for to, want := range map[string]string{
		other.URL + "/login?token=x":    other.URL,
		"http://" + host + "/":          "http://" + host,
		"https://127.0.0.1:1/":          "https://127.0.0.1:1",
		"https://user:pw@" + host + "/": server.URL,
		"//login.example/x":             "https://login.example",
		"":                              "",
		"https://bad host/%zz":          "",
		"file:///etc/passwd":            "",
	} {
		_, err := tr.Client(nil).Get(server.URL + "/?to=" + strings.ReplaceAll(strings.ReplaceAll(to, "%", "%25"), " ", "%20"))
		got := cause[*RedirectError](t, err)
		if got.To != want || got.From != server.URL || got.Status != 302 || strings.Contains(got.Error(), "token") {
			t.Errorf("%s: %+v", to, got)
		}
	}
	if asked.Load() != 0 {
		t.Error("another server was asked")
	}
}

func TestRedirect_OnlyGetIsFollowed(t *testing.T) {
	for _, method := range []string{"POST", "PUT", "DELETE", "HEAD", "PATCH"} {
		for _, code := range []int{300, 301, 302, 303, 304, 307, 308} {
			var requests atomic.Int32
			tr, server, _ := start(t, func(w http.ResponseWriter, _ *http.Request) {
				requests.Add(1)
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(code)
			}, nil)
			_, err := tr.Client(nil).Do(request(t, t.Context(), method, server.URL, "secret body"))
			got := cause[*RedirectError](t, err)
			if got.Method != method || got.Status != code || requests.Load() != 1 {
				t.Errorf("%s %d: %+v after %d requests", method, code, got, requests.Load())
			}
			if got := cause[*Error](t, err); got.MayHaveBeenCarriedOut != (code == 303 && method != "HEAD") {
				t.Errorf("%s %d: may have been carried out: %t", method, code, got.MayHaveBeenCarriedOut)
			}
		}
	}
}

func TestRedirect_NotModifiedIsAnOrdinaryAnswer(t *testing.T) {
	tr, server, _ := start(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(304) }, nil)
	resp, err := tr.Client(nil).Get(server.URL)
	if err != nil || resp.StatusCode != 304 {
		t.Error(resp, err)
	}
}

func TestRedirect_Endless(t *testing.T) {
	var requests atomic.Int32
	tr, server, _ := start(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, fmt.Sprint("/", requests.Add(1)), 302)
	}, nil)
	_, err := tr.Client(nil).Get(server.URL)
	if got := cause[*LimitError](t, err); got.Limit != 10 || requests.Load() != 11 {
		t.Errorf("%+v after %d requests", got, requests.Load())
	}
}

func TestOrigin_DefaultPortsAndCase(t *testing.T) {
	for url, want := range map[string]string{
		"https://Host.Example:443/x": "https://host.example",
		"HTTP://host:80":             "http://host",
		"https://host:80":            "https://host:80",
		"https://[2001:DB8::1]:8443": "https://[2001:db8::1]:8443",
	} {
		if got := Origin(request(t, t.Context(), "GET", url, "").URL); got != want {
			t.Errorf("%s is %s, want %s", url, got, want)
		}
	}
}
