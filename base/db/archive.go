package db

import (
	"context"
	"strconv"
	"time"

	"cchc/base/moment"
)

// An Archive tells how PostgreSQL's own archive of its log (WAL) stands: archive_mode and
// archive_command, which deploy/pg-moment is one of. Times are by the clock of its machine.
type Archive struct {
	On       bool           // it archives, or would when it leads
	Told     bool           // by what: archive_command, or archive_library of a newer PostgreSQL
	Standby  bool           // it follows another, which is the one that is to archive
	Now      moment.Instant // of the server
	Started  moment.Instant // when it did
	Archived moment.Instant // last; 0: nothing was since its statistics began
	Failed   moment.Instant // the last time that it could not; 0: never
	Piece    string         // which it could not archive then
	Waiting  int            // pieces that are full and not archived; -1: that cannot be told
	Size     int64          // of a piece, bytes
	Timeout  time.Duration  // archive_timeout: a piece is ended after it though it is not full; 0: it waits
}

// archiver may be read by every role. pg_walfile_name of a position at the edge of two
// pieces is the one before; the one that is written now waits for nobody yet. The last
// name may be of a piece (24 signs), or of what lies between them: a label of a base copy
// or a history of timelines, which say nothing of how far the pieces are.
// Sources: PostgreSQL 15, 28.2.12 pg_stat_archiver, 9.27.3 backup control functions.
const archiver = `
	SELECT current_setting('archive_mode') <> 'off',
		current_setting('archive_command') || COALESCE(current_setting('archive_library', TRUE), '') <> '', pg_is_in_recovery(),
		(EXTRACT(EPOCH FROM clock_timestamp()) * 1000)::bigint,
		(EXTRACT(EPOCH FROM pg_postmaster_start_time()) * 1000)::bigint,
		COALESCE((EXTRACT(EPOCH FROM last_archived_time) * 1000)::bigint, 0),
		COALESCE((EXTRACT(EPOCH FROM last_failed_time) * 1000)::bigint, 0),
		COALESCE(last_failed_wal, ''), COALESCE(last_archived_wal, ''),
		CASE WHEN pg_is_in_recovery() THEN '' ELSE pg_walfile_name(pg_current_wal_lsn()) END,
		pg_size_bytes(current_setting('wal_segment_size')),
		(SELECT setting::bigint FROM pg_settings WHERE name = 'archive_timeout')
	FROM pg_stat_archiver`

// Archive asks PostgreSQL how its archive stands. SQLite has none: nothing is on.
func (d *DB) Archive(ctx context.Context) (a Archive, err error) {
	if d.engine != Postgres {
		return Archive{}, nil
	}
	var last, current string
	var timeout int64 // seconds
	err = d.read.QueryRowContext(ctx, archiver).Scan(&a.On, &a.Told, &a.Standby, &a.Now, &a.Started, &a.Archived, &a.Failed, &a.Piece, &last, &current, &a.Size, &timeout)
	if err != nil {
		return Archive{}, translate(err)
	}
	a.Timeout = time.Duration(timeout) * time.Second
	a.Waiting = waiting(last, current, a.Size)
	return a, nil
}

// waiting counts the pieces between the last that was archived and the one that is
// written; -1 when a name tells of none. Timelines are left out: the number of a piece
// goes on from one to the next.
func waiting(last, current string, size int64) int {
	l, ok := pieceNumber(last, size)
	c, also := pieceNumber(current, size)
	if !ok || !also {
		return -1
	}
	return int(max(0, c-l-1))
}

// pieceNumber reads the number of a piece of the log of its name: 8 signs of the timeline,
// 8 of what is higher than 4 GB, 8 of the piece within them.
func pieceNumber(name string, size int64) (n int64, ok bool) {
	if len(name) != 24 || size <= 0 {
		return 0, false
	}
	high, err := strconv.ParseInt(name[8:16], 16, 64)
	if err != nil {
		return 0, false
	}
	low, err := strconv.ParseInt(name[16:], 16, 64)
	return high*(1<<32/size) + low, err == nil
}
