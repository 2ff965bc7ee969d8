//! Records into the ledger, inside the caller's transaction.

use std::collections::BTreeSet;

use crate::connectors::{Channel, Fact, RawRecord, ReadCtx, ReadError, Reader, StoredRaw, reader};
use crate::metrics::contributions;
use crate::model::{CostBook, Order, Zone};
use crate::store::{
    Connection, ConnectionId, MID_TRANSFORM, NewIssue, OrderDays, Outcome, Read, Result, RollupDelta, Write,
};

use super::apply_costs;
use super::settle::settle;

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
    fn reader(&self) -> &'static dyn Reader {
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
}

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
    /// Orders of which too little is known to count them, and what is missing. Well-formed records of few fields do that.
    pub partial: Vec<(String, &'static str)>,
    /// A unit cost was learned that [`Books::costs`] does not hold yet.
    pub costs_learned: bool,
    /// Records to tell the user about.
    pub troubles: Vec<Trouble>,
}

/// Stores `records` as they came (with `answer`, at `fetched_at`) and brings everything they touch up to date. Taking in the
/// same records again changes nothing.
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
    let mut done = Ingested::default();
    let mut orders: BTreeSet<String> = BTreeSet::new();
    let mut things: Vec<StoredRaw> = Vec::new();
    for record in records {
        let put = w.put_raw(books.connection, answer, record, fetched_at)?;
        match put.outcome {
            Outcome::New => done.new += 1,
            Outcome::Changed => done.changed += 1,
            Outcome::Older | Outcome::Unchanged => done.unchanged += 1,
        }
        if !put.counts() {
            continue;
        }
        match record.stream.as_ref() {
            "orders" => {
                orders.insert(record.key.clone());
            }
            _ => things.push(StoredRaw {
                id: put.id,
                fetched_at,
                record: record.clone(),
            }),
        }
    }
    for raw in &things {
        take_thing(w, books, raw, &mut orders, &mut done)?;
    }
    let mut delta = RollupDelta::default();
    for key in &orders {
        take_order(w, books, key, &mut delta, &mut done)?;
    }
    w.merge_rollups(&delta)?;
    tell(w, books, &orders, &things, &done.troubles, fetched_at)?;
    Ok(done)
}

/// Opens an issue per trouble and closes those of records that are well now.
fn tell(
    w: &mut Write<'_>,
    books: &Books,
    orders: &BTreeSet<String>,
    things: &[StoredRaw],
    troubles: &[Trouble],
    at: i64,
) -> Result<()> {
    let touched = orders.iter().map(|key| ("orders", key.as_str()));
    let touched = touched.chain(things.iter().map(|t| (t.record.stream.as_ref(), t.record.key.as_str())));
    for (stream, key) in touched {
        let still: Vec<&str> = troubles
            .iter()
            .filter(|t| t.stream == stream && t.key == key)
            .map(|t| t.error.code)
            .collect();
        w.resolve_issues(books.connection, stream, key, &still, at)?;
    }
    for trouble in troubles {
        let issue = NewIssue {
            connection: books.connection,
            stream: trouble.stream.clone(),
            record: trouble.key.clone(),
            raw: trouble.raw,
            code: trouble.error.code.to_owned(),
            message: trouble.error.message.clone(),
        };
        w.report_issue(&issue, at)?;
    }
    Ok(())
}

/// Products, stock, customers and the like: each fact stands for itself; deletions point to orders.
fn take_thing(
    w: &mut Write<'_>,
    books: &Books,
    raw: &StoredRaw,
    orders: &mut BTreeSet<String>,
    done: &mut Ingested,
) -> Result<()> {
    let facts = match books.reader().extract(&books.ctx, raw) {
        Ok(facts) => facts,
        Err(error) => {
            let record = &raw.record;
            done.troubles.push(Trouble {
                stream: record.stream.to_string(),
                key: record.key.clone(),
                raw: Some(raw.id),
                error,
                left_out: true,
            });
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

/// Settles one order again and moves the roll-ups by the difference.
fn take_order(w: &mut Write<'_>, books: &Books, key: &str, delta: &mut RollupDelta, done: &mut Ingested) -> Result<()> {
    let order = read_order(w, books, key, done)?;
    let order = match order {
        Some(order) => match twin(w, books, &order)? {
            Twin::Wins => None,
            Twin::Yields(other) => {
                if let Some(before) = w.remove_order(books.connection, &other)? {
                    move_rollups(books, &before, -1, delta);
                }
                Some(order)
            }
            Twin::None => Some(order),
        },
        None => None,
    };
    let Some(order) = order else {
        if let Some(before) = w.remove_order(books.connection, key)? {
            move_rollups(books, &before, -1, delta);
            done.orders += 1;
        }
        return Ok(());
    };
    if w.order(books.connection, key)?.as_ref() == Some(&order) {
        return Ok(());
    }
    let (business, products) = contributions(&order, books.zone);
    let days = OrderDays::of(&order, books.zone, &business);
    let (_, before) = w.put_order(books.connection, &order, &days)?;
    w.pass(MID_TRANSFORM);
    if let Some(before) = before {
        move_rollups(books, &before, -1, delta);
    }
    delta.add(books.connection, &order, &business, &products, 1);
    done.orders += 1;
    Ok(())
}

fn move_rollups(books: &Books, order: &Order, factor: i64, delta: &mut RollupDelta) {
    let (business, products) = contributions(order, books.zone);
    delta.add(books.connection, order, &business, &products, factor);
}

/// The order that all stored records of `key` tell, costed.
fn read_order(r: &Read<'_>, books: &Books, key: &str, done: &mut Ingested) -> Result<Option<Order>> {
    let mut raws = r.raws_of(books.connection, "orders", key)?;
    raws.extend(r.raws_of(books.connection, "deletions", &format!("Order/{key}"))?);
    let mut from = settle(books.reader(), &books.ctx, key, &raws);
    if !from.unreadable.is_empty() {
        // A record that cannot be read must not take away what an earlier version of it said.
        let broken: Vec<i64> = from.unreadable.iter().map(|(raw, _)| *raw).collect();
        let earlier = r.earlier_versions(&broken)?;
        if !earlier.is_empty() {
            raws.retain(|raw| !broken.contains(&raw.id));
            raws.extend(earlier);
            from.settled = settle(books.reader(), &books.ctx, key, &raws).settled;
        }
    }
    let mut tell = |raw, error, left_out| {
        done.troubles.push(Trouble {
            stream: "orders".into(),
            key: key.to_owned(),
            raw,
            error,
            left_out,
        });
    };
    for (raw, error) in from.unreadable {
        tell(Some(raw), error, true);
    }
    let Some(settled) = from.settled else { return Ok(None) };
    let left_out = settled.order.is_none();
    for note in settled.notes {
        tell(raws.last().map(|raw| raw.id), note, left_out);
    }
    if let Some(what) = settled.partial {
        done.partial.push((key.to_owned(), what));
    }
    Ok(settled.order.map(|mut order| {
        apply_costs(&mut order, &books.costs, books.ctx.zone);
        order
    }))
}

/// An export without ids names its orders by their number (`name:#1001`); the same order may be known by its id too.
enum Twin {
    None,
    /// The other record knows the id: this one is not counted.
    Wins,
    /// The other one, of this key, was read from such an export: it is not counted.
    Yields(String),
}

fn twin(r: &Read<'_>, books: &Books, order: &Order) -> Result<Twin> {
    if order.key.starts_with("name:") {
        let known = r.order_named(books.connection, &order.name)?;
        return Ok(if known.iter().any(|key| !key.starts_with("name:")) {
            Twin::Wins
        } else {
            Twin::None
        });
    }
    let other = format!("name:{}", order.name);
    Ok(if r.order(books.connection, &other)?.is_some() {
        Twin::Yields(other)
    } else {
        Twin::None
    })
}

/// Applies [`Books::costs`] to every stored order of the connection again, for costs learned after the orders came. Returns how
/// many orders changed.
///
/// # Errors
/// Database failures only.
pub fn recost(w: &mut Write<'_>, books: &Books) -> Result<u64> {
    let mut delta = RollupDelta::default();
    let mut changed = 0;
    for key in w.keys_of(books.connection, "orders")? {
        let Some(before) = w.order(books.connection, &key)? else {
            continue;
        };
        let mut order = before.clone();
        apply_costs(&mut order, &books.costs, books.ctx.zone);
        if order != before {
            move_rollups(books, &before, -1, &mut delta);
            let (business, products) = contributions(&order, books.zone);
            w.put_order(books.connection, &order, &OrderDays::of(&order, books.zone, &business))?;
            w.pass(MID_TRANSFORM);
            delta.add(books.connection, &order, &business, &products, 1);
            changed += 1;
        }
    }
    w.merge_rollups(&delta)?;
    Ok(changed)
}

/// Adds every stored order of the connection to the roll-ups and sets its days anew, in [`Books::zone`]. For roll-ups that were
/// taken away before.
///
/// # Errors
/// Database failures only.
fn recount(w: &mut Write<'_>, books: &Books) -> Result<()> {
    let mut delta = RollupDelta::default();
    for (count, key) in w.keys_of(books.connection, "orders")?.iter().enumerate() {
        let Some(order) = w.order(books.connection, key)? else {
            continue;
        };
        let (business, products) = contributions(&order, books.zone);
        w.put_order(books.connection, &order, &OrderDays::of(&order, books.zone, &business))?;
        w.pass(MID_TRANSFORM);
        delta.add(books.connection, &order, &business, &products, 1);
        if count % 10_000 == 9_999 {
            w.merge_rollups(&std::mem::take(&mut delta))?;
        }
    }
    w.merge_rollups(&delta)
}

/// Takes the roll-ups down and counts the stored orders of all connections again: in other zones than before, orders do not leave
/// the days they were counted on by themselves.
///
/// # Errors
/// Database failures only.
pub fn recount_all(w: &mut Write<'_>, books: fn(&Read<'_>, &Connection) -> Result<Books>) -> Result<()> {
    w.clear_rollups()?;
    for connection in w.connections()? {
        let books = books(w, &connection)?;
        recount(w, &books)?;
    }
    Ok(())
}

/// Recomputes everything of a connection from its raw records, without network: products and the like into tables that were
/// cleared before, orders by the difference. [`Ingested::orders`] counts the orders that came out different.
///
/// # Errors
/// Database failures. On an error nothing changes: the caller's transaction is the whole rebuild.
pub fn rebuild(w: &mut Write<'_>, books: &Books) -> Result<Ingested> {
    let mut done = Ingested::default();
    let mut orders: BTreeSet<String> = w.keys_of(books.connection, "orders")?.into_iter().collect();
    for stream in [
        "locations",
        "products",
        "inventory",
        "customers",
        "payouts",
        "deletions",
    ] {
        for key in w.keys_of(books.connection, stream)? {
            for raw in w.raws_of(books.connection, stream, &key)? {
                take_thing(w, books, &raw, &mut orders, &mut done)?;
            }
        }
    }
    let mut delta = RollupDelta::default();
    for key in &orders {
        take_order(w, books, key, &mut delta, &mut done)?;
    }
    w.merge_rollups(&delta)?;
    Ok(done)
}
