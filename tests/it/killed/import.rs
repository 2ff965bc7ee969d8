//! An import that is killed and done again: the same ledger as in one go.

use std::path::Path;
use std::sync::Arc;

use countinghouse_core::app::ImportOptions;
use countinghouse_core::connectors::Channel;
use countinghouse_core::store::Checkpoint;

use super::{Work, again_and_again};
use crate::market::{Market, Seller};
use crate::oracle::{Shopify, spec};

/// Imports a shop's orders, several to a file, and its stock.
pub(super) fn go_on(market: Arc<Market>, folder: &Path, checkpoint: Checkpoint) -> Seller {
    let seller = Seller::in_folder(market, folder.to_owned(), checkpoint);
    let shopify = Shopify::new(spec(201, 12, 3));
    let options = ImportOptions {
        stream: Some("orders".to_owned()),
        zone: Some("America/New_York".parse().expect("a zone")),
        ..ImportOptions::default()
    };
    for (number, orders) in shopify.orders().chunks(6).enumerate() {
        let mut lines = Vec::new();
        for answer in orders {
            let answer: serde_json::Value = serde_json::from_slice(answer).expect("JSON");
            for order in answer["data"]["orders"]["nodes"].as_array().expect("orders") {
                lines.push(order.to_string());
            }
        }
        let file = format!("orders-{number}.jsonl");
        let report = seller
            .profile()
            .import(Channel::Shopify, &file, lines.join("\n").as_bytes(), &options)
            .expect("the file is imported");
        assert_eq!((report.refused, report.set_aside.len()), (None, 0), "{file} is taken whole");
    }
    seller
}

#[test]
fn an_import_killed_at_fifty_moments_and_done_again_comes_to_the_same_ledger() {
    again_and_again(Work::Import, 15_485_863, 50, 120);
}
