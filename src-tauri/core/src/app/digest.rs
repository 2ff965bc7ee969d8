//! One short text that stands for all of a profile's orders, postings and daily sums: equal texts, equal ledgers.

use std::collections::BTreeMap;
use std::fmt::Write;

use ring::digest::{self, Context, Digest, SHA256};

use crate::metrics::Definition;
use crate::model::{Day, Order};
use crate::store::{Group, Read, RollupFilter};

use super::{Profile, Result};

impl Profile {
    /// SHA-256 over every order with its lines and postings, and over both roll-ups. Row numbers and moments of fetching take no
    /// part: two profiles that read the same things by different ways have the same digest.
    ///
    /// # Errors
    /// Database failures only.
    pub fn digest(&self) -> Result<String> {
        Ok(self.store().read_blocking(digest)?)
    }
}

fn digest(r: &Read<'_>) -> crate::store::Result<String> {
    let mut hash = Context::new(&SHA256);
    for connection in r.connections()? {
        // By key: rows stand in the order in which they came.
        let mut orders: BTreeMap<String, Digest> = BTreeMap::new();
        r.each_order(Some(connection.id), |_, _, order| {
            let key = order.key.clone();
            orders.insert(key, digest::digest(&SHA256, order_text(order).as_bytes()));
            Ok(())
        })?;
        for order in orders.values() {
            hash.update(order.as_ref());
        }
    }
    let all = Day(i32::MIN / 2)..Day(i32::MAX / 2);
    let group = Group {
        day: true,
        connection: true,
        sales_channel: true,
        status: true,
    };
    for definition in Definition::ALL {
        for row in r.daily(definition, all.clone(), &RollupFilter::default(), group)? {
            hash.update(format!("{definition:?} {row:?}\n").as_bytes());
        }
        for row in r.products_sold(definition, all.clone(), &RollupFilter::default())? {
            hash.update(format!("{definition:?} {row:?}\n").as_bytes());
        }
    }
    let mut text = String::with_capacity(64);
    for byte in hash.finish().as_ref() {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}

/// The order as text, without where it was read and in which order its parts were told.
fn order_text(mut order: Order) -> String {
    order.raws.clear();
    let mut lines: Vec<String> = order.lines.iter().map(|line| format!("{line:?}")).collect();
    lines.sort_unstable();
    let mut postings: Vec<String> = std::mem::take(&mut order.postings)
        .into_iter()
        .map(|mut posting| {
            let line = posting.line.take().and_then(|at| order.lines.get(usize::from(at)));
            posting.raw = 0;
            posting.path = Default::default();
            format!("{:?} {posting:?}", line.map(|line| &line.key))
        })
        .collect();
    postings.sort_unstable();
    order.lines.clear();
    format!("{order:?}\n{lines:?}\n{postings:?}\n")
}
