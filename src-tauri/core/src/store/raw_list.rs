//! Lists of raw records for the inspector: what is stored, in how many versions, without unpacking a byte.

use rusqlite::types::Value;
use rusqlite::{Row, params_from_iter};

use super::conditions::Conditions;
use super::error::{Result, StoreError};
use super::key::{Id, OwnedId};
use super::{ConnectionId, Read};
use crate::connectors::Source;

/// A stored record without its bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawRow {
    /// Row id.
    pub id: i64,
    /// Whose record.
    pub connection: ConnectionId,
    /// Stream.
    pub stream: String,
    /// The platform's id of the thing.
    pub key: String,
    /// Which part of the thing it tells.
    pub facet: String,
    /// By which way it came.
    pub source: Source,
    /// The platform's own version, 0 where it states none.
    pub version: i64,
    /// UTC second of fetching or importing.
    pub fetched_at: i64,
    /// Length of the bytes.
    pub size: u64,
    /// How many versions of this part are stored.
    pub versions: u64,
}

/// Which records to list. Every condition that is set must hold.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RawFilter {
    /// Only of this stream.
    pub stream: Option<String>,
    /// Only of the things with these ids.
    pub keys: Option<Vec<String>>,
}

const ROW: &str = "id, connection, stream, key, facet, source, version, fetched_at, size,
  (SELECT count(*) FROM raw o WHERE o.connection = raw.connection AND o.stream = raw.stream AND o.key = raw.key
    AND o.facet = raw.facet AND o.source = raw.source)";

impl Read<'_> {
    fn raw_row(&self, row: &Row<'_>) -> Result<RawRow> {
        let id: i64 = row.get(0)?;
        Ok(RawRow {
            id,
            connection: ConnectionId(row.get(1)?),
            stream: self.lane.text(row.get(2)?)?.as_ref().to_owned(),
            key: row.get::<_, OwnedId>(3)?.0,
            facet: self.lane.text(row.get(4)?)?.as_ref().to_owned(),
            source: Source::from_code(row.get(5)?)
                .ok_or_else(|| StoreError::Corrupt(format!("raw record {id} has no known source")))?,
            version: row.get(6)?,
            fetched_at: row.get(7)?,
            size: row.get::<_, i64>(8)?.unsigned_abs(),
            versions: row.get::<_, i64>(9)?.unsigned_abs(),
        })
    }

    /// The streams of which records are stored, by name.
    ///
    /// # Errors
    /// Database failures only.
    pub fn raw_streams(&self) -> Result<Vec<String>> {
        // From one stream's first entry in the index to the next: a few steps instead of a walk over every record.
        let mut next = self
            .lane
            .sql
            .prepare_cached("SELECT min(stream) FROM raw WHERE connection = ?1 AND stream > ?2")?;
        let mut streams = Vec::new();
        for connection in self.connections()? {
            let mut last = -1;
            while let Some(id) = next.query_row([connection.id.0, last], |row| row.get::<_, Option<i64>>(0))? {
                streams.push(self.lane.text(id)?.as_ref().to_owned());
                last = id;
            }
        }
        streams.sort_unstable();
        streams.dedup();
        Ok(streams)
    }

    /// Stored records, every version a row, latest stored first; at most `limit`, after leaving out `skip`.
    ///
    /// # Errors
    /// Database failures only.
    pub fn raw_rows(&self, filter: &RawFilter, skip: u64, limit: u64) -> Result<Vec<RawRow>> {
        let Some(Conditions { text, mut values }) = self.raws_by(filter)? else {
            return Ok(Vec::new());
        };
        values.push(Value::Integer(i64::try_from(limit).unwrap_or(i64::MAX)));
        values.push(Value::Integer(i64::try_from(skip).unwrap_or(i64::MAX)));
        // Within a stream the index gives the order of ids, which on most platforms is that of making.
        let order = if filter.stream.is_some() {
            "connection DESC, stream DESC, key DESC, id DESC"
        } else {
            "id DESC"
        };
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT {ROW} FROM raw {text} ORDER BY {order} LIMIT ? OFFSET ?"
        ))?;
        let mut rows = find.query(params_from_iter(values))?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(self.raw_row(row)?);
        }
        Ok(found)
    }

    /// How many stored records a filter finds, every version counted.
    ///
    /// # Errors
    /// Database failures only.
    pub fn count_raw_rows(&self, filter: &RawFilter) -> Result<u64> {
        let Some(Conditions { text, values }) = self.raws_by(filter)? else {
            return Ok(0);
        };
        let mut count = self
            .lane
            .sql
            .prepare_cached(&format!("SELECT count(*) FROM raw {text}"))?;
        Ok(count
            .query_row(params_from_iter(values), |row| row.get::<_, i64>(0))?
            .unsigned_abs())
    }

    /// Every stored version of the part that record `id` tells, the current one first.
    ///
    /// # Errors
    /// [`StoreError::NotFound`].
    pub fn raw_versions(&self, id: i64) -> Result<Vec<RawRow>> {
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT {ROW} FROM raw WHERE (connection, stream, key, facet, source)
               = (SELECT connection, stream, key, facet, source FROM raw WHERE id = ?1)
             ORDER BY version DESC, fetched_at DESC, id DESC"
        ))?;
        let mut rows = find.query([id])?;
        let mut found = Vec::new();
        while let Some(row) = rows.next()? {
            found.push(self.raw_row(row)?);
        }
        if found.is_empty() {
            return Err(StoreError::NotFound(format!("there is no raw record {id}")));
        }
        Ok(found)
    }

    /// The filter as SQL; `None` where nothing can match.
    fn raws_by(&self, filter: &RawFilter) -> Result<Option<Conditions>> {
        let mut conditions = Conditions::default();
        let connections = self.connections()?;
        if filter.stream.is_none() && filter.keys.is_none() {
            return Ok(Some(conditions));
        }
        let streams = match &filter.stream {
            Some(stream) => vec![stream.clone()],
            None => self.raw_streams()?,
        };
        conditions.any("connection", connections.iter().map(|c| Value::Integer(c.id.0)));
        let mut words = Vec::new();
        for stream in streams {
            words.extend(self.lane.find_word(&stream)?.map(Value::Integer));
        }
        if words.is_empty() || connections.is_empty() {
            return Ok(None);
        }
        conditions.any("stream", words.into_iter());
        if let Some(keys) = &filter.keys {
            if keys.is_empty() {
                return Ok(None);
            }
            let ids = keys.iter().map(|key| {
                Id(key)
                    .number()
                    .map_or_else(|| Value::Text(key.clone()), Value::Integer)
            });
            conditions.any("key", ids);
        }
        Ok(Some(conditions))
    }
}
