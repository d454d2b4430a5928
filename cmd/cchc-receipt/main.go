// Command cchc-receipt verifies receipts (giấy xác nhận) of the log of a cchc: with the
// log's public key alone, without database and without network.
//
//	cchc-receipt --key KEY [--key KEY…] [--content FILE] [--lang vi|en] RECEIPT…
//
// KEY is the public key of the log, or of one who co-signs it, as pages and papers show
// it: NAME+ID+KEY; or @FILE, a file of such keys, one a line. With --content it is also
// checked that FILE is what the entry is about (a published ranking). A receipt "-" is
// read from standard input.
//
// Exit code: 0 all hold; 1 one does not; 2 wrong use.
package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"cchc/base/receipt"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// many is a flag that may be given several times.
type many []string

// String implements flag.Value.
func (m *many) String() string { return strings.Join(*m, " ") }

// Set implements flag.Value.
func (m *many) Set(s string) error { *m = append(*m, s); return nil }

func run(args []string, in io.Reader, out, wrong io.Writer) int {
	f := flag.NewFlagSet("cchc-receipt", flag.ContinueOnError)
	f.SetOutput(wrong)
	var keys many
	f.Var(&keys, "key", "public key (khoá công khai) NAME+ID+KEY, or @FILE; may be given several times")
	content := f.String("content", "", "file that the entry is about (tệp được xác nhận)")
	lang := f.String("lang", "", "vi or en; both when left out")
	f.Usage = func() {
		fmt.Fprintln(wrong, "cchc-receipt --key KEY [--content FILE] [--lang vi|en] RECEIPT…")
		f.PrintDefaults()
	}
	var names []string
	for rest := args; ; rest = f.Args()[1:] { // flags may stand before receipts and after them
		if err := f.Parse(rest); err != nil {
			return 2
		}
		if f.NArg() == 0 {
			break
		}
		names = append(names, f.Arg(0))
	}
	misused := func(why string) int {
		fmt.Fprintln(wrong, "cchc-receipt:", why)
		f.Usage()
		return 2
	}
	switch {
	case len(keys) == 0:
		return misused("--key is missing")
	case len(names) == 0:
		return misused("no receipt is given")
	case *content != "" && len(names) > 1:
		return misused("--content is about one receipt, and several are given")
	case *lang != "" && *lang != "vi" && *lang != "en":
		return misused(fmt.Sprintf("--lang %q: want vi or en", *lang))
	}
	known, err := readKeys(keys)
	if err != nil {
		fmt.Fprintln(wrong, "cchc-receipt: --key:", err)
		return 2
	}
	exit := 0
	for _, name := range names {
		if err := one(out, name, in, known, *content, *lang); err != nil {
			fmt.Fprintf(wrong, "cchc-receipt: %s: %s\n", name, say(*lang, "KHÔNG HỢP LỆ", "DOES NOT HOLD")+": "+explain(*lang, err))
			exit = 1
		}
	}
	return exit
}

func readKeys(given []string) (receipt.Keys, error) {
	var texts []string
	for _, g := range given {
		name, isFile := strings.CutPrefix(g, "@")
		if !isFile {
			texts = append(texts, g)
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		texts = append(texts, strings.Fields(string(b))...)
	}
	return receipt.ParseKeys(texts...)
}

func one(out io.Writer, name string, in io.Reader, keys receipt.Keys, content, lang string) error {
	text, err := read(name, in)
	if err != nil {
		return err
	}
	r, err := receipt.Parse(text)
	if err != nil {
		return err
	}
	v, err := r.Verify(keys)
	if err != nil {
		return err
	}
	if content != "" {
		f, err := os.Open(content)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := v.Content(f); err != nil {
			return err
		}
	}
	write(out, name, v, content, lang)
	return nil
}

func read(name string, in io.Reader) ([]byte, error) {
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		in = f
	}
	return io.ReadAll(io.LimitReader(in, receipt.MaxReceipt+1))
}

// say chooses the language: both when none is.
func say(lang, vi, en string) string {
	switch lang {
	case "vi":
		return vi
	case "en":
		return en
	}
	return vi + " / " + en
}

func write(out io.Writer, name string, v receipt.Verified, content, lang string) {
	line := func(vi, en, value string) { fmt.Fprintf(out, "  %s: %s\n", say(lang, vi, en), value) }
	fmt.Fprintf(out, "%s: %s\n", name, say(lang, "HỢP LỆ", "HOLDS"))
	line("Nhật ký", "Log", v.Checkpoint.Origin)
	line("Mục", "Entry", fmt.Sprintf("%d (%s)", v.Number(), v.Entry.ID))
	line("Lúc", "At", clock(v.Entry.At))
	line("Việc", "Act", v.Entry.Verb+" · "+v.Entry.Kind+" "+v.Entry.Object)
	line("Người làm", "By", strings.TrimSpace(v.Entry.Account+" "+v.Entry.Behalf))
	if v.Entry.Unit != "" {
		line("Đơn vị", "Unit", v.Entry.Unit)
	}
	if v.Entry.Erased() {
		line("Nội dung", "Text", say(lang, "đã xoá", "erased"))
	} else {
		line("Thay đổi", "Changes", v.Entry.Changes)
		if v.Entry.Reason != "" {
			line("Lý do", "Reason", v.Entry.Reason)
		}
	}
	if content != "" {
		line("Tệp đúng như đã ghi", "File is as recorded", content)
	}
	line("Điểm chốt", "Checkpoint", fmt.Sprintf("%d · %s", v.Checkpoint.Size, clock(v.Checkpoint.At)))
	for _, s := range v.Signatures {
		if t, ok := receipt.CosignTime(s); ok {
			line("Ký xác nhận", "Co-signed", s.Name+" · "+clock(t))
		} else {
			line("Ký", "Signed", s.Name)
		}
	}
	for _, s := range v.Unknown {
		line("Chữ ký chưa kiểm (chưa có khoá)", "Signature not checked (no key given)", s.Name)
	}
}

func clock(millis int64) string {
	return time.UnixMilli(millis).In(time.FixedZone("+07", 7*3600)).Format("2006-01-02 15:04:05 -07:00")
}

func explain(lang string, err error) string {
	switch {
	case errors.Is(err, receipt.ErrSignature):
		return say(lang, "điểm chốt không được ký bằng khoá đã cho", "the checkpoint is not signed with a key that was given")
	case errors.Is(err, receipt.ErrProof):
		return say(lang, "giấy xác nhận đã bị sửa: mục, chứng minh hoặc điểm chốt không khớp nhau", "it was changed: entry, proof and checkpoint do not fit")
	case errors.Is(err, receipt.ErrContent):
		return say(lang, "tệp không phải nội dung đã ghi trong mục", "the file is not what the entry is about")
	case errors.Is(err, receipt.ErrReceipt), errors.Is(err, receipt.ErrCheckpoint):
		return say(lang, "không đọc được như giấy xác nhận", "it cannot be read as a receipt") + " (" + err.Error() + ")"
	}
	return err.Error()
}
