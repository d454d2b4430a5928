package app

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cchc/base/actor"
	"cchc/base/auth"
	"cchc/base/db"
	"cchc/base/db/dbtest"
	"cchc/base/ledger"
	"cchc/base/moment"
	"cchc/base/web/webtest"
	"cchc/dossier/dossierweb"
	"cchc/setting"
	"cchc/unit"
)

// Two copies of the program on one PostgreSQL, as behind a load balancer: whatever one
// does the other knows. A SQLite file has one process.
type cluster struct {
	a, b *office
	dsn  string
}

func twoServers(t *testing.T) *cluster {
	t.Helper()
	if os.Getenv("TEST_POSTGRES") == "" {
		t.Skip("several processes share a PostgreSQL; a SQLite file has one")
	}
	c := &cluster{dsn: dbtest.DSN(t)}
	files := t.TempDir()
	open := func(r *rooms, clock *dbtest.Clock, province, commune unit.ID) *office {
		h, stop, err := r.handler(t.Context(), serveFlags{Files: files})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(stop)
		return &office{rooms: r, b: webtest.Open(t, h), clock: clock, province: province, commune: commune}
	}
	first, clock, province, commune := communeIn(t, c.dsn)
	c.a = open(first, clock, province, commune)
	second, err := openRooms(t.Context(), c.dsn, db.Options{Now: clock.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(second.close)
	c.b = open(second, clock, province, commune)
	return c
}

// listen makes both hear each other.
func (c *cluster) listen(t *testing.T) {
	t.Helper()
	for _, o := range []*office{c.a, c.b} {
		begun := o.hub.Subscribe("begun")
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { defer close(ended); o.hub.Listen(ctx, o.db) }()
		t.Cleanup(func() { cancel(); <-ended })
		if _, ok := begun.Next(t.Context()); !ok { // everybody is told when it begins
			t.Fatal("it does not listen")
		}
		begun.Close()
	}
}

func TestASessionHoldsOnEveryServerAndEndsOnAll(t *testing.T) {
	t.Parallel()
	c := twoServers(t)
	here := c.a.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: c.a.commune})
	there := here.At(c.b.b)
	there.Get("/work").Is(200)
	c.a.clock.Advance(time.Minute) // sessions are told apart by when they began
	elsewhere := c.b.b.Other()
	elsewhere.Post("/sign-in", "login", "motcua", "password", testPassword).Is(303)
	elsewhere.At(c.a.b).Get("/work").Is(200)
	here.Post("/me/sessions").To("/me")
	elsewhere.Get("/work").To("/sign-in?next=%2Fwork")
	elsewhere.At(c.a.b).Get("/work").To("/sign-in?next=%2Fwork")
	there.Get("/work").Is(200) // the session that ended the others
	there.Post("/sign-out")
	here.Get("/work").To("/sign-in?next=%2Fwork")
}

func TestWrongPasswordsAreCountedTogether(t *testing.T) {
	t.Parallel()
	c := twoServers(t)
	c.a.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: c.a.commune})
	refused := 0
	for i := range 12 {
		o := []*office{c.a, c.b}[i%2]
		if o.b.Other().Post("/sign-in", "login", "motcua", "password", "sai mật khẩu rồi").Status == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused != 2 { // ten of one login from one address
		t.Errorf("%d of 12 attempts were refused, want 2", refused)
	}
}

// What one server writes moves the open pages of the other.
func TestAPageOnOneServerMovesAfterAWriteOnTheOther(t *testing.T) {
	t.Parallel()
	c := twoServers(t)
	c.listen(t)
	chair := c.b.signIn(t, "chutich", actor.Grant{Role: actor.Chairperson, Unit: c.b.commune})
	events := stream(t, c.b, chair, "/board/stream?unit="+string(c.b.commune), dossierweb.Topic(c.b.commune))
	receive(t, c.a.rooms, c.a.commune)
	select {
	case e := <-events:
		if e == "" {
			t.Error("the stream ended")
		}
	case <-time.After(30 * time.Second):
		t.Fatal("nothing moved within 30 s")
	}
	// What is undone is not told: the next notice is of what was done after it.
	topic := "unit/test"
	heard := c.b.hub.Subscribe(topic)
	defer heard.Close()
	for _, text := range []string{"undone", "done"} {
		err := c.a.db.Write(t.Context(), func(tx *db.Tx) error {
			c.a.hub.Tell(tx, topic, text)
			if text == "undone" {
				return context.Canceled
			}
			return nil
		})
		if (err != nil) != (text == "undone") {
			t.Fatal(err)
		}
	}
	if n, _ := heard.Next(t.Context()); n.Text != "done" {
		t.Errorf("heard %q, want what was done", n.Text)
	}
}

// stream opens a stream of server-sent events and returns the names of those that come.
func stream(t *testing.T, o *office, b *webtest.Browser, path, topic string) <-chan string {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	out := make(chan string, 100)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		b.Read(ctx, path, func(r *bufio.Scanner) {
			for r.Scan() {
				if name, ok := strings.CutPrefix(r.Text(), "event: "); ok {
					out <- name
				}
			}
		})
	}()
	t.Cleanup(func() { cancel(); <-ended })
	for o.hub.Subscribers(topic) == 0 {
		time.Sleep(10 * time.Millisecond)
	}
	return out
}

// After the server was away, whoever watches is told to look again.
func TestWhoMissedSomethingLooksAgain(t *testing.T) {
	t.Parallel()
	c := twoServers(t)
	c.listen(t)
	heard := c.b.hub.Subscribe("unit/test")
	defer heard.Close()
	// The server ends the connections that listen, as when it is restarted.
	h, err := c.a.db.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	n := 0
	err = h.QueryRowContext(t.Context(), "SELECT COUNT(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND query = 'LISTEN cchc'").Scan(&n)
	if err != nil || n != 2 {
		t.Fatalf("%d connections that listen were ended: %v", n, err)
	}
	if n, ok := heard.Next(t.Context()); !ok || n.Text != "" {
		t.Errorf("heard %v %t, want to be told to look again", n, ok)
	}
	if err := c.a.db.Write(t.Context(), func(tx *db.Tx) error { c.a.hub.Tell(tx, "unit/test", "after"); return nil }); err != nil {
		t.Fatal(err)
	}
	if n, ok := heard.Next(t.Context()); !ok || n.Text != "after" {
		t.Errorf("heard %v %t after it listens again", n, ok)
	}
}

func TestWhatIsChangedOnOneServerHoldsOnTheOtherAtOnce(t *testing.T) {
	t.Parallel()
	c := twoServers(t)
	c.listen(t)
	ctx := t.Context()
	officer := c.b.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: c.b.commune})
	officer.Get("/work").Is(200)
	change := func(value string) {
		t.Helper()
		err := c.a.settings.Change(ctx, operator, setting.Change{Name: "access.factor_onestop", What: setting.Set, Value: value, From: c.a.db.Now().Date(), Reason: "thử"})
		if err != nil {
			t.Fatal(err)
		}
	}
	change(setting.On)
	officer.Get("/work").To("/me/factor")
	change(setting.Off)
	officer.Get("/work").Is(200)

	// A procedure that one server adds the other receives a dossier of.
	if _, err := c.a.registry.Create(ctx, operator, unit.New{Code: "H99.102", Name: "Xã Cửa Tùng", Level: "commune", Parent: c.a.province}, unit.Act{Day: moment.NewDate(2025, 7, 1), Basis: "NQ"}); err != nil {
		t.Fatal(err)
	}
	tree, err := c.b.units.Today(ctx, c.b.db)
	if err != nil {
		t.Fatal(err)
	}
	u, ok := tree.ByCode("H99.102")
	if !ok {
		t.Fatal("the other server does not know the new commune")
	}
	receive(t, c.b.rooms, u.ID)

	// An account that is locked on one is out on the other, and so is its token.
	p := c.a.program(t, "cong", []string{"dossier.*"}, actor.Grant{Role: actor.OneStop, Unit: c.a.commune})
	there := p.At(c.b.b)
	there.Get("/api/v1/dossiers?unit=H99.101").Is(200)
	for _, login := range []string{"motcua", "cong"} {
		all, err := c.a.accounts.List(ctx, operator)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(all, func(x auth.Account) bool { return x.Login == login })
		if err := c.a.accounts.Disable(ctx, operator, all[i].ID, "thử"); err != nil {
			t.Fatal(err)
		}
	}
	officer.Get("/work").To("/sign-in?next=%2Fwork")
	// A token is believed until the server has heard of it: at once, as it listens.
	for i := 0; there.Get("/api/v1/dossiers?unit=H99.101").Status != http.StatusUnauthorized; i++ {
		if i == 1000 {
			t.Fatal("the token of a locked account still holds on the other server")
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Intake on both at once: every number once and none left out, one dossier for one key,
// and a log of the trail that both enter and sign without forking it.
func TestIntakeOnBothServersAtOnce(t *testing.T) {
	t.Parallel()
	c := twoServers(t)
	ctx := t.Context()
	key := filepath.Join(t.TempDir(), "log-key")
	for _, o := range []*office{c.a, c.b} {
		if err := o.openLog(ctx, key); err != nil {
			t.Fatal(err)
		}
	}
	p := c.a.program(t, "cong", []string{"dossier.*"}, actor.Grant{Role: actor.OneStop, Unit: c.a.commune})
	const each, keys = 12, 6
	var mu sync.Mutex
	codes, byKey := []string{}, map[int]map[string]bool{}
	body := func(name string) string {
		return fmt.Sprintf(`{"unit":"H99.101","procedure":"1.001193","channel":"online","person":{"name":%q,"phone":"0905123456"}}`, name)
	}
	send := func(o *office, key, name string) (int, string) {
		b := p.At(o.b)
		b.Header = b.Header.Clone()
		b.Header.Set("Idempotency-Key", key)
		x := b.Send("POST", "/api/v1/dossiers", "application/json", body(name))
		var out struct{ Dossier struct{ Code string } }
		json.Unmarshal([]byte(x.Body), &out)
		return x.Status, out.Dossier.Code
	}
	var work, logs sync.WaitGroup
	logging, enough := context.WithCancel(ctx)
	for i, o := range []*office{c.a, c.b} {
		logs.Go(func() {
			for logging.Err() == nil {
				if err := o.log.Step(ctx, 0, nil); err != nil {
					t.Errorf("server %d: the log: %v", i, err)
				}
			}
		})
		work.Go(func() {
			for n := range each {
				status, code := send(o, fmt.Sprintf("own-key-of-server-%d-%04d", i, n), fmt.Sprintf("Nguyễn Văn %d %d", i, n))
				mu.Lock()
				codes = append(codes, code)
				mu.Unlock()
				if status != http.StatusCreated {
					t.Errorf("server %d answered %d", i, status)
				}
			}
		})
		work.Go(func() {
			for n := range keys { // the same request to both
				status, code := send(o, fmt.Sprintf("key-of-both-servers-%04d", n), fmt.Sprintf("Trần Thị %d", n))
				mu.Lock()
				if byKey[n] == nil {
					byKey[n] = map[string]bool{}
				}
				byKey[n][code] = true
				mu.Unlock()
				if status != http.StatusCreated && status != http.StatusOK {
					t.Errorf("server %d answered %d to a key sent to both", i, status)
				}
			}
		})
	}
	work.Wait()
	enough()
	logs.Wait()
	for n, all := range byKey {
		if len(all) != 1 {
			t.Errorf("key %d made the dossiers %v, want one", n, all)
		}
		for code := range all {
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	for i, code := range codes {
		if !strings.HasSuffix(code, fmt.Sprintf("-%04d", i+1)) {
			t.Fatalf("the numbers are not 1 to %d, each once: %v", 2*each+keys, codes)
		}
	}
	if len(codes) != 2*each+keys {
		t.Errorf("%d dossiers, want %d", len(codes), 2*each+keys)
	}
	if err := c.b.log.Step(ctx, 0, nil); err != nil {
		t.Fatal(err)
	}
	check, err := c.a.checkLog(ctx, ledger.Options{})
	if err != nil || check.Wrong != 0 {
		t.Errorf("the log does not hold: %+v %v", check, err)
	}
	if check != nil && check.Checkpoints < 2 {
		t.Errorf("%d checkpoints, want that both signed", check.Checkpoints)
	}
}

// Several that start at once on an empty database migrate it once, and all run.
func TestServersStartTogetherOnAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	if os.Getenv("TEST_POSTGRES") == "" {
		t.Skip("several processes share a PostgreSQL; a SQLite file has one")
	}
	dsn := dbtest.Empty(t)
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			r, err := openRooms(context.Background(), dsn, db.Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer r.close()
			if _, err := r.first.Waiting(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// What everybody may read comes from the standby, and says as of when; what the standby
// does not have yet is not there. A database of its own stands for it.
func TestPublicPagesAreReadFromTheStandby(t *testing.T) {
	t.Parallel()
	if os.Getenv("TEST_POSTGRES") == "" {
		t.Skip("only PostgreSQL has standbys")
	}
	r, clock, province, commune := communeIn(t, dbtest.DSN(t))
	copied := dbtest.DSN(t)
	there, _, _, _ := communeIn(t, copied)
	d := receive(t, there, mustUnit(t, there, "H99.101"))
	stop, err := r.follow(t.Context(), standbyFlags{Standby: copied, StandbyLag: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	h, end, err := r.handler(t.Context(), serveFlags{Files: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(end)
	o := &office{rooms: r, b: webtest.Open(t, h), clock: clock, province: province, commune: commune}
	o.signIn(t, "motcua", actor.Grant{Role: actor.OneStop, Unit: commune}) // else everybody is led to make the first account
	visitor := o.b.Other()
	path := "/lookup?code=" + d.Code + "&digits=3456"
	visitor.Get(path).Is(404) // it is not read before anybody looked how far it is
	heart := db.SQL("app.test.heartbeat", `INSERT INTO heartbeat (id, at) VALUES (1, $1)`)
	if err := there.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), heart, tx.Now.Add(-20*time.Minute))
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for r.standby.AsOf() == r.db.Now() { // until it is seen
		time.Sleep(20 * time.Millisecond)
	}
	visitor.Get(path).Is(200).Has(".when", "08:40")
	visitor.Get("/on-time").Is(200).Has("main", "08:40")
	visitor.Get("/lookup?code="+d.Code+"&digits=0000").Is(404).Has("main", "08:40") // it may just be too new
	for _, page := range []string{"/", "/cchc", "/services"} {
		visitor.Get(page).Is(200)
	}
	// They do without the primary: nothing of them waits for it.
	own, err := r.db.Handle()
	if err != nil {
		t.Fatal(err)
	}
	name := ""
	if err := errors.Join(own.QueryRow("SELECT current_database()").Scan(&name), own.Close()); err != nil {
		t.Fatal(err)
	}
	admin, err := there.db.Handle()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { admin.Close() })
	door := func(open string) {
		for _, text := range []string{"ALTER DATABASE " + name + " ALLOW_CONNECTIONS " + open, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '" + name + "'"} {
			if _, err := admin.Exec(text); err != nil {
				t.Error(err)
			}
		}
	}
	door("false")
	defer door("true")
	for _, page := range []string{path, "/on-time", "/", "/cchc", "/services"} {
		visitor.Get(page).Is(200)
	}
}

func mustUnit(t *testing.T, r *rooms, code string) unit.ID {
	t.Helper()
	tree, err := r.units.Today(t.Context(), r.db)
	if err != nil {
		t.Fatal(err)
	}
	u, ok := tree.ByCode(code)
	if !ok {
		t.Fatalf("no unit %s", code)
	}
	return u.ID
}

// Two programs start on one empty PostgreSQL at the same moment: both come up, and what each
// would make at its first start is there once: schema, tables of jobs, holidays.
func TestTwoProgramsStartOnOneEmptyPostgreSQL(t *testing.T) {
	t.Parallel()
	dsn := dbtest.Empty(t)
	if !db.IsPostgres(dsn) {
		t.Skip("a SQLite file has one program, which TestOneProgramServesASQLiteFile tries")
	}
	var wg sync.WaitGroup
	both := make([]*rooms, 2)
	for i := range both {
		wg.Go(func() {
			r, err := openRooms(t.Context(), dsn, db.Options{Wait: time.Minute, Serve: true})
			if err != nil {
				t.Errorf("program %d: %v", i+1, err)
				return
			}
			t.Cleanup(r.close)
			both[i] = r
		})
	}
	wg.Wait()
	if t.Failed() {
		t.FailNow()
	}
	for i, r := range both {
		if have, want, err := r.db.Version(t.Context()); err != nil || have != want {
			t.Errorf("program %d has schema %d of %d, %v", i+1, have, want, err)
		}
	}
	h, err := both[0].db.Handle()
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	for what, rows := range map[string]string{
		"migrations":         "SELECT version_id::text FROM goose_db_version WHERE is_applied AND version_id > 0",
		"migrations of jobs": "SELECT line || ' ' || version FROM river_migration",
		"holidays":           "SELECT day::text FROM day_off WHERE unit_id IS NULL",
	} {
		var n, once int
		if err := h.QueryRowContext(t.Context(), "SELECT COUNT(*), COUNT(DISTINCT x.v) FROM ("+rows+") x (v)").Scan(&n, &once); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if n == 0 || n != once {
			t.Errorf("%s: %d, and %d different ones", what, n, once)
		}
	}
}

func TestTheFirstAccountIsMadeOnWhicheverServer(t *testing.T) {
	t.Parallel()
	if os.Getenv("TEST_POSTGRES") == "" {
		t.Skip("several processes share a PostgreSQL; a SQLite file has one")
	}
	dsn := dbtest.DSN(t)
	codes := []string{}
	for range 2 {
		r, err := openRooms(t.Context(), dsn, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(r.close)
		if err := r.first.Share(t.Context()); err != nil {
			t.Fatal(err)
		}
		codes = append(codes, r.first.Code)
	}
	if codes[0] != codes[1] || len(codes[0]) < 8 {
		t.Errorf("the codes are %q, want one", codes)
	}
}
