package web

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"
)

// fill takes places of a class until there are none, and returns what gives them back.
func fill(t *testing.T, g *gate, c Class, n int) []func() {
	t.Helper()
	var out []func()
	for range n {
		leave, ok := g.enter(context.Background(), c)
		if !ok {
			t.Fatalf("%s: no place after %d of %d", c, len(out), n)
		}
		out = append(out, leave)
	}
	return out
}

func (g *gate) waiting(c Class) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.queues[c])
}

func TestEachClassLeavesPlacesForThoseBefore(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		class Class
		want  int // of 16 places
	}{{Counter, 16}, {Upload, 4}, {Entry, 4}, {Work, 14}, {Program, 8}, {Visitor, 8}, {Heavy, 3}, {Live, 5}} {
		g := newGate(Limits{AtOnce: 16, Heavy: 3, Live: 5, Wait: time.Millisecond})
		fill(t, g, c.class, c.want)
		if _, ok := g.enter(context.Background(), c.class); ok {
			t.Errorf("%s has more than %d places", c.class, c.want)
		}
		// Streams stand beside the others.
		if c.class != Live {
			fill(t, g, Counter, 16-c.want)
			fill(t, g, Live, 5)
		} else {
			fill(t, g, Counter, 16)
		}
	}
}

func TestTheCounterGoesFirst(t *testing.T) {
	t.Parallel()
	g := newGate(Limits{AtOnce: 8, Wait: time.Minute})
	places := fill(t, g, Counter, 8)
	type entry struct {
		class Class
		leave func()
	}
	in := make(chan entry)
	for _, c := range []Class{Heavy, Visitor, Program, Work, Entry, Upload, Counter} { // the last come first
		go func() {
			if leave, ok := g.enter(context.Background(), c); ok {
				in <- entry{c, leave}
			}
		}()
		for g.waiting(c) == 0 {
			time.Sleep(time.Millisecond)
		}
	}
	wait := func() (n int) {
		for c := range classes {
			n += g.waiting(c)
		}
		return n
	}
	var order []string
	for len(places) > 0 { // who was longest inside leaves first
		before := wait()
		places[0]()
		places = places[1:]
		for range before - wait() {
			e := <-in
			order = append(order, e.class.String())
			places = append(places, e.leave)
		}
	}
	if want := []string{"counter", "upload", "entry", "work", "program", "visitor", "heavy"}; !slices.Equal(order, want) {
		t.Errorf("let in: %v, want %v", order, want)
	}
	if g.total != 0 || g.inside != [classes]int{} {
		t.Errorf("%d inside after all left: %v", g.total, g.inside)
	}
}

func TestAQueueThatIsFullSendsAwayAtOnce(t *testing.T) {
	t.Parallel()
	g := newGate(Limits{AtOnce: 4, Heavy: 1, Wait: time.Hour})
	place := fill(t, g, Heavy, 1)[0]
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if _, ok := g.enter(ctx, Heavy); ok {
				t.Error("one that went away got a place")
			}
		})
	}
	for g.waiting(Heavy) < 4 {
		time.Sleep(time.Millisecond)
	}
	if _, ok := g.enter(context.Background(), Heavy); ok { // would hang for hours
		t.Error("a fifth one was let wait")
	}
	cancel() // who goes away leaves the queue
	all.Wait()
	if g.waiting(Heavy) != 0 || g.shed[Heavy] != 5 {
		t.Errorf("%d wait and %d were sent away; want 0 and 5", g.waiting(Heavy), g.shed[Heavy])
	}
	place()
	fill(t, g, Heavy, 1)
}

// flood fills all places that a class may have, and all that may wait for one.
func flood(t *testing.T, g *gate, c Class) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	t.Cleanup(func() { cancel(); all.Wait() })
	fill(t, g, c, g.shares[c].own)
	for range g.shares[c].queue {
		all.Go(func() {
			if _, ok := g.enter(ctx, c); ok {
				t.Errorf("%s: one that was to wait got a place", c)
			}
		})
	}
	for g.waiting(c) < g.shares[c].queue {
		time.Sleep(time.Millisecond)
	}
	if _, ok := g.enter(ctx, c); ok { // would hang for hours
		t.Errorf("%s: more were let wait than may", c)
	}
}

// Officers come in while citizens ask for more than can be served.
func TestAFloodOfVisitorsSendsNoSignInAway(t *testing.T) {
	t.Parallel()
	g := newGate(Limits{AtOnce: 16, Wait: time.Hour})
	flood(t, g, Visitor)
	for range 100 { // one after the other, and four at once, without waiting
		fill(t, g, Entry, 1)[0]()
	}
	fill(t, g, Entry, 4)
	if g.shed[Entry] != 0 || g.shed[Visitor] != 1 {
		t.Errorf("%d sign-ins and %d visitors were sent away, want 0 and 1", g.shed[Entry], g.shed[Visitor])
	}
}

// Who is in goes on working while everybody, or somebody with many machines, signs in.
func TestAFloodOfSignInsTakesNoPlaceOfTheCounter(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		class Class
		want  int // of 16 places, of which sign-ins have 4
	}{{Counter, 12}, {Upload, 4}, {Work, 10}} {
		g := newGate(Limits{AtOnce: 16, Wait: time.Hour})
		flood(t, g, Entry)
		places := fill(t, g, c.class, c.want)
		for _, leave := range places {
			leave()
		}
		if g.inside[Entry] != 4 {
			t.Errorf("%s: %d sign-ins are inside, want 4", c.class, g.inside[Entry])
		}
		for range 100 {
			fill(t, g, c.class, 1)[0]()
		}
		if g.shed[c.class] != 0 {
			t.Errorf("%s: %d were sent away", c.class, g.shed[c.class])
		}
	}
}

// No place is lost however they come and go.
func TestPlacesAreCountedRight(t *testing.T) {
	t.Parallel()
	g := newGate(Limits{AtOnce: 8, Heavy: 2, Live: 4, Wait: time.Millisecond})
	var all sync.WaitGroup
	let := make([]int, classes)
	for c := range classes {
		all.Go(func() {
			for i := range 300 {
				ctx, cancel := context.WithTimeout(context.Background(), time.Duration(i%3)*time.Millisecond)
				if leave, ok := g.enter(ctx, c); ok {
					let[c]++
					if i%7 == 0 {
						time.Sleep(time.Millisecond)
					}
					leave()
				}
				cancel()
			}
		})
	}
	all.Wait()
	for c := range classes {
		if g.inside[c] != 0 || len(g.queues[c]) != 0 || g.let[c]+g.shed[c] != 300 || g.let[c] != int64(let[c]) {
			t.Error(fmt.Sprint(c, " inside ", g.inside[c], " waiting ", len(g.queues[c]), " let ", g.let[c], " shed ", g.shed[c]))
		}
	}
	if g.total != 0 {
		t.Errorf("%d inside in all", g.total)
	}
}
