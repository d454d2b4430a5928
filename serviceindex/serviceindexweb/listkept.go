package serviceindexweb

import (
	"sync"
	"time"

	"cchc/base/moment"
	"cchc/serviceindex"
)

const (
	keptRows = 300_000          // rows of all lists that are kept
	keptTime = 10 * time.Minute // after which a list is found anew
)

// keptLists are lists that were found, for the pages after the first. Who may see
// one is asked every time.
type keptLists struct {
	mu   sync.Mutex
	list []keptList // the one put last at the end
}

type keptList struct {
	key string
	at  int64
	l   *serviceindex.List
}

func (k *keptLists) get(key string, at int64, now moment.Instant) *serviceindex.List {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, x := range k.list {
		if x.key == key && x.at == at && moment.Instant(at).Add(keptTime) > now {
			return x.l
		}
	}
	return nil
}

func (k *keptLists) put(key string, at int64, l *serviceindex.List) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.list = append(k.list, keptList{key, at, l})
	sum := 0
	for i := len(k.list) - 1; i >= 0; i-- {
		if sum += k.list[i].l.Len() + 1; sum > keptRows || len(k.list)-i > 50 {
			k.list = append([]keptList(nil), k.list[i+1:]...)
			return
		}
	}
}
