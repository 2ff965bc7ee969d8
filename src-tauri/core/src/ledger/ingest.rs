//! Records into the ledger, inside the caller's transaction.

use std::collections::{BTreeSet, HashMap};

use crate::connectors::{Channel, Fact, RawRecord, ReadCtx, ReadError, Reader, StoredRaw, reader};
use crate::model::{CostBook, Zone};
use crate::store::{ConnectionId, Lacks, Outcome, PackedRaw, Press, Read, Result, Write};

use super::desk::Desk;
use super::relay::relay;
use super::told::{Told, span};

/// By what a connection's records are read and counted.
#[derive(Clone, Debug)]
pub struct Books {
    /// Whose records.
    pub connection: ConnectionId,
    /// Its channel.
    pub channel: Channel,
    /// What its reader must know.
    pub ctx: ReadCtx,
    /// Zone in which days are counted (the connection's, or the profile's reporting zone).
    pub zone: Zone,
    /// Known unit costs.
    pub costs: CostBook,
}

impl Books {
    pub(super) fn reader(&self) -> &'static dyn Reader {
        reader(self.channel)
    }
}

/// A record that could not be used as it should, for the list of issues.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Trouble {
    /// Stream of the record.
    pub stream: String,
    /// The platform's id of the thing.
    pub key: String,
    /// Row id of the raw record, where one is stored.
    pub raw: Option<i64>,
    /// What is wrong.
    pub error: ReadError,
    /// The record is kept raw but left out of the figures (otherwise only a part is not understood).
    pub left_out: bool,
    /// What the figures lack for it.
    pub lacks: Lacks,
    /// From when to when that would count, as UTC seconds with both ends in it; `None` where nobody knows.
    pub span: Option<(i64, i64)>,
}

/// Code of the issue that too little is known of an order to count it.
pub const TOO_LITTLE: &str = "too_little";

/// What taking in records came to.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Ingested {
    /// Records not seen before.
    pub new: u64,
    /// Records of known things that say something else now.
    pub changed: u64,
    /// Records known already, byte for byte, or older than what is known.
    pub unchanged: u64,
    /// Orders whose ledger form is another now.
    pub orders: u64,
    /// Orders that count without amounts, and what is missing to know them. Well-formed records of few fields do that.
    pub unpriced: Vec<(String, &'static str)>,
    /// A unit cost was learned that [`Books::costs`] does not hold yet.
    pub costs_learned: bool,
    /// Records to tell the user about.
    pub troubles: Vec<Trouble>,
}

/// Records given to a helper at once.
const CHUNK: usize = 24;

/// Stores `records` as they came (with `answer`, at `fetched_at`) and brings everything they touch up to date. Taking in the
/// same records again changes nothing.
///
/// Records of things never heard of, the bulk of a first sync, are pressed, read and settled by helpers while this thread
/// writes; the others are compared with what is stored first. The result is the same whatever the number of helpers.
///
/// # Errors
/// Database failures; a broken record is none, it is told in [`Ingested::troubles`].
pub fn ingest(
    w: &mut Write<'_>,
    books: &Books,
    answer: Option<i64>,
    records: &[RawRecord],
    fetched_at: i64,
) -> Result<Ingested> {
    let (threads, press) = (w.threads(), w.press());
    let mut taking = Taking {
        alone: Alone::among(w, books, records)?,
        desk: Desk::open(w, books)?,
        answer,
        fetched_at,
        settled: Vec::new(),
        again: BTreeSet::new(),
        things: Vec::new(),
    };
    let mut chunks = records.chunks(CHUNK);
    relay(
        threads,
        &mut taking,
        |taking| chunks.next().map(|chunk| taking.sort(chunk)).transpose(),
        |sorted: Vec<Sorted<'_>>| {
            let prepare = |sorted| prepare(books, &press, fetched_at, sorted);
            sorted.into_iter().map(prepare).collect::<Vec<Prepared<'_>>>()
        },
        |taking, prepared| prepared.into_iter().try_for_each(|record| taking.store(record)),
    )?;
    let Taking {
        mut desk,
        settled,
        mut again,
        things,
        ..
    } = taking;
    for raw in &things {
        take_thing(&mut desk, raw, &mut again)?;
    }
    desk.settle_again(&again)?;
    let touched = settled.iter().copied().chain(again.iter().map(String::as_str));
    desk.close(touched, &things, fetched_at)
}

/// Which orders of a batch rest on one record of it, and on nothing else.
struct Alone<'a> {
    /// How many records of the batch tell about a thing, by stream and key.
    told: HashMap<(&'a str, &'a str), u32>,
    /// Streams of which nothing was stored before the batch.
    unheard: Vec<(&'a str, bool)>,
    /// The batch tells of deletions.
    deletions: bool,
}

impl<'a> Alone<'a> {
    fn among(r: &Read<'_>, books: &Books, records: &'a [RawRecord]) -> Result<Self> {
        let mut told = HashMap::with_capacity(records.len());
        let mut unheard: Vec<(&str, bool)> = Vec::new();
        for record in records {
            *told.entry((record.stream.as_ref(), record.key.as_str())).or_default() += 1;
            if !unheard.iter().any(|(stream, _)| *stream == record.stream) {
                unheard.push((&record.stream, !r.knows_stream(books.connection, &record.stream)?));
            }
        }
        Ok(Alone {
            told,
            deletions: unheard.iter().any(|(stream, _)| *stream == "deletions"),
            unheard,
        })
    }

    /// Whether nothing but `record` tells about its thing.
    fn has(&self, r: &Read<'_>, books: &Books, record: &RawRecord) -> Result<bool> {
        let (stream, key) = (record.stream.as_ref(), record.key.as_str());
        if self.told.get(&(stream, key)) != Some(&1) {
            return Ok(false);
        }
        let unheard = self.unheard.iter().any(|(known, unheard)| *known == stream && *unheard);
        Ok(unheard || !r.knows_thing(books.connection, stream, key)?)
    }
}

/// A record and whether it is the first of its thing.
struct Sorted<'a> {
    record: &'a RawRecord,
    first: bool,
    /// It is an order that rests on this record alone.
    settles: bool,
}

/// What a helper made of it.
enum Prepared<'a> {
    /// Something is stored of its thing.
    Known(&'a RawRecord),
    /// Pressed, and settled where it is an order of this one record.
    First(&'a RawRecord, Box<(Result<PackedRaw>, Option<Told>)>),
}

fn prepare<'a>(books: &Books, press: &Press, fetched_at: i64, sorted: Sorted<'a>) -> Prepared<'a> {
    let Sorted { record, first, settles } = sorted;
    if !first {
        return Prepared::Known(record);
    }
    let told = settles.then(|| {
        // Its number is known when it is stored.
        let raw = StoredRaw {
            id: 0,
            fetched_at,
            record: record.clone(),
        };
        Told::by(books, &record.key, std::slice::from_ref(&raw)).counted(books)
    });
    Prepared::First(record, Box::new((press.pack(books.connection, record), told)))
}

/// A batch on its way in.
struct Taking<'a, 'd, 'w> {
    alone: Alone<'a>,
    desk: Desk<'d, 'w>,
    answer: Option<i64>,
    fetched_at: i64,
    /// Keys of the orders settled from their one record.
    settled: Vec<&'a str>,
    /// Keys of the orders to be settled from everything stored about them.
    again: BTreeSet<String>,
    /// Records of other things.
    things: Vec<StoredRaw>,
}

impl<'a> Taking<'a, '_, '_> {
    fn sort(&mut self, records: &'a [RawRecord]) -> Result<Vec<Sorted<'a>>> {
        let (alone, Desk { w, books, .. }) = (&self.alone, &self.desk);
        let sort = |record: &'a RawRecord| {
            let first = alone.has(w, books, record)?;
            let mut settles = first && record.stream == "orders" && !alone.deletions && !self.desk.told_elsewhere;
            if settles && self.desk.deletions {
                settles = !w.knows_thing(books.connection, "deletions", &format!("Order/{}", record.key))?;
            }
            Ok(Sorted { record, first, settles })
        };
        records.iter().map(sort).collect()
    }

    fn store(&mut self, prepared: Prepared<'a>) -> Result<()> {
        let Desk { w, books, done, .. } = &mut self.desk;
        let (record, put, told) = match prepared {
            Prepared::Known(record) => {
                let put = w.put_raw(books.connection, self.answer, record, self.fetched_at)?;
                (record, put, None)
            }
            Prepared::First(record, made) => {
                let (packed, told) = *made;
                let put = w.put_first(books.connection, self.answer, &packed?, self.fetched_at)?;
                (record, put, told)
            }
        };
        match put.outcome {
            Outcome::New => done.new += 1,
            Outcome::Changed => done.changed += 1,
            Outcome::Older | Outcome::Unchanged => done.unchanged += 1,
        }
        // A known record may be the end of an issue: a copy of it was broken.
        let mends = put.outcome == Outcome::Unchanged
            && !record.is_nameless()
            && w.has_issue(books.connection, &record.stream, &record.key)?;
        // What an older version of an order says may be what the newer one has left out.
        let recalls = put.outcome == Outcome::Older && record.stream == "orders" && books.reader().remembers();
        if !put.counts() && !mends && !recalls {
            // What says neither what it is of nor how old it is would pass for known: it is looked at all the same.
            if record.is_nameless() || (put.outcome == Outcome::Older && record.version == 0) {
                done.troubles
                    .extend(trouble(w, books, put.id, record, self.fetched_at)?);
            }
            return Ok(());
        }
        match (record.stream.as_ref(), told) {
            ("orders", Some(told)) => {
                self.settled.push(&record.key);
                self.desk.take(told.resting_on(put.id))?;
            }
            ("orders", None) => {
                self.again.insert(record.key.clone());
            }
            _ => self.things.push(StoredRaw {
                id: put.id,
                fetched_at: self.fetched_at,
                record: record.clone(),
            }),
        }
        Ok(())
    }
}

/// What is wrong with a record on its own, if anything is.
fn trouble(r: &Read<'_>, books: &Books, id: i64, record: &RawRecord, fetched_at: i64) -> Result<Option<Trouble>> {
    let raw = StoredRaw {
        id,
        fetched_at,
        record: record.clone(),
    };
    let Err(error) = books.reader().extract(&books.ctx, &raw) else {
        return Ok(None);
    };
    let is_order = record.stream == "orders";
    let lacks = match is_order && r.order_placed(books.connection, &record.key)?.is_none() {
        true => Lacks::Order,
        false if is_order => Lacks::Record,
        false => told_by_another(books, record),
    };
    Ok(Some(broken(books, &raw, error, lacks)))
}

/// What figures lack without a record that is no order's own.
fn told_by_another(books: &Books, record: &RawRecord) -> Lacks {
    match books.reader().tellers().contains(&record.stream.as_ref()) {
        true => Lacks::Record,
        false => Lacks::Nothing,
    }
}

fn broken(books: &Books, raw: &StoredRaw, error: ReadError, lacks: Lacks) -> Trouble {
    Trouble {
        stream: raw.record.stream.to_string(),
        key: raw.record.key.clone(),
        raw: Some(raw.id),
        error,
        left_out: true,
        lacks,
        span: span(books, None, std::slice::from_ref(raw)).filter(|_| lacks != Lacks::Nothing),
    }
}

/// Products, stock, customers and the like: each fact stands for itself; deletions point to orders.
pub(super) fn take_thing(desk: &mut Desk<'_, '_>, raw: &StoredRaw, orders: &mut BTreeSet<String>) -> Result<()> {
    let Desk { w, books, done, .. } = desk;
    let facts = match books.reader().extract(&books.ctx, raw) {
        Ok(facts) => facts,
        Err(error) => {
            let lacks = told_by_another(books, &raw.record);
            done.troubles.push(broken(books, raw, error, lacks));
            return Ok(());
        }
    };
    for fact in facts {
        match fact {
            Fact::Order(fact) => {
                orders.insert(fact.key);
            }
            other => done.costs_learned |= super::things::store(w, books, raw, other)?,
        }
    }
    Ok(())
}
