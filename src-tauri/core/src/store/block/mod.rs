//! An order packed into one block of bytes: header, lines, postings.
//!
//! Packed because a row per posting costs more than the raw record it came from; `src-tauri/ARCHITECTURE.md` has the figures.
//! Numbers are variable-length, moments relative to the order's own, amounts counted in cents where they are whole cents,
//! and what a posting shares with the one before it is left out. Texts that repeat are numbers of a [`Lexicon`].

mod countable;
mod pack;
mod unpack;

use std::sync::Arc;

use super::error::Result;
use super::varint;
use crate::model::{Flags, Kind, PathRef, Posting, When};

pub(super) use countable::Glance;
pub(super) use pack::pack;
pub(super) use unpack::unpack;

/// First byte of every block; the form below. A new form gets a new number and the old one stays readable.
const FORM: u8 = 1;

/// What a line names: the same for every sale of one variant, so kept once.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::store) struct Goods<S = String> {
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
