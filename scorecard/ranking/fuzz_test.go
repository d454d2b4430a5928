package ranking

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"cchc/base/fault"
)

// Bands are read, highest first and each with a name, or refused as somebody's mistake;
// what was read is written and read again the same.
func FuzzReadBands(f *testing.F) {
	alias := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'k'; c++ {
		alias += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
	}
	for _, s := range []string{
		"label,min,strict\nTốt,80,\nXuất sắc,90,true\n", "xếp loại;từ\nTốt;80,5\n", "- {label: Tốt, min: 80}\n- {band: Khá, min: 65.5, strict: true}\n", "bands:\n- label: '#1'\n  min: \"70\"\n",
		"meta: {bands: [{label: \" a \\n b\", min: 1}]}", alias + "bands: *j", alias + "bands: [{label: *j, min: 1}]", "- &a {label: x, min: 1, a: *a}", "- *a", "? ? ?", "", "[", strings.Repeat("[", 5_000), strings.Repeat("{a: ", 5_000),
		"- {label: x, min: 1e400}", "- {label: x, min: 922337203685477.5807}", "label,min\n\"a\nb\",1\n", "!!binary x", "\xff\xfe", "\x00"} {
		f.Add([]byte(s))
	}
	if b, err := os.ReadFile("../../data/criteria_synthetic_commune.yaml"); err == nil {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		bands, err := ReadBands(bytes.NewReader(text))
		if err != nil {
			if !fault.Is(err, fault.Invalid) {
				t.Errorf("no clear answer: %v", err)
			}
			return
		}
		if len(bands) == 0 || !slices.Equal(sorted(bands), bands) {
			t.Errorf("bands are %+v", bands)
		}
		for _, b := range bands {
			if b.Label == "" {
				t.Errorf("a band without a name in %+v", bands)
			}
		}
		var out bytes.Buffer
		if err := WriteBands(&out, bands); err != nil {
			t.Fatal(err)
		}
		if again, err := ReadBands(bytes.NewReader(out.Bytes())); err != nil || !slices.Equal(again, bands) {
			t.Errorf("%+v is written as %q and read as %+v, %v", bands, out.String(), again, err)
		}
	})
}

// Every row of a file keeps its cells and its place in the file and gets its rank among its
// block, in order of what was reached; what was written is ranked again the same; every
// wrong cell is told, and then nothing is written.
func FuzzRankCSV(f *testing.F) {
	head := "block,unit,score,max,band_by_hand\n"
	for _, s := range []string{head + "I,A,80,100,\nI,B,80,100,\nI,C,79.9999,100,\nII,A,1,2,Tốt\nII,B,–,100,\n", head + "I,A,-1,100,\nI,,101,100,\nI,B,x,y,\n", head + ",A,0,0,\n,B,0,0,\n", "unit,total_max98.5\nA,\"86,33\"\nB,98.5\n",
		head + ",A,922337203685477.5807,922337203685477.5807,\n,B,1,3,\n,C,2,6,\n", "percent,unit,score,max,rank,rank\n,A,1,2,,\n", "unit,total_max0\nA,0\n", head + "\"A", "unit,score\nA,1\n", head, ""} {
		f.Add(uint8(0), []byte(s))
		f.Add(uint8(14), []byte(s))
	}
	for _, name := range []string{"testdata/golden_ranking_binhduong_2017.csv", "testdata/golden_index.csv"} {
		if b, err := os.ReadFile(name); err == nil {
			f.Add(uint8(6), b)
		}
	}
	bands := []Band{{Label: "Tốt", Min: 80}, {Label: "Khá", Min: 65}}
	f.Fuzz(func(t *testing.T, how uint8, text []byte) {
		set := Settings{Ties: []Ties{Shared, Ordinal, Printed}[how%3], Decimals: int(how/3) % 5, Bands: bands}
		var once, twice bytes.Buffer
		sum, err := RankCSV(bytes.NewReader(text), &once, set)
		if err != nil {
			if bad := Wrong(nil); once.Len() > 0 || !fault.Is(err, fault.Invalid) && !errors.As(err, &bad) {
				t.Errorf("%d bytes were written, and no clear answer: %v", once.Len(), err)
			}
			return
		}
		for _, p := range sum.Places {
			if p.Ranked() && (p.Rank < 1 || p.Rank > len(sum.Places) || p.Score > p.Max) {
				t.Errorf("a place is %+v", p)
			}
			for _, o := range sum.Places[:min(len(sum.Places), 50)] {
				if p.Ranked() && o.Ranked() && p.Block == o.Block && p.Rank < o.Rank && p.Ratio().Rat().Cmp(o.Ratio().Rat()) < 0 {
					t.Errorf("%+v stands before %+v", p, o)
				}
			}
		}
		again, err := RankCSV(bytes.NewReader(once.Bytes()), &twice, set)
		if err != nil || len(again.Places) != len(sum.Places) || !bytes.Equal(once.Bytes(), twice.Bytes()) {
			t.Errorf("what was written is ranked differently, %v:\n%s\n%s", err, once.String(), twice.String())
		}
	})
}
