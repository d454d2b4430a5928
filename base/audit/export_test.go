package audit

// LatestFor is the statement that Latest asks.
var LatestFor = latest.With
