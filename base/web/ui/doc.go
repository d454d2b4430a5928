// Package ui is the kit that pages are made of: a layout, fields, tables, badges,
// the picture of a dossier's clock. Components take texts that are translated
// already and addresses that are built already; they ask no questions of rooms
// and check no rights. Nothing here needs a script or a style attribute, which
// the Content-Security-Policy forbids.
//
// A chart (Chart, chart.templ) is drawn by a script from the table inside of it:
// cells carry data-value, and ChartProps says the rest.
package ui
