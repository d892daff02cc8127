package summary

import (
	"fmt"
	"testing"
)

func BenchmarkOf(b *testing.B) {
	for _, n := range []int{100, 1_000, 10_000} {
		b.Run(fmt.Sprintf("messages=%d", n), func(b *testing.B) {
			in := room(b, 1, n)
			for b.Loop() {
				Of(in.Input)
			}
		})
	}
}
