//! Facts that stand for themselves: products, stock, costs, locations, customers, payouts.

use crate::connectors::{Fact, StoredRaw};
use crate::model::{KnownCost, When};
use crate::store::{CostOrigin, Rank, Result, Write};

use super::Books;

/// Stores one fact of `raw`; a newer statement about the same thing wins. Returns whether a unit cost was learned.
pub(super) fn store(w: &mut Write<'_>, books: &Books, raw: &StoredRaw, fact: Fact) -> Result<bool> {
    let rank = Rank {
        version: raw.record.version,
        source: raw.record.source,
    };
    let connection = books.connection;
    match fact {
        Fact::Product(product) => {
            // Records from files may show a product without its variants; only a page that shows them replaces them.
            let complete = !product.variants.is_empty();
            w.put_product(connection, rank, &product, complete)?;
        }
        Fact::Listed(product) => w.put_listed(connection, rank, &product)?,
        Fact::Described(product) => {
            // Below every offer.
            w.put_listed(connection, Rank { version: -1, ..rank }, &product)?;
            w.describe_product(connection, &product)?;
        }
        Fact::Mention(product) => {
            // Below every statement that is about the product; of several the latest counts.
            let rank = Rank {
                version: rank.version.saturating_sub(i64::MAX),
                ..rank
            };
            w.put_listed(connection, rank, &product)?;
        }
        Fact::Variants(product, variants) => {
            let first = page_start(&raw.record.facet);
            w.put_variants(connection, rank, &product, first, &variants)?;
        }
        Fact::ProductGone(key) => {
            w.product_gone(connection, &key)?;
        }
        Fact::Stock(levels) => {
            w.put_stock(connection, rank, &levels)?;
        }
        Fact::Location(location) => {
            w.put_location(connection, rank, &location)?;
        }
        Fact::Customer(customer) => {
            w.put_customer(connection, rank, &customer)?;
        }
        Fact::Control(total) => {
            w.put_control(connection, rank, &total)?;
        }
        Fact::Payout(payout) => {
            w.put_payout(connection, rank, &payout)?;
        }
        Fact::Cost {
            variants,
            cost: Some((micros, currency)),
            ..
        } => {
            // The platform keeps no history: a cost holds from the day it was first seen. That day is the platform's, by the time
            // it put on its answer: the clock of this machine may be wrong.
            let said = w.answer_of(raw.id)?.and_then(|answer| answer.dated());
            let since = When::Instant(said.unwrap_or(raw.fetched_at)).day(books.ctx.zone);
            let mut learned = false;
            for variant in variants {
                learned |= w.learn_cost(
                    connection,
                    &variant,
                    KnownCost {
                        since,
                        micros,
                        currency,
                    },
                    CostOrigin::Platform,
                )?;
            }
            return Ok(learned);
        }
        Fact::Cost { cost: None, .. } | Fact::CostWithoutCurrency | Fact::Order(_) | Fact::Nothing => {}
    }
    Ok(false)
}

/// Position of the first variant of a further page (`variants:2`), after all earlier pages.
fn page_start(facet: &str) -> usize {
    let page: usize = facet.rsplit(':').next().and_then(|n| n.parse().ok()).unwrap_or(1);
    page.saturating_sub(1) * 1_000
}
