package simulator

import (
	"crypto/subtle"
	"encoding/json"
	"net/http"
)

// state is what the control endpoint shows of the servers.
type state struct {
	Version      string
	Certificates []CertificateRecord
	Stores       []Store
	Roles        []Role
	LiveTokens   int
	LiveGrants   int
	Requests     int
	Faults       int
}

// controlHandler serves, to whoever sends the control token as a bearer token:
//
//	GET /journal, DELETE /journal     all requests; forget them
//	GET /state                        certificates with metadata, owner and places; stores; roles; live tokens
//	POST /faults, DELETE /faults      a JSON array of Fault; remove all rules
//	POST /act                         a JSON object of Act
func (s *Simulator) controlHandler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /journal", func(w http.ResponseWriter, _ *http.Request) { show(w, s.Journal()) })
	mux.HandleFunc("DELETE /journal", func(w http.ResponseWriter, _ *http.Request) {
		s.ResetJournal()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) {
		show(w, state{
			Version: s.o.Version, Certificates: s.Certificates(), Stores: s.Stores(), Roles: s.Roles(),
			LiveTokens: s.LiveTokens(), LiveGrants: s.LiveGrants(), Requests: len(s.Journal()), Faults: s.Injected(),
		})
	})
	mux.HandleFunc("POST /faults", func(w http.ResponseWriter, r *http.Request) {
		var list []Fault
		done(w, r, &list, func() error { return s.Inject(list...) })
	})
	mux.HandleFunc("DELETE /faults", func(w http.ResponseWriter, _ *http.Request) {
		s.ClearFaults()
		w.WriteHeader(http.StatusNoContent)
	})
	mux.HandleFunc("POST /act", func(w http.ResponseWriter, r *http.Request) {
		var a Act
		done(w, r, &a, func() error { return s.Perform(a) })
	})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if subtle.ConstantTimeCompare([]byte(r.Header.Get("Authorization")), []byte("Bearer "+s.control)) != 1 {
			http.Error(w, "send the token that was printed at the start as Authorization: Bearer", http.StatusUnauthorized)
			return
		}
		mux.ServeHTTP(w, r)
	})
}

func show(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(v)
}

// done decodes what was posted and does it; unknown members are an error, so that a misspelt rule is noticed.
func done(w http.ResponseWriter, r *http.Request, into any, do func() error) {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil {
		err = do()
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusNoContent)
}
