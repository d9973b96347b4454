package simulator

import "time"

// Small are faults in the small doses of a bad day, for a demonstration: about one request in thirty fails in a way
// that a client recovers from within seconds. The seed is that of Options.Seed and decides how the doses are mixed.
func Small(seed uint64) []Fault {
	unavailable := `{"ErrorCode":"0xA0110000","Message":"The service is being restarted."}`
	faults := []Fault{
		{Server: "command", Kind: FaultStatus, Status: 503, Body: unavailable, RetryAfter: 1, Probability: 0.01},
		{Server: "command", Kind: FaultStatus, Status: 502, Body: "<html><body>Bad Gateway</body></html>", Probability: 0.01},
		{Server: "command", Method: "GET", Kind: FaultReset, Probability: 0.01},
		{Server: "command", Kind: FaultLoseAnswer, Probability: 0.005},
		{Server: "command", Method: "GET", Kind: FaultTrickle, Delay: 10 * time.Microsecond, Probability: 0.005},
		{Server: "idp", Kind: FaultStatus, Status: 503, Probability: 0.02},
	}
	turn := int(seed % uint64(len(faults)))
	return append(faults[turn:len(faults):len(faults)], faults[:turn]...)
}
