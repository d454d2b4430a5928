package i18n

import (
	"slices"
	"sync"

	"golang.org/x/text/collate"
	"golang.org/x/text/language"
)

// Collators are not safe for concurrent use, and dear to make.
var collators = sync.Pool{New: func() any { return collate.New(language.Vietnamese) }}

// Compare orders two texts as a Vietnamese dictionary does: ă and â after a, đ
// after d, then by tone: ngang, huyền, hỏi, ngã, sắc, nặng. Texts that the
// dictionary takes for equal are ordered by their bytes, so that a sort is stable.
func Compare(a, b string) int {
	c := collators.Get().(*collate.Collator)
	defer collators.Put(c)
	if n := c.CompareString(a, b); n != 0 {
		return n
	}
	switch {
	case a < b:
		return -1
	case a > b:
		return 1
	}
	return 0
}

// SortBy sorts in Vietnamese order of the text that key returns.
func SortBy[T any](s []T, key func(T) string) {
	slices.SortStableFunc(s, func(a, b T) int { return Compare(key(a), key(b)) })
}

// CollationKey returns bytes that compare as Compare orders, to be kept in a
// column that SQL sorts by.
func CollationKey(s string) []byte {
	c := collators.Get().(*collate.Collator)
	defer collators.Put(c)
	var b collate.Buffer
	return slices.Clone(c.KeyFromString(&b, s))
}
