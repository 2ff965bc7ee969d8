//! Orders that stand in two connections, and sets of imported files that become part of another connection.
//!
//! An id of the platform belongs to one shop only. Files that hold an order of a shop are that shop's, and are read again into its
//! connection from their stored bytes, as importing them there would have done; their own connection is removed, so that nothing
//! counts twice. Where it is not certain whose they are, nothing is done, and the user is told until he has decided.

use std::collections::HashMap;

use serde::Serialize;

use crate::connectors::RawRecord;
use crate::connectors::fetch::Note;
use crate::ledger;
use crate::model::Zone;
use crate::store::{self, Answer, Connection, ConnectionId, Held, Lacks, NewIssue, Read, Write};

use super::adoption::{NAMED, note, recounted};
use super::held::with_spans_of;
use super::import::placed;
use super::profile::books;
use super::{ApiError, Profile, Result};

/// Code of the issue of a connection whose orders another one holds too.
pub(crate) const ORDERS_TWICE: &str = "orders_twice";

/// Records read again at once: bounds memory.
const BATCH: u64 = 2_000;

/// What became of a set of files.
#[derive(Clone, Debug, Serialize)]
pub struct Joined {
    /// The connection that it is part of now.
    pub connection: ConnectionId,
    /// Its name.
    pub name: String,
    /// The set's own name.
    pub files: String,
    /// What was stored of the set.
    pub held: Held,
    /// What the user should know.
    pub notes: Vec<Note>,
}

/// Whether a connection is a set of imported files, of which no account is known.
pub(super) fn is_files(c: &Connection) -> bool {
    c.account.is_none() && c.endpoint.is_empty()
}

impl Profile {
    /// Makes a set of imported files part of another connection: of a shop, or of another set.
    ///
    /// # Errors
    /// [`super::Code::NotFound`]; [`super::Code::Invalid`] where the first is no set of files, or the second is of another platform.
    pub async fn join_files(&self, files: ConnectionId, into: ConnectionId) -> Result<Joined> {
        let now = self.deps.clock.now();
        let joined = self.store().write(move |w| {
            let (set, target) = (w.connection(files)?, w.connection(into)?);
            if let Err(error) = may_join(&set, &target) {
                return Ok(Err(error));
            }
            let held = w.held(files)?;
            let mut notes = join(w, &set, into, now)?;
            let settled = settle(w, now)?;
            let connection = settled.now_part_of(into);
            notes.extend(settled.notes);
            Ok(Ok(Joined {
                connection,
                name: w.connection(connection)?.name,
                files: set.name,
                held,
                notes,
            }))
        });
        joined.await?
    }

    /// Whether a set of files can become part of another connection.
    ///
    /// # Errors
    /// As [`Profile::join_files`].
    pub fn may_join(&self, files: ConnectionId, into: ConnectionId) -> Result<()> {
        let both = self
            .store()
            .read_blocking(|r| Ok((r.connection(files)?, r.connection(into)?)));
        let (set, target) = both?;
        may_join(&set, &target)
    }

    /// Looks for orders that two connections hold, and makes one of them where it is certain whose they are. What was done, or is
    /// to be done by the user.
    ///
    /// # Errors
    /// Database failures only.
    pub(super) async fn find_twice(&self) -> Result<Vec<Note>> {
        let found = self.store().read(|r| Ok(!pairs(r)?.is_empty() || has_told(r)?));
        if !found.await? {
            return Ok(Vec::new());
        }
        let now = self.deps.clock.now();
        let settled = self.store().write(move |w| settle(w, now)).await?;
        Ok(settled.notes)
    }

    /// Adds notes to what a run that has ended tells of itself.
    ///
    /// # Errors
    /// Database failures only.
    pub(super) async fn keep_notes(&self, run: i64, notes: &[Note]) -> Result<()> {
        if notes.is_empty() {
            return Ok(());
        }
        let more: Vec<serde_json::Value> = notes.iter().map(|note| serde_json::json!(note)).collect();
        let kept = self.store().write(move |w| {
            let mut run = w.run(run)?;
            if let Some(told) = run.progress.get_mut("notes").and_then(|notes| notes.as_array_mut()) {
                told.extend(more);
            }
            w.update_run(&run)
        });
        Ok(kept.await?)
    }
}

fn may_join(set: &Connection, target: &Connection) -> Result<()> {
    let refuse = |message: String, hint: &str| Err(ApiError::invalid(message, hint));
    if set.id == target.id {
        return refuse(
            format!("“{}” is one connection already", set.name),
            "Name two connections.",
        );
    }
    if !is_files(set) {
        return refuse(
            format!("“{}” is connected to an account of its own", set.name),
            "Only a set of imported files can become part of another connection; name the files first.",
        );
    }
    if set.channel != target.channel {
        return refuse(
            format!("“{}” and “{}” are of different platforms", set.name, target.name),
            "An order belongs to one platform.",
        );
    }
    Ok(())
}

/// What became of connections that hold the same orders.
#[derive(Default)]
pub(super) struct Settled {
    /// What the user should know.
    pub(super) notes: Vec<Note>,
    /// Connections that are gone, and which one they are part of now; in the order in which it happened.
    moved: Vec<(ConnectionId, ConnectionId)>,
}

impl Settled {
    /// The connection that `id` is part of now: itself, if nothing became of it.
    pub(super) fn now_part_of(&self, id: ConnectionId) -> ConnectionId {
        let follow =
            |at: ConnectionId, (from, into): &(ConnectionId, ConnectionId)| if *from == at { *into } else { at };
        self.moved.iter().fold(id, follow)
    }
}

/// Two connections that hold the same orders.
struct Pair {
    one: Connection,
    other: Connection,
    orders: u64,
}

/// The connections that hold the same orders, each two once; files first.
fn pairs(r: &Read<'_>) -> store::Result<Vec<Pair>> {
    let all = r.connections()?;
    let mut found = Vec::new();
    for (at, a) in all.iter().enumerate() {
        for b in all.iter().skip(at + 1).filter(|b| b.channel == a.channel) {
            let (one, other) = match (is_files(a), is_files(b)) {
                (true, false) => (a, b),
                // The later one becomes part of the earlier one.
                _ => (b, a),
            };
            let orders = r.shared_orders(one.id, other.id, NAMED)?;
            if orders > 0 {
                found.push(Pair {
                    one: one.clone(),
                    other: other.clone(),
                    orders,
                });
            }
        }
    }
    Ok(found)
}

/// Whether an order of those given stands in another connection too.
pub(super) fn stands_twice<'k>(
    r: &Read<'_>,
    connection: &Connection,
    keys: impl Iterator<Item = &'k str>,
) -> store::Result<bool> {
    let all = r.connections()?;
    let others = all
        .iter()
        .filter(|c| c.channel == connection.channel && c.id != connection.id);
    let others: Vec<ConnectionId> = others.map(|c| c.id).collect();
    if others.is_empty() {
        return Ok(false);
    }
    for key in keys {
        for other in &others {
            if r.shares_order(connection.id, key, *other, NAMED)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Whether the user was told of orders that stand twice.
fn has_told(r: &Read<'_>) -> store::Result<bool> {
    let told = store::IssueFilter {
        stream: Some("orders".to_owned()),
        record: Some(String::new()),
        ..store::IssueFilter::default()
    };
    Ok(r.count_issues(&told)? > 0)
}

/// Makes one of the connections that hold the same orders, where that is certain, and tells of the others.
pub(super) fn settle(w: &mut Write<'_>, now: i64) -> store::Result<Settled> {
    let mut settled = Settled::default();
    // Each turn removes a connection; what became part of one may hold orders of a third.
    let left = loop {
        let pairs = pairs(w)?;
        let Some(pair) = pairs.iter().find(|pair| is_certain(pair, &pairs)) else {
            break pairs;
        };
        settled.notes.push(joined(pair));
        settled.notes.extend(join(w, &pair.one, pair.other.id, now)?);
        settled.moved.push((pair.one.id, pair.other.id));
    };
    settled.notes.extend(left.iter().map(doubtful));
    for connection in w.connections()? {
        let own: Vec<String> = left
            .iter()
            .filter(|pair| pair.one.id == connection.id)
            .map(|pair| format!("{}. {}", twice(pair), next_step(pair)))
            .collect();
        if own.is_empty() {
            w.resolve_issues(connection.id, "orders", "", &[], now)?;
            continue;
        }
        let issue = NewIssue {
            connection: connection.id,
            stream: "orders".to_owned(),
            record: String::new(),
            raw: None,
            code: ORDERS_TWICE.to_owned(),
            message: own.join(" "),
            lacks: Lacks::Nothing,
            span: None,
        };
        w.report_issue(&issue, now)?;
    }
    Ok(settled)
}

/// Whether the first of a pair is a set of files that belongs to the second and to no other one: the only shop that holds an order of
/// it; or, where no shop does, an earlier set that was given no other zone or currency.
fn is_certain(pair: &Pair, all: &[Pair]) -> bool {
    let of_set = || {
        all.iter()
            .filter(|p| p.one.id == pair.one.id || p.other.id == pair.one.id)
    };
    let shops = of_set().filter(|p| !is_files(&p.other)).count();
    let counts_alike = !differ(pair.one.zone, pair.other.zone) && !differ(pair.one.currency, pair.other.currency);
    is_files(&pair.one)
        && match is_files(&pair.other) {
            false => shops == 1,
            true => shops == 0 && counts_alike,
        }
}

/// Whether both are stated, and not the same. A set that was given no zone or no currency differs from none.
fn differ<T: PartialEq>(one: Option<T>, other: Option<T>) -> bool {
    one.zip(other).is_some_and(|(one, other)| one != other)
}

/// Reads everything that a set of files told into another connection, from the stored bytes, and removes the set. Of two sets the one
/// without a zone or a currency takes the other's. Issues are as of UTC second `now`.
pub(super) fn join(w: &mut Write<'_>, files: &Connection, into: ConnectionId, now: i64) -> store::Result<Vec<Note>> {
    let before = w.connection(into)?;
    let target = placed(w, before.clone(), (files.zone, files.currency), now)?;
    let mut answers: HashMap<i64, i64> = HashMap::new();
    let (mut last, mut costs_learned) = (i64::MIN, false);
    loop {
        let batch = w.raws_after(files.id, last, BATCH)?;
        let Some((_, end)) = batch.last() else { break };
        last = end.id;
        for cut in batch.chunk_by(|(a, x), (b, y)| a == b && x.fetched_at == y.fetched_at) {
            let [(answer, first), ..] = cut else { continue };
            let answer = match answer {
                None => None,
                Some(known) => Some(match answers.get(known) {
                    Some(copy) => *copy,
                    None => {
                        let copy = copied(w, first.id, into)?;
                        answers.extend(copy.map(|copy| (*known, copy)));
                        copy.unwrap_or(*known)
                    }
                }),
            };
            let records: Vec<RawRecord> = cut.iter().map(|(_, raw)| raw.record.clone()).collect();
            let books = books(w, &target)?;
            costs_learned |= ledger::ingest(w, &books, answer, &records, first.fetched_at)?.costs_learned;
        }
    }
    if costs_learned {
        let books = books(w, &target)?;
        ledger::recost(w, &books)?;
    }
    let target = w.connection(into)?;
    w.update_connection(&Connection {
        settings: with_spans_of(&target.settings, &files.settings),
        ..target.clone()
    })?;
    w.move_pieces(files.id, into)?;
    w.delete_connection(files.id)?;
    let zone = target.zone.unwrap_or(Zone::UTC);
    Ok([&before, files]
        .into_iter()
        .find_map(|moved| recounted(moved, zone))
        .into_iter()
        .collect())
}

/// The answer that a record was cut from, once more as one of another connection.
fn copied(w: &mut Write<'_>, raw: i64, connection: ConnectionId) -> store::Result<Option<i64>> {
    let answer = w.answer_of(raw)?;
    answer
        .map(|answer| w.put_answer(&Answer { connection, ..answer }))
        .transpose()
}

fn orders(n: u64) -> String {
    format!("{n} {}", if n == 1 { "order" } else { "orders" })
}

fn joined(pair: &Pair) -> Note {
    let Pair { one, other, orders: n } = pair;
    let held = orders(*n);
    note(
        "files_joined",
        format!(
            "“{}” holds {held} that “{}” holds too: it is of the same shop, and is part of “{}” now.",
            one.name, other.name, other.name
        ),
        "",
    )
}

/// That a pair counts twice.
fn twice(pair: &Pair) -> String {
    let (one, other, held) = (&pair.one.name, &pair.other.name, orders(pair.orders));
    match pair.orders {
        1 => format!("{held} stands in “{one}” and in “{other}”, and counts twice"),
        _ => format!("{held} stand in “{one}” and in “{other}”, and count twice"),
    }
}

fn doubtful(pair: &Pair) -> Note {
    note(ORDERS_TWICE, format!("{}.", twice(pair)), &next_step(pair))
}

/// Why two sets of files do not become one by themselves.
fn apart(one: &Connection, other: &Connection) -> String {
    let (name, beside) = (&one.name, &other.name);
    match (one.zone.zip(other.zone), one.currency.zip(other.currency)) {
        (Some((here, there)), _) if here != there => {
            format!("“{name}” was given the time zone {here}, “{beside}” {there}.")
        }
        (_, Some((here, there))) if here != there => {
            format!("“{name}” was given the currency {here}, “{beside}” {there}.")
        }
        _ => format!("“{name}” shares orders with more than one shop too."),
    }
}

/// What to do about a pair of which it is not certain whose the orders are.
fn next_step(pair: &Pair) -> String {
    let (one, other) = (&pair.one.name, &pair.other.name);
    match (is_files(&pair.one), is_files(&pair.other)) {
        (true, false) => format!(
            "The files of “{one}” hold orders of more than one shop. Remove it with its data, and import the files of each shop into that \
             shop's connection."
        ),
        (true, true) => format!(
            "{} “countinghouse connections join” makes “{one}” part of “{other}”, or the other way round.",
            apart(&pair.one, &pair.other)
        ),
        (false, _) => {
            "An order belongs to one shop: files of the one were imported into the other. Remove that one with its data, connect it \
             again, and sync."
                .to_owned()
        }
    }
}
