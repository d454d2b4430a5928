package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"cchc/base/i18n"
	"cchc/base/points"
	"cchc/scorecard/ranking"
)

type rankCmd struct {
	CSV      string   `help:"Rows block,unit,score,max: the same rows with percent, rank and band." required:"" placeholder:"FILE" name:"csv"`
	Ties     string   `help:"What equal units get: shared (1, 2, 2, 4), ordinal, or printed: equal as printed share." enum:"shared,ordinal,printed" default:"shared"`
	By       []string `help:"Columns that tell equal units apart with --ties=ordinal, the larger first; -COLUMN: the smaller." placeholder:"COLUMN"`
	Bands    string   `help:"Bands: YAML as in criteria sets, or CSV with label, min, strict." placeholder:"FILE"`
	Decimals int      `help:"Places of the percent, 0 to 4." default:"2"`
}

// Run prints the rows of a file with their places; means and contradictions of
// published figures go to stderr.
func (c rankCmd) Run(ctx context.Context, s streams) error {
	if c.Decimals < 0 || c.Decimals > 4 {
		return fmt.Errorf("--decimals: %d is not from 0 to 4", c.Decimals)
	}
	set := ranking.Settings{Ties: ranking.Ties(c.Ties), Decimals: c.Decimals}
	if c.Bands != "" {
		f, err := os.Open(c.Bands)
		if err != nil {
			return fmt.Errorf("--bands: %w", err)
		}
		defer f.Close()
		if set.Bands, err = ranking.ReadBands(f); err != nil {
			return fileError(c.Bands, err)
		}
	}
	var sum ranking.Summary
	err := throughFile(s, c.CSV, func(in io.Reader, out io.Writer) (err error) {
		sum, err = ranking.RankCSV(in, out, set, c.By...)
		return err
	})
	if bad := ranking.Wrong(nil); errors.As(err, &bad) {
		return wrongRows(ctx, c.CSV, bad)
	}
	if err != nil {
		return err
	}
	for _, m := range sum.Means {
		block := m.Block
		if block != "" {
			block += ": "
		}
		fmt.Fprintf(s.err, "cchc: %smean %s of %d units\n", block, ranking.Print(points.Round(m.Mean, c.Decimals), c.Decimals), m.Units)
	}
	for _, d := range sum.Doubts {
		fmt.Fprintf(s.err, "cchc: %s: %s\n", d.Unit, i18n.T(ctx, "results.doubt."+d.Kind, d.Args...))
	}
	return nil
}

// wrongRows makes one error of what is wrong in a file, each on a line of its own.
func wrongRows(ctx context.Context, path string, bad ranking.Wrong) error {
	lines := make([]string, len(bad))
	for i, f := range bad {
		lines[i] = explain(ctx, fileError(path, f))
	}
	return errors.New(strings.Join(lines, "\n"))
}
