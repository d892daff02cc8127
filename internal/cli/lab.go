package cli

// LabCmd is the load lab.
type LabCmd struct {
	Run     LabRunCmd     `cmd:"" help:"Load a server, and write raw results and a report."`
	Report  LabReportCmd  `cmd:"" help:"Make the report of a run again from its raw results."`
	Compare LabCompareCmd `cmd:"" help:"Put runs side by side, the baseline first."`
	Model   LabModelCmd   `cmd:"" help:"A stand-in for an analyser that takes long for each message."`
}

// statusInvalid is the exit status of a run that supports no claim, and of a
// comparison without a verdict.
const statusInvalid = 3
