package app

import "testing"

// Profiles tell much: nobody opens them to the network by mistake.
func TestProfilesStayOnTheLoopback(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", ":0", "10.0.0.1:0", "localhost:0", "nonsense"} {
		if err := profile(t.Context(), address); err == nil {
			t.Errorf("profiles are served at %s", address)
		}
	}
	if err := profile(t.Context(), "127.0.0.1:0"); err != nil {
		t.Error(err)
	}
}
