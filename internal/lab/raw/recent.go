package raw

// Recent is the latency of what arrived between two samples. Percentiles cannot be
// added up: those of the whole run are in End.
type Recent struct {
	Delivery Percentiles `json:"delivery"`
	Receipt  Percentiles `json:"receipt"`
}

// Percentiles are in microseconds; without a count they mean nothing.
type Percentiles struct {
	Count int64 `json:"count"`
	P50   int64 `json:"p50"`
	P99   int64 `json:"p99"`
	Max   int64 `json:"max"`
}
