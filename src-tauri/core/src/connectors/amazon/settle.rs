//! From everything known about an order, or a day of the account, to its ledger form.
//!
//! `told` chooses which of several tellings counts, so that each cent counts once; `rows` makes the lines of the sale, `ships`
//! dates what has left, `basis` takes tax out where Finances shows it, `post` writes the postings, `account` the days of the
//! account. Everything is a function of the set of facts.

use std::collections::BTreeMap;

use super::part::{Family, OrderCopy, State};
use super::record::{ACCOUNT, ADS};
use crate::connectors::{OrderFact, ReadCtx, ReadError, Settled};
use crate::model::{Currency, Order, Status, When, Zone};

mod account;
mod basis;
mod post;
mod rows;
mod ships;
mod told;

use rows::Row;
use told::Told;

/// The raw records an order rests on.
#[derive(Default)]
pub(super) struct Raws(Vec<i64>);

impl Raws {
    /// The place of a record among them; beyond what a posting can name, the last one that it can.
    fn at(&mut self, raw: i64) -> u8 {
        let found = self.0.iter().position(|known| *known == raw);
        let at = found.unwrap_or_else(|| {
            self.0.push(raw);
            self.0.len() - 1
        });
        u8::try_from(at).unwrap_or(u8::MAX)
    }
}

/// Settles an order or a day of the account.
pub(super) fn settle(ctx: &ReadCtx, key: &str, facts: &[&OrderFact]) -> Result<Settled, ReadError> {
    let told = Told::of(facts);
    match key.starts_with(ACCOUNT) || key.starts_with(ADS) {
        true => account::settle(ctx, key, &told),
        false => order(ctx, key, &told),
    }
}

fn nothing(what: &'static str, notes: Vec<ReadError>) -> Settled {
    Settled {
        order: None,
        partial: Some(what),
        notes,
    }
}

fn order(ctx: &ReadCtx, key: &str, told: &Told<'_>) -> Result<Settled, ReadError> {
    let mut raws = Raws::default();
    let mut notes = Vec::new();
    let copy = told.copy();
    let placed = match copy {
        Some(copy) => copy.copy.created,
        None => told.first_moment(Family::Sale).or_else(|| told.first_of_all()),
    };
    let Some(placed_at) = placed else {
        return Ok(nothing("its date", notes));
    };
    let market = copy.and_then(|c| c.copy.market).or_else(|| told.market());
    let currency = told
        .currency()
        .or_else(|| market.and_then(|m| m.currency()))
        .or(ctx.currency);
    let Some(currency) = currency else {
        return Ok(nothing("its currency", notes));
    };
    let mut rows: Vec<Row> = Vec::new();
    let mut units = None;
    let mut estimated = false;
    if let Some(copy) = copy {
        let found = rows::rows(told, copy, &mut raws);
        notes.extend(found.notes);
        rows = found.rows;
        units = copy.copy.units.filter(|_| copy.copy.lines.is_none());
    }
    let status = status(key, copy.map(|c| c.copy.as_ref()), &rows, told);
    let mut priced = rows::priced(&rows);
    // A sale that no record of the order tells is told by the money that moved for it, dated when it was posted. The order's
    // own record takes its place when it comes.
    let stands_in = status.counts() && !priced && told.prices(&rows, units, copy.is_some());
    if stands_in {
        rows = rows::from_entries(told, &mut raws);
        estimated = copy.is_none() || rows.iter().flat_map(|row| &row.shipped).any(|part| part.estimated);
        priced = true;
    }
    if let Some(copy) = copy {
        let dated = ships::date(&mut rows, copy, told, ctx.reads_ledger);
        estimated |= dated.estimated;
        notes.extend(undated(dated.undated));
    }
    basis::resolve(&mut rows, told, currency);
    estimated |= rows.iter().any(|row| row.derived);
    if let Some(copy) = copy {
        raws.at(copy.fact.raw);
    }
    let mut order = Order {
        key: key.to_owned(),
        name: name(key, copy.map(|c| c.copy.as_ref()), status),
        status,
        placed_at,
        updated_at: copy.and_then(|c| c.copy.updated).unwrap_or(placed_at),
        cancelled_at: copy.and_then(|c| told.cancelled_at(c)),
        currency,
        presentment: None,
        sales_channel: channel(copy.map(|c| c.copy.as_ref()), market.map(|m| m.name), status),
        customer: None,
        country: None,
        payment: String::new(),
        fulfilment: copy.map_or_else(String::new, |c| c.copy.word.clone()),
        units_placed: 0,
        units_cancelled: 0,
        fulfilled: false,
        first_ship: None,
        priced: priced || !status.counts(),
        basis_unknown: false,
        estimated,
        incomplete: told.open || (stands_in && copy.is_none()) || !notes.is_empty(),
        stated_total: copy.and_then(|c| c.copy.total).map(|t| t.micros),
        lines: rows.iter().map(|row| row.line.clone()).collect(),
        postings: Vec::new(),
        raws: Vec::new(),
    };
    count_units(&mut order, &rows, units);
    match status {
        Status::Sale | Status::Pending if priced => post::sale(&mut order, &rows, copy, &mut raws),
        Status::Replacement => order.first_ship = first_ship(&rows),
        _ => {}
    }
    if matches!(status, Status::Replacement | Status::Copy | Status::Account) {
        (order.units_placed, order.units_cancelled) = (0, 0);
    }
    notes.extend(post::entries(&mut order, &rows, told, &mut raws));
    if copy.is_none() && order.postings.is_empty() {
        // Where no amount moved nothing is missing.
        return Ok(Settled {
            order: None,
            partial: told.open.then_some("the deferred transaction that was released"),
            notes,
        });
    }
    order.raws = raws.0;
    to_market_days(&mut order, market.map(|m| m.zone()), ctx.zone);
    Ok(Settled {
        order: Some(order),
        partial: copy.and_then(|c| missing(&c.copy)),
        notes: joined(notes),
    })
}

/// What a copy lacks to be counted with its amounts.
fn missing(copy: &OrderCopy) -> Option<&'static str> {
    copy.lines.is_none().then_some("what was sold (its items)")
}

/// Whether and how an order counts (contract section 4).
fn status(key: &str, copy: Option<&OrderCopy>, rows: &[Row], told: &Told<'_>) -> Status {
    let outside = copy.map_or_else(|| super::markets::is_outside(key, None, None), |copy| copy.outside);
    let free = rows.iter().all(Row::is_free);
    // While it waits without a price nobody knows whether there is something to pay.
    let waits = copy.is_some_and(|c| c.state == State::Pending) && !rows::priced(rows);
    match copy {
        _ if outside => Status::Copy,
        // The link alone is no reason to drop money.
        Some(copy) if copy.replaces && free && !waits && copy.total.is_none_or(|t| t.micros == 0) => {
            Status::Replacement
        }
        Some(copy) if copy.state == State::Unfulfillable => Status::Copy,
        Some(copy) if copy.state == State::Pending => Status::Pending,
        Some(_) => Status::Sale,
        None if told.sells() => Status::Sale,
        None => Status::Account,
    }
}

/// The number people see. Of an order that Amazon only fulfils it is the shop's own: by it the two are known to be one.
fn name(key: &str, copy: Option<&OrderCopy>, status: Status) -> String {
    let alias = copy.and_then(|c| c.alias.clone()).filter(|_| status == Status::Copy);
    alias.unwrap_or_else(|| key.to_owned())
}

fn channel(copy: Option<&OrderCopy>, market: Option<&'static str>, status: Status) -> String {
    let stated = copy.and_then(|c| c.channel.clone());
    match (status, market, stated) {
        (Status::Copy, _, Some(stated)) => stated,
        (Status::Copy, ..) => "Non-Amazon".to_owned(),
        (_, Some(market), _) => market.to_owned(),
        (_, None, Some(stated)) => stated,
        (_, None, None) => "Amazon".to_owned(),
    }
}

fn count_units(order: &mut Order, rows: &[Row], units: Option<i32>) {
    let sum = |of: fn(&Row) -> i32| rows.iter().map(of).fold(0_i32, i32::saturating_add);
    let (live, gone, left) = (sum(|r| r.live), sum(|r| r.gone), sum(Row::left));
    order.units_placed = units.unwrap_or_else(|| live.saturating_add(gone));
    order.units_cancelled = match (order.cancelled_at, units) {
        (Some(_), Some(units)) => units,
        _ => gone,
    };
    order.fulfilled = live > 0 && left >= live;
    order.first_ship = first_ship(rows);
}

fn first_ship(rows: &[Row]) -> Option<When> {
    let all = rows.iter().flat_map(|row| &row.shipped);
    all.map(|part| part.at).min_by_key(|at| at.sort_key())
}

/// Days are the marketplace's. Where the connection counts in another zone, moments become civil days, which no zone moves.
fn to_market_days(order: &mut Order, market: Option<Zone>, own: Zone) {
    let Some(zone) = market.filter(|zone| *zone != own) else {
        return;
    };
    let day = |at: When| When::Day(at.day(zone));
    order.placed_at = day(order.placed_at);
    order.first_ship = order.first_ship.map(day);
    for posting in &mut order.postings {
        posting.event_at = day(posting.event_at);
        posting.ship_at = posting.ship_at.map(day);
    }
}

/// What is sold and gone without a day is in no figure of accounting.
fn undated(units: i32) -> Option<ReadError> {
    (units > 0).then(|| ReadError {
        code: "ship_day_unknown",
        message: format!("{units} units have left, and no record says when: no day of accounting counts them"),
    })
}

/// Notes with one of each code: an order has one open issue of a kind, and none of what is to be said may be lost.
fn joined(notes: Vec<ReadError>) -> Vec<ReadError> {
    let mut joined: BTreeMap<&'static str, ReadError> = BTreeMap::new();
    for note in notes {
        match joined.get_mut(note.code) {
            Some(known) if known.message.contains(&note.message) => {}
            Some(known) => {
                known.message.push_str(". ");
                known.message.push_str(&note.message);
            }
            None => {
                joined.insert(note.code, note);
            }
        }
    }
    joined.into_values().collect()
}

/// An amount in another currency than the order's cannot be part of it.
fn other_currency(stated: Currency, own: Currency) -> ReadError {
    ReadError {
        code: "other_currency",
        message: format!("an amount in {stated} belongs to an order in {own}; it is left out"),
    }
}
