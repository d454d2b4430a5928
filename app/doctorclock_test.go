package app

import (
	"errors"
	"syscall"
	"testing"

	"cchc/admin"
)

// Whether the machine's clock is kept right is what the kernel says; one that cannot be
// asked, or says no, is to be looked at, and nothing is set by asking.
func TestTheMachinesClockIsFineWhenTheKernelSaysSo(t *testing.T) {
	t.Parallel()
	const pll, unsynchronised, nano = 0x0001, 0x0040, 0x2000 // of linux/timex.h
	for _, c := range []struct {
		name   string
		status int32
		err    error
		want   admin.Standing
	}{
		{"kept", 0, nil, admin.Fine},
		{"kept by a server of time", pll | nano, nil, admin.Fine},
		{"not kept", unsynchronised, nil, admin.Look},
		{"not kept, in nanoseconds", pll | nano | unsynchronised, nil, admin.Look},
		{"cannot be asked", 0, errors.New("not permitted"), admin.Look},
	} {
		f := machineClock(func(x *syscall.Timex) (int, error) {
			if x.Modes != 0 {
				t.Errorf("%s: the clock is set by asking: %#x", c.name, x.Modes)
			}
			x.Status = c.status
			return 0, c.err
		})
		if f.Key != "clock_kept" || f.Standing != c.want {
			t.Errorf("%s: %s is %s, want %s", c.name, f.Key, f.Standing, c.want)
		}
	}
}
