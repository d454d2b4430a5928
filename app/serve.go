package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"time"

	"cchc/base/db"
	"cchc/demo"
)

type serveFlags struct {
	Addr       string        `help:"Address to listen on." default:"127.0.0.1:8080" placeholder:"HOST:PORT"`
	Secure     bool          `help:"People reach the server over TLS (by a proxy): secure cookies, strict transport."`
	TrustProxy bool          `help:"Take the client's address from X-Forwarded-For."`
	Base       string        `help:"Address at which citizens reach the server, for the codes on papers: https://dichvu.example.vn." placeholder:"URL"`
	APIRate    float64       `help:"API calls a second that one token or account may make in the long run; 0 is no limit." default:"100" name:"api-rate"`
	APIBurst   int           `help:"API calls that one token or account may make at once." default:"1000" name:"api-burst"`
	Profile    string        `help:"Address for Go's profiles, which tell much: only on the loopback." placeholder:"HOST:PORT" hidden:""`
	Drain      time.Duration `help:"How long to go on answering after being told to stop, while /readyz already says no, so that a load balancer looks elsewhere first." default:"0s"`
	Hosts      []string      `help:"Hosts that webhooks and status feeds may call although they are in a private network or without TLS: host or host:port." name:"exchange-hosts" placeholder:"HOST"`
	Only       []string      `help:"The only hosts that webhooks and status feeds may call, as host or host:port; any in the open network when left out." name:"exchange-only" placeholder:"HOST"`
	Files      string        `help:"Where scans are kept: a folder, or s3://bucket?endpoint=…; beside the database when left out." placeholder:"DIR|URL"`

	Clamd     string `help:"Address of ClamAV's clamd, which looks at every file that is brought: unix:/run/clamav/clamd.ctl or tcp:HOST:PORT. None looks at nothing." placeholder:"ADDRESS"`
	ClamdDown string `help:"What to do with a file while clamd cannot be asked: refuse it, or mark it: take it, and hand it out only when it was looked at." enum:"refuse,mark" default:"refuse" name:"clamd-down"`

	logFlag
	logFormatFlag
	cosignerFlags
	SealKey string `help:"File of the key that seals the secrets of second factors; beside the database when left out. Every process of one database needs the same." name:"seal-key" placeholder:"PATH"`
	metricsFlags
	standbyFlags
	archiveFlag
	Copies  backupFlags `embed:"" prefix:"backup-"`
	SSO     ssoFlags    `embed:"" prefix:"sso-"`
	Load    loadFlags   `embed:"" prefix:"load-"`
	SMTP    smtpFlags   `embed:"" prefix:"smtp-"`
	Notices noticeFlags `embed:"" prefix:"notices-"`
}

// standbyFlags say where what everybody may read is read.
type standbyFlags struct {
	Standby    string        `help:"URL of a standby of the PostgreSQL: the pages for everybody are read from it." placeholder:"URL"`
	StandbyLag time.Duration `help:"How far the standby may be behind while the primary is there; the primary is read otherwise." default:"10s" name:"standby-lag" placeholder:"DURATION"`
}

// archiveFlag says where PostgreSQL's archive is, for who looks at disks.
type archiveFlag struct {
	PgArchive string `help:"Folder of this machine to which PostgreSQL archives its log (as pg-moment does): its disk is watched, and that it archives at all." placeholder:"DIR" name:"pg-archive"`
}

type serveCmd struct {
	dbFlag
	serveFlags
	Training bool `help:"Serve a place to practise: a database of its own beside --db with an invented province, every page and paper marked."`
}

// Run serves until it is interrupted.
func (c serveCmd) Run(ctx context.Context, s streams) error {
	if c.Training {
		return c.train(ctx, s)
	}
	// A machine that starts may be up before the database of another one leads.
	r, err := openRooms(ctx, c.DB, db.Options{Wait: time.Minute, Serve: true})
	if err != nil {
		return err
	}
	defer r.close()
	return r.serve(ctx, s, c.serveFlags, nil)
}

type demoCmd struct {
	serveFlags
	Data     string `help:"Folder of the demonstration's database." default:"demo-data" placeholder:"DIR"`
	DB       string `help:"Database instead of --data: a path or a postgres:// URL." placeholder:"PATH|URL" name:"db"`
	Dossiers int    `help:"How many dossiers in the year." default:"32100" placeholder:"N"`
	Seed     uint64 `help:"Another seed makes other dossiers." default:"0"`
	MakeOnly bool   `help:"Make the data and don't serve."`
}

// Run makes the demonstration when there is none, and serves it.
func (c demoCmd) Run(ctx context.Context, s streams) error {
	dsn := c.DB
	if dsn == "" {
		dsn = filepath.Join(c.Data, "cchc.db")
	}
	if c.Dossiers < 1 {
		return fmt.Errorf("--dossiers: %d; want at least 1", c.Dossiers)
	}
	r, err := openRooms(ctx, dsn, db.Options{Serve: true})
	if err != nil {
		return err
	}
	defer r.close()
	made, err := demo.Made(ctx, r.db)
	if err != nil {
		return err
	}
	if !made {
		begun := time.Now()
		p := newProgress(s.err, "demonstration: dossiers made")
		sum, err := demo.Make(ctx, r.db, demo.Options{Dossiers: c.Dossiers, Seed: c.Seed, Progress: p.at})
		p.end()
		if errors.Is(err, demo.ErrUnfinished) && !db.IsPostgres(dsn) {
			return fmt.Errorf("%s: %w; remove the file and start again", dsn, err)
		}
		if err != nil {
			return err
		}
		// The last day is news: pages of notices are not empty.
		if err := r.notices.Begin(ctx, r.db.Now().Add(-24*time.Hour)); err != nil {
			return err
		}
		if err := r.exampleImports(ctx, r.filesAt(c.Files)); err != nil {
			return err
		}
		if err := r.examplePrivacy(ctx); err != nil {
			return err
		}
		fmt.Fprintf(s.err, "made %d dossiers of %d communes in %.1f s\n", sum.Dossiers, sum.Communes, time.Since(begun).Seconds())
	}
	if c.MakeOnly {
		return nil
	}
	return r.serve(ctx, s, c.serveFlags, func() {
		fmt.Fprintln(s.out, "\nDemonstration accounts (tài khoản minh hoạ):")
		for _, a := range demo.Accounts() {
			fmt.Fprintf(s.out, "  %-16s %-24s %-14s %s\n", a.Login, a.Password, a.Role, a.Unit)
		}
	})
}

// serve runs pages, API and jobs until ctx ends, then lets what is under way
// finish.
func (r *rooms) serve(ctx context.Context, s streams, f serveFlags, ready func()) error {
	slog.SetDefault(newLog(s.err, f.LogFormat))
	l, err := net.Listen("tcp", f.Addr)
	if err != nil {
		return fmt.Errorf("--addr: %w", err)
	}
	if r.copies, err = f.Copies.schedule(); err != nil {
		l.Close()
		return err
	}
	alone, err := r.follow(ctx, f.standbyFlags)
	if err != nil {
		l.Close()
		return err
	}
	defer alone()
	if r.tracer, err = newTracer(ctx); err != nil {
		l.Close()
		return fmt.Errorf("OTEL_EXPORTER_OTLP_ENDPOINT: %w", err)
	}
	defer r.tracer.stop()
	if r.tracer != nil {
		r.db.Trace(r.tracer.write)
	}
	h, stop, err := r.handler(ctx, f)
	if err != nil {
		l.Close()
		return err
	}
	if f.Profile != "" {
		if err := profile(ctx, f.Profile); err != nil {
			l.Close()
			return err
		}
	}
	if err := r.serveMetrics(ctx, f.metricsFlags); err != nil {
		l.Close()
		return err
	}
	jobs := r.newRunner()
	if err := jobs.Start(ctx); err != nil { // the first write
		l.Close()
		return fmt.Errorf("--db %s: %w", r.db.Name(), err)
	}
	if err := r.openLog(ctx, f.LogKey); err != nil {
		slog.Error("the log of the trail is not signed", "error", err)
		r.logKeeper.unsigned(err)
	}
	r.sealErased(ctx)
	listening, deaf := context.WithCancel(ctx)
	defer deaf()
	go r.hub.Listen(listening, r.db)
	if err := r.openSeal(ctx, f.SealKey); err != nil {
		slog.Error("codes of second factors cannot be checked", "error", err)
	}
	keeping := make(chan struct{})
	logging, enough := context.WithCancel(context.WithoutCancel(ctx))
	go func() { defer close(keeping); r.logKeeper.keep(logging) }()
	defer func() { enough(); <-keeping }()
	looking := make(chan struct{})
	go func() { defer close(looking); r.desk.Looks.Keep(logging) }()
	defer func() { enough(); <-looking }() // the last looks are noted before the database closes
	// Who sends or reads slowly is cut off; live pages lift that for themselves, and
	// handlers end with their request's context.
	server := &http.Server{Handler: r.tracer.requests(h), ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 2 * time.Minute, WriteTimeout: 10 * time.Minute, IdleTimeout: 2 * time.Minute,
		BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		ErrorLog:    slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn)}
	server.RegisterOnShutdown(stop) // open streams would hold it up
	fmt.Fprintf(s.out, "cchc %s: http://%s\n", Version, l.Addr())
	if ready != nil {
		ready()
	}
	if waiting, err := r.first.Waiting(ctx); err != nil {
		slog.Error("is there an account", "err", err)
	} else if waiting {
		if r.db.Engine() == db.Postgres { // whichever server people come to
			if err := r.first.Share(ctx); err != nil {
				return err
			}
		}
		fmt.Fprintf(s.out, "\nThere is no account yet (chưa có tài khoản nào).\n  Open (mở)  http://%s/first-run\n  Code (mã)  %s\n", l.Addr(), r.first.Code)
	}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(l) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	r.ready.draining.Store(true)
	if f.Drain > 0 {
		slog.Info("stopping: said so to who asks whether this server is ready", "for", f.Drain)
		select {
		case <-time.After(f.Drain):
		case err := <-failed:
			return fmt.Errorf("serve: %w", err)
		}
	}
	slog.Info("stopping: requests under way are finished")
	r.hub.Close()
	end, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	err = server.Shutdown(end)
	return errors.Join(err, jobs.Stop(end))
}
