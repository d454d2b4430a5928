package live_test

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"cchc/base/live"
)

func next(t *testing.T, s *live.Subscription) live.Notice {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	n, ok := s.Next(ctx)
	if !ok {
		t.Fatal("no notice came")
	}
	return n
}

func TestASubscriberHearsItsTopicsAndNoOthers(t *testing.T) {
	t.Parallel()
	var h live.Hub
	s := h.Subscribe("a", "b")
	defer s.Close()
	h.Publish("a", "1")
	h.Publish("c", "2")
	h.Publish("b", "3")
	if got := []live.Notice{next(t, s), next(t, s)}; !slices.Equal(got, []live.Notice{{Topic: "a", Text: "1"}, {Topic: "b", Text: "3"}}) {
		t.Errorf("heard %v", got)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if n, ok := s.Next(ctx); ok {
		t.Errorf("heard %v of another topic", n)
	}
}

func TestWhoIsSlowGetsTheLatest(t *testing.T) {
	t.Parallel()
	var h live.Hub
	s := h.Subscribe("a", "b")
	defer s.Close()
	for i := range 10_000 { // nobody reads: the publisher must not wait
		h.Publish("a", strconv.Itoa(i))
	}
	h.Publish("b", "x")
	if n := next(t, s); n.Text != "9999" {
		t.Errorf("heard %v first, want the latest of a", n)
	}
	if n := next(t, s); n.Text != "x" {
		t.Errorf("heard %v second, want b", n)
	}
}

func TestNextWaitsAndWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var h live.Hub
		s := h.Subscribe("a")
		got := make(chan live.Notice, 1)
		go func() { n, _ := s.Next(t.Context()); got <- n }()
		synctest.Wait() // it waits now
		if len(got) != 0 {
			t.Fatal("Next did not wait")
		}
		h.Publish("a", "1")
		if n := <-got; n.Text != "1" {
			t.Errorf("woke with %v", n)
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan bool, 1)
		go func() { _, ok := s.Next(ctx); ended <- ok }()
		synctest.Wait()
		cancel()
		if <-ended {
			t.Error("Next gave a notice when its context ended")
		}
		s.Close()
	})
}

func TestClosingEndsWhoWaits(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*live.Hub, *live.Subscription){
		"the subscription": func(_ *live.Hub, s *live.Subscription) { s.Close(); s.Close() },
		"the hub":          func(h *live.Hub, _ *live.Subscription) { h.Close() },
	} {
		synctest.Test(t, func(t *testing.T) {
			var h live.Hub
			s := h.Subscribe("a", "b")
			ended := make(chan int, 1)
			go func() {
				n := 0
				for range s.All(t.Context()) {
					n++
				}
				ended <- n
			}()
			synctest.Wait()
			h.Publish("a", "1")
			synctest.Wait()
			end(&h, s)
			if n := <-ended; n != 1 {
				t.Errorf("closing %s: %d notices, want 1", name, n)
			}
			if n := h.Subscribers("a") + h.Subscribers("b"); n != 0 {
				t.Errorf("closing %s: %d subscribers are left", name, n)
			}
			h.Publish("a", "2") // nobody is there; nothing happens
		})
	}
}

func TestAClosedHubTakesNoMoreSubscribers(t *testing.T) {
	t.Parallel()
	var h live.Hub
	h.Close()
	s := h.Subscribe("a")
	if _, ok := s.Next(t.Context()); ok || h.Subscribers("a") != 0 {
		t.Error("a closed hub took a subscriber")
	}
	s.Close()
}

func TestANilHubPublishesNothing(t *testing.T) {
	t.Parallel()
	var h *live.Hub
	h.Publish("a", "1")
}

func TestTopicsAreBounded(t *testing.T) {
	t.Parallel()
	var h live.Hub
	topics := make([]string, live.MaxTopics+10)
	for i := range topics {
		topics[i] = strconv.Itoa(i)
	}
	s := h.Subscribe(topics...)
	defer s.Close()
	if in, out := h.Subscribers(strconv.Itoa(live.MaxTopics-1)), h.Subscribers(strconv.Itoa(live.MaxTopics)); in != 1 || out != 0 {
		t.Errorf("watched topic %d: %d, topic %d: %d", live.MaxTopics-1, in, live.MaxTopics, out)
	}
}

func TestManyPublishersAndSubscribersAtOnce(t *testing.T) {
	t.Parallel()
	var h live.Hub
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	var readers, writers sync.WaitGroup
	for r := range 8 {
		s := h.Subscribe("a", fmt.Sprint("own ", r))
		readers.Go(func() {
			for n := range s.All(ctx) {
				if n.Text == "last" {
					return
				}
			}
			t.Error("a reader never heard the last notice")
		})
	}
	for range 8 {
		writers.Go(func() {
			for i := range 1000 {
				h.Publish("a", strconv.Itoa(i))
			}
		})
		writers.Go(func() {
			for range 200 {
				h.Subscribe("a").Close()
			}
		})
	}
	writers.Wait()
	h.Publish("a", "last")
	readers.Wait()
	if n := h.Subscribers("a"); n != 0 {
		t.Errorf("%d subscribers are left", n)
	}
}

func TestLatestTellsWhetherSomethingWasReadBeforeANotice(t *testing.T) {
	t.Parallel()
	var h live.Hub
	h.Publish("a", "nobody watches")
	s := h.Subscribe("a", "b")
	begun := h.Latest("a")
	h.Publish("b", "1")
	if n := h.Latest("a"); n != begun {
		t.Errorf("a notice of another topic moved it from %d to %d", begun, n)
	}
	h.Publish("a", "2")
	told := h.Latest("a")
	if told <= begun {
		t.Errorf("a notice moved it from %d to %d", begun, told)
	}
	h.Refresh()
	if n := h.Latest("a"); n <= told {
		t.Errorf("what may have been missed moved it from %d to %d", told, n)
	}
	told = h.Latest("a")
	s.Close()
	h.Publish("a", "nobody watches")
	again := h.Subscribe("a")
	defer again.Close()
	if n := h.Latest("a"); n <= told {
		t.Errorf("who begins to watch takes what was read at %d, before somebody stopped, for new: %d", told, n)
	}
}
