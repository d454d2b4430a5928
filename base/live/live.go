// Package live tells whoever watches that something changed, in whichever process of
// those that share a database: pages that move as facts arrive. A notice says that
// there is something newer, and what; it is not a queue. Who is slow gets the latest
// one and misses those before, and nobody who publishes ever waits.
//
// What a write changes is told by the write itself (Tell): once it is committed, and
// never when it is not.
package live

import (
	"context"
	"iter"
	"strings"
	"sync"

	"cchc/base/db"
)

// MaxTopics is how many topics one subscriber may watch.
const MaxTopics = 64

// A Notice is that something changed about a topic.
type Notice struct {
	Topic string // "unit/0190…"
	Text  string // what the publisher says of it: an id, never personal values
}

// A Hub connects publishers and subscribers. The zero Hub is ready to use, and
// publishing on a nil one does nothing. It is safe for concurrent use.
type Hub struct {
	mu     sync.Mutex
	topics map[string]map[*Subscription]struct{}
	latest map[string]int64 // of watched topics
	count  int64
	closed bool
}

// A Subscription is what one watcher waits on. It keeps at most one notice per
// topic: a later one takes the place of an earlier one that was not yet read.
type Subscription struct {
	hub    *Hub
	topics []string
	wake   chan struct{} // holds one token while there is something to read

	mu      sync.Mutex
	pending []Notice // one per topic, the longest unread first
	ended   bool
}

// Tell leaves a notice with every subscriber of the topic, in this process and in all
// that listen on the database, once the write is committed. Neither a topic nor a text
// may hold a line break or a tab. A nil Hub tells nobody.
func (h *Hub) Tell(tx *db.Tx, topic, text string) {
	if h == nil {
		return
	}
	tx.Notify(topic + "\t" + text)
	tx.AfterCommit(func() { h.Publish(topic, text) })
}

// Listen hears what other processes tell, until ctx ends. Whenever something may have
// been missed (the server was away) every subscriber is told that there is something
// newer of each of its topics: an empty text. On SQLite there is nobody to hear.
func (h *Hub) Listen(ctx context.Context, d *db.DB) error {
	return d.Listen(ctx, func(line string) {
		if topic, text, ok := strings.Cut(line, "\t"); ok {
			h.Publish(topic, text)
		}
	}, h.Refresh)
}

// Refresh leaves a notice without a text with every subscriber, for each of its topics.
func (h *Hub) Refresh() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for topic, subs := range h.topics {
		h.mark(topic)
		for s := range subs {
			s.leave(Notice{Topic: topic})
		}
	}
}

// mark notes that something changed about a watched topic.
func (h *Hub) mark(topic string) {
	h.count++
	h.latest[topic] = h.count
}

// Latest numbers the last notice of a topic: what was read after Latest said n holds
// all that is told up to n. It means something while somebody watches the topic, and
// grows when somebody begins to.
func (h *Hub) Latest(topic string) int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.latest[topic]
}

// Publish leaves a notice with every subscriber of the topic in this process. It is for
// what no write changes; what has not happened must not be told.
func (h *Hub) Publish(topic, text string) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.topics[topic]) == 0 {
		return
	}
	h.mark(topic)
	for s := range h.topics[topic] {
		s.leave(Notice{Topic: topic, Text: text})
	}
}

// Subscribe watches the topics until the subscription is closed; a subscriber
// that forgets to is kept for ever. More than MaxTopics are cut off: a page that
// shows more watches the topic above them.
func (h *Hub) Subscribe(topics ...string) *Subscription {
	s := &Subscription{hub: h, topics: topics[:min(len(topics), MaxTopics)], wake: make(chan struct{}, 1)}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		s.end()
		return s
	}
	if h.topics == nil {
		h.topics, h.latest = map[string]map[*Subscription]struct{}{}, map[string]int64{}
	}
	for _, t := range s.topics {
		if h.topics[t] == nil {
			h.topics[t] = map[*Subscription]struct{}{}
			h.mark(t) // nobody counted what was told before
		}
		h.topics[t][s] = struct{}{}
	}
	return s
}

// Close ends every subscription, so that what serves them can end; later ones
// end at once.
func (h *Hub) Close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
	for _, subs := range h.topics {
		for s := range subs {
			s.end()
		}
	}
	h.topics = nil
}

// Watching returns how many subscriptions there are in this process.
func (h *Hub) Watching() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	all := map[*Subscription]bool{}
	for _, subs := range h.topics {
		for s := range subs {
			all[s] = true
		}
	}
	return len(all)
}

// Subscribers returns how many watch the topic.
func (h *Hub) Subscribers(topic string) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.topics[topic])
}

// Wake leaves a notice without a text for each topic: something may have been missed
// before the subscription began.
func (s *Subscription) Wake() {
	for _, t := range s.topics {
		s.leave(Notice{Topic: t})
	}
}

// Next waits for a notice. It returns false when the context or the subscription
// ended; what was unread then stays unread.
func (s *Subscription) Next(ctx context.Context) (Notice, bool) {
	for {
		if ctx.Err() != nil {
			return Notice{}, false
		}
		if n, ok, ended := s.take(); ok || ended {
			return n, ok
		}
		select {
		case <-s.wake:
		case <-ctx.Done():
		}
	}
}

// All gives the notices as they come, until the context or the subscription
// ends, and closes the subscription.
func (s *Subscription) All(ctx context.Context) iter.Seq[Notice] {
	return func(yield func(Notice) bool) {
		defer s.Close()
		for {
			n, ok := s.Next(ctx)
			if !ok || !yield(n) {
				return
			}
		}
	}
}

// Close stops watching. Closing twice is no error.
func (s *Subscription) Close() {
	s.hub.mu.Lock()
	defer s.hub.mu.Unlock()
	for _, t := range s.topics {
		delete(s.hub.topics[t], s)
		if len(s.hub.topics[t]) == 0 {
			delete(s.hub.topics, t)
			delete(s.hub.latest, t)
		}
	}
	s.end()
}

func (s *Subscription) leave(n Notice) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, old := range s.pending {
		if old.Topic == n.Topic {
			s.pending[i] = n
			return
		}
	}
	s.pending = append(s.pending, n)
	s.signal()
}

func (s *Subscription) take() (n Notice, ok, ended bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return Notice{}, false, true
	}
	if len(s.pending) == 0 {
		return Notice{}, false, false
	}
	n, s.pending = s.pending[0], s.pending[1:]
	return n, true, false
}

func (s *Subscription) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended, s.pending = true, nil
	s.signal()
}

// signal wakes the reader, who looks again however often it was woken.
func (s *Subscription) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}
