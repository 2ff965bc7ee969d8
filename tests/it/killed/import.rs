//! An import that is killed and done again: the same ledger as in one go.

use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use countinghouse_core::app::ImportOptions;
use countinghouse_core::connectors::Channel;
use countinghouse_core::store::Checkpoint;

use super::{Work, again_and_again, folder};
use crate::market::{Market, Seller};
use crate::oracle::{Shopify, spec};

/// Where the files are: made once, read by every process.
static FILES: OnceLock<PathBuf> = OnceLock::new();

/// Says where another process has made the files.
pub(super) fn files_are_at(path: PathBuf) {
    FILES.get_or_init(|| path);
}

/// The folder of the files: a shop's orders, several to a file.
pub(super) fn files() -> &'static Path {
    FILES.get_or_init(|| {
        let path = folder("files");
        std::fs::create_dir_all(&path).expect("a folder");
        for (number, orders) in Shopify::new(spec(201, 12, 3)).orders().chunks(6).enumerate() {
            let mut lines = String::new();
            for answer in orders {
                let answer: serde_json::Value = serde_json::from_slice(answer).expect("JSON");
                for order in answer["data"]["orders"]["nodes"].as_array().expect("orders") {
                    lines.push_str(&format!("{order}\n"));
                }
            }
            std::fs::write(path.join(format!("orders-{number}.jsonl")), lines).expect("written");
        }
        path
    })
}

/// Imports the files, by name.
pub(super) fn go_on(market: Arc<Market>, folder: &Path, checkpoint: Checkpoint) -> Seller {
    let seller = Seller::in_folder(market, folder.to_owned(), checkpoint);
    let options = ImportOptions {
        stream: Some("orders".to_owned()),
        zone: Some("America/New_York".parse().expect("a zone")),
        ..ImportOptions::default()
    };
    let entries = std::fs::read_dir(files()).expect("the files");
    let mut names: Vec<PathBuf> = entries.map(|entry| entry.expect("an entry").path()).collect();
    names.sort();
    assert!(names.len() > 4, "several files, not {}", names.len());
    for path in names {
        let name = path.file_name().expect("a name").to_string_lossy();
        let bytes = std::fs::read(&path).expect("a file");
        let report = seller.profile().import(Channel::Shopify, &name, &bytes, &options);
        let report = report.expect("the file is imported");
        assert_eq!(
            (report.refused, report.set_aside.len()),
            (None, 0),
            "{name} is taken whole"
        );
    }
    seller
}

#[test]
fn an_import_killed_at_fifty_moments_and_done_again_comes_to_the_same_ledger() {
    again_and_again(Work::Import, 15_485_863, 50);
    let _ = std::fs::remove_dir_all(files());
}
