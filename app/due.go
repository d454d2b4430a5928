package app

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"

	"cchc/base/moment"
	"cchc/calendar"
	"cchc/data"
)

type dueCmd struct {
	Received string   `help:"When it was received: 2026-11-23T09:00." placeholder:"TIME"`
	Limit    string   `help:"How much time there is: 7.5 or 7,5." placeholder:"N"`
	In       string   `help:"Unit of the limit: working_day, calendar_day, hour, month, year, same_day." default:"working_day"`
	Mode     string   `help:"Convention: days (end of the Nth working day) or clock (same time N days later)." enum:"days,clock" default:"days"`
	Stop     []string `help:"An interval in which the clock stands still, FROM..TO; can be repeated." placeholder:"FROM..TO" sep:"none"`
	As       []string `help:"What the stop does: pause, reset, extend:N or close; once for each --stop." placeholder:"KIND" sep:"none"`
	CSV      string   `help:"Rows id,received_at,qty,unit: the same rows with due_mode_days and due_mode_clock." placeholder:"FILE" name:"csv"`
	Holidays string   `help:"Days off and make-up days from this CSV instead of the embedded ones." placeholder:"FILE"`
}

// Run prints a due date, or the rows of a file with theirs.
func (c dueCmd) Run(s streams) error {
	cal, err := c.calendar()
	if err != nil {
		return err
	}
	if c.CSV != "" {
		return throughFile(s, c.CSV, func(in io.Reader, out io.Writer) error { return calendar.DueCSV(cal, in, out) })
	}
	if c.Received == "" {
		return fmt.Errorf("--received is missing (or --csv)")
	}
	received, err := moment.ParseInstant(c.Received)
	if err != nil {
		return fmt.Errorf("--received: %w", err)
	}
	if c.Limit == "" && c.In != string(calendar.SameDay) {
		return fmt.Errorf("--limit is missing")
	}
	limit, err := calendar.ParseLimit(strings.TrimSpace(orZero(c.Limit)), c.In)
	if err != nil {
		return fmt.Errorf("--limit, --in: %w", err)
	}
	if len(c.As) != len(c.Stop) {
		return fmt.Errorf("--as: %d given for %d --stop; each stop needs one", len(c.As), len(c.Stop))
	}
	var stops []calendar.Stop
	for i := range c.Stop {
		stop, err := calendar.ParseStop(c.Stop[i], c.As[i])
		if err != nil {
			return fmt.Errorf("--stop, --as: %w", err)
		}
		stops = append(stops, stop)
	}
	p, err := cal.Project(received, limit, calendar.Convention(c.Mode), stops, 0)
	if err != nil {
		return err
	}
	if first, last := cal.Covered(); received.Date() < first || p.Due.Date() > last {
		fmt.Fprintf(s.err, "cchc: days off are known from %s to %s only; %s to %s lies outside\n", first, last, received.Date(), p.Due.Date())
	}
	_, err = fmt.Fprintln(s.out, p.Due)
	return err
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

func (c dueCmd) calendar() (*calendar.Calendar, error) {
	name, text := "embedded holidays", io.Reader(strings.NewReader(data.Holidays))
	if c.Holidays != "" {
		f, err := os.Open(c.Holidays)
		if err != nil {
			return nil, fmt.Errorf("--holidays: %w", err)
		}
		defer f.Close()
		name, text = c.Holidays, f
	}
	days, err := calendar.ParseHolidays(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return calendar.New(calendar.DefaultWeek(), calendar.Days, days)
}

// throughFile runs a filter over a file ("-" is standard input) and prints its
// output only when all of it came out right.
func throughFile(s streams, path string, filter func(in io.Reader, out io.Writer) error) error {
	in := s.in
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		defer f.Close()
		in = f
	}
	var out bytes.Buffer
	if err := filter(in, &out); err != nil {
		return fileError(path, err)
	}
	_, err := out.WriteTo(s.out)
	return err
}
