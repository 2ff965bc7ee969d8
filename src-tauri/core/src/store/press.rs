//! Compression of raw records: zstd with a dictionary per connection, stream and kind of facet.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};

use ring::digest;
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::Value;
use zstd::zstd_safe::{CCtx, CDict, DCtx, DDict, compress_bound, get_error_name};

use super::error::{Result, StoreError};
use crate::connectors::{RawRecord, Source};

/// zstd's level. Higher ones gain little on records of some kilobytes once a dictionary is there, and cost ingest speed.
const LEVEL: i32 = 3;

/// Bytes kept of a record's SHA-256.
pub(super) const HASH: usize = 16;

/// Largest record taken back; a stored size beyond is damage.
const LARGEST: usize = 1 << 30;

/// What records a dictionary is for: connection, stream, kind of facet (`lines` of `lines:2`).
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(super) struct Shape {
    pub(super) connection: i64,
    pub(super) stream: String,
    pub(super) facet: String,
}

impl Shape {
    pub(super) fn of(connection: i64, stream: &str, facet: &str) -> Shape {
        let kind = facet.split_once(':').map_or(facet, |(kind, _)| kind);
        Shape {
            connection,
            stream: stream.to_owned(),
            facet: kind.to_owned(),
        }
    }
}

/// A dictionary, ready for both ways.
pub(super) struct Dictionary {
    id: i64,
    pack: CDict<'static>,
    unpack: DDict<'static>,
}

impl Dictionary {
    pub(super) fn new(id: i64, body: &[u8]) -> Result<Self> {
        let broken = || StoreError::Corrupt(format!("dictionary {id} cannot be read"));
        let pack = CDict::try_create(body, LEVEL).ok_or_else(broken)?;
        Ok(Dictionary {
            id,
            pack,
            unpack: DDict::try_create(body).ok_or_else(broken)?,
        })
    }
}

/// A raw record ready to be stored: hashed and compressed. Making one needs no lock and no database, so records can be
/// pressed on any thread while another one writes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PackedRaw {
    pub(super) stream: Cow<'static, str>,
    pub(super) key: String,
    pub(super) facet: Cow<'static, str>,
    pub(super) source: Source,
    pub(super) version: i64,
    pub(super) hash: [u8; HASH],
    pub(super) size: usize,
    pub(super) dictionary: Option<i64>,
    pub(super) body: Vec<u8>,
}

/// The dictionaries of a file, shared by all its connections. Holds committed ones only.
#[derive(Default)]
pub struct Press {
    known: RwLock<Known>,
}

#[derive(Default)]
struct Known {
    by_id: HashMap<i64, Arc<Dictionary>>,
    newest: HashMap<Shape, Arc<Dictionary>>,
}

thread_local! {
    static PACK: RefCell<CCtx<'static>> = RefCell::new(CCtx::create());
    static UNPACK: RefCell<DCtx<'static>> = RefCell::new(DCtx::create());
}

impl Press {
    /// Makes a committed dictionary known.
    pub(super) fn publish(&self, shape: Option<Shape>, dictionary: Dictionary) {
        let dictionary = Arc::new(dictionary);
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(shape) = shape {
            known.newest.insert(shape, Arc::clone(&dictionary));
        }
        known.by_id.insert(dictionary.id, dictionary);
    }

    pub(super) fn has(&self, id: i64) -> bool {
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .by_id
            .contains_key(&id)
    }

    pub(super) fn has_shape(&self, shape: &Shape) -> bool {
        self.known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .newest
            .contains_key(shape)
    }

    /// Hashes and compresses a record of `connection`.
    ///
    /// # Errors
    /// None for records of less than a gigabyte.
    pub fn pack(&self, connection: super::ConnectionId, record: &RawRecord) -> Result<PackedRaw> {
        let shape = Shape::of(connection.0, &record.stream, &record.facet);
        let dictionary = self
            .known
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .newest
            .get(&shape)
            .cloned();
        let body = compress(&record.bytes, dictionary.as_deref())?;
        Ok(PackedRaw {
            stream: record.stream.clone(),
            key: record.key.clone(),
            facet: record.facet.clone(),
            source: record.source,
            version: record.version,
            hash: hash_of(&record.bytes),
            size: record.bytes.len(),
            dictionary: dictionary.map(|d| d.id),
            body,
        })
    }

    /// The bytes of a stored body, by its dictionary.
    pub(super) fn unpack(&self, dictionary: Option<i64>, body: &[u8], size: usize) -> Result<Vec<u8>> {
        let dictionary = match dictionary {
            None => None,
            Some(id) => {
                let known = self
                    .known
                    .read()
                    .unwrap_or_else(PoisonError::into_inner)
                    .by_id
                    .get(&id)
                    .cloned();
                Some(known.ok_or_else(|| StoreError::Corrupt(format!("dictionary {id} is missing")))?)
            }
        };
        if size > LARGEST {
            return Err(StoreError::Corrupt(format!("a record of {size} bytes cannot be")));
        }
        let mut bytes = Vec::with_capacity(size);
        let done = UNPACK.with_borrow_mut(|context| match &dictionary {
            Some(dictionary) => context.decompress_using_ddict(&mut bytes, body, &dictionary.unpack),
            None => context.decompress(&mut bytes, body),
        });
        match done {
            Ok(length) if length == size => Ok(bytes),
            Ok(length) => Err(StoreError::Corrupt(format!(
                "a record has {length} bytes instead of {size}"
            ))),
            Err(code) => Err(StoreError::Corrupt(format!(
                "a record does not unpack: {}",
                get_error_name(code)
            ))),
        }
    }
}

fn compress(bytes: &[u8], dictionary: Option<&Dictionary>) -> Result<Vec<u8>> {
    let mut body = Vec::with_capacity(compress_bound(bytes.len()));
    PACK.with_borrow_mut(|context| match dictionary {
        Some(dictionary) => context.compress_using_cdict(&mut body, bytes, &dictionary.pack),
        None => context.compress(&mut body, bytes, LEVEL),
    })
    .map_err(|code| StoreError::Invalid(format!("a record does not compress: {}", get_error_name(code))))?;
    Ok(body)
}

/// A dictionary for records like `samples`; `None` where they are too few or too unlike for one.
pub(super) fn train(samples: &[Vec<u8>]) -> Option<Vec<u8>> {
    let total: usize = samples.iter().map(Vec::len).sum();
    zstd::dict::from_samples(samples, (total / 8).clamp(1024, 112_640)).ok()
}

/// The first bytes of a record's SHA-256.
pub(super) fn hash_of(bytes: &[u8]) -> [u8; HASH] {
    let mut hash = [0; HASH];
    hash.copy_from_slice(&digest::digest(&digest::SHA256, bytes).as_ref()[..HASH]);
    hash
}

/// Offers `raw_text(body, dictionary, size)` to SQL on our own connections: the record as text (bytes where it is none).
pub(super) fn register_raw_text(sql: &Connection, press: Arc<Press>) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    sql.create_scalar_function("raw_text", 3, flags, move |context| {
        let (dictionary, size): (Option<i64>, i64) = (context.get(1)?, context.get(2)?);
        let body = context.get_raw(0).as_blob()?;
        let bytes = press
            .unpack(dictionary, body, usize::try_from(size).unwrap_or(usize::MAX))
            .map_err(|e| rusqlite::Error::UserFunctionError(Box::new(e)))?;
        Ok(match String::from_utf8(bytes) {
            Ok(text) => Value::Text(text),
            Err(other) => Value::Blob(other.into_bytes()),
        })
    })?;
    Ok(())
}
