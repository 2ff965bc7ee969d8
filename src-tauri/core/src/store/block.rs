//! An order packed into one block of bytes: header, lines, postings.
//!
//! Packed because a row per posting costs more than the raw record it came from; `src-tauri/ARCHITECTURE.md` has the figures.
//! Numbers are variable-length, moments relative to the order's own, amounts counted in cents where they are whole cents,
//! and what a posting shares with the one before it is left out. Texts that repeat are numbers of a [`Lexicon`].

use std::sync::Arc;

use super::error::{Result, StoreError};
use super::key::Id;
use super::varint::{self, Cursor, cut};
use crate::model::{Currency, Day, Flags, Kind, Line, Money, Order, PathRef, Posting, Status, When};

/// First byte of every block; the form below. A new form gets a new number and the old one stays readable.
const FORM: u8 = 1;

/// What a line names: the same for every sale of one variant, so kept once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Goods<S = String> {
    pub(super) sku: S,
    pub(super) title: S,
    pub(super) product: Option<S>,
    pub(super) variant: Option<S>,
}

impl Goods<&str> {
    /// An unambiguous key of the four.
    pub(super) fn write_key(&self, out: &mut Vec<u8>) {
        for text in [Some(self.sku), Some(self.title), self.product, self.variant] {
            match text {
                None => out.push(0),
                Some(text) => {
                    out.push(1);
                    varint::put_text(out, text);
                }
            }
        }
    }

    pub(super) fn owned(&self) -> Goods {
        Goods {
            sku: self.sku.to_owned(),
            title: self.title.to_owned(),
            product: self.product.map(str::to_owned),
            variant: self.variant.map(str::to_owned),
        }
    }
}

/// Gives numbers for texts and goods, and the reverse.
pub(super) trait Lexicon {
    fn word(&mut self, text: &str) -> Result<i64>;
    fn text(&mut self, id: i64) -> Result<Arc<str>>;
    fn goods_id(&mut self, goods: Goods<&str>) -> Result<i64>;
    fn goods(&mut self, id: i64) -> Result<Arc<Goods>>;
}

// Bits of an order's first byte of marks.
const FULFILLED: u8 = 1;
const PRICED: u8 = 2;
const BASIS_UNKNOWN: u8 = 4;
const ESTIMATED: u8 = 8;
const INCOMPLETE: u8 = 16;
const HAS_CUSTOMER: u8 = 32;
const HAS_COUNTRY: u8 = 64;
const HAS_TOTAL: u8 = 128;

// Bits of a line's byte of marks.
const GIFT_CARD: u8 = 1;
const SHIPS: u8 = 2;
const HAS_COST: u8 = 4;
const COST_ESTIMATED: u8 = 8;
const HAS_CANCELLED: u8 = 16;

// A posting's first byte: the kind in the low five bits, then what it shares with the posting before it.
const KIND_BITS: u8 = 31;
const SAME_LINE: u8 = 32;
const SAME_EVENT: u8 = 64;
const SAME_SHIP: u8 = 128;
// Its second byte.
const HAS_QUANTITY: u8 = 1;
const IN_CENTS: u8 = 2;
const SAME_FLAGS: u8 = 4;
const SAME_RAW: u8 = 8;
const SAME_TEMPLATE: u8 = 16;
const PLACES: u8 = 32; // times the number of positions that are kept, 0 to 3

const CENT: i64 = 10_000;

/// Packs `order` into `out`, which is cleared first.
pub(super) fn pack(order: &Order, lexicon: &mut dyn Lexicon, out: &mut Vec<u8>) -> Result<()> {
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

/// What a posting without a forerunner is compared with.
fn blank(base: i64) -> Posting {
    Posting {
        kind: Kind::ItemPrice,
        event_at: When::Instant(base),
        ship_at: None,
        quantity: 0,
        micros: 0,
        line: None,
        flags: Flags::NONE,
        raw: 0,
        path: PathRef::default(),
    }
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

/// The order in a block.
///
/// # Errors
/// [`StoreError::Corrupt`] for a block that is cut, of an unknown form, or holds what cannot be.
pub(super) fn unpack(bytes: &[u8], lexicon: &mut dyn Lexicon) -> Result<Order> {
    let mut from = Cursor::new(bytes);
    match from.byte()? {
        FORM => {}
        form => return Err(StoreError::Corrupt(format!("an order has the unknown form {form}"))),
    }
    let marks = from.byte()?;
    let status = Status::from_code(from.byte()?).ok_or_else(cut)?;
    let currency = read_currency(&mut from, None)?;
    let key = read_id(&mut from)?;
    let name = from.text()?.to_owned();
    let placed_at = read_when(&mut from, 0)?.ok_or_else(cut)?;
    let base = placed_at.sort_key();
    let updated_at = read_when(&mut from, base)?.ok_or_else(cut)?;
    let cancelled_at = read_when(&mut from, base)?;
    let first_ship = read_when(&mut from, base)?;
    let presentment = match from.byte()? {
        0 => None,
        letter => {
            let currency = read_currency(&mut from, Some(letter))?;
            Some(Money {
                micros: from.signed()?,
                currency,
            })
        }
    };
    let sales_channel = lexicon.text(from.signed()?)?.as_ref().to_owned();
    let payment = lexicon.text(from.signed()?)?.as_ref().to_owned();
    let fulfilment = lexicon.text(from.signed()?)?.as_ref().to_owned();
    let customer = if marks & HAS_CUSTOMER != 0 {
        Some(read_id(&mut from)?)
    } else {
        None
    };
    let country = match marks & HAS_COUNTRY {
        0 => None,
        _ => Some(lexicon.text(from.signed()?)?.as_ref().to_owned()),
    };
    let units_placed = from.signed32()?;
    let units_cancelled = from.signed32()?;
    let stated_total = if marks & HAS_TOTAL != 0 {
        Some(from.signed()?)
    } else {
        None
    };
    let count = from.count(1)?;
    let mut raws = Vec::with_capacity(count);
    let mut before = 0_i64;
    for _ in 0..count {
        before = before.wrapping_add(from.signed()?);
        raws.push(before);
    }
    let count = from.count(4)?;
    let mut lines = Vec::with_capacity(count);
    for _ in 0..count {
        lines.push(read_line(&mut from, lexicon)?);
    }
    let postings = read_postings(&mut from, base)?;
    Ok(Order {
        key,
        name,
        status,
        placed_at,
        updated_at,
        cancelled_at,
        currency,
        presentment,
        sales_channel,
        customer,
        country,
        payment,
        fulfilment,
        units_placed,
        units_cancelled,
        fulfilled: marks & FULFILLED != 0,
        first_ship,
        priced: marks & PRICED != 0,
        basis_unknown: marks & BASIS_UNKNOWN != 0,
        estimated: marks & ESTIMATED != 0,
        incomplete: marks & INCOMPLETE != 0,
        stated_total,
        lines,
        postings,
        raws,
    })
}

fn read_line(from: &mut Cursor<'_>, lexicon: &mut dyn Lexicon) -> Result<Line> {
    let marks = from.byte()?;
    let key = read_id(from)?;
    let goods = lexicon.goods(from.signed()?)?;
    Ok(Line {
        key,
        sku: goods.sku.clone(),
        title: goods.title.clone(),
        product: goods.product.clone(),
        variant: goods.variant.clone(),
        quantity: from.signed32()?,
        cancelled: if marks & HAS_CANCELLED != 0 {
            from.signed32()?
        } else {
            0
        },
        gift_card: marks & GIFT_CARD != 0,
        ships: marks & SHIPS != 0,
        unit_cost: if marks & HAS_COST != 0 {
            Some(from.signed()?)
        } else {
            None
        },
        cost_estimated: marks & COST_ESTIMATED != 0,
    })
}

fn read_postings(from: &mut Cursor<'_>, base: i64) -> Result<Vec<Posting>> {
    let count = from.count(3)?;
    let mut postings = Vec::with_capacity(count);
    let mut posting = blank(base);
    for _ in 0..count {
        let (first, second) = (from.byte()?, from.byte()?);
        posting.kind = Kind::from_code(first & KIND_BITS).ok_or_else(cut)?;
        if first & SAME_LINE == 0 {
            posting.line = match from.fit::<u32>()?.checked_sub(1) {
                None => None,
                Some(line) => Some(u16::try_from(line).map_err(|_| cut())?),
            };
        }
        if first & SAME_EVENT == 0 {
            posting.event_at = read_when(from, base)?.ok_or_else(cut)?;
        }
        if first & SAME_SHIP == 0 {
            posting.ship_at = read_when(from, base)?;
        }
        posting.quantity = if second & HAS_QUANTITY != 0 {
            from.signed32()?
        } else {
            0
        };
        let amount = from.signed()?;
        posting.micros = if second & IN_CENTS != 0 {
            amount.checked_mul(CENT).ok_or_else(cut)?
        } else {
            amount
        };
        if second & SAME_FLAGS == 0 {
            posting.flags = Flags(from.byte()?);
        }
        if second & SAME_RAW == 0 {
            posting.raw = from.byte()?;
        }
        if second & SAME_TEMPLATE == 0 {
            posting.path.template = from.fit()?;
        }
        posting.path.at = [0; 3];
        for place in 0..usize::from(second / PLACES) {
            *posting.path.at.get_mut(place).ok_or_else(cut)? = from.fit()?;
        }
        postings.push(posting);
    }
    Ok(postings)
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

fn read_id(from: &mut Cursor<'_>) -> Result<String> {
    let head = from.number()?;
    if head & 1 == 0 {
        return Ok((head >> 1).to_string());
    }
    let length = usize::try_from(head >> 1).map_err(|_| cut())?;
    std::str::from_utf8(from.bytes(length)?)
        .map(str::to_owned)
        .map_err(|_| cut())
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

fn read_when(from: &mut Cursor<'_>, base: i64) -> Result<Option<When>> {
    match from.byte()? {
        0 => Ok(None),
        1 => Ok(Some(When::Instant(base.wrapping_add(from.signed()?)))),
        2 => Ok(Some(When::Day(Day(from.signed32()?)))),
        _ => Err(cut()),
    }
}

fn read_currency(from: &mut Cursor<'_>, first: Option<u8>) -> Result<Currency> {
    let mut code = [0; 3];
    for (index, letter) in code.iter_mut().enumerate() {
        *letter = match first {
            Some(first) if index == 0 => first,
            _ => from.byte()?,
        };
    }
    std::str::from_utf8(&code)
        .ok()
        .and_then(|code| code.parse().ok())
        .ok_or_else(cut)
}
