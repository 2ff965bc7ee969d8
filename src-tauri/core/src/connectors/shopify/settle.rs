//! From the facts of an order to its ledger form: choose and join the facts, bring every shape to one list of dated rows
//! (sales agreements, or the fallback of contract section 7.5), then let `post` write the postings.

use std::collections::BTreeMap;

use super::part::{Agreement, Fulfilment, LinePart, More, OrderPart, Parcel, Refund, ShippingPart, Unknown, Whole};
use crate::connectors::{Channel, OrderBody, OrderFact, ReadCtx, ReadError, Settled};
use crate::model::{Line, Order, Status, When};
use telling::Telling;

/// Most unknown words that an issue names.
const MOST_SHOWN: usize = 5;
/// Seconds of the longest year.
const YEAR: i64 = 366 * 86_400;

mod basis;
mod batch;
mod charges;
mod check;
mod earlier;
mod fallback;
mod given_back;
mod gone;
mod post;
mod rows;
mod stated;
mod sums;
mod telling;

/// An order's facts joined to one picture.
pub(super) struct Picture {
    pub(super) whole: Whole,
    pub(super) lines: Vec<LinePart>,
    pub(super) shipping: Vec<ShippingPart>,
    pub(super) fulfilments: Vec<Fulfilment>,
    pub(super) refunds: Vec<Refund>,
    pub(super) agreements: Vec<Agreement>,
    /// For each amount's origin: index into the order's list of raw records.
    pub(super) sources: Sources,
    pub(super) incomplete: bool,
    /// The record shows the order's shipping lines, be it none.
    pub(super) shipping_shown: bool,
    /// A record shows its fulfilments or how far they are, be it that there are none.
    pub(super) sending_shown: bool,
    /// A record shows its refunds or how it stands with its payment.
    pub(super) refunds_shown: bool,
}

/// Which raw record each part was read from, as an index into the order's list.
#[derive(Default)]
pub(super) struct Sources {
    pub(super) whole: u8,
    pub(super) shipping: u8,
    pub(super) agreements: BTreeMap<String, u8>,
    pub(super) refunds: BTreeMap<String, u8>,
}

/// Settles an order. A function of the set of facts.
pub(super) fn settle(ctx: &ReadCtx, key: &str, facts: &[&OrderFact]) -> Result<Settled, ReadError> {
    let mut facts: Vec<(&OrderFact, &OrderPart)> = facts
        .iter()
        .filter_map(|fact| match &fact.body {
            OrderBody::Shopify(part) => Some((*fact, part)),
            OrderBody::Amazon(_) => None,
        })
        .collect();
    facts.sort_by_key(|(fact, part)| (fact.rank, breadth(part), fact.raw));
    let gone = facts.iter().any(|(_, part)| **part == OrderPart::Gone);
    let Some((mut picture, raws)) = join(&facts) else {
        return Ok(Settled {
            order: None,
            // Of a deleted order nothing is missing.
            partial: (!gone).then_some("the order's own record"),
            notes: Vec::new(),
        });
    };
    telling::mark_tips(&mut picture);
    let mut notes: Vec<ReadError> = strangers(&picture.whole.unknown).into_iter().collect();
    check::bounded(&picture)?;
    let mut doubts = check::once(&mut picture);
    doubts.extend(check::returns(&picture));
    doubts.extend(check::parcels(&picture));
    doubts.extend(picture.whole.doubts.iter().cloned());
    let doubtful = !doubts.is_empty();
    notes.extend(doubts);
    let Some(placed_at) = picture.whole.placed_at else {
        return Ok(Settled {
            order: None,
            partial: Some("its date (processedAt or createdAt)"),
            notes,
        });
    };
    let Some(currency) = picture.whole.currency.or(ctx.currency) else {
        return Ok(Settled {
            order: None,
            partial: Some("its currency"),
            notes,
        });
    };
    notes.extend(check::digits(&picture, currency));
    let whole = &picture.whole;
    let status = match (gone, whole.test, whole.payment.as_str()) {
        (true, _, _) => Status::Deleted,
        (_, true, _) => Status::Test,
        (_, _, "pending" | "authorized" | "partially_paid" | "expired") => Status::Pending,
        _ => Status::Sale,
    };
    let mut order = Order {
        key: key.to_owned(),
        name: whole.name.clone().unwrap_or_else(|| key.to_owned()),
        status,
        placed_at,
        updated_at: whole.updated_at.unwrap_or(placed_at),
        cancelled_at: whole.cancelled_at,
        currency,
        presentment: whole.presentment,
        sales_channel: sales_channel(whole),
        customer: whole.customer.clone(),
        country: whole.country.clone(),
        payment: whole.payment.clone(),
        fulfilment: whole.fulfilment.clone(),
        units_placed: 0,
        units_cancelled: 0,
        fulfilled: false,
        first_ship: None,
        priced: false,
        basis_unknown: false,
        estimated: false,
        incomplete: picture.incomplete || doubtful || picture.whole.unknown.iter().any(|unknown| unknown.counts),
        stated_total: whole.total.map(|t| t.micros),
        lines: picture.lines.iter().filter(|l| !l.tip).map(ledger_line).collect(),
        postings: Vec::new(),
        raws,
    };
    let (telling, untold) = telling::of(&picture);
    order.incomplete |= untold.is_some();
    notes.extend(untold);
    let basis = basis::hear(&mut picture, &order, telling)?;
    let rows = match telling {
        Telling::Agreements => {
            let mut rows = rows::from_agreements(&picture, &mut order);
            given_back::add_untold(&picture, &order, &mut rows);
            Some(rows)
        }
        Telling::Lines => {
            order.estimated = true;
            fallback::rows(&picture, &order)
        }
        Telling::Nothing => None,
    };
    match rows {
        Some(mut rows) => {
            rows.add_fees(&picture);
            order.priced = true;
            order.basis_unknown = basis.is_some();
            order.incomplete |= basis.is_some();
            notes.extend(basis);
            order.incomplete |= !rows.notes.is_empty();
            notes.extend(rows.notes.iter().cloned());
            let posted = post::post(&mut order, &picture, &rows);
            order.incomplete |= !posted.is_empty();
            notes.extend(posted);
            if order.status.posts() {
                let doubts = sums::doubts(&picture, &order, &rows, telling);
                order.incomplete |= !doubts.is_empty();
                // Its state is all that is known: it left, nobody says when.
                let left = doubts.iter().any(|doubt| doubt.code == sums::UNSENT);
                if left && picture.whole.fulfilment == "fulfilled" {
                    post::ship_untold(&mut order);
                }
                notes.extend(doubts);
            }
        }
        None => {
            order.units_placed = order.lines.iter().filter(|l| !l.gift_card).map(|l| l.quantity).sum();
            if telling == Telling::Lines && !order.lines.is_empty() && order.status.counts() {
                order.incomplete = true;
                notes.push(unpriced(&order));
            }
        }
    }
    let doubt = check::moments(&order, known_at(&facts), ctx.zone).filter(|_| order.status.posts());
    order.incomplete |= doubt.is_some();
    notes.extend(doubt);
    // Nothing more will come of a spreadsheet: what else is said of its order says why.
    let waits = picture.incomplete && (notes.is_empty() || !picture.whole.exported);
    notes.extend(waits.then(|| missing(&picture)));
    Ok(Settled {
        order: Some(order),
        partial: None,
        notes: joined(notes),
    })
}

/// What is said of an order whose lines are shown, and not what they cost.
fn unpriced(order: &Order) -> ReadError {
    let total = order.stated_total.map(|micros| {
        let total = order.currency.format(micros);
        format!("; it says that it comes to {total} {}", order.currency)
    });
    ReadError {
        code: "price_not_shown",
        message: format!(
            "not all of its lines show a price, so that it counts as an order without one{}",
            total.unwrap_or_default()
        ),
    }
}

/// The latest second at which an order's records are known to have been so: when they were last fetched, or their own last
/// change if that is later, for then it is this machine's clock that is behind. A change more than a year ahead of the fetch
/// is believed no more than the dates beside it. `None` where no record says.
fn known_at(facts: &[(&OrderFact, &OrderPart)]) -> Option<i64> {
    let of = |(fact, _): &(&OrderFact, &OrderPart)| {
        let (changed, _, fetched) = fact.rank;
        match fetched > check::EARLIEST {
            true if changed - fetched < YEAR => fetched.max(changed),
            true => fetched,
            false => changed,
        }
    };
    facts.iter().map(of).max().filter(|second| *second > check::EARLIEST)
}

/// Words of an order's records that their lists do not hold, in one sentence.
fn strangers(unknown: &[Unknown]) -> Option<ReadError> {
    let (first, more) = unknown.split_first()?;
    let shown = more.iter().take(MOST_SHOWN - 1);
    let mut message = format!("Shopify sent a value this version does not know: {}", first.what);
    shown.for_each(|unknown| {
        message.push_str("; ");
        message.push_str(&unknown.what);
    });
    if unknown.len() > MOST_SHOWN {
        message.push_str(&format!("; and {} more", unknown.len() - MOST_SHOWN));
    }
    Some(ReadError {
        code: "unknown_value",
        message,
    })
}

/// Notes with one of each code: an order has one open issue of a kind, and none of what is to be said may be lost.
fn joined(notes: Vec<ReadError>) -> Vec<ReadError> {
    let mut joined: Vec<ReadError> = Vec::new();
    for note in notes {
        match joined.iter_mut().find(|known| known.code == note.code) {
            Some(known) => {
                known.message.push_str(". ");
                known.message.push_str(&note.message);
            }
            None => joined.push(note),
        }
    }
    joined
}

fn breadth(part: &OrderPart) -> u32 {
    match part {
        OrderPart::Whole(whole) => whole.breadth,
        _ => 0,
    }
}

/// The fullest picture of the highest version, with the further pages and details that belong to it.
/// The facts are in ascending rank.
fn join(facts: &[(&OrderFact, &OrderPart)]) -> Option<(Picture, Vec<i64>)> {
    let wholes = || {
        facts.iter().filter_map(|(fact, part)| match part {
            OrderPart::Whole(whole) => Some((*fact, whole.as_ref())),
            _ => None,
        })
    };
    let (fact, whole) = wholes()
        .rfind(|(_, w)| earlier::tells_sale(w))
        .or_else(|| wholes().rfind(|(_, w)| w.lines.is_some()))
        .or_else(|| wholes().next_back())?;
    let (fact, whole) = earlier::agreed(fact, whole, facts).unwrap_or((fact, whole));
    let mut whole = whole.clone();
    let mut raws = vec![fact.raw];
    let mut sources = Sources::default();
    for (_, other) in wholes() {
        // Facts that another record shows and this one leaves out.
        whole.name = whole.name.take().or_else(|| other.name.clone());
        whole.placed_at = whole.placed_at.or(other.placed_at);
        whole.currency = whole.currency.or(other.currency);
        whole.customer = whole.customer.take().or_else(|| other.customer.clone());
        whole.channel_name = whole.channel_name.take().or_else(|| other.channel_name.clone());
        if !whole.basis_shown {
            (whole.taxes_included, whole.basis_shown) = (other.taxes_included, other.basis_shown);
        }
    }
    let later = wholes().skip_while(|(other, _)| other.raw != fact.raw).skip(1);
    earlier::follow(&mut whole, fact, later);
    earlier::stand(&mut whole, fact, wholes());
    earlier::fill(&mut whole, facts, &mut raws, &mut sources);
    let mut picture = Picture {
        lines: whole.lines.take().unwrap_or_default(),
        shipping_shown: whole.shipping.is_some(),
        sending_shown: whole.fulfilments.is_some() || whole.fulfilment_said,
        refunds_shown: whole.refunds.is_some() || !whole.payment.is_empty(),
        shipping: whole.shipping.take().unwrap_or_default(),
        fulfilments: whole.fulfilments.take().unwrap_or_default(),
        refunds: whole.refunds.take().unwrap_or_default(),
        agreements: whole.agreements.take().unwrap_or_default(),
        incomplete: false,
        sources: Sources::default(),
        whole,
    };
    let mut open: Vec<String> = picture.whole.open.clone();
    let mut closed: Vec<String> = Vec::new();
    // A page of another version of the order is stale: it counts for nothing (one snapshot).
    let same = |other: &OrderFact| other.rank.0 == fact.rank.0 || (fact.rank.0 == 0) || (other.rank.0 == 0);
    let pages = facts.iter().filter_map(|(other, part)| match part {
        OrderPart::More(more) if same(other) => Some((*other, more)),
        _ => None,
    });
    let pages: Vec<(&OrderFact, &More)> = pages.map(|(other, more)| (other, more.as_ref())).collect();
    let goes_on: Vec<bool> = pages.iter().map(|(_, more)| goes_on(&picture, more, &pages)).collect();
    for ((other, more), goes_on) in pages.into_iter().zip(goes_on) {
        if !goes_on {
            continue;
        }
        let raw = u8::try_from(raws.len()).unwrap_or(u8::MAX);
        raws.push(other.raw);
        absorb(&mut picture, more, raw, &mut sources);
        picture.whole.unknown.extend(more.unknown.iter().cloned());
        match more.open.is_empty() {
            true => closed.push(more.family.clone()),
            false => open.extend(more.open.iter().filter(|f| **f != more.family).cloned()),
        }
    }
    let answered = |family: &String| closed.contains(family);
    picture.incomplete = open.iter().any(|family| !answered(family)) || !details_shown(&picture);
    picture.sources = sources;
    Some((picture, raws))
}

/// What is still to come of an order whose picture is incomplete.
fn missing(picture: &Picture) -> ReadError {
    ReadError {
        code: "parts_missing",
        message: match details_shown(picture) {
            true => "a list of it goes on in a record that is not here yet; what is here counts",
            false => "no record here shows what its refunds and fulfilments hold, line by line; what is here counts",
        }
        .to_owned(),
    }
}

/// Whether refunds and shipments are known line by line as far as they matter.
fn details_shown(picture: &Picture) -> bool {
    let parcels = live(picture);
    let one_parcel = parcels.is_empty() || (parcels.len() == 1 && picture.whole.fulfilment == "fulfilled");
    // A spreadsheet never shows more of a refund than its money.
    let lines_of_refunds = picture
        .refunds
        .iter()
        .all(|r| r.lines.is_some() || picture.whole.exported);
    let lines_of_parcels = parcels.iter().all(|f| f.lines.is_some() || !f.has_left());
    lines_of_refunds && (lines_of_parcels || (one_parcel && picture.refunds.is_empty()))
}

/// Whether a page goes on where a record that counts left off. One of an earlier reading may stand beside a record that shows the
/// whole of its list: what has ids of its own is then met twice, and of the rest nobody could tell.
fn goes_on(picture: &Picture, more: &More, pages: &[(&OrderFact, &More)]) -> bool {
    let family = &more.family;
    let parts: Vec<&str> = family.split(':').collect();
    let shown = match parts.as_slice() {
        ["shipping"] => picture.shipping_shown,
        ["refund", id, ..] => picture.refunds.iter().any(|r| r.id == *id && r.lines.is_some()),
        ["fulfilment", id] => picture.fulfilments.iter().any(|f| f.id == *id && f.lines.is_some()),
        _ => return true,
    };
    let mut details = pages.iter().filter(|(_, page)| page.family == "details");
    picture.whole.open.contains(family) || (!shown && details.any(|(_, page)| page.open.contains(family)))
}

/// Fulfilments that hold units, sent or not.
fn live(picture: &Picture) -> Vec<&Fulfilment> {
    picture.fulfilments.iter().filter(|f| f.state != Parcel::Void).collect()
}

/// Adds a further page to the picture: by id, never twice.
fn absorb(picture: &mut Picture, more: &More, raw: u8, sources: &mut Sources) {
    for line in &more.lines {
        if !picture.lines.iter().any(|l| l.id == line.id) {
            picture.lines.push(line.clone());
        }
    }
    if more.family == "shipping" {
        picture.shipping.extend(more.shipping.iter().cloned());
    }
    for agreement in &more.agreements {
        match picture.agreements.iter_mut().find(|a| a.id == agreement.id) {
            Some(known) => {
                for sale in &agreement.sales {
                    if !known.sales.iter().any(|s| s.id == sale.id) {
                        known.sales.push(sale.clone());
                        sources.agreements.insert(sale.id.clone(), raw);
                    }
                }
            }
            None => {
                sources
                    .agreements
                    .extend(agreement.sales.iter().map(|s| (s.id.clone(), raw)));
                picture.agreements.push(agreement.clone());
            }
        }
    }
    for refund in &more.refunds {
        sources.refunds.insert(refund.id.clone(), raw);
        match picture.refunds.iter_mut().find(|r| r.id == refund.id) {
            Some(known) if more.family == "details" && known.lines.is_some() => {}
            Some(known) => {
                if let Some(lines) = &refund.lines {
                    known.lines.get_or_insert_default().extend(lines.iter().cloned());
                }
                known.shipping.extend(refund.shipping.iter().copied());
                known.adjustments.extend(refund.adjustments.iter().copied());
                if known.duties.is_empty() {
                    known.duties.extend(refund.duties.iter().copied());
                }
                known.at = known.at.or(refund.at);
            }
            None => picture.refunds.push(refund.clone()),
        }
    }
    for fulfilment in &more.fulfilments {
        match picture.fulfilments.iter_mut().find(|f| f.id == fulfilment.id) {
            Some(known) if more.family == "details" && known.lines.is_some() => {}
            Some(known) => {
                if let Some(lines) = &fulfilment.lines {
                    known.lines.get_or_insert_default().extend(lines.iter().cloned());
                }
                known.at = known.at.or(fulfilment.at);
            }
            None => picture.fulfilments.push(fulfilment.clone()),
        }
    }
}

/// The sales channel's name: as stated, else made from `sourceName` (contract section 3.2).
fn sales_channel(whole: &Whole) -> String {
    match (&whole.channel_name, whole.source_name.as_str()) {
        (Some(name), _) => name.clone(),
        (None, "") => Channel::Shopify.label().to_owned(),
        (None, "web") => "Online Store".into(),
        (None, "pos") => "Point of Sale".into(),
        (None, "shopify_draft_order") => "Draft Orders".into(),
        (None, "iphone" | "android") => "Shopify Mobile".into(),
        (None, id) if id.bytes().all(|b| b.is_ascii_digit()) => format!("App {id}"),
        (None, handle) => handle.to_owned(),
    }
}

fn ledger_line(part: &LinePart) -> Line {
    Line {
        key: part.id.clone(),
        sku: part.sku.clone(),
        title: part.title.clone(),
        product: part.product.clone(),
        variant: part.variant.clone(),
        quantity: part.quantity,
        cancelled: 0,
        gift_card: part.gift_card,
        ships: part.ships,
        unit_cost: None,
        cost_estimated: false,
    }
}

/// Shipments of each line in time order: line id to moments and units.
pub(super) fn shipments(picture: &Picture) -> BTreeMap<&str, Vec<(When, i32)>> {
    let mut shipped: BTreeMap<&str, Vec<(When, i32)>> = BTreeMap::new();
    let parcels: Vec<&Fulfilment> = live(picture).into_iter().filter(|f| f.at.is_some()).collect();
    for parcel in parcels.iter().filter(|parcel| parcel.has_left()) {
        let Some(at) = parcel.at else { continue };
        match &parcel.lines {
            Some(lines) => {
                for (line, units) in lines {
                    shipped.entry(line).or_default().push((at, *units));
                }
            }
            // The only parcel, without its contents, took all that can be sent (contract section 5, bulk records).
            None if parcels.len() == 1 => {
                for line in picture.lines.iter().filter(|l| l.ships && !l.tip) {
                    shipped.entry(&line.id).or_default().push((at, i32::MAX));
                }
            }
            None => {}
        }
    }
    for moments in shipped.values_mut() {
        moments.sort_by_key(|(at, _)| at.sort_key());
    }
    shipped
}
