// Package guide holds the guides of the product's pages, in each language: plain
// markdown, one main heading each. Package help shows them.
package guide

import "embed"

// Files has vi/NAME.md and en/NAME.md for every guide.
//
//go:embed vi/*.md en/*.md
var Files embed.FS
