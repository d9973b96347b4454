package simulator

import "time"

const restarting = `{"ErrorCode":"0xA0110000","Message":"The service is being restarted."}`

// Small are faults in the small doses of a bad day, for a demonstration: about one request in thirty fails, each in a
// way that a client recovers from within seconds. The same seed and the same requests give the same faults.
func Small(seed uint64) []Fault {
	return seeded(seed, []Fault{
		{Server: "command", Kind: FaultStatus, Status: 503, Body: restarting, RetryAfter: 1, Probability: 0.01},
		{Server: "command", Kind: FaultStatus, Status: 502, Body: "<html><body>Bad Gateway</body></html>", Probability: 0.01},
		{Server: "command", Method: "GET", Kind: FaultReset, Probability: 0.01},
		{Server: "command", Kind: FaultLoseAnswer, Probability: 0.005},
		{Server: "command", Method: "GET", Kind: FaultTrickle, Delay: time.Millisecond, Probability: 0.005},
		{Server: "idp", Kind: FaultStatus, Status: 503, Probability: 0.02},
	})
}

// Every makes about that share (0 to 1) of Command's requests fail, in equal parts by every kind of fault that a client
// can recover from: statuses with JSON, HTML, empty and non-object bodies, Retry-After of one second as a number and as
// a date, resets before and after the request was carried out, silence, bodies cut, trickled and flooded, a port that
// refuses, tokens ended, a query that is ignored, a new server certificate. Who wants a second actor adds FaultAct.
func Every(seed uint64, share float64) []Fault {
	list := []Fault{
		{Kind: FaultStatus, Status: 500, Body: `{"ErrorCode":"0xA0110000","Message":"An unexpected error occurred."}`},
		{Kind: FaultStatus, Status: 502, Body: "<html><body><h1>Bad Gateway</h1></body></html>"},
		{Kind: FaultStatus, Status: 503},
		{Kind: FaultStatus, Status: 504, Body: `"gateway timeout"`},
		{Kind: FaultStatus, Status: 503, Body: restarting, RetryAfter: 1},
		{Kind: FaultStatus, Status: 429, Body: restarting, RetryAfter: 1, RetryAfterDate: true},
		{Kind: FaultStatus, Status: 408},
		{Kind: FaultReset},
		{Kind: FaultLoseAnswer},
		{Kind: FaultHang},
		{Kind: FaultHangAfter},
		{Kind: FaultCut},
		{Kind: FaultTrickle, Delay: time.Millisecond},
		{Kind: FaultFlood},
		{Kind: FaultRefuse, Delay: 50 * time.Millisecond},
		{Kind: FaultEndTokens},
		{Kind: FaultIgnoreQuery, Method: "GET"},
		{Kind: FaultChangeCertificate, Trusted: true},
	}
	// The n-th rule sees what the rules before it let pass; this keeps the parts equal.
	each := share / float64(len(list))
	for i := range list {
		list[i].Server = "command"
		list[i].Probability = min(1, each/(1-float64(i)*each))
	}
	return seeded(seed, list)
}

func seeded(seed uint64, list []Fault) []Fault {
	for i := range list {
		list[i].Seed = seed
	}
	return list
}
