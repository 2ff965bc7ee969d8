//! What a count reads of a block: no texts, and nothing made anew for each order.

use super::super::error::Result;
use super::super::varint::Cursor;
use super::unpack::{read_header, read_line, read_postings};
use super::*;
use crate::metrics::{Countable, LineMarks};
use crate::model::{Currency, Posting, Status, When};

/// An order read for counting. Used for one order after the other, so that its room is kept.
pub(in crate::store) struct Glance {
    marks: u8,
    pub(in crate::store) status: Status,
    pub(in crate::store) currency: Currency,
    /// Number of the sales channel's word.
    pub(in crate::store) sales_channel: i64,
    pub(in crate::store) placed_at: When,
    first_ship: Option<When>,
    units_placed: i32,
    units_cancelled: i32,
    cancelled: bool,
    /// Number of each line's goods, and its marks.
    pub(in crate::store) lines: Vec<(i64, LineMarks)>,
    postings: Vec<Posting>,
}

impl Glance {
    pub(in crate::store) fn empty() -> Glance {
        Glance {
            marks: 0,
            status: Status::Draft,
            currency: Currency::USD,
            sales_channel: 0,
            placed_at: When::Instant(0),
            first_ship: None,
            units_placed: 0,
            units_cancelled: 0,
            cancelled: false,
            lines: Vec::new(),
            postings: Vec::new(),
        }
    }

    /// Reads the order of a block in the place of the one before.
    ///
    /// # Errors
    /// As [`super::unpack`], but that a text's number is unknown is not seen here.
    pub(in crate::store) fn read(&mut self, block: &[u8]) -> Result<()> {
        let mut from = Cursor::new(block);
        let header = read_header(&mut from)?;
        self.marks = header.marks;
        self.status = header.status;
        self.currency = header.currency;
        self.sales_channel = header.words[0];
        self.placed_at = header.placed_at;
        self.first_ship = header.first_ship;
        self.units_placed = header.units_placed;
        self.units_cancelled = header.units_cancelled;
        self.cancelled = header.cancelled_at.is_some();
        for _ in 0..from.count(1)? {
            from.signed()?;
        }
        self.lines.clear();
        for _ in 0..from.count(4)? {
            let line = read_line(&mut from)?;
            let marks = LineMarks {
                gift_card: line.marks & GIFT_CARD != 0,
                cost_estimated: line.marks & COST_ESTIMATED != 0,
            };
            self.lines.push((line.goods, marks));
        }
        read_postings(&mut from, self.placed_at.sort_key(), &mut self.postings)
    }

    /// What counting asks of it.
    pub(in crate::store) fn countable(&self) -> Countable<'_> {
        Countable {
            status: self.status,
            placed_at: self.placed_at,
            first_ship: self.first_ship,
            units_placed: self.units_placed,
            units_cancelled: self.units_cancelled,
            cancelled: self.cancelled,
            fulfilled: self.marks & FULFILLED != 0,
            priced: self.marks & PRICED != 0,
            basis_unknown: self.marks & BASIS_UNKNOWN != 0,
            incomplete: self.marks & INCOMPLETE != 0,
            lines: !self.lines.is_empty(),
            postings: &self.postings,
        }
    }
}
