package ranking

import (
	"math/big"

	"cchc/base/points"
)

// Sample returns how many of N a survey asks so that its result is off by no more
// than e: n = N / (1 + N·e²), rounded up (Slovin's formula, as surveys of
// satisfaction here state it). A published survey of fewer says less than it seems.
func Sample(n int64, e points.Ratio) int64 {
	if n <= 0 {
		return 0
	}
	x := new(big.Rat).Mul(e.Rat(), e.Rat())
	x.Mul(x, big.NewRat(n, 1)).Add(x, big.NewRat(1, 1))
	x.Quo(big.NewRat(n, 1), x)
	whole, rest := new(big.Int).QuoRem(x.Num(), x.Denom(), new(big.Int))
	if rest.Sign() > 0 {
		whole.Add(whole, big.NewInt(1))
	}
	return whole.Int64()
}
