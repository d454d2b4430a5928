package web

import "net/http"

// JSON answers a script of ours with what is JSON already; no browser keeps it.
func JSON(w http.ResponseWriter, text []byte) error {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	_, err := w.Write(text)
	return err
}
