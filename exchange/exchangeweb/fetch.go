package exchangeweb

import (
	"bufio"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"cchc/exchange"
)

const (
	fetchFor   = 10 * time.Minute // one page of a list
	fetchPages = 20_000
	fetchPage  = 64 << 20 // bytes of a page in JSON
)

// Fetch implements exchange.Fetcher. A list in pages, as our own
// GET /api/v1/feed/dossiers is, is read to its end: the next page is where its Link
// header says, at the same host, or the same address with the cursor that its body
// has as next. Whatever is no JSON is taken as it is, as one file.
func (s *Sender) Fetch(ctx context.Context, l exchange.Link, address string, to io.Writer, told func(rows int64)) error {
	next, err := url.Parse(address)
	if err != nil {
		return err
	}
	if !s.Listed(next) {
		return errUnlisted
	}
	allowed := s.allowed(next)
	if next.Scheme != "https" && !allowed {
		return errors.New("only https is allowed")
	}
	first, client := *next, s.client(allowed)
	client.Timeout = fetchFor
	var table *csv.Writer
	rows, seen := int64(0), map[string]bool{}
	for page := 0; next != nil; page++ {
		if page == fetchPages || seen[next.String()] {
			return errors.New("the list has no end")
		}
		seen[next.String()] = true
		answer, err := s.ask(ctx, client, l, next)
		if err != nil {
			return err
		}
		body := bufio.NewReaderSize(answer.Body, 4096)
		if table == nil && !inJSON(body) {
			n, err := io.Copy(to, io.LimitReader(body, maxList+1))
			answer.Body.Close()
			if err == nil && n > maxList {
				err = fmt.Errorf("the list is larger than %d MB", maxList>>20)
			}
			return err
		}
		if table == nil {
			table = csv.NewWriter(to)
			if err := table.Write([]string{"code", "status", "system", "time"}); err != nil {
				return err
			}
		}
		n, cursor, err := pageOf(io.LimitReader(body, fetchPage), table)
		answer.Body.Close()
		if err != nil {
			return err
		}
		rows += n
		told(rows)
		if next, err = after(&first, next, answer.Header.Values("Link"), cursor); err != nil {
			return err
		}
	}
	table.Flush()
	return table.Error()
}

func (s *Sender) ask(ctx context.Context, client *http.Client, l exchange.Link, at *url.URL) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json, text/csv, application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	r.Header.Set("User-Agent", "cchc")
	r.Header.Set("Authorization", "Bearer "+l.Secret)
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	if answer.StatusCode != http.StatusOK {
		answer.Body.Close()
		return nil, fmt.Errorf("answered %s", answer.Status)
	}
	return answer, nil
}

// inJSON looks at how a body begins.
func inJSON(r *bufio.Reader) bool {
	head, _ := r.Peek(64)
	text := strings.TrimLeft(strings.TrimPrefix(string(head), "\ufeff"), " \t\r\n")
	return strings.HasPrefix(text, "[") || strings.HasPrefix(text, "{")
}

// pageOf writes the dossiers of a page as lines and returns how many there were,
// and the cursor of the next page.
func pageOf(body io.Reader, table *csv.Writer) (int64, string, error) {
	text, err := io.ReadAll(body)
	if err != nil {
		return 0, "", err
	}
	type item struct {
		Code, System, Time, At string
		Status                 json.RawMessage
	}
	var page struct {
		Items []item
		Next  json.RawMessage
	}
	text = []byte(strings.TrimPrefix(string(text), "\ufeff"))
	if trimmed := strings.TrimLeft(string(text), " \t\r\n"); strings.HasPrefix(trimmed, "[") {
		err = json.Unmarshal(text, &page.Items)
	} else {
		err = json.Unmarshal(text, &page)
	}
	if err != nil {
		return 0, "", fmt.Errorf("no list in JSON: %w", err)
	}
	for _, x := range page.Items {
		if x.Time == "" {
			x.Time = x.At
		}
		if err := table.Write([]string{x.Code, strings.Trim(string(x.Status), `" `), x.System, x.Time}); err != nil {
			return 0, "", err
		}
	}
	var cursor string // with its escapes undone; a number is taken as it is written
	if json.Unmarshal(page.Next, &cursor) != nil {
		cursor = string(page.Next)
	}
	return int64(len(page.Items)), cursor, nil
}

// after returns the address of the page after one; nil when there is none.
func after(first, at *url.URL, links []string, cursor string) (*url.URL, error) {
	for _, header := range links {
		for part := range strings.SplitSeq(header, ",") {
			target, rest, ok := strings.Cut(strings.TrimSpace(part), ">")
			if !ok || !strings.HasPrefix(target, "<") || !strings.Contains(strings.ReplaceAll(rest, `"`, ""), "rel=next") {
				continue
			}
			u, err := at.Parse(target[1:])
			if err != nil {
				return nil, err
			}
			if u.Scheme != first.Scheme || u.Host != first.Host {
				return nil, errors.New("the list goes on at another host, which is not followed")
			}
			return u, nil
		}
	}
	if cursor == "" {
		return nil, nil
	}
	u := *first
	q := u.Query()
	q.Set("cursor", cursor)
	u.RawQuery = q.Encode()
	return &u, nil
}
