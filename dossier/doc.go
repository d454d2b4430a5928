// Package dossier is the room of dossiers (hồ sơ): receive, ask for more, pause,
// forward, resolve, hand over, apologise, and the figures that follow.
//
// The truth is a list of facts per dossier (table dossier_fact), each with when
// it happened and when it was entered. Fold makes a State of them as of any
// moment and as known at any moment; the row in table dossier is that state as
// of now, and the tallies count it. One write appends facts, folds, and moves
// row and tallies by the difference, so figures cannot drift from facts; Verify
// counts everything again and must find no difference.
//
// Law: NĐ 118/2025/NĐ-CP and TT 03/2025/TT-VPCP from 01/07/2025; NĐ 61/2018,
// NĐ 107/2021 and TT 01/2018 before.
package dossier
