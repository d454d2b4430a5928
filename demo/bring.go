package demo

import (
	"cchc/base/moment"
	"cchc/dossier"
)

// progress is how far through the year a moment is, 0 to 1: what the province
// does better by and by.
func (l *life) progress(at moment.Instant) float64 {
	return float64(at.Date()-l.m.first) / 365
}

// bring adds the papers with their marks, and the fee.
func (l *life) bring(by string) {
	at, grow := l.a.at, l.progress(l.a.at)
	online := l.a.channel == dossier.Online
	scanned := online || chance(l.rng, 0.55+0.35*grow)
	digitised, reused := true, false
	for _, name := range l.a.offer.papers {
		p := dossier.Paper{Name: name, Source: "paper"}
		switch {
		case chance(l.rng, 0.12+0.12*grow):
			p.Source = "reused"
		case chance(l.rng, 0.05+0.08*grow):
			p.Source = "national_store"
		case scanned:
			p.Source = "scanned"
		}
		digitised = digitised && p.Source != "paper"
		reused = reused || p.Source == "reused" || p.Source == "national_store"
		l.h.Papers = append(l.h.Papers, p)
	}
	if digitised {
		l.mark(at, by, "digitised")
	}
	if reused {
		l.mark(at, by, "reused")
	}
	if chance(l.rng, 0.5+0.35*grow) {
		l.mark(at, by, "population")
	}
	if l.a.offer.fee == 0 {
		return
	}
	l.mark(at, by, "obliged")
	amount := l.a.offer.fee
	if l.h.Sector == "Chứng thực" || l.h.ProcedureCode == "2.000635" {
		amount *= 1 + int64(l.rng.IntN(5)) // pages, copies
	}
	if chance(l.rng, 0.97) {
		l.pay(at, by, amount, 0.35+0.4*grow)
	}
}

// pay adds money received; share is how likely it came online where the dossier
// did not.
func (l *life) pay(at moment.Instant, by string, amount int64, share float64) {
	channel := "cash"
	if l.a.channel == dossier.Online || chance(l.rng, share) {
		if channel = "national"; chance(l.rng, 0.25) {
			channel = "province"
		}
	}
	l.fact(dossier.Fact{Kind: dossier.FPaid, At: at, Account: by, How: channel, Qty: amount})
}
