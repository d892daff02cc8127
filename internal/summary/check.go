package summary

import "fmt"

// Check says what is wrong with a summary of an input, whoever made it: a
// sentence that cites nothing, a message twice, or one that is not in the input.
func Check(in Input, s Summary) error {
	known := make(map[string]bool, len(in.Messages))
	for i := range in.Messages {
		known[in.Messages[i].ID] = true
	}
	for i, sentence := range s.Sentences {
		if len(sentence.MessageIDs) == 0 {
			return fmt.Errorf("sentence %d cites nothing", i+1)
		}
		cited := make(map[string]bool, len(sentence.MessageIDs))
		for _, id := range sentence.MessageIDs {
			switch {
			case !known[id]:
				return fmt.Errorf("sentence %d cites %q, which is not in the input", i+1, id)
			case cited[id]:
				return fmt.Errorf("sentence %d cites %q twice", i+1, id)
			}
			cited[id] = true
		}
	}
	return nil
}
