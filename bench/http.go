package main

import (
	"context"
	"fmt"
	"net/url"
)

// An engine is a server of the product on one engine, ready to be driven.
type engine struct {
	name  string
	s     *server
	kinds []kind
	codes list
}

// engines starts the product on a copy of the demonstration, on SQLite and, where
// there is one, on PostgreSQL.
func (r *run) engines(ctx context.Context, name string, n int) (all []*engine, stop func(), err error) {
	stop = func() {
		for _, e := range all {
			e.s.stop()
		}
	}
	dsns := map[string]string{}
	path, _, err := r.demo(ctx, n)
	if err != nil {
		return nil, stop, err
	}
	if dsns["SQLite"], err = r.copyOf(path, name); err != nil {
		return nil, stop, err
	}
	if r.pg != "" {
		dsn, err := r.database(ctx, "bench_"+name)
		if err == nil {
			err = command(ctx, ".", r.cchc, "demo", "--make-only", "--db", dsn, "--dossiers", fmt.Sprint(n))
		}
		if err != nil {
			return nil, stop, err
		}
		dsns["PostgreSQL"] = dsn
	}
	for _, name := range []string{"SQLite", "PostgreSQL"} {
		dsn, ok := dsns[name]
		if !ok {
			continue
		}
		if err := r.account(ctx, dsn, "bench", "onestop"); err != nil {
			return nil, stop, err
		}
		s, err := r.serve(ctx, dsn)
		if err != nil {
			return nil, stop, err
		}
		e := &engine{name: name, s: s}
		all = append(all, e)
		if err := s.signIn("bench", password); err != nil {
			return nil, stop, err
		}
		if e.kinds, err = s.kinds(ctx); err != nil {
			return nil, stop, err
		}
	}
	return all, stop, nil
}

// measureHTTP compares intake, get and list over HTTP with PocketBase.
func measureHTTP(ctx context.Context, r *run) error {
	engines, stop, err := r.engines(ctx, "http", r.Demo)
	defer stop()
	if err != nil {
		return err
	}
	var peer *server
	var ids list
	kinds := engines[0].kinds
	if r.peer != "" {
		if peer, err = r.startPeer(ctx); err != nil {
			return err
		}
		defer peer.stop()
		// As many records as the demonstration has dossiers.
		fill := peer.records(kinds, &ids)
		for len(ids.all) < r.Demo {
			if _, err := fill.round(ctx, r.Workers, r.Round); err != nil {
				return err
			}
		}
	}
	// What a first start does in the background is not part of any request.
	for _, e := range engines {
		if err := r.quiet(ctx, e.s); err != nil {
			return err
		}
	}
	compare := func(short, what string, aim float64, ours func(e *engine) *target, theirs map[string]*target, order ...string) error {
		var targets []*target
		for _, e := range engines {
			targets = append(targets, ours(e))
		}
		for _, name := range order {
			if peer != nil {
				targets = append(targets, theirs[name])
			}
		}
		got, err := r.rounds(ctx, short, targets...)
		if err != nil {
			return err
		}
		for i, e := range engines {
			x := row{What: what, Engine: e.name, Ours: got[i].rate()}
			if peer == nil {
				r.report.add(x)
				continue
			}
			for j, name := range order {
				p := got[len(engines)+j]
				ratio := got[i].PerSecond / p.PerSecond
				x.Peer, x.Ratio, x.Aim, x.Met = "PocketBase "+name+p.rate(), fmt.Sprintf("%.2f", ratio), "", none
				if e.name == "SQLite" && j == 0 {
					x.Aim, x.Met = fmt.Sprintf("≥ %.1f", aim), judge(ratio >= aim)
				}
				r.report.add(x)
			}
		}
		return nil
	}
	one := map[string]*target{}
	if peer != nil {
		one[""] = peer.records(kinds, &ids)
	}
	if err := compare("intake", "intake: a dossier received over the API, on disk, counted and audited", 1.5,
		func(e *engine) *target { return e.s.intake(e.name, e.kinds, &e.codes) }, one, ""); err != nil {
		return err
	}
	// Who is to be told of what came is told afterwards. That is work of the intake,
	// and none of what is measured next.
	for _, e := range engines {
		before, n := processorTime(e.s.cmd.Process.Pid), len(e.codes.all)
		if err := r.quiet(ctx, e.s); err != nil {
			return err
		}
		after := processorTime(e.s.cmd.Process.Pid) - before
		r.report.add(row{What: "of that intake, notices and the like after the answers, until the server rests", Engine: e.name,
			Ours: fmt.Sprintf("%d µs of processor for each dossier", after.Microseconds()/int64(max(1, n)))})
	}
	if peer != nil {
		var paths []string
		for i := 0; i < len(ids.all); i += 1 + len(ids.all)/5000 {
			paths = append(paths, "/api/collections/dossiers/records/"+ids.all[i])
		}
		one[""] = peer.get("PocketBase get", paths...)
	}
	if err := compare("get", "get by code (PocketBase: by id)", 2, func(e *engine) *target {
		var paths []string
		for i := 0; i < len(e.codes.all); i += 1 + len(e.codes.all)/5000 {
			paths = append(paths, "/api/v1/dossiers/"+e.codes.all[i])
		}
		return e.s.get(e.name, paths...)
	}, one, ""); err != nil {
		return err
	}
	lists := map[string]*target{}
	if peer != nil {
		for name, more := range map[string]string{"": "", "without its total: ": "&skipTotal=1"} {
			var paths []string
			for _, k := range kinds {
				q := url.Values{"filter": {fmt.Sprintf("unit='%s' && open=true", k.Unit)}, "sort": {"due"}, "perPage": {"50"}}
				paths = append(paths, "/api/collections/dossiers/records?"+q.Encode()+more)
			}
			lists[name] = peer.get("PocketBase list", paths...)
		}
	}
	return compare("list", "list 50 open of a unit, due soonest first", 4, func(e *engine) *target {
		var paths []string
		for _, k := range e.kinds {
			paths = append(paths, "/api/v1/dossiers?bucket=open&limit=50&unit="+k.Unit)
		}
		return e.s.get(e.name, paths...)
	}, lists, "", "without its total: ")
}
