//! Raw records out of the file: unpacked, checked against their hash, the current ones picked out of their versions.

use std::borrow::Cow;
use std::sync::Arc;

use rusqlite::{OptionalExtension, Row, params};

use super::error::{Result, StoreError};
use super::key::{Id, OwnedId};
use super::lane::Lane;
use super::press::{self, Dictionary, PackedRaw, Press, Shape};
use super::{Answer, ConnectionId, Read};
use crate::connectors::{RawRecord, Source, StoredRaw};

/// Columns of a raw row, in the order [`Lane::stored`] reads them.
pub(super) const COLUMNS: &str = "id, stream, key, facet, source, version, fetched_at, hash, size, dictionary, body";

impl Lane {
    /// Makes every dictionary of the file known.
    pub(super) fn load_dictionaries(&self) -> Result<()> {
        let mut all = self
            .sql
            .prepare("SELECT id, connection, stream, facet, body FROM dictionary WHERE length(body) > 0 ORDER BY id")?;
        let mut rows = all.query([])?;
        while let Some(row) = rows.next()? {
            let id = row.get(0)?;
            if self.press.has(id) {
                continue;
            }
            let shape = Shape {
                connection: row.get(1)?,
                stream: self.text(row.get(2)?)?.as_ref().to_owned(),
                facet: self.text(row.get(3)?)?.as_ref().to_owned(),
            };
            let body = row.get_ref(4)?.as_blob().map_err(rusqlite::Error::from)?;
            self.press.publish(Some(shape), Dictionary::new(id, body)?);
        }
        Ok(())
    }

    /// The record in a row of [`COLUMNS`], checked against its hash.
    pub(super) fn stored(&self, row: &Row<'_>) -> Result<StoredRaw> {
        self.sealed(row)?.open(&self.press)
    }

    /// The record in a row of [`COLUMNS`], still packed.
    fn sealed(&self, row: &Row<'_>) -> Result<SealedRaw> {
        let id: i64 = row.get(0)?;
        let dictionary: Option<i64> = row.get(9)?;
        if dictionary.is_some_and(|id| !self.press.has(id)) {
            // Trained by another process since this file was opened.
            self.load_dictionaries()?;
        }
        let source: u8 = row.get(4)?;
        let blob =
            |column| -> Result<Vec<u8>> { Ok(row.get_ref(column)?.as_blob().map_err(rusqlite::Error::from)?.to_vec()) };
        let mut hash = [0; press::HASH];
        let stored = row.get_ref(7)?.as_blob().map_err(rusqlite::Error::from)?;
        if stored.len() != hash.len() {
            return Err(StoreError::Corrupt(format!("raw record {id} has no hash of its bytes")));
        }
        hash.copy_from_slice(stored);
        Ok(SealedRaw {
            id,
            fetched_at: row.get(6)?,
            packed: PackedRaw {
                stream: Cow::Owned(self.text(row.get(1)?)?.as_ref().to_owned()),
                key: row.get::<_, OwnedId>(2)?.0,
                facet: Cow::Owned(self.text(row.get(3)?)?.as_ref().to_owned()),
                source: Source::from_code(source)
                    .ok_or_else(|| StoreError::Corrupt(format!("raw record {id} has no known source")))?,
                version: row.get(5)?,
                hash,
                size: usize::try_from(row.get::<_, i64>(8)?).unwrap_or(usize::MAX),
                dictionary,
                body: blob(10)?,
            },
        })
    }
}

/// A stored record as it lies in the file: it can be opened on any thread.
#[derive(Clone, Debug)]
pub struct SealedRaw {
    id: i64,
    fetched_at: i64,
    packed: PackedRaw,
}

impl SealedRaw {
    /// The record, checked against its hash.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn open(self, press: &Press) -> Result<StoredRaw> {
        let SealedRaw { id, fetched_at, packed } = self;
        let bytes = press.unpack(packed.dictionary, &packed.body, packed.size)?;
        if packed.hash != press::hash_of(&bytes) {
            return Err(StoreError::Corrupt(format!("raw record {id} is not what was stored")));
        }
        Ok(StoredRaw {
            id,
            fetched_at,
            record: RawRecord {
                stream: packed.stream,
                key: packed.key,
                facet: packed.facet,
                source: packed.source,
                version: packed.version,
                bytes,
            },
        })
    }
}

impl Read<'_> {
    /// One raw record by its row id, whether current or not.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], [`StoreError::Corrupt`].
    pub fn raw(&self, id: i64) -> Result<StoredRaw> {
        let mut one = self
            .lane
            .sql
            .prepare_cached(&format!("SELECT {COLUMNS} FROM raw WHERE id = ?1"))?;
        one.query_row([id], |row| Ok(self.lane.stored(row)))
            .optional()?
            .ok_or_else(|| StoreError::NotFound(format!("there is no raw record {id}")))?
    }

    /// Opens sealed records, on any thread.
    pub fn press(&self) -> Arc<Press> {
        Arc::clone(&self.lane.press)
    }

    /// Everything known about one thing: the current record of each facet and source, ordered by facet and source.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn raws_of(&self, connection: ConnectionId, stream: &str, key: &str) -> Result<Vec<StoredRaw>> {
        let sealed = self.sealed_of(connection, stream, key)?;
        sealed.into_iter().map(|raw| raw.open(&self.lane.press)).collect()
    }

    /// As [`Read::raws_of`], to be opened elsewhere.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn sealed_of(&self, connection: ConnectionId, stream: &str, key: &str) -> Result<Vec<SealedRaw>> {
        let Some(stream) = self.lane.find_word(stream)? else {
            return Ok(Vec::new());
        };
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM raw WHERE connection = ?1 AND stream = ?2 AND key = ?3
             ORDER BY facet, source, version DESC, fetched_at DESC, id DESC"
        ))?;
        let mut rows = find.query(params![connection.0, stream, Id(key)])?;
        let mut current = Current::default();
        let mut raws = Vec::new();
        while let Some(row) = rows.next()? {
            if current.is_first(row)? {
                raws.push(self.lane.sealed(row)?);
            }
        }
        Ok(raws)
    }

    /// Every version of everything known about one thing, ordered by facet and source, the current one of each first.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn sealed_versions(&self, connection: ConnectionId, stream: &str, key: &str) -> Result<Vec<SealedRaw>> {
        let Some(stream) = self.lane.find_word(stream)? else {
            return Ok(Vec::new());
        };
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM raw WHERE connection = ?1 AND stream = ?2 AND key = ?3
             ORDER BY facet, source, version DESC, fetched_at DESC, id DESC"
        ))?;
        let mut rows = find.query(params![connection.0, stream, Id(key)])?;
        let mut raws = Vec::new();
        while let Some(row) = rows.next()? {
            raws.push(self.lane.sealed(row)?);
        }
        Ok(raws)
    }

    /// The current records of a stream whose keys are `key`, a slash, and more.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`].
    pub fn sealed_under(&self, connection: ConnectionId, stream: &str, key: &str) -> Result<Vec<SealedRaw>> {
        let Some(stream) = self.lane.find_word(stream)? else {
            return Ok(Vec::new());
        };
        // “0” is the sign after the slash.
        let mut find = self.lane.sql.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM raw WHERE connection = ?1 AND stream = ?2 AND key >= ?3 || '/' AND key < ?3 || '0'
             ORDER BY key, facet, source, version DESC, fetched_at DESC, id DESC"
        ))?;
        let mut rows = find.query(params![connection.0, stream, key])?;
        let mut current = Current::default();
        let mut raws = Vec::new();
        while let Some(row) = rows.next()? {
            if current.is_first(row)? {
                raws.push(self.lane.sealed(row)?);
            }
        }
        Ok(raws)
    }

    /// Every thing of a stream with its current records, in the order of keys; `each` is called once per thing and may stop
    /// the walk by an error. Holds one thing in memory at a time.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`], and what `each` returns.
    pub fn each_thing(
        &self,
        connection: ConnectionId,
        stream: &str,
        mut each: impl FnMut(&str, Vec<StoredRaw>) -> Result<()>,
    ) -> Result<()> {
        let Some(stream) = self.lane.find_word(stream)? else {
            return Ok(());
        };
        let mut all = self.lane.sql.prepare_cached(&format!(
            "SELECT {COLUMNS} FROM raw WHERE connection = ?1 AND stream = ?2
             ORDER BY key, facet, source, version DESC, fetched_at DESC, id DESC"
        ))?;
        let mut rows = all.query(params![connection.0, stream])?;
        let mut thing: Vec<StoredRaw> = Vec::new();
        let mut current = Current::default();
        while let Some(row) = rows.next()? {
            if !current.is_first(row)? {
                continue;
            }
            let raw = self.lane.stored(row)?;
            if thing.first().is_some_and(|first| first.record.key != raw.record.key) {
                let done = std::mem::take(&mut thing);
                each(&done[0].record.key.clone(), done)?;
            }
            thing.push(raw);
        }
        if let Some(first) = thing.first() {
            each(&first.record.key.clone(), thing)?;
        }
        Ok(())
    }

    /// Where a record came from.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] for an unknown record; `None` where it came without an answer.
    pub fn answer_of(&self, raw: i64) -> Result<Option<Answer>> {
        let mut find = self.lane.sql.prepare_cached(
            "SELECT a.connection, a.run, a.address, a.status, a.headers, a.fetched_at, a.size, a.hash
             FROM raw r LEFT JOIN answer a ON a.id = r.answer WHERE r.id = ?1",
        )?;
        find.query_row([raw], |row| {
            let Some(connection) = row.get(0)? else { return Ok(None) };
            Ok(Some(Answer {
                connection: ConnectionId(connection),
                run: row.get(1)?,
                address: row.get(2)?,
                status: row.get(3)?,
                headers: row.get(4)?,
                fetched_at: row.get(5)?,
                size: row.get::<_, i64>(6)?.unsigned_abs(),
                hash: row.get(7)?,
            }))
        })
        .optional()?
        .ok_or_else(|| StoreError::NotFound(format!("there is no raw record {raw}")))
    }
}

/// Picks the first row of each key, facet and source out of rows ordered by them.
#[derive(Default)]
struct Current {
    last: Option<(Vec<u8>, i64, i64, i64)>,
}

impl Current {
    fn is_first(&mut self, row: &Row<'_>) -> Result<bool> {
        let (facet, source): (i64, i64) = (row.get(3)?, row.get(4)?);
        let (number, text) = match row.get_ref(2)? {
            rusqlite::types::ValueRef::Integer(number) => (number, &[][..]),
            other => (0, other.as_bytes().map_err(rusqlite::Error::from)?),
        };
        let same = self
            .last
            .as_ref()
            .is_some_and(|(t, n, f, s)| (t.as_slice(), *n, *f, *s) == (text, number, facet, source));
        if !same {
            let mut kept = self.last.take().map(|(text, ..)| text).unwrap_or_default();
            kept.clear();
            kept.extend_from_slice(text);
            self.last = Some((kept, number, facet, source));
        }
        Ok(!same)
    }
}
