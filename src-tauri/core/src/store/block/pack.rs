//! An order into its block.

use super::super::error::Result;
use super::super::key::Id;
use super::super::varint;
use super::*;
use crate::model::{Line, Order, Posting, When};

/// Packs `order` into `out`, which is cleared first.
pub(in crate::store) fn pack(order: &Order, lexicon: &mut dyn Lexicon, out: &mut Vec<u8>) -> Result<()> {
    out.clear();
    out.push(FORM);
    let marks = [
        (order.fulfilled, FULFILLED),
        (order.priced, PRICED),
        (order.basis_unknown, BASIS_UNKNOWN),
        (order.estimated, ESTIMATED),
        (order.incomplete, INCOMPLETE),
        (order.customer.is_some(), HAS_CUSTOMER),
        (order.country.is_some(), HAS_COUNTRY),
        (order.stated_total.is_some(), HAS_TOTAL),
    ];
    out.push(gather(&marks));
    out.push(order.status as u8);
    out.extend_from_slice(order.currency.code().as_bytes());
    put_id(out, &order.key);
    varint::put_text(out, &order.name);
    put_when(out, Some(order.placed_at), 0);
    let base = order.placed_at.sort_key();
    put_when(out, Some(order.updated_at), base);
    put_when(out, order.cancelled_at, base);
    put_when(out, order.first_ship, base);
    match order.presentment {
        None => out.push(0),
        Some(money) => {
            out.extend_from_slice(money.currency.code().as_bytes());
            varint::put_signed(out, money.micros);
        }
    }
    for text in [&order.sales_channel, &order.payment, &order.fulfilment] {
        varint::put_signed(out, lexicon.word(text)?);
    }
    if let Some(customer) = &order.customer {
        put_id(out, customer);
    }
    if let Some(country) = &order.country {
        varint::put_signed(out, lexicon.word(country)?);
    }
    varint::put_signed(out, i64::from(order.units_placed));
    varint::put_signed(out, i64::from(order.units_cancelled));
    if let Some(total) = order.stated_total {
        varint::put_signed(out, total);
    }
    varint::put(out, order.raws.len() as u64);
    let mut before = 0_i64;
    for raw in &order.raws {
        varint::put_signed(out, raw.wrapping_sub(before));
        before = *raw;
    }
    varint::put(out, order.lines.len() as u64);
    for line in &order.lines {
        pack_line(line, lexicon, out)?;
    }
    pack_postings(&order.postings, base, out);
    Ok(())
}

fn pack_line(line: &Line, lexicon: &mut dyn Lexicon, out: &mut Vec<u8>) -> Result<()> {
    let marks = [
        (line.gift_card, GIFT_CARD),
        (line.ships, SHIPS),
        (line.unit_cost.is_some(), HAS_COST),
        (line.cost_estimated, COST_ESTIMATED),
        (line.cancelled != 0, HAS_CANCELLED),
    ];
    out.push(gather(&marks));
    put_id(out, &line.key);
    let goods = Goods {
        sku: line.sku.as_str(),
        title: line.title.as_str(),
        product: line.product.as_deref(),
        variant: line.variant.as_deref(),
    };
    varint::put_signed(out, lexicon.goods_id(goods)?);
    varint::put_signed(out, i64::from(line.quantity));
    if line.cancelled != 0 {
        varint::put_signed(out, i64::from(line.cancelled));
    }
    if let Some(cost) = line.unit_cost {
        varint::put_signed(out, cost);
    }
    Ok(())
}

fn pack_postings(postings: &[Posting], base: i64, out: &mut Vec<u8>) {
    varint::put(out, postings.len() as u64);
    let mut before = blank(base);
    for posting in postings {
        let cents = posting.micros % CENT == 0;
        let places = posting
            .path
            .at
            .iter()
            .rposition(|at| *at != 0)
            .map_or(0, |last| last + 1);
        out.push(
            posting.kind as u8
                | gather(&[
                    (posting.line == before.line, SAME_LINE),
                    (posting.event_at == before.event_at, SAME_EVENT),
                    (posting.ship_at == before.ship_at, SAME_SHIP),
                ]),
        );
        out.push(
            gather(&[
                (posting.quantity != 0, HAS_QUANTITY),
                (cents, IN_CENTS),
                (posting.flags == before.flags, SAME_FLAGS),
                (posting.raw == before.raw, SAME_RAW),
                (posting.path.template == before.path.template, SAME_TEMPLATE),
            ]) | (places as u8 * PLACES),
        );
        if posting.line != before.line {
            varint::put(out, posting.line.map_or(0, |line| u64::from(line) + 1));
        }
        if posting.event_at != before.event_at {
            put_when(out, Some(posting.event_at), base);
        }
        if posting.ship_at != before.ship_at {
            put_when(out, posting.ship_at, base);
        }
        if posting.quantity != 0 {
            varint::put_signed(out, i64::from(posting.quantity));
        }
        varint::put_signed(out, if cents { posting.micros / CENT } else { posting.micros });
        if posting.flags != before.flags {
            out.push(posting.flags.0);
        }
        if posting.raw != before.raw {
            out.push(posting.raw);
        }
        if posting.path.template != before.path.template {
            varint::put(out, u64::from(posting.path.template));
        }
        for at in &posting.path.at[..places] {
            varint::put(out, u64::from(*at));
        }
        before = *posting;
    }
}

/// The bits whose condition holds.
fn gather(marks: &[(bool, u8)]) -> u8 {
    marks
        .iter()
        .fold(0, |bits, (set, bit)| if *set { bits | bit } else { bits })
}

/// An id: a decimal number with a zero in the lowest bit, any other text by its length with a one there.
fn put_id(out: &mut Vec<u8>, id: &str) {
    match Id(id).number() {
        Some(number) => varint::put(out, (number as u64) << 1),
        None => {
            varint::put(out, (id.len() as u64) << 1 | 1);
            out.extend_from_slice(id.as_bytes());
        }
    }
}

/// A moment relative to `base`: 0 for none, 1 and seconds, 2 and days since 1970.
fn put_when(out: &mut Vec<u8>, when: Option<When>, base: i64) {
    match when {
        None => out.push(0),
        Some(When::Instant(second)) => {
            out.push(1);
            varint::put_signed(out, second.wrapping_sub(base));
        }
        Some(When::Day(day)) => {
            out.push(2);
            varint::put_signed(out, i64::from(day.0));
        }
    }
}
