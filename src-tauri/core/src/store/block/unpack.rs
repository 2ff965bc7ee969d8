//! A block back into its order.

use super::super::error::{Result, StoreError};
use super::super::varint::{Cursor, cut};
use super::*;
use crate::model::{Currency, Day, Flags, Kind, Line, Money, Order, Posting, Status, When};

/// The order in a block.
///
/// # Errors
/// [`StoreError::Corrupt`] for a block that is cut, of an unknown form, or holds what cannot be.
pub(in crate::store) fn unpack(bytes: &[u8], lexicon: &mut dyn Lexicon) -> Result<Order> {
    let mut from = Cursor::new(bytes);
    let header = read_header(&mut from)?;
    let mut text = |id| Ok::<_, StoreError>(lexicon.text(id)?.as_ref().to_owned());
    let [sales_channel, payment, fulfilment] = header.words;
    let (sales_channel, payment, fulfilment) = (text(sales_channel)?, text(payment)?, text(fulfilment)?);
    let country = header.country.map(text).transpose()?;
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
        let line = read_line(&mut from)?;
        let goods = lexicon.goods(line.goods)?;
        lines.push(Line {
            key: line.key.to_text(),
            sku: goods.sku.clone(),
            title: goods.title.clone(),
            product: goods.product.clone(),
            variant: goods.variant.clone(),
            quantity: line.quantity,
            cancelled: line.cancelled,
            gift_card: line.marks & GIFT_CARD != 0,
            ships: line.marks & SHIPS != 0,
            unit_cost: line.unit_cost,
            cost_estimated: line.marks & COST_ESTIMATED != 0,
        });
    }
    let mut postings = Vec::new();
    read_postings(&mut from, header.placed_at.sort_key(), &mut postings)?;
    Ok(Order {
        key: header.key.to_text(),
        name: header.name.to_owned(),
        status: header.status,
        placed_at: header.placed_at,
        updated_at: header.updated_at,
        cancelled_at: header.cancelled_at,
        currency: header.currency,
        presentment: header.presentment,
        sales_channel,
        customer: header.customer.map(PackedId::to_text),
        country,
        payment,
        fulfilment,
        units_placed: header.units_placed,
        units_cancelled: header.units_cancelled,
        fulfilled: header.marks & FULFILLED != 0,
        first_ship: header.first_ship,
        priced: header.marks & PRICED != 0,
        basis_unknown: header.marks & BASIS_UNKNOWN != 0,
        estimated: header.marks & ESTIMATED != 0,
        incomplete: header.marks & INCOMPLETE != 0,
        stated_total: header.stated_total,
        lines,
        postings,
        raws,
    })
}

/// The start of a block, before raws, lines and postings. Texts are still numbers.
pub(super) struct Header<'a> {
    pub(super) marks: u8,
    pub(super) status: Status,
    pub(super) currency: Currency,
    key: PackedId<'a>,
    name: &'a str,
    pub(super) placed_at: When,
    updated_at: When,
    pub(super) cancelled_at: Option<When>,
    pub(super) first_ship: Option<When>,
    presentment: Option<Money>,
    /// Sales channel, payment and fulfilment.
    pub(super) words: [i64; 3],
    customer: Option<PackedId<'a>>,
    country: Option<i64>,
    pub(super) units_placed: i32,
    pub(super) units_cancelled: i32,
    stated_total: Option<i64>,
}

pub(super) fn read_header<'a>(from: &mut Cursor<'a>) -> Result<Header<'a>> {
    match from.byte()? {
        FORM => {}
        form => return Err(StoreError::Corrupt(format!("an order has the unknown form {form}"))),
    }
    let marks = from.byte()?;
    let status = Status::from_code(from.byte()?).ok_or_else(cut)?;
    let currency = read_currency(from, None)?;
    let key = read_id(from)?;
    let name = from.text()?;
    let placed_at = read_when(from, 0)?.ok_or_else(cut)?;
    let base = placed_at.sort_key();
    Ok(Header {
        marks,
        status,
        currency,
        key,
        name,
        placed_at,
        updated_at: read_when(from, base)?.ok_or_else(cut)?,
        cancelled_at: read_when(from, base)?,
        first_ship: read_when(from, base)?,
        presentment: match from.byte()? {
            0 => None,
            letter => {
                let currency = read_currency(from, Some(letter))?;
                let micros = from.signed()?;
                Some(Money { micros, currency })
            }
        },
        words: [from.signed()?, from.signed()?, from.signed()?],
        customer: match marks & HAS_CUSTOMER {
            0 => None,
            _ => Some(read_id(from)?),
        },
        country: match marks & HAS_COUNTRY {
            0 => None,
            _ => Some(from.signed()?),
        },
        units_placed: from.signed32()?,
        units_cancelled: from.signed32()?,
        stated_total: match marks & HAS_TOTAL {
            0 => None,
            _ => Some(from.signed()?),
        },
    })
}

/// A line of a block. What it names is still a number.
pub(super) struct PackedLine<'a> {
    pub(super) marks: u8,
    key: PackedId<'a>,
    pub(super) goods: i64,
    quantity: i32,
    cancelled: i32,
    unit_cost: Option<i64>,
}

pub(super) fn read_line<'a>(from: &mut Cursor<'a>) -> Result<PackedLine<'a>> {
    let marks = from.byte()?;
    Ok(PackedLine {
        marks,
        key: read_id(from)?,
        goods: from.signed()?,
        quantity: from.signed32()?,
        cancelled: match marks & HAS_CANCELLED {
            0 => 0,
            _ => from.signed32()?,
        },
        unit_cost: match marks & HAS_COST {
            0 => None,
            _ => Some(from.signed()?),
        },
    })
}

/// The postings of an order placed at `base`, in place of what `postings` held.
pub(super) fn read_postings(from: &mut Cursor<'_>, base: i64, postings: &mut Vec<Posting>) -> Result<()> {
    let count = from.count(3)?;
    postings.clear();
    postings.reserve(count);
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
    Ok(())
}

/// An id as it stands in a block.
#[derive(Clone, Copy)]
enum PackedId<'a> {
    Number(u64),
    Text(&'a str),
}

impl PackedId<'_> {
    fn to_text(self) -> String {
        match self {
            PackedId::Number(number) => number.to_string(),
            PackedId::Text(text) => text.to_owned(),
        }
    }
}

fn read_id<'a>(from: &mut Cursor<'a>) -> Result<PackedId<'a>> {
    let head = from.number()?;
    if head & 1 == 0 {
        return Ok(PackedId::Number(head >> 1));
    }
    let length = usize::try_from(head >> 1).map_err(|_| cut())?;
    std::str::from_utf8(from.bytes(length)?)
        .map(PackedId::Text)
        .map_err(|_| cut())
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
