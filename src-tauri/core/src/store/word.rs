//! Texts that repeat in millions of rows, kept once and named by a number.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{OptionalExtension, params};

use super::block::{Goods, Lexicon};
use super::error::{Result, StoreError};
use super::key::{Id, OwnedId};
use super::lane::Lane;

/// Most entries kept in memory; beyond, the cache starts anew. Bounds memory where every order has a title of its own.
const MOST: usize = 200_000;

/// A connection's memory of words and goods. Numbers are never reused, so what was read from committed rows stays true.
/// After a rollback the writer forgets everything, for numbers it gave out are gone.
#[derive(Default)]
pub(super) struct Words {
    ids: HashMap<Arc<str>, i64>,
    texts: HashMap<i64, Arc<str>>,
    goods_ids: HashMap<Box<[u8]>, i64>,
    goods: HashMap<i64, Arc<Goods>>,
    scratch: Vec<u8>,
}

impl Words {
    /// Forgets everything.
    pub(super) fn forget(&mut self) {
        *self = Words::default();
    }

    fn keep_word(&mut self, id: i64, text: Arc<str>) {
        if self.texts.len() >= MOST {
            self.texts.clear();
            self.ids.clear();
        }
        self.ids.insert(Arc::clone(&text), id);
        self.texts.insert(id, text);
    }

    fn keep_goods(&mut self, id: i64, goods: Arc<Goods>) {
        if self.goods.len() >= MOST {
            self.goods.clear();
            self.goods_ids.clear();
        }
        self.goods.insert(id, goods);
    }
}

impl Lane {
    /// The number of a word, if it has one.
    pub(super) fn find_word(&self, text: &str) -> Result<Option<i64>> {
        let mut words = self.words.borrow_mut();
        if let Some(id) = words.ids.get(text) {
            return Ok(Some(*id));
        }
        let mut find = self.sql.prepare_cached("SELECT id FROM word WHERE text = ?1")?;
        let id: Option<i64> = find.query_row([text], |row| row.get(0)).optional()?;
        if let Some(id) = id {
            words.keep_word(id, text.into());
        }
        Ok(id)
    }

    /// The number of a word, given on first use. Only for the writer.
    pub(super) fn word(&self, text: &str) -> Result<i64> {
        if let Some(id) = self.find_word(text)? {
            return Ok(id);
        }
        self.sql
            .prepare_cached("INSERT INTO word (text) VALUES (?1)")?
            .execute([text])?;
        let id = self.sql.last_insert_rowid();
        self.words.borrow_mut().keep_word(id, text.into());
        Ok(id)
    }

    /// The text of a word's number.
    pub(super) fn text(&self, id: i64) -> Result<Arc<str>> {
        let mut words = self.words.borrow_mut();
        if let Some(text) = words.texts.get(&id) {
            return Ok(Arc::clone(text));
        }
        let mut find = self.sql.prepare_cached("SELECT text FROM word WHERE id = ?1")?;
        let text: Option<String> = find.query_row([id], |row| row.get(0)).optional()?;
        let text: Arc<str> = text
            .ok_or_else(|| StoreError::Corrupt(format!("word {id} is missing")))?
            .into();
        words.keep_word(id, Arc::clone(&text));
        Ok(text)
    }
}

/// The words of a connection, for packing and unpacking orders.
pub(super) struct LaneLexicon<'a>(pub(super) &'a Lane);

impl Lexicon for LaneLexicon<'_> {
    fn word(&mut self, text: &str) -> Result<i64> {
        self.0.word(text)
    }

    fn text(&mut self, id: i64) -> Result<Arc<str>> {
        self.0.text(id)
    }

    fn goods_id(&mut self, goods: Goods<&str>) -> Result<i64> {
        let words = &mut *self.0.words.borrow_mut();
        words.scratch.clear();
        goods.write_key(&mut words.scratch);
        if let Some(id) = words.goods_ids.get(words.scratch.as_slice()) {
            return Ok(*id);
        }
        let digest = ring::digest::digest(&ring::digest::SHA256, &words.scratch);
        let hash = digest
            .as_ref()
            .iter()
            .take(8)
            .fold(0_i64, |hash, byte| (hash << 8) | i64::from(*byte));
        let sql = &self.0.sql;
        let (product, variant) = (goods.product.map(Id), goods.variant.map(Id));
        let mut find = sql.prepare_cached(
            "SELECT id FROM goods WHERE hash = ?1 AND sku = ?2 AND title = ?3 AND product IS ?4 AND variant IS ?5",
        )?;
        let found = find
            .query_row(params![hash, goods.sku, goods.title, product, variant], |row| {
                row.get(0)
            })
            .optional()?;
        let id = match found {
            Some(id) => id,
            None => {
                sql.prepare_cached(
                    "INSERT INTO goods (hash, sku, title, product, variant) VALUES (?1, ?2, ?3, ?4, ?5)",
                )?
                .execute(params![hash, goods.sku, goods.title, product, variant])?;
                sql.last_insert_rowid()
            }
        };
        let key = words.scratch.as_slice().into();
        words.keep_goods(id, Arc::new(goods.owned()));
        words.goods_ids.insert(key, id);
        Ok(id)
    }

    fn goods(&mut self, id: i64) -> Result<Arc<Goods>> {
        let mut words = self.0.words.borrow_mut();
        if let Some(goods) = words.goods.get(&id) {
            return Ok(Arc::clone(goods));
        }
        let mut find = self
            .0
            .sql
            .prepare_cached("SELECT sku, title, product, variant FROM goods WHERE id = ?1")?;
        let goods = find
            .query_row([id], |row| {
                Ok(Goods {
                    sku: row.get(0)?,
                    title: row.get(1)?,
                    product: row.get::<_, Option<OwnedId>>(2)?.map(|id| id.0),
                    variant: row.get::<_, Option<OwnedId>>(3)?.map(|id| id.0),
                })
            })
            .optional()?;
        let goods = Arc::new(goods.ok_or_else(|| StoreError::Corrupt(format!("goods {id} are missing")))?);
        words.keep_goods(id, Arc::clone(&goods));
        Ok(goods)
    }
}
