//! Where syncing stands: states of streams, runs, the lease that admits one process, the limiter, staged lines.

use rusqlite::{OptionalExtension, Row, params};
use serde_json::Value as Json;

use super::checkpoint::STATE_ADVANCED;
use super::error::{Result, StoreError};
use super::key::{Id, OwnedId};
use super::{ConnectionId, Read, Write};

/// Where a stream of a connection stands.
#[derive(Clone, PartialEq, Debug)]
pub struct StreamState {
    /// The stream.
    pub stream: String,
    /// The connector's own state.
    pub state: Json,
    /// Last time it was wholly up to date, UTC second.
    pub last_good_at: Option<i64>,
}

/// How a run stands.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum RunState {
    /// At work, or cut off without an end.
    Running,
    /// Finished.
    Done,
    /// Ended by an error; what it stored stays.
    Failed,
    /// Ended by the user.
    Cancelled,
    /// Cut off by the end of its process; the next run went on from there.
    Interrupted,
}

impl RunState {
    /// Every state.
    pub const ALL: [RunState; 5] = [
        RunState::Running,
        RunState::Done,
        RunState::Failed,
        RunState::Cancelled,
        RunState::Interrupted,
    ];

    /// The name in answers and in the file.
    pub fn name(self) -> &'static str {
        match self {
            RunState::Running => "running",
            RunState::Done => "done",
            RunState::Failed => "failed",
            RunState::Cancelled => "cancelled",
            RunState::Interrupted => "interrupted",
        }
    }
}

/// One sync of a connection.
#[derive(Clone, PartialEq, Debug)]
pub struct Run {
    /// Row id.
    pub id: i64,
    /// What it syncs.
    pub connection: ConnectionId,
    /// UTC second.
    pub started_at: i64,
    /// UTC second.
    pub finished_at: Option<i64>,
    /// How it stands.
    pub state: RunState,
    /// Counts of requests, records, issues.
    pub counts: Json,
    /// What the progress bar shows.
    pub progress: Json,
    /// The error that ended it.
    pub error: Option<Json>,
}

/// Who syncs a connection, and until when the claim holds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lease {
    /// A name of the process.
    pub owner: String,
    /// UTC second after which anyone may take it.
    pub expires_at: i64,
}

fn json(what: &str, text: &str) -> Result<Json> {
    serde_json::from_str(text).map_err(|e| StoreError::Corrupt(format!("{what}: {e}")))
}

fn run(row: &Row<'_>) -> rusqlite::Result<Result<Run>> {
    let id: i64 = row.get(0)?;
    let state: String = row.get(4)?;
    let (counts, progress): (String, String) = (row.get(5)?, row.get(6)?);
    let error: Option<String> = row.get(7)?;
    let (connection, started_at, finished_at) = (ConnectionId(row.get(1)?), row.get(2)?, row.get(3)?);
    let build = || {
        let known = RunState::ALL.into_iter().find(|s| s.name() == state);
        Ok(Run {
            id,
            connection,
            started_at,
            finished_at,
            state: known.ok_or_else(|| StoreError::Corrupt(format!("run {id} has no known state")))?,
            counts: json("counts of a run", &counts)?,
            progress: json("progress of a run", &progress)?,
            error: error.map(|text| json("error of a run", &text)).transpose()?,
        })
    };
    Ok(build())
}

const RUN: &str = "id, connection, started_at, finished_at, state, counts, progress, error";

impl Read<'_> {
    /// Where a stream stands; `None` before its first step.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn stream_state(&self, connection: ConnectionId, stream: &str) -> Result<Option<StreamState>> {
        Ok(self.stream_states(connection)?.into_iter().find(|s| s.stream == stream))
    }

    /// Where every stream of a connection stands, by name.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn stream_states(&self, connection: ConnectionId) -> Result<Vec<StreamState>> {
        let mut find = self.lane.sql.prepare_cached(
            "SELECT stream, state, last_good_at FROM stream_state WHERE connection = ?1 ORDER BY stream",
        )?;
        let mut rows = find.query([connection.0])?;
        let mut states = Vec::new();
        while let Some(row) = rows.next()? {
            let stream: String = row.get(0)?;
            let state = json(&stream, row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?)?;
            states.push(StreamState {
                stream,
                state,
                last_good_at: row.get(2)?,
            });
        }
        Ok(states)
    }

    /// Runs, latest first, of one connection if given.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn runs(&self, connection: Option<ConnectionId>, limit: u64) -> Result<Vec<Run>> {
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT {RUN} FROM run WHERE ?1 IS NULL OR connection = ?1 ORDER BY id DESC LIMIT ?2"
        ))?;
        let found = find.query_map(
            params![connection.map(|c| c.0), i64::try_from(limit).unwrap_or(i64::MAX)],
            run,
        )?;
        found.map(|row| row?).collect()
    }

    /// One run.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn run(&self, id: i64) -> Result<Run> {
        let mut find = self
            .lane
            .sql
            .prepare_cached(&format!("SELECT {RUN} FROM run WHERE id = ?1"))?;
        find.query_row([id], run)
            .optional()?
            .ok_or_else(|| StoreError::NotFound(format!("there is no run {id}")))?
    }

    /// Who syncs a connection, expired claims too.
    ///
    /// # Errors
    /// Database failures only.
    pub fn lease(&self, connection: ConnectionId) -> Result<Option<Lease>> {
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT owner, expires_at FROM lease WHERE connection = ?1")?;
        Ok(find
            .query_row([connection.0], |row| {
                Ok(Lease {
                    owner: row.get(0)?,
                    expires_at: row.get(1)?,
                })
            })
            .optional()?)
    }

    /// What the limiter of a connection knew last.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn limiter(&self, connection: ConnectionId) -> Result<Option<Json>> {
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT state FROM limiter WHERE connection = ?1")?;
        let text: Option<String> = find.query_row([connection.0], |row| row.get(0)).optional()?;
        text.map(|text| json("a limiter's state", &text)).transpose()
    }

    /// How many lines of a stream wait for their parents.
    ///
    /// # Errors
    /// Database failures only.
    pub fn count_staged(&self, connection: ConnectionId, stream: &str) -> Result<u64> {
        let mut count = self
            .lane
            .sql
            .prepare_cached("SELECT count(*) FROM staged WHERE connection = ?1 AND stream = ?2")?;
        Ok(count
            .query_row(params![connection.0, stream], |row| row.get::<_, i64>(0))?
            .unsigned_abs())
    }
}

impl Write<'_> {
    /// Moves a stream on. A `last_good_at` of `None` keeps the one that is stored.
    ///
    /// # Errors
    /// Database failures only.
    pub fn set_stream_state(
        &mut self,
        connection: ConnectionId,
        stream: &str,
        state: &Json,
        last_good_at: Option<i64>,
    ) -> Result<()> {
        self.lane
            .sql
            .prepare_cached(
                "INSERT INTO stream_state (connection, stream, state, last_good_at) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (connection, stream) DO UPDATE SET state = excluded.state,
                   last_good_at = coalesce(excluded.last_good_at, last_good_at)",
            )?
            .execute(params![connection.0, stream, state.to_string(), last_good_at])?;
        self.checkpoint.pass(STATE_ADVANCED);
        Ok(())
    }

    /// Forgets where a stream stands, so that it is read from its beginning.
    ///
    /// # Errors
    /// Database failures only.
    pub fn clear_stream_state(&mut self, connection: ConnectionId, stream: &str) -> Result<()> {
        let mut clear = self
            .lane
            .sql
            .prepare_cached("DELETE FROM stream_state WHERE connection = ?1 AND stream = ?2")?;
        clear.execute(params![connection.0, stream])?;
        Ok(())
    }

    /// Begins a run at UTC second `at`. Runs of the connection that were cut off before are marked so: only the holder of the
    /// lease begins one.
    ///
    /// # Errors
    /// Database failures only.
    pub fn start_run(&mut self, connection: ConnectionId, at: i64) -> Result<i64> {
        let sql = &self.lane.sql;
        sql.prepare_cached(
            "UPDATE run SET state = 'interrupted', finished_at = ?2 WHERE connection = ?1 AND state = 'running'",
        )?
        .execute([connection.0, at])?;
        sql.prepare_cached(
            "INSERT INTO run (connection, started_at, state, counts, progress) VALUES (?1, ?2, 'running', '{}', '{}')",
        )?
        .execute([connection.0, at])?;
        Ok(sql.last_insert_rowid())
    }

    /// Stores how a run stands.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn update_run(&mut self, run: &Run) -> Result<()> {
        let changed = self
            .lane
            .sql
            .prepare_cached(
                "UPDATE run SET finished_at = ?2, state = ?3, counts = ?4, progress = ?5, error = ?6 WHERE id = ?1",
            )?
            .execute(params![
                run.id,
                run.finished_at,
                run.state.name(),
                run.counts.to_string(),
                run.progress.to_string(),
                run.error.as_ref().map(Json::to_string)
            ])?;
        if changed == 0 {
            return Err(StoreError::NotFound(format!("there is no run {}", run.id)));
        }
        Ok(())
    }

    /// Claims a connection for `owner` until UTC second `until`, or renews the claim. `false`: another process holds it at
    /// UTC second `now`.
    ///
    /// # Errors
    /// Database failures only.
    pub fn take_lease(&mut self, connection: ConnectionId, owner: &str, now: i64, until: i64) -> Result<bool> {
        let taken = self
            .lane
            .sql
            .prepare_cached(
                "INSERT INTO lease (connection, owner, expires_at) VALUES (?1, ?2, ?4)
                 ON CONFLICT (connection) DO UPDATE SET owner = excluded.owner, expires_at = excluded.expires_at
                 WHERE owner = excluded.owner OR expires_at <= ?3",
            )?
            .execute(params![connection.0, owner, now, until])?;
        Ok(taken > 0)
    }

    /// Gives a claim up, if it is still `owner`'s.
    ///
    /// # Errors
    /// Database failures only.
    pub fn release_lease(&mut self, connection: ConnectionId, owner: &str) -> Result<bool> {
        let mut release = self
            .lane
            .sql
            .prepare_cached("DELETE FROM lease WHERE connection = ?1 AND owner = ?2")?;
        Ok(release.execute(params![connection.0, owner])? > 0)
    }

    /// Stores what the limiter of a connection knows.
    ///
    /// # Errors
    /// Database failures only.
    pub fn set_limiter(&mut self, connection: ConnectionId, state: &Json) -> Result<()> {
        self.lane
            .sql
            .prepare_cached(
                "INSERT INTO limiter (connection, state) VALUES (?1, ?2)
                 ON CONFLICT (connection) DO UPDATE SET state = excluded.state",
            )?
            .execute(params![connection.0, state.to_string()])?;
        Ok(())
    }

    /// Keeps a line of a bulk file under its parent's key until the file is read to its end.
    ///
    /// # Errors
    /// Database failures only.
    pub fn stage(&mut self, connection: ConnectionId, stream: &str, parent: &str, line: &[u8]) -> Result<()> {
        self.lane
            .sql
            .prepare_cached("INSERT INTO staged (connection, stream, parent, line) VALUES (?1, ?2, ?3, ?4)")?
            .execute(params![connection.0, stream, Id(parent), line])?;
        Ok(())
    }

    /// Takes staged parents with all their lines, in the order they were staged, out of the staging table: the highest ids
    /// first, which on most platforms are the newest. Stops after `parents` of them, or after the one with which `bytes` are
    /// reached. Empty when nothing is left.
    ///
    /// # Errors
    /// Database failures only.
    pub fn take_staged(
        &mut self,
        connection: ConnectionId,
        stream: &str,
        parents: usize,
        bytes: usize,
    ) -> Result<Vec<(String, Vec<Vec<u8>>)>> {
        let sql = &self.lane.sql;
        let mut find = sql.prepare_cached(
            "SELECT parent, line FROM staged WHERE connection = ?1 AND stream = ?2 ORDER BY parent DESC, id",
        )?;
        let mut rows = find.query(params![connection.0, stream])?;
        let mut taken: Vec<(String, Vec<Vec<u8>>)> = Vec::new();
        let mut size = 0;
        while let Some(row) = rows.next()? {
            let parent = row.get::<_, OwnedId>(0)?.0;
            let line: Vec<u8> = row.get(1)?;
            let length = line.len();
            let full = taken.len() >= parents || size >= bytes;
            match taken.last_mut() {
                Some((last, lines)) if *last == parent => lines.push(line),
                _ if full => break,
                _ => taken.push((parent, vec![line])),
            }
            size += length;
        }
        let mut drop =
            sql.prepare_cached("DELETE FROM staged WHERE connection = ?1 AND stream = ?2 AND parent = ?3")?;
        for (parent, _) in &taken {
            drop.execute(params![connection.0, stream, Id(parent)])?;
        }
        Ok(taken)
    }

    /// Throws staged lines of a stream away (a file that turned out cut).
    ///
    /// # Errors
    /// Database failures only.
    pub fn clear_staged(&mut self, connection: ConnectionId, stream: &str) -> Result<()> {
        let mut clear = self
            .lane
            .sql
            .prepare_cached("DELETE FROM staged WHERE connection = ?1 AND stream = ?2")?;
        clear.execute(params![connection.0, stream])?;
        Ok(())
    }
}
