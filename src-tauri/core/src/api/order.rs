//! One order: its lines, what happened to it, and its ledger rows down to the raw records.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::app::{ApiError, Code, Result};
use crate::connectors::{Channel, reader};
use crate::metrics::catalog::{amount, fixed};
use crate::model::{Currency, Day, Flags, Kind, Line, Order, Posting, When, Zone};
use crate::store::ConnectionId;

use super::desk::{Desk, Scene};
use super::orders;
use super::words::UNKNOWN;

/// Which order.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct OrderArgs {
    /// Its connection.
    pub connection: i64,
    /// The platform's id.
    pub key: String,
}

/// An order in full.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct OrderDetail {
    /// Its connection.
    pub connection: i64,
    /// The platform's id.
    pub key: String,
    /// The number people see.
    pub name: String,
    /// Where it was sold.
    pub channel: String,
    /// When it was placed.
    pub placed_text: String,
    /// How it stands.
    pub status_text: String,
    /// Who bought, as far as the platform tells customers apart.
    pub customer_text: String,
    /// The order total as charged, cancelled quantity left out.
    pub total_text: String,
    /// Currency of every amount.
    pub currency: String,
    /// What to know about its figures.
    pub note: Option<String>,
    /// Its lines.
    pub lines: Vec<OrderLine>,
    /// What happened, oldest first.
    pub timeline: Vec<TimelineEntry>,
    /// Its ledger rows.
    pub postings: Vec<PostingRow>,
    /// Ids of the raw records it rests on.
    pub raws: Vec<i64>,
}

/// A line of an order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct OrderLine {
    /// Title at the time of sale.
    pub title: String,
    /// SKU; empty where the platform has none.
    pub sku: String,
    /// Units placed.
    pub quantity_text: String,
    /// Price × quantity before discounts, without tax.
    pub price_text: String,
    /// Discounts.
    pub discount_text: String,
    /// Tax.
    pub tax_text: String,
    /// Price and discounts, less what was withdrawn or returned.
    pub net_text: String,
    /// How it stands.
    pub state_text: String,
}

/// Something that happened to an order.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct TimelineEntry {
    /// When.
    pub when_text: String,
    /// What.
    pub label: String,
    /// The money in it.
    pub amount_text: Option<String>,
}

/// A signed ledger row.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct PostingRow {
    /// Code of what it is for.
    pub kind: String,
    /// The same on screens.
    pub label: String,
    /// The day it happened.
    pub event_day: Day,
    /// Signed: money to the seller is positive.
    pub amount_text: String,
    /// The same as a plain decimal, to the last digit that is kept.
    pub amount: String,
    /// Title of the order's line it belongs to; null where it belongs to the whole order.
    pub line: Option<String>,
    /// Id of the raw record it was read from.
    pub raw: i64,
    /// Where in that record.
    pub path: String,
    /// Its marks: `cancelled`, `edit`, `estimated`, `ship_day_estimated`, `restocked`, and for costs `cost_estimated`.
    #[ts(type = "string[]")]
    pub flags: Vec<&'static str>,
    /// The same in words.
    pub flags_text: String,
}

/// Answers `order`.
///
/// # Errors
/// [`Code::NotFound`].
pub fn order(desk: Desk<'_>, args: OrderArgs) -> Result<OrderDetail> {
    desk.read(|r, scene| {
        let id = ConnectionId(args.connection);
        let connection = r.connection(id)?;
        let order = r.order(id, &args.key)?.ok_or_else(|| {
            let message = format!("“{}” has no order {}", connection.name, args.key);
            ApiError::new(
                Code::NotFound,
                message,
                "It may have been deleted; the list of orders shows what is there.",
            )
        })?;
        Ok(detail(scene, id, connection.channel, &order))
    })
}

fn detail(scene: &Scene, connection: ConnectionId, channel: Channel, order: &Order) -> OrderDetail {
    let (words, zone) = (scene.words, scene.zone_of(connection));
    let kept = |p: &&Posting| p.kind.is_sale() && !p.flags.has(Flags::CANCELLED);
    let total: i64 = order.postings.iter().filter(kept).map(|p| p.micros).sum();
    let total = order.priced.then(|| words.micros(total, order.currency));
    OrderDetail {
        connection: connection.0,
        key: order.key.clone(),
        name: order.name.clone(),
        channel: scene.channel_label(channel, &order.sales_channel),
        placed_text: words.when(order.placed_at, zone, scene.now),
        status_text: orders::status(
            order.status,
            order.cancelled_at.is_some(),
            &order.payment,
            &order.fulfilment,
        ),
        customer_text: orders::customer(order.customer.as_deref()),
        total_text: total.unwrap_or_else(|| UNKNOWN.to_owned()),
        currency: order.currency.code().to_owned(),
        note: note(scene, order),
        lines: (0..order.lines.len())
            .map(|index| line(scene, order, index, zone))
            .collect(),
        timeline: timeline(scene, channel, order, zone),
        postings: order
            .postings
            .iter()
            .map(|p| posting(scene, channel, order, p, zone))
            .collect(),
        raws: order.raws.clone(),
    }
}

fn note(scene: &Scene, order: &Order) -> Option<String> {
    let mut notes = Vec::new();
    if !order.status.counts() {
        notes.push("It is in no figure of orders.".to_owned());
    }
    if !order.priced {
        notes.push("The platform has not stated its amounts yet.".to_owned());
        notes.extend(order.stated_total.map(|total| {
            let total = scene.words.micros(total, order.currency);
            format!("It says that the order comes to {total}, and not for what; that is in no figure.")
        }));
    }
    if order.incomplete {
        notes.push("Parts of it are not fetched or not understood yet; its figures may still change.".to_owned());
    }
    if order.estimated {
        notes.push("Some of its days or amounts are derived: the platform does not state them.".to_owned());
    }
    if order.basis_unknown {
        notes.push("Its prices include an unknown share of tax.".to_owned());
    }
    if let Some(money) = order.presentment {
        notes.push(format!(
            "The buyer was charged {}.",
            scene.words.micros(money.micros, money.currency)
        ));
    }
    (!notes.is_empty()).then(|| notes.join(" "))
}

fn line(scene: &Scene, order: &Order, index: usize, zone: Zone) -> OrderLine {
    let line = &order.lines[index];
    let own = || {
        order
            .postings
            .iter()
            .filter(move |p| p.line.map(usize::from) == Some(index))
    };
    let sum = |admits: &dyn Fn(Kind) -> bool| own().filter(|p| admits(p.kind)).map(|p| p.micros).sum::<i64>();
    let text = |micros: i64| match order.priced {
        true => scene.words.micros(micros, order.currency),
        false => UNKNOWN.to_owned(),
    };
    let priced = |kind: Kind| matches!(kind, Kind::ItemPrice | Kind::GiftCardSold);
    OrderLine {
        title: line.title.clone(),
        sku: line.sku.clone(),
        quantity_text: scene.words.number(line.quantity.into()),
        price_text: text(sum(&priced)),
        discount_text: text(sum(&|k| {
            matches!(k, Kind::ItemDiscountSeller | Kind::ItemDiscountPlatform)
        })),
        tax_text: text(sum(&|k| {
            matches!(k, Kind::TaxItem | Kind::ReversalTax | Kind::RefundTax)
        })),
        net_text: text(sum(&|k| k.is_item() || priced(k))),
        state_text: state(scene, line, &own().copied().collect::<Vec<_>>(), zone),
    }
}

/// How a line stands: what shipped and when, what was withdrawn, what came back.
fn state(scene: &Scene, line: &Line, own: &[Posting], zone: Zone) -> String {
    let mut parts = Vec::new();
    let mut shipped: BTreeMap<Day, i32> = BTreeMap::new();
    for p in own
        .iter()
        .filter(|p| p.kind == Kind::ItemPrice && !p.flags.has(Flags::CANCELLED))
    {
        if let Some(at) = p.ship_at {
            *shipped.entry(at.day(zone)).or_default() += p.quantity;
        }
    }
    let left = line.quantity - line.cancelled;
    for (day, units) in &shipped {
        let day = scene.words.day_near(*day, scene.today);
        let how = if line.ships { "shipped" } else { "delivered" };
        parts.push(if *units == left {
            format!("{how} {day}")
        } else {
            format!("{units} {how} {day}")
        });
    }
    let waiting = left - shipped.values().sum::<i32>();
    if line.ships && waiting > 0 {
        parts.push(if shipped.is_empty() {
            "not shipped yet".to_owned()
        } else {
            format!("{waiting} not shipped yet")
        });
    }
    if line.cancelled > 0 {
        parts.push(format!("{} withdrawn", line.cancelled));
    }
    let returned: i32 = own
        .iter()
        .filter(|p| p.kind == Kind::RefundItem)
        .map(|p| -p.quantity)
        .sum();
    if returned > 0 {
        parts.push(format!("{returned} returned"));
    }
    parts.join(", ")
}

/// What a group of ledger rows tells on the timeline.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Happening {
    Placed,
    Edited,
    Shipped,
    Withdrawn,
    Refunded,
    Fees,
}

fn timeline(scene: &Scene, channel: Channel, order: &Order, zone: Zone) -> Vec<TimelineEntry> {
    let mut events: BTreeMap<(i64, Happening), (When, i64, i32)> = BTreeMap::new();
    let mut add = |at: When, what: Happening, micros: i64, units: i32| {
        let entry = events.entry((at.sort_key(), what)).or_insert((at, 0, 0));
        entry.1 += micros;
        entry.2 += units;
    };
    add(order.placed_at, Happening::Placed, 0, 0);
    for p in &order.postings {
        if p.kind.is_sale() && !p.flags.has(Flags::EDIT) {
            add(order.placed_at, Happening::Placed, p.micros, 0);
        } else if p.kind.is_sale() {
            add(p.event_at, Happening::Edited, p.micros, 0);
        } else if matches!(p.kind, Kind::ReversalItem | Kind::ReversalShipping | Kind::ReversalTax) {
            add(p.event_at, Happening::Withdrawn, p.micros, p.quantity);
        } else if p.kind.is_return() {
            add(p.event_at, Happening::Refunded, p.micros, p.quantity);
        } else if (Kind::FeeCommission as u8..=Kind::FeeRefund as u8).contains(&(p.kind as u8)) {
            add(p.event_at, Happening::Fees, p.micros, 0);
        }
        let goods = p
            .line
            .and_then(|index| order.lines.get(usize::from(index)))
            .is_some_and(|l| l.ships);
        if p.kind == Kind::ItemPrice
            && goods
            && !p.flags.has(Flags::CANCELLED)
            && let Some(at) = p.ship_at
        {
            add(at, Happening::Shipped, 0, p.quantity);
        }
    }
    let mut entries: Vec<(i64, TimelineEntry)> = events
        .into_iter()
        .map(|((key, what), (at, micros, units))| {
            let of = |units: i32| scene.words.things(i64::from(units.abs()), "unit", "units");
            let label = match what {
                Happening::Placed if order.sales_channel.is_empty() => format!("Placed on {}", channel.label()),
                Happening::Placed => format!("Placed through {}", order.sales_channel),
                Happening::Edited => "Edited".to_owned(),
                Happening::Shipped => format!("Shipped {}", of(units)),
                Happening::Withdrawn if units == 0 => "Withdrawn before shipping".to_owned(),
                Happening::Withdrawn => format!("Withdrew {} before shipping", of(units)),
                Happening::Refunded if units == 0 => "Refunded".to_owned(),
                Happening::Refunded => format!("Refunded {}", of(units)),
                Happening::Fees => "Fees charged".to_owned(),
            };
            let amount =
                (what != Happening::Shipped && order.priced).then(|| scene.words.micros(micros, order.currency));
            (
                key,
                TimelineEntry {
                    when_text: scene.words.when(at, zone, scene.now),
                    label,
                    amount_text: amount,
                },
            )
        })
        .collect();
    if let Some(at) = order.cancelled_at {
        let when_text = scene.words.when(at, zone, scene.now);
        entries.push((
            at.sort_key(),
            TimelineEntry {
                when_text,
                label: "Cancelled".to_owned(),
                amount_text: None,
            },
        ));
        entries.sort_by_key(|(key, _)| *key);
    }
    entries.into_iter().map(|(_, entry)| entry).collect()
}

/// A ledger row of `order` for people.
pub(super) fn posting(scene: &Scene, channel: Channel, order: &Order, p: &Posting, zone: Zone) -> PostingRow {
    let line = p.line.and_then(|index| order.lines.get(usize::from(index)));
    PostingRow {
        kind: p.kind.name().to_owned(),
        label: p.kind.label().to_owned(),
        event_day: p.event_at.day(zone),
        amount_text: scene.words.micros(p.micros, order.currency),
        amount: exact(p.micros, order.currency),
        line: line.map(|l| l.title.clone()),
        raw: order.raws.get(usize::from(p.raw)).copied().unwrap_or_default(),
        path: reader(channel).path(p.path),
        flags: marks(p, line).into_iter().filter_map(|(code, _)| code).collect(),
        flags_text: marks(p, line)
            .into_iter()
            .map(|(_, text)| text)
            .collect::<Vec<_>>()
            .join(", "),
    }
}

/// An amount with the decimals of its currency, and more where it has more: the decimals of rows add up to those of the figure.
fn exact(micros: i64, currency: Currency) -> String {
    let amount = amount(micros);
    fixed(amount, amount.normalize().scale().max(currency.exponent()))
}

/// The marks of a ledger row: as a code where it is one, and in words.
fn marks(p: &Posting, line: Option<&Line>) -> Vec<(Option<&'static str>, &'static str)> {
    let flags = [
        (Flags::CANCELLED, "cancelled", "withdrawn before it shipped"),
        (Flags::EDIT, "edit", "added by an edit"),
        (Flags::ESTIMATED, "estimated", "derived"),
        (Flags::SHIP_ESTIMATED, "ship_day_estimated", "ship day derived"),
        (Flags::RESTOCKED, "restocked", "back in stock"),
    ];
    let set = flags.into_iter().filter(|(flag, ..)| p.flags.has(*flag));
    let cost =
        matches!(p.kind, Kind::Cogs | Kind::CogsReturned).then(|| match line.is_some_and(|l| l.cost_estimated) {
            true => (Some("cost_estimated"), "at a later unit cost"),
            false => (None, "at the unit cost of the day"),
        });
    set.map(|(_, code, text)| (Some(code), text)).chain(cost).collect()
}
