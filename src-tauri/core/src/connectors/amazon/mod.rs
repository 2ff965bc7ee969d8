//! Amazon Seller Central: what its records mean. Contract: the platform contract for Amazon, sections 3 to 7.
//!
//! `current`, `old` and `report` read the three shapes an order comes in; `money` and `settlement` what Finances and settlement
//! reports say of it; `settle` makes the order of the ledger, or a day of the account, from all of them; `stock` reads inventory
//! and listings, `totals` Amazon's own totals. `record` says how each thing is kept, `keep` what of it may be.

pub mod auth;
mod current;
mod dated;
mod days;
pub mod fetch;
pub mod keep;
mod leaf;
pub mod markets;
mod money;
mod old;
mod parse;
pub mod part;
mod paths;
pub mod record;
mod report;
mod settle;
mod settlement;
mod stock;
pub mod table;
mod totals;

pub use fetch::AmazonFetcher;
pub use part::OrderPart;
pub use report::REQUIRED as REPORT_COLUMNS;
pub use settlement::{FIRST_VERSION as OLD_SETTLEMENT_COLUMNS, REQUIRED as SETTLEMENT_COLUMNS};
pub use totals::put_to;

use std::borrow::Cow;

use crate::model::{CostBook, Currency, PathRef, When};

use super::{Channel, Fact, OrderBody, OrderFact, RawRecord, ReadCtx, ReadError, Reader, Settled, Source, StoredRaw};

/// Version of the interface to orders that is asked for.
pub const ORDERS_VERSION: &str = "2026-01-01";

/// Streams whose records tell about orders beside the orders themselves.
const TELLERS: &[&str] = &["finances", "settlements", "economics"];

/// Every stream but `orders`.
const OTHERS: &[&str] = &[
    "marketplaces",
    "listings",
    "catalog",
    "inventory",
    "finances",
    "settlements",
    "economics",
    "sales_and_traffic",
    "order_metrics",
];

/// Reads Amazon's records.
pub struct AmazonReader;

impl Reader for AmazonReader {
    fn channel(&self) -> Channel {
        Channel::Amazon
    }

    fn extract(&self, ctx: &ReadCtx, raw: &StoredRaw) -> Result<Vec<Fact>, ReadError> {
        let record = &raw.record;
        // Of `ORDER/OWN` the order is told, and the own part is the record's name.
        let (owner, own) = record.key.split_once('/').unwrap_or((&record.key, &record.key));
        let order = |part: OrderPart| order_fact(owner, raw, part);
        let entry = |entry: part::Entry| entry_facts(owner, raw, &entry);
        Ok(match (record.stream.as_ref(), record.facet.as_ref()) {
            ("orders", "items") => vec![order(OrderPart::Items(
                old::read_items(&record.bytes)?,
                old::currency_of(&record.bytes),
            ))],
            ("orders", _) => {
                let copy = match record.source {
                    Source::Page => current::read(owner, &record.bytes)?,
                    Source::Legacy => old::read(owner, &record.bytes)?,
                    Source::Bulk | Source::Export => report::read(owner, &record.bytes)?,
                };
                vec![order(OrderPart::Copy(Box::new(copy)))]
            }
            ("finances", "transaction") => {
                let (told, payout) = money::transaction(own, &record.bytes)?;
                entry(told).into_iter().chain(payout.map(Fact::Payout)).collect()
            }
            ("finances", facet) => {
                let list = facet.split_once(':').map_or("", |(_, list)| list);
                entry(money::event(own, list, &record.bytes)?)
            }
            ("settlements", "summary") => settlement::summary(own, &record.bytes)?
                .map_or(vec![Fact::Nothing], |payout| vec![Fact::Payout(payout)]),
            ("settlements", _) => {
                let entries = settlement::entries(owner, own, &record.bytes)?;
                entries.into_iter().flat_map(entry).collect()
            }
            ("economics", _) => {
                let row = totals::economics(raw)?;
                let ads = row.ads.map(|ads| order(OrderPart::Ads(Box::new(ads))));
                let cost = row
                    .cost
                    .map(|(sku, micros, currency)| cost_fact(ctx, sku, micros, currency));
                [Some(Fact::Control(row.control)), ads, cost]
                    .into_iter()
                    .flatten()
                    .collect()
            }
            ("sales_and_traffic", _) => totals::traffic(raw)?.map_or(vec![Fact::Nothing], |t| vec![Fact::Control(t)]),
            ("order_metrics", _) => totals::metric(raw)?.map_or(vec![Fact::Nothing], |t| vec![Fact::Control(t)]),
            ("inventory", facet) if facet.starts_with("fba") => stock::summary(raw)?,
            ("listings", "listing") => stock::listing(ctx, raw)?,
            ("inventory" | "listings", _) => stock::report(ctx, raw)?,
            ("catalog", _) => stock::item(raw)?,
            _ => vec![Fact::Nothing],
        })
    }

    fn settle(&self, ctx: &ReadCtx, key: &str, facts: &[&OrderFact]) -> Result<Settled, ReadError> {
        settle::settle(ctx, key, facts)
    }

    fn placed(&self, _: &ReadCtx, record: &RawRecord) -> Option<When> {
        dated::placed(record)
    }

    fn money_told(&self, record: &RawRecord) -> Option<(When, When)> {
        dated::money_told(record)
    }

    fn tellers(&self) -> &'static [&'static str] {
        TELLERS
    }

    fn stored_under<'k>(&self, key: &'k str) -> Vec<Cow<'k, str>> {
        let (own, _) = days::account_day(key);
        let beside = days::beside(own).into_iter().map(Cow::Owned);
        std::iter::once(Cow::Borrowed(own)).chain(beside).collect()
    }

    fn remembers(&self) -> bool {
        true
    }

    fn others(&self) -> &'static [&'static str] {
        OTHERS
    }

    fn path(&self, path: PathRef) -> String {
        paths::render(path)
    }
}

/// Money of an order, or of the account: then every entry of its day is told of it, and those of the days beside, of which another
/// record may have the same money.
fn entry_facts(owner: &str, raw: &StoredRaw, entry: &part::Entry) -> Vec<Fact> {
    let fact = |owner: String, beside: bool| {
        let entry = part::Entry {
            beside,
            ..entry.clone()
        };
        order_fact(&owner, raw, OrderPart::Entry(Box::new(entry)))
    };
    if !owner.starts_with(record::ACCOUNT) {
        return vec![fact(owner.to_owned(), false)];
    }
    let own = days::entries_of(owner).into_iter().map(|key| fact(key, false));
    let others = days::beside(owner).into_iter().flat_map(|day| days::entries_of(&day));
    own.chain(others.map(|key| fact(key, true))).collect()
}

fn order_fact(key: &str, raw: &StoredRaw, part: OrderPart) -> Fact {
    Fact::Order(Box::new(OrderFact {
        key: key.to_owned(),
        raw: raw.id,
        rank: (raw.record.version, raw.record.source, raw.fetched_at),
        body: OrderBody::Amazon(part),
    }))
}

/// What a unit costs. A SKU that sells in several marketplaces has a cost in each one's currency.
fn cost_fact(ctx: &ReadCtx, sku: String, micros: i64, currency: Currency) -> Fact {
    let own = ctx.currency.is_none_or(|own| own == currency);
    let key = if own {
        sku.clone()
    } else {
        CostBook::abroad(&sku, currency)
    };
    Fact::Cost {
        item: sku,
        variants: vec![key],
        cost: Some((micros, currency)),
    }
}

/// The sum of two amounts of one record (LEDGER ruling 11).
fn plus(sum: i64, more: i64, place: PathRef) -> Result<i64, ReadError> {
    const MOST: u64 = 1_000_000_000_000_000_000;
    sum.checked_add(more)
        .filter(|sum| sum.unsigned_abs() <= MOST)
        .ok_or_else(|| ReadError {
            code: "amount_out_of_range",
            message: format!(
                "{}: a sum is beyond a trillion, more than the ledger counts",
                paths::render(place)
            ),
        })
}

fn broken(error: &serde_json::Error) -> ReadError {
    ReadError {
        code: "broken_json",
        message: format!("the record cannot be read: {error}"),
    }
}

fn broken_report(why: &str) -> ReadError {
    ReadError {
        code: "broken_report",
        message: format!("the rows cannot be read: {why}"),
    }
}
