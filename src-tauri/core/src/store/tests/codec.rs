//! The packed form of an order gives back exactly the order.

use std::collections::HashMap;
use std::sync::Arc;

use proptest::prelude::*;

use super::orders::{any_order, plain_order};
use crate::store::StoreError;
use crate::store::block::{Goods, Lexicon, pack, unpack};
use crate::store::error::Result;
use crate::store::varint::{self, Cursor};

/// Words in memory.
#[derive(Default)]
struct Book {
    words: Vec<Arc<str>>,
    goods: Vec<Arc<Goods>>,
    ids: HashMap<String, i64>,
}

impl Lexicon for Book {
    fn word(&mut self, text: &str) -> Result<i64> {
        if let Some(id) = self.ids.get(text) {
            return Ok(*id);
        }
        self.words.push(text.into());
        let id = self.words.len() as i64;
        self.ids.insert(text.to_owned(), id);
        Ok(id)
    }

    fn text(&mut self, id: i64) -> Result<Arc<str>> {
        let found = usize::try_from(id - 1).ok().and_then(|at| self.words.get(at));
        found
            .cloned()
            .ok_or_else(|| StoreError::Corrupt("no such word".to_owned()))
    }

    fn goods_id(&mut self, goods: Goods<&str>) -> Result<i64> {
        self.goods.push(Arc::new(goods.owned()));
        Ok(self.goods.len() as i64)
    }

    fn goods(&mut self, id: i64) -> Result<Arc<Goods>> {
        let found = usize::try_from(id - 1).ok().and_then(|at| self.goods.get(at));
        found
            .cloned()
            .ok_or_else(|| StoreError::Corrupt("no such goods".to_owned()))
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_order_comes_back_from_its_block(order in any_order()) {
        let mut book = Book::default();
        let mut block = Vec::new();
        pack(&order, &mut book, &mut block).expect("packing needs no database here");
        let back = unpack(&block, &mut book).expect("a block that was just packed");
        prop_assert_eq!(back, order, "the block must hold the order in full");
    }

    #[test]
    fn damaged_blocks_never_panic(order in any_order(), cut in any::<prop::sample::Index>(), flip in any::<u8>()) {
        let mut book = Book::default();
        let mut block = Vec::new();
        pack(&order, &mut book, &mut block).expect("packing needs no database here");
        let at = cut.index(block.len());
        prop_assert!(unpack(&block[..at], &mut book).is_err(), "a block cut at {at} of {} must not pass", block.len());
        block[at] ^= flip;
        // Some flips give another valid order; none may panic or ask for absurd memory.
        let _ = unpack(&block, &mut book);
    }

    #[test]
    fn any_number_comes_back(value in any::<u64>(), signed in any::<i64>()) {
        let mut out = Vec::new();
        varint::put(&mut out, value);
        varint::put_signed(&mut out, signed);
        let mut from = Cursor::new(&out);
        prop_assert_eq!(from.number().expect("the first"), value, "unsigned");
        prop_assert_eq!(from.signed().expect("the second"), signed, "signed");
        prop_assert_eq!(from.left(), 0, "nothing is left over");
    }
}

#[test]
fn a_plain_order_takes_few_bytes() {
    let mut book = Book::default();
    let mut block = Vec::new();
    pack(&plain_order(77, 1_780_000_000), &mut book, &mut block).expect("packing needs no database here");
    assert!(
        block.len() < 180,
        "two lines and six postings took {} bytes",
        block.len()
    );
}

#[test]
fn overlong_numbers_are_refused() {
    let mut from = Cursor::new(&[0xff; 12]);
    assert!(from.number().is_err(), "more than 64 bits are damage");
    let mut from = Cursor::new(&[0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02]);
    assert!(from.number().is_err(), "a tenth byte above one does not fit 64 bits");
}
