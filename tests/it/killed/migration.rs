//! A migration that is killed: the file of the older program is there whole, and the next start brings it up to date.

use std::path::Path;

use countinghouse_core::auth::vault::Key;
use countinghouse_core::store::{Checkpoint, MID_COPY, MID_MIGRATION};

use super::{Work, by_hand, copied, test_key};
use crate::market::Seller;

/// Makes the file what the program of the first migration would have left.
pub(crate) fn make_old(file: &Path, key: &Key) {
    let sql = by_hand(file, key);
    let newer: Vec<(String, String)> = sql
        .prepare("SELECT type, name FROM sqlite_master WHERE type = 'view' OR name IN ('currency_form', 'platform', 'control_total')")
        .expect("a statement")
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))
        .expect("rows")
        .collect::<Result<_, _>>()
        .expect("names");
    assert!(newer.len() > 2, "the later migrations made something");
    for (kind, name) in newer {
        sql.execute_batch(&format!("DROP {kind} {name}")).expect("dropped");
    }
    sql.pragma_update(None, "user_version", 1).expect("an older version");
}

fn version(file: &Path) -> i64 {
    by_hand(file, &test_key())
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .expect("a version")
}

#[test]
fn a_migration_of_a_file_with_data_killed_at_each_point_loses_nothing() {
    let synced = Seller::of(Work::Open.market());
    synced.sync();
    let whole = synced.digest();
    let template = synced.leave();
    make_old(&template.join("ledger.db"), &test_key());
    for halt in [MID_COPY, MID_MIGRATION] {
        let folder = copied(&template, "migration");
        let (file, copy) = (folder.join("ledger.db"), folder.join("ledger.db.before-2"));
        let part = folder.join("ledger.db.part");
        std::fs::write(&part, "half a copy of an earlier attempt").expect("written");
        assert!(Work::Open.kill(&folder, halt), "the process came to {halt}");
        assert_eq!(version(&file), 1, "killed at {halt}: the file is the old one");
        assert_eq!(
            copy.exists(),
            halt == MID_MIGRATION,
            "a copy has its name when it is whole"
        );
        let seller = Seller::in_folder(Work::Open.market(), folder.clone(), Checkpoint::default());
        assert_eq!(seller.digest(), whole, "killed at {halt} and opened again");
        seller.sync();
        assert_eq!(seller.digest(), whole, "and synced again");
        seller.leave();
        assert!(version(&file) > 1, "the file is up to date");
        assert_eq!(version(&copy), 1, "the copy is of the old program");

        let kept = copied(&template, "kept");
        std::fs::rename(&copy, kept.join("ledger.db")).expect("the copy takes the file's place");
        let seller = Seller::in_folder(Work::Open.market(), kept, Checkpoint::default());
        assert_eq!(seller.digest(), whole, "the copy made around a kill at {halt} is whole");
        std::fs::remove_dir_all(folder).expect("removed");
    }
    std::fs::remove_dir_all(template).expect("removed");
}
