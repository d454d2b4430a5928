package app

import (
	"context"
	"fmt"
	"io"

	"cchc/base/moment"
	"cchc/data"
	"cchc/serviceindex"
)

type score766Cmd struct {
	CSV string `help:"Rows unit,metric,numerator,denominator: the same rows with points." required:"" placeholder:"FILE" name:"csv"`
	On  string `help:"Formulas in force on that day; the newest when left out." placeholder:"DATE"`
}

// Run prints the rows of a file with their points.
func (c score766Cmd) Run(ctx context.Context, s streams) error {
	sets, err := serviceindex.LoadSets(data.QD766)
	if err != nil {
		return err
	}
	on := moment.Date(1 << 20) // beyond any version that ends
	if c.On != "" {
		if on, err = moment.ParseDate(c.On); err != nil {
			return fmt.Errorf("--on: %w", err)
		}
	}
	set, ok := sets.On(on)
	if !ok {
		return fmt.Errorf("--on: no formulas are in force on %s", on)
	}
	return throughFile(s, c.CSV, func(in io.Reader, out io.Writer) error { return set.ScoreCSV(in, out) })
}
