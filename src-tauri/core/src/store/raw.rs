//! Raw records: exactly what the platform sent, in versions, never changed.

use rusqlite::params;

use super::checkpoint::RAW_WRITTEN;
use super::error::Result;
use super::key::Id;
use super::lane::Lane;
use super::press::{self, Dictionary, HASH, PackedRaw, Shape};
use super::{ConnectionId, Write};
use crate::connectors::{RawRecord, Source};

/// Records of a shape stored without a dictionary before one is trained from them.
const SAMPLES: u64 = 400;

/// Bytes of samples a dictionary is trained from, at most.
const SAMPLE_BYTES: usize = 4 << 20;

/// An answer of a platform, or a file, that records were cut from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// Whose it is.
    pub connection: ConnectionId,
    /// The run it came in.
    pub run: Option<i64>,
    /// Address without secrets; a file's name for imports.
    pub address: String,
    /// HTTP status; 0 for files.
    pub status: u16,
    /// Kept headers as JSON.
    pub headers: String,
    /// UTC second.
    pub fetched_at: i64,
    /// Bytes of the body.
    pub size: u64,
    /// SHA-256 of the body.
    pub hash: [u8; 32],
}

impl Answer {
    /// The platform's own time of the answer, UTC second; `None` for files and answers that state none.
    pub fn dated(&self) -> Option<i64> {
        let headers: serde_json::Value = serde_json::from_str(&self.headers).ok()?;
        let date = headers.get("date")?.as_str()?;
        chrono::DateTime::parse_from_rfc2822(date).ok().map(|at| at.timestamp())
    }
}

/// What storing a raw record came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// Nothing of this facet and source was known.
    New,
    /// Another version was current; this one is now.
    Changed,
    /// Stored as history: a newer version is known already.
    Older,
    /// The same bytes are stored already; nothing was written.
    Unchanged,
}

/// A stored record's place and what storing it came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PutRaw {
    /// Row id of the record.
    pub id: i64,
    /// New, changed, older or unchanged.
    pub outcome: Outcome,
}

impl PutRaw {
    /// Whether the thing's facts may be others now.
    pub fn counts(self) -> bool {
        matches!(self.outcome, Outcome::New | Outcome::Changed)
    }
}

impl Write<'_> {
    /// Stores where records came from.
    ///
    /// # Errors
    /// Database failures only.
    pub fn put_answer(&mut self, answer: &Answer) -> Result<i64> {
        let sql = &self.lane.sql;
        sql.prepare_cached(
            "INSERT INTO answer (connection, run, address, status, headers, fetched_at, size, hash)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        )?
        .execute(params![
            answer.connection.0,
            answer.run,
            answer.address,
            answer.status,
            answer.headers,
            answer.fetched_at,
            answer.size as i64,
            answer.hash
        ])?;
        Ok(sql.last_insert_rowid())
    }

    /// Forgets an answer that no record rests on: everything in it was known already.
    ///
    /// # Errors
    /// Database failures only.
    pub fn drop_idle_answer(&mut self, answer: i64) -> Result<()> {
        let sql = &self.lane.sql;
        sql.prepare_cached("DELETE FROM answer WHERE id = ?1")?
            .execute([answer])?;
        Ok(())
    }

    /// Stores a record as it came. Storing the same bytes again writes nothing.
    ///
    /// # Errors
    /// Database failures only.
    pub fn put_raw(
        &mut self,
        connection: ConnectionId,
        answer: Option<i64>,
        record: &RawRecord,
        fetched_at: i64,
    ) -> Result<PutRaw> {
        let place = Place::of(
            self.lane,
            connection,
            &record.stream,
            &record.key,
            &record.facet,
            record.source,
        )?;
        let hash = press::hash_of(&record.bytes);
        match self.compare(&place, &hash, record.version, fetched_at)? {
            Compared::Known(id) => Ok(PutRaw {
                id,
                outcome: Outcome::Unchanged,
            }),
            Compared::Unknown(outcome) => {
                let packed = self.lane.press.pack(connection, record)?;
                self.insert(&place, answer, &packed, fetched_at, outcome)
            }
        }
    }

    /// As [`Write::put_raw`] for a record pressed before.
    ///
    /// # Errors
    /// Database failures only.
    pub fn put_packed(
        &mut self,
        connection: ConnectionId,
        answer: Option<i64>,
        packed: &PackedRaw,
        fetched_at: i64,
    ) -> Result<PutRaw> {
        let place = Place::of(
            self.lane,
            connection,
            &packed.stream,
            &packed.key,
            &packed.facet,
            packed.source,
        )?;
        match self.compare(&place, &packed.hash, packed.version, fetched_at)? {
            Compared::Known(id) => Ok(PutRaw {
                id,
                outcome: Outcome::Unchanged,
            }),
            Compared::Unknown(outcome) => self.insert(&place, answer, packed, fetched_at, outcome),
        }
    }

    /// As [`Write::put_packed`] for a record of a thing of which nothing is stored ([`super::Read::knows_thing`]).
    ///
    /// # Errors
    /// Database failures only.
    pub fn put_first(
        &mut self,
        connection: ConnectionId,
        answer: Option<i64>,
        packed: &PackedRaw,
        fetched_at: i64,
    ) -> Result<PutRaw> {
        let place = Place::of(
            self.lane,
            connection,
            &packed.stream,
            &packed.key,
            &packed.facet,
            packed.source,
        )?;
        self.insert(&place, answer, packed, fetched_at, Outcome::New)
    }

    /// Whether these bytes are stored already. With a stated version any stored row of it counts; without one only the
    /// current row does, for then a record that went back to an old form is a change.
    fn compare(&self, place: &Place<'_>, hash: &[u8; HASH], version: i64, fetched_at: i64) -> Result<Compared> {
        let mut find = self.lane.sql.prepare_cached(
            "SELECT id, version, hash, fetched_at FROM raw
             WHERE connection = ?1 AND stream = ?2 AND key = ?3 AND facet = ?4 AND source = ?5
             ORDER BY version DESC, fetched_at DESC, id DESC",
        )?;
        let mut rows = find.query(params![
            place.connection,
            place.stream,
            Id(place.key),
            place.facet,
            place.source
        ])?;
        let mut newest: Option<(i64, i64)> = None;
        while let Some(row) = rows.next()? {
            let (id, its_version): (i64, i64) = (row.get(0)?, row.get(1)?);
            let current = newest.is_none();
            let (newest, _) = *newest.get_or_insert((its_version, row.get(3)?));
            let same = row.get_ref(2)?.as_blob().is_ok_and(|stored| stored == hash);
            if same && its_version == version && (current || version > 0) {
                return Ok(Compared::Known(id));
            }
            if its_version < version || newest == 0 {
                break;
            }
        }
        Ok(Compared::Unknown(match newest {
            None => Outcome::New,
            Some(newest) if newest > (version, fetched_at) => Outcome::Older,
            Some(_) => Outcome::Changed,
        }))
    }

    fn insert(
        &mut self,
        place: &Place<'_>,
        answer: Option<i64>,
        packed: &PackedRaw,
        fetched_at: i64,
        outcome: Outcome,
    ) -> Result<PutRaw> {
        let sql = &self.lane.sql;
        sql.prepare_cached(
            "INSERT INTO raw (connection, stream, key, facet, source, version, fetched_at, answer, hash, size,
               dictionary, body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            place.connection,
            place.stream,
            Id(place.key),
            place.facet,
            place.source,
            packed.version,
            fetched_at,
            answer,
            packed.hash,
            packed.size as i64,
            packed.dictionary,
            packed.body
        ])?;
        let id = sql.last_insert_rowid();
        if packed.dictionary.is_none() {
            self.count_plain(place, packed)?;
        }
        self.checkpoint.pass(RAW_WRITTEN);
        Ok(PutRaw { id, outcome })
    }

    /// Counts a record stored without a dictionary and trains one when there are enough like it.
    fn count_plain(&mut self, place: &Place<'_>, packed: &PackedRaw) -> Result<()> {
        let shape = Shape::of(place.connection, &packed.stream, &packed.facet);
        let count = match self.pending.plain.get_mut(&shape) {
            Some(count) => {
                *count += 1;
                *count
            }
            None => {
                let count = self.lane.count_shape(&shape)?;
                self.pending.plain.insert(shape.clone(), count);
                count
            }
        };
        // Pressed before the dictionary was there, or a try every so often while records are too few or too unlike.
        if count < SAMPLES || count % SAMPLES != 0 || self.lane.press.has_shape(&shape) {
            return Ok(());
        }
        if self.pending.dictionaries.iter().any(|(known, _)| *known == shape) {
            return Ok(());
        }
        let samples = self.lane.samples(&shape)?;
        let Some(body) = press::train(&samples) else {
            return Ok(());
        };
        let (stream, facet) = (self.lane.word(&shape.stream)?, self.lane.word(&shape.facet)?);
        let sql = &self.lane.sql;
        sql.prepare_cached(
            "INSERT INTO dictionary (connection, stream, facet, samples, body) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![shape.connection, stream, facet, samples.len() as i64, body])?;
        let dictionary = Dictionary::new(sql.last_insert_rowid(), &body)?;
        self.pending.dictionaries.push((shape, dictionary));
        Ok(())
    }
}

enum Compared {
    Known(i64),
    Unknown(Outcome),
}

/// Where a record belongs, in numbers.
struct Place<'a> {
    connection: i64,
    stream: i64,
    key: &'a str,
    facet: i64,
    source: u8,
}

impl<'a> Place<'a> {
    fn of(
        lane: &Lane,
        connection: ConnectionId,
        stream: &str,
        key: &'a str,
        facet: &str,
        source: Source,
    ) -> Result<Place<'a>> {
        Ok(Place {
            connection: connection.0,
            stream: lane.word(stream)?,
            key,
            facet: lane.word(facet)?,
            source: source as u8,
        })
    }
}

impl Lane {
    /// How many records of a shape are stored without a dictionary, as far as it matters.
    fn count_shape(&self, shape: &Shape) -> Result<u64> {
        let mut count = self.sql.prepare_cached(include_str!("sql/raw_plain_count.sql"))?;
        let count: i64 = count.query_row(
            params![
                shape.connection,
                shape.stream,
                shape.facet,
                format!("{}:*", shape.facet),
                SAMPLES as i64
            ],
            |row| row.get(0),
        )?;
        Ok(count.unsigned_abs())
    }

    /// The latest records of a shape stored without a dictionary.
    fn samples(&self, shape: &Shape) -> Result<Vec<Vec<u8>>> {
        let mut find = self.sql.prepare_cached(include_str!("sql/raw_plain_samples.sql"))?;
        let mut rows = find.query(params![
            shape.connection,
            shape.stream,
            shape.facet,
            format!("{}:*", shape.facet),
            SAMPLES as i64
        ])?;
        let mut samples: Vec<Vec<u8>> = Vec::new();
        let mut total = 0;
        while let Some(row) = rows.next()? {
            let body = row.get_ref(1)?.as_blob().map_err(rusqlite::Error::from)?;
            let sample = self
                .press
                .unpack(None, body, row.get::<_, i64>(0)?.unsigned_abs() as usize)?;
            total += sample.len();
            samples.push(sample);
            if total > SAMPLE_BYTES {
                break;
            }
        }
        Ok(samples)
    }
}
