package summary

import "context"

// A Rewriter says a summary in better words, with a model of its own. It gets
// the input and what Of made of it, and treats the texts in both as data. What it
// returns is used only if Check finds nothing wrong with it; with an error, or
// after its context has ended, the summary stays as it was. Its Method names the
// model. None is attached yet.
type Rewriter interface {
	Rewrite(ctx context.Context, in Input, s Summary) (Summary, error)
}
