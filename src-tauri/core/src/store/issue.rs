//! Issues: records that could not be read, and what else the user should know.

use std::collections::BTreeSet;

use rusqlite::types::Value;
use rusqlite::{Row, params, params_from_iter};

use super::error::Result;
use super::key::{Id, OwnedId};
use super::{ConnectionId, Read, Write};
use crate::connectors::NAMELESS;

/// What the figures lack for an issue. The number is part of the stored form.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
#[repr(u8)]
pub enum Lacks {
    /// Nothing: a part of a record is not understood, or it does not add up; what it tells counts.
    #[default]
    Nothing = 0,
    /// What the record tells. The order or the day it belongs to counts without it.
    Record = 1,
    /// The whole order.
    Order = 2,
    /// What records tell of an order that has not come itself.
    ToCome = 3,
}

/// What the figures of some days lack.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Lacking {
    /// Orders that are kept and not counted, those of unknown days among them.
    pub orders: u64,
    /// Of these, those of which nobody knows the day: they are lacking in every range.
    pub undated: u64,
    /// Records beside them of which nothing counts, though what they belong to does.
    pub records: u64,
    /// Orders that have not come, though records have that tell of them; nothing of these counts.
    pub to_come: u64,
}

/// Something about a record that the user should know.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewIssue {
    /// Whose record.
    pub connection: ConnectionId,
    /// Its stream.
    pub stream: String,
    /// Its key; empty for the stream as a whole.
    pub record: String,
    /// The raw record, if there is one.
    pub raw: Option<i64>,
    /// Short code for grouping.
    pub code: String,
    /// What is wrong, with the place. Carries no secret.
    pub message: String,
    /// What the figures lack for it.
    pub lacks: Lacks,
    /// From when to when that would count, as UTC seconds with both ends in it; `None` where nobody knows.
    pub span: Option<(i64, i64)>,
}

/// A stored issue. One is open per record and code; seeing it again counts up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issue {
    /// Row id.
    pub id: i64,
    /// What it is about.
    pub about: NewIssue,
    /// First seen, UTC second.
    pub first_at: i64,
    /// Last seen, UTC second.
    pub last_at: i64,
    /// How often it was seen.
    pub count: u64,
    /// When it was gone, UTC second.
    pub resolved_at: Option<i64>,
}

/// Which issues to list.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct IssueFilter {
    /// Only of this connection.
    pub connection: Option<ConnectionId>,
    /// Only of this stream.
    pub stream: Option<String>,
    /// Only of this record.
    pub record: Option<String>,
    /// Resolved ones too.
    pub resolved: bool,
    /// What is about orders that are on their way: only that, or everything else.
    pub coming: Option<(Coming, bool)>,
}

/// What an issue is about that a sync under way will bring by itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Coming {
    /// Connections whose orders are being read for the first time.
    pub connections: Vec<ConnectionId>,
    /// Code of the issue of an order that counts in part because records of it are still to come.
    pub code: &'static str,
}

impl IssueFilter {
    fn conditions(&self) -> (String, Vec<Value>) {
        let mut text = if self.resolved { "1 = 1" } else { "resolved_at IS NULL" }.to_owned();
        let mut values = Vec::new();
        if let Some(connection) = self.connection {
            text.push_str(" AND connection = ?");
            values.push(Value::Integer(connection.0));
        }
        if let Some(stream) = &self.stream {
            text.push_str(" AND stream = ?");
            values.push(Value::Text(stream.clone()));
        }
        if let Some(record) = &self.record {
            text.push_str(" AND record = ?");
            values.push(
                Id(record)
                    .number()
                    .map_or_else(|| Value::Text(record.clone()), Value::Integer),
            );
        }
        if let Some((coming, only)) = &self.coming {
            let marks = vec!["?"; coming.connections.len()].join(", ");
            let not = if *only { "" } else { "NOT " };
            text.push_str(&format!(
                " AND {not}((lacks = 3 OR code = ?) AND connection IN ({marks}))"
            ));
            values.push(Value::Text(coming.code.to_owned()));
            values.extend(coming.connections.iter().map(|id| Value::Integer(id.0)));
        }
        (text, values)
    }
}

fn issue(row: &Row<'_>) -> rusqlite::Result<Issue> {
    Ok(Issue {
        id: row.get(0)?,
        about: NewIssue {
            connection: ConnectionId(row.get(1)?),
            stream: row.get(2)?,
            record: row.get::<_, OwnedId>(3)?.0,
            raw: row.get(4)?,
            code: row.get(5)?,
            message: row.get(6)?,
            lacks: match row.get(11)? {
                3 => Lacks::ToCome,
                2 => Lacks::Order,
                1 => Lacks::Record,
                _ => Lacks::Nothing,
            },
            span: row.get::<_, Option<i64>>(12)?.zip(row.get(13)?),
        },
        first_at: row.get(7)?,
        last_at: row.get(8)?,
        count: row.get::<_, i64>(9)?.unsigned_abs(),
        resolved_at: row.get(10)?,
    })
}

impl Write<'_> {
    /// Reports an issue at UTC second `at`: opens it, or counts the open one of the same record and code up.
    ///
    /// # Errors
    /// Database failures only.
    pub fn report_issue(&mut self, issue: &NewIssue, at: i64) -> Result<()> {
        self.put_issue(issue, at, true)
    }

    /// Opens an issue at UTC second `at`, or makes the open one of the same record and code say the same; it was not seen again.
    ///
    /// # Errors
    /// Database failures only.
    pub fn renew_issue(&mut self, issue: &NewIssue, at: i64) -> Result<()> {
        self.put_issue(issue, at, false)
    }

    fn put_issue(&mut self, issue: &NewIssue, at: i64, seen: bool) -> Result<()> {
        self.lane
            .sql
            .prepare_cached(
                "INSERT INTO issue (connection, stream, record, raw, code, message, lacks, from_at, to_at, first_at, last_at, count)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?10, 1)
                 ON CONFLICT (connection, stream, record, code) WHERE resolved_at IS NULL
                 DO UPDATE SET raw = excluded.raw, message = excluded.message, lacks = excluded.lacks,
                   from_at = excluded.from_at, to_at = excluded.to_at,
                   last_at = iif(?11, excluded.last_at, last_at), count = count + ?11",
            )?
            .execute(params![
                issue.connection.0,
                issue.stream,
                Id(&issue.record),
                issue.raw,
                issue.code,
                issue.message,
                issue.lacks as u8,
                issue.span.map(|(from, _)| from),
                issue.span.map(|(_, to)| to),
                at,
                seen
            ])?;
        Ok(())
    }

    /// Closes the open issues of a record whose codes are not in `still`; returns how many.
    ///
    /// # Errors
    /// Database failures only.
    pub fn resolve_issues(
        &mut self,
        connection: ConnectionId,
        stream: &str,
        record: &str,
        still: &[&str],
        at: i64,
    ) -> Result<usize> {
        let sql = &self.lane.sql;
        let mut find = sql.prepare_cached(
            "SELECT id, code FROM issue
             WHERE connection = ?1 AND stream = ?2 AND record = ?3 AND resolved_at IS NULL",
        )?;
        let mut rows = find.query(params![connection.0, stream, Id(record)])?;
        let mut resolve = sql.prepare_cached("UPDATE issue SET resolved_at = ?2 WHERE id = ?1")?;
        let mut gone: Vec<i64> = Vec::new();
        while let Some(row) = rows.next()? {
            if !still.contains(&row.get_ref(1)?.as_str().map_err(rusqlite::Error::from)?) {
                gone.push(row.get(0)?);
            }
        }
        for id in &gone {
            resolve.execute([*id, at])?;
        }
        Ok(gone.len())
    }

    /// Closes, at UTC second `at`, the open issues of a stream's nameless records that are not among `seen`: for the end of a
    /// pass over the whole stream, since no later record can tell that it is of the same thing. Returns how many.
    ///
    /// # Errors
    /// Database failures only.
    pub fn resolve_nameless(
        &mut self,
        connection: ConnectionId,
        stream: &str,
        seen: &BTreeSet<String>,
        at: i64,
    ) -> Result<usize> {
        self.resolve_under(connection, stream, NAMELESS, seen, at)
    }

    /// Closes, at UTC second `at`, the open issues of records whose names begin with `beginning` and are not among `seen`.
    /// Returns how many.
    ///
    /// # Errors
    /// Database failures only.
    pub fn resolve_under(
        &mut self,
        connection: ConnectionId,
        stream: &str,
        beginning: &str,
        seen: &BTreeSet<String>,
        at: i64,
    ) -> Result<usize> {
        let sql = &self.lane.sql;
        let mut find = sql.prepare_cached(
            "SELECT id, record FROM issue
             WHERE connection = ?1 AND stream = ?2 AND resolved_at IS NULL
               AND typeof(record) = 'text' AND substr(record, 1, length(?3)) = ?3",
        )?;
        let open = find.query_map(params![connection.0, stream, beginning], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })?;
        let open: Vec<(i64, String)> = open.collect::<rusqlite::Result<_>>()?;
        let mut resolve = sql.prepare_cached("UPDATE issue SET resolved_at = ?2 WHERE id = ?1")?;
        let mut closed = 0;
        for (id, _) in open.iter().filter(|(_, record)| !seen.contains(record)) {
            closed += resolve.execute([*id, at])?;
        }
        Ok(closed)
    }

    /// Makes open issues of pieces of files, which no stored record stands behind, those of another connection.
    ///
    /// # Errors
    /// Database failures only.
    pub fn move_pieces(&mut self, from: ConnectionId, to: ConnectionId) -> Result<()> {
        self.lane
            .sql
            .prepare_cached(
                "UPDATE OR IGNORE issue SET connection = ?2
                 WHERE connection = ?1 AND raw IS NULL AND resolved_at IS NULL AND lacks > 0",
            )?
            .execute([from.0, to.0])?;
        Ok(())
    }
}

impl Read<'_> {
    /// Whether any issue of a connection is open.
    ///
    /// # Errors
    /// Database failures only.
    pub fn has_open_issues(&self, connection: ConnectionId) -> Result<bool> {
        let mut find = self
            .lane
            .sql
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM issue WHERE connection = ?1 AND resolved_at IS NULL)")?;
        Ok(find.query_row([connection.0], |row| row.get(0))?)
    }

    /// What the figures of a connection lack from UTC second `from` to before `end`: an index tells it, no order is read.
    ///
    /// # Errors
    /// Database failures only.
    pub fn lacking(&self, connection: ConnectionId, from: i64, end: i64) -> Result<Lacking> {
        let mut count = self.lane.sql.prepare_cached(
            "SELECT count(DISTINCT iif(lacks = 2, record, NULL)), count(DISTINCT iif(lacks = 2 AND from_at IS NULL, record, NULL)),
               count(DISTINCT iif(lacks = 1, coalesce(raw, record), NULL)), count(DISTINCT iif(lacks = 3, record, NULL))
             FROM issue
             WHERE connection = ?1 AND resolved_at IS NULL AND lacks > 0
               AND (from_at IS NULL OR (from_at < ?3 AND to_at >= ?2))",
        )?;
        let number = |row: &Row<'_>, at| Ok::<u64, rusqlite::Error>(row.get::<_, i64>(at)?.unsigned_abs());
        Ok(count.query_row([connection.0, from, end], |row| {
            Ok(Lacking {
                orders: number(row, 0)?,
                undated: number(row, 1)?,
                records: number(row, 2)?,
                to_come: number(row, 3)?,
            })
        })?)
    }

    /// UTC seconds, first and last, between which the orders lie that a connection holds and does not count, as far as they touch
    /// the seconds from `from` to before `end`; `None` for one of an unknown time.
    ///
    /// # Errors
    /// Database failures only.
    pub fn uncounted_spans(&self, connection: ConnectionId, from: i64, end: i64) -> Result<Vec<Option<(i64, i64)>>> {
        let mut find = self.lane.sql.prepare_cached(
            "SELECT DISTINCT from_at, to_at FROM issue
             WHERE connection = ?1 AND resolved_at IS NULL AND lacks = 2 AND (from_at IS NULL OR (from_at < ?3 AND to_at >= ?2))",
        )?;
        let spans = find.query_map([connection.0, from, end], |row| {
            let (from, to): (Option<i64>, Option<i64>) = (row.get(0)?, row.get(1)?);
            Ok(from.zip(to))
        })?;
        Ok(spans.collect::<rusqlite::Result<_>>()?)
    }

    /// Keys of the orders of a connection that are open issues as kept and not counted, and rest on a record.
    ///
    /// # Errors
    /// Database failures only.
    pub fn orders_left_out(&self, connection: ConnectionId) -> Result<BTreeSet<String>> {
        let mut find = self.lane.sql.prepare_cached(
            "SELECT record FROM issue
             WHERE connection = ?1 AND stream = 'orders' AND resolved_at IS NULL AND lacks = 2 AND raw IS NOT NULL",
        )?;
        let keys = find.query_map([connection.0], |row| Ok(row.get::<_, OwnedId>(0)?.0))?;
        Ok(keys.collect::<rusqlite::Result<_>>()?)
    }

    /// Whether a record has an open issue.
    ///
    /// # Errors
    /// Database failures only.
    pub fn has_issue(&self, connection: ConnectionId, stream: &str, record: &str) -> Result<bool> {
        let mut find = self.lane.sql.prepare_cached(
            "SELECT 1 FROM issue WHERE connection = ?1 AND stream = ?2 AND record = ?3 AND resolved_at IS NULL",
        )?;
        Ok(find.exists(params![connection.0, stream, Id(record)])?)
    }

    /// Issues, latest first; at most `limit`, after leaving out `skip`.
    ///
    /// # Errors
    /// Database failures only.
    pub fn issues(&self, filter: &IssueFilter, skip: u64, limit: u64) -> Result<Vec<Issue>> {
        let (text, mut values) = filter.conditions();
        values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        values.push(Value::Integer(i64::try_from(skip).unwrap_or(i64::MAX)));
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT id, connection, stream, record, raw, code, message, first_at, last_at, count, resolved_at,
               lacks, from_at, to_at FROM issue
             WHERE {text} ORDER BY last_at DESC, id DESC LIMIT ? OFFSET ?"
        ))?;
        let found = find.query_map(params_from_iter(values), issue)?;
        Ok(found.collect::<rusqlite::Result<Vec<_>>>()?)
    }

    /// How many issues a filter finds.
    ///
    /// # Errors
    /// Database failures only.
    pub fn count_issues(&self, filter: &IssueFilter) -> Result<u64> {
        let (text, values) = filter.conditions();
        let mut count = self
            .lane
            .sql
            .prepare_cached(&format!("SELECT count(*) FROM issue WHERE {text}"))?;
        Ok(count
            .query_row(params_from_iter(values), |row| row.get::<_, i64>(0))?
            .unsigned_abs())
    }
}
