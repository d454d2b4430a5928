// Package job runs what leaves the process or runs on a schedule, through River
// on both engines. A job is enqueued in the transaction of the fact that calls
// for it, so it exists exactly when the fact does. What a query over facts can
// find (who is due soon) is a sweep, not a job per dossier.
package job

import "database/sql"

type riverTx = *sql.Tx
