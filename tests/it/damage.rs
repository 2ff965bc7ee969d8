//! Files that are not what they should be, disks that are full, others at work on the same file: what the person is told, and
//! that everything is there when the cause is gone.

use std::path::{Path, PathBuf};
use std::process::Command;

use countinghouse_core::app::{ApiError, Code};
use countinghouse_core::store::{Checkpoint, RAW_WRITTEN};
use countinghouse_core::sync::{Cancel, Options};
use serde_json::Value;

use crate::killed::migration::make_old;
use crate::killed::terminals::{Simulator, Terminal, answer, refusal, undisturbed};
use crate::killed::{Work, by_hand, folder, halted};
use crate::market::Seller;

/// Commands that look at the ledger, and one that would write to it.
const COMMANDS: [&[&str]; 4] = [&["metrics", "kpis"], &["orders", "list"], &["rebuild"], &["sync"]];

/// A synced terminal, its simulator, its ledger file, and the file's bytes and digest.
struct Kept {
    terminal: Terminal,
    file: PathBuf,
    good: Vec<u8>,
    digest: String,
    _sim: Simulator,
}

impl Kept {
    fn new() -> Kept {
        let sim = Simulator::new();
        let terminal = Terminal::new();
        terminal.connected(&sim);
        terminal.ask(&["sync"]);
        let digest = terminal.digest();
        let file = terminal.profile().join("ledger.db");
        assert!(!file.with_extension("db-wal").exists(), "a closed ledger is one file");
        let good = std::fs::read(&file).expect("the ledger");
        Kept {
            terminal,
            file,
            good,
            digest,
            _sim: sim,
        }
    }

    /// Every command is refused with `code` and all of `words`, and leaves the file as it is.
    fn is_refused(&self, what: &str, code: &str, words: &[&str]) {
        let before = std::fs::read(&self.file).ok();
        for command in COMMANDS {
            let (told, text, exit) = self.terminal.refusal(command);
            assert_eq!(told, code, "{what}: {command:?} says {text}");
            let wanted = if code == "locked" { 3 } else { 1 };
            assert_eq!(exit, wanted, "{what}: exit code of {command:?}");
            for word in words {
                assert!(text.contains(word), "{what}: {command:?} says “{word}”: {text}");
            }
        }
        assert_eq!(std::fs::read(&self.file).ok(), before, "{what}: the file is as it was");
    }

    /// With the good file back, everything is as before, and another sync changes nothing.
    fn recovers(&self, what: &str) {
        for ending in ["db-wal", "db-shm"] {
            let _ = std::fs::remove_file(self.file.with_extension(ending));
        }
        std::fs::write(&self.file, &self.good).expect("the good file is put back");
        assert_eq!(self.terminal.digest(), self.digest, "{what}: all is there again");
        self.terminal.ask(&["sync"]);
        assert_eq!(self.terminal.digest(), self.digest, "{what}: and nothing twice");
    }
}

#[test]
fn files_of_others_in_the_ledgers_place_are_named_and_left_alone() {
    let kept = Kept::new();
    std::fs::remove_file(&kept.file).expect("moved away");
    let other = rusqlite::Connection::open(&kept.file).expect("a file of another program");
    other
        .execute_batch("CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('mine');")
        .expect("written");
    drop(other);
    kept.is_refused(
        "another program's database",
        "invalid",
        &[
            "ledger.db",
            "is not a ledger of this program Choose another file",
            "move it away",
        ],
    );
    std::fs::write(&kept.file, "Dear diary, today I sold three lamps.\n").expect("written");
    kept.is_refused("a text", "invalid", &["ledger.db", "is not a ledger", "move it away"]);
    std::fs::write(&kept.file, [0xA5; 40_000]).expect("written");
    kept.is_refused(
        "noise, or the ledger of another profile",
        "locked",
        &["ledger.db", "another profile", "Put this profile's own file back"],
    );
    kept.recovers("foreign files");
}

#[test]
fn a_ledger_that_is_gone_does_not_begin_anew_by_itself() {
    let kept = Kept::new();
    std::fs::remove_file(&kept.file).expect("lost");
    kept.is_refused(
        "no file",
        "not_found",
        &["ledger.db", "missing or empty", "Put the file back"],
    );
    assert!(!kept.file.exists(), "no new ledger was made");
    std::fs::write(&kept.file, b"").expect("emptied");
    kept.is_refused(
        "an empty file",
        "not_found",
        &["ledger.db", "missing or empty", "Put the file back"],
    );
    kept.recovers("a lost file");
}

#[test]
fn a_cut_ledger_is_told_as_damaged() {
    let kept = Kept::new();
    let pages = kept.good.len() / 8192;
    for length in [8192, pages / 2 * 8192, (pages - 1) * 8192, pages / 2 * 8192 + 100] {
        std::fs::write(&kept.file, &kept.good[..length]).expect("cut");
        kept.is_refused(
            &format!("cut to {length} bytes"),
            "internal",
            &["the ledger is damaged", "Restore a backup"],
        );
    }
    kept.recovers("a cut file");
}

#[test]
fn a_flipped_bit_is_told_or_touches_nothing() {
    let kept = Kept::new();
    let healthy: Vec<Value> = COMMANDS[..3].iter().map(|command| kept.terminal.ask(command)).collect();
    let pages = kept.good.len() / 8192;
    let (mut told, mut looked) = (0, 0);
    for page in [0, 1, pages / 5, pages / 3, pages / 2, 2 * pages / 3, pages - 1] {
        let mut bad = kept.good.clone();
        bad[page * 8192 + 4_321] ^= 0x10;
        std::fs::write(&kept.file, &bad).expect("a bit is flipped");
        let looked_through = kept
            .terminal
            .command(&["doctor", "--look"])
            .output()
            .expect("it starts");
        let said = [looked_through.stdout, looked_through.stderr].concat();
        let text = String::from_utf8_lossy(&said);
        assert!(
            !looked_through.status.success() && text.contains("damaged"),
            "page {page}: the doctor finds it: {text}"
        );
        for (command, well) in COMMANDS.iter().zip(&healthy) {
            std::fs::write(&kept.file, &bad).expect("a bit is flipped");
            let said = answer(kept.terminal.command(command).arg("--json"));
            looked += 1;
            if said["success"] == true {
                assert_ne!(page, 0, "nothing is read without the first page");
                assert_eq!(
                    &said["data"], well,
                    "page {page}: {command:?} answers right or not at all"
                );
                continue;
            }
            told += 1;
            let text = |name: &str| said["error"][name].as_str().unwrap_or_default();
            let (message, hint) = (text("message"), text("hint"));
            assert!(
                message.contains("the ledger is damaged") && hint.contains("Restore a backup"),
                "page {page}: {command:?} says {message} {hint}"
            );
        }
    }
    assert!(told * 3 > looked, "many flipped bits are met: {told} of {looked}");
    kept.recovers("flipped bits");
}

#[test]
fn a_ledger_of_a_newer_program_is_refused_and_left_alone() {
    let kept = Kept::new();
    let key = kept.terminal.key(&kept.terminal.profile());
    by_hand(&kept.file, &key)
        .pragma_update(None, "user_version", 99)
        .expect("a newer version");
    kept.is_refused(
        "a newer ledger",
        "database_too_new",
        &["newer version", "file version 99", "Update the program", "unchanged"],
    );
    kept.recovers("a newer file");
}

#[test]
fn files_beside_the_ledger_are_named_when_they_are_damaged() {
    let kept = Kept::new();
    let profile = kept.terminal.profile();
    let vault = profile.join("vault.sealed");
    let good = std::fs::read(&vault).expect("the vault");
    std::fs::write(&vault, &good[..good.len() / 2]).expect("cut");
    kept.is_refused(
        "a cut vault",
        "internal",
        &["vault.sealed", "Move it away and connect again"],
    );
    let mut newer = good.clone();
    newer[7] = b'9';
    std::fs::write(&vault, newer).expect("of a newer form");
    kept.is_refused(
        "a newer vault",
        "database_too_new",
        &["vault.sealed", "newer version", "Update it"],
    );
    std::fs::remove_file(&vault).expect("moved away");
    let (code, text, exit) = kept.terminal.refusal(&["sync"]);
    assert_eq!(
        (code.as_str(), exit),
        ("needs_reconnect", 3),
        "the access is gone: {text}"
    );
    assert!(text.contains("Connect it again"), "the next step: {text}");
    assert_eq!(kept.terminal.digest(), kept.digest, "the ledger is not touched by that");
    std::fs::write(&vault, good).expect("put back");

    let key = profile.join("key.json");
    let good = std::fs::read(&key).expect("the key");
    std::fs::write(&key, &good[..good.len() / 2]).expect("cut");
    kept.is_refused("a cut key", "internal", &["key.json", "Put the file back"]);
    std::fs::write(&key, good).expect("put back");

    std::fs::write(profile.join("profile.json"), "{").expect("cut");
    kept.is_refused(
        "a cut description",
        "invalid",
        &["profile.json", "profile rename my-business"],
    );
    let renamed = kept.terminal.ask(&["profile", "rename", "my-business", "My business"]);
    assert_eq!(
        renamed["demo"], false,
        "its key is not in the open, so its data are not invented"
    );
    kept.recovers("damaged files beside the ledger");
}

#[test]
fn a_profile_at_which_another_process_works_says_so_and_loses_nothing() {
    let sim = Simulator::new();
    let (_, whole) = undisturbed(&sim);
    let terminal = Terminal::new();
    terminal.connected(&sim);
    let first = halted(&mut terminal.command(&["sync", "--halt-at", "raw written@30"]));
    let first = first.expect("the first terminal stands in the middle of a page");
    let (code, text, exit) = terminal.refusal(&["sync"]);
    assert_eq!(
        (code.as_str(), exit),
        ("busy", 1),
        "the second terminal is told: {text}"
    );
    assert!(
        text.contains("sync") && text.to_lowercase().contains("wait"),
        "who is at it, and what to do: {text}"
    );
    terminal.ask(&["metrics", "kpis"]);
    drop(first);
    terminal.ask(&["sync"]);
    assert_eq!(terminal.seen(&sim), whole, "the same ledger as without the two");
}

#[test]
fn a_ledger_locked_by_another_process_is_busy_for_writers_and_open_for_readers() {
    let folder = folder("locked");
    let whole = Work::Pages.go_on(&crate::killed::folder("whole"), Checkpoint::default());
    let synced = Seller::in_folder(Work::Pages.market(), folder.clone(), Checkpoint::default());
    synced.connect().expect("connected");
    let other = halted(&mut Work::Pages.process(&folder, RAW_WRITTEN)).expect("another process writes");
    let error = synced.profile().rebuild_measures().expect_err("the file is taken");
    assert_eq!(error.code, Code::Busy, "told as busy: {error:?}");
    let next = error.hint.as_deref().unwrap_or_default();
    assert!(
        error.message.contains("another process is writing") && next.contains("Wait for it"),
        "cause and next step: {error:?}"
    );
    let before = synced.digest();
    let error = synced
        .try_sync(Options::default(), Cancel::default())
        .expect_err("the connection is taken");
    assert_eq!(error.code, Code::Busy, "told as busy: {error:?}");
    assert_eq!(synced.digest(), before, "readers are let in, and see what was");
    drop(other);
    synced.profile().rebuild_measures().expect("the file is free");
    synced.sync();
    assert_eq!(synced.digest(), whole.digest(), "nothing lost, nothing twice");
}

fn is_full(error: &ApiError) -> bool {
    error.code == Code::DiskFull
        && error.message.contains("the disk is full")
        && error.message.contains("Free some space")
}

#[test]
fn a_disk_that_is_full_again_and_again_loses_nothing_and_doubles_nothing() {
    for work in [Work::Pages, Work::Bulk] {
        let whole = work.go_on(&crate::killed::folder("whole"), Checkpoint::default());
        let mut seller = Seller::of(work.market());
        let size = std::fs::metadata(seller.folder().join("ledger.db"))
            .expect("the ledger")
            .len();
        let mut pages = u32::try_from(size / 8192).expect("a small file");
        let mut stops = 0;
        loop {
            seller.limit(Some(pages));
            match seller.try_sync(Options::default(), Cancel::default()) {
                Ok(report) if report.failure().is_none() => break,
                Ok(report) => {
                    let error = ApiError::from(report.failure().expect("one failed").clone());
                    assert!(is_full(&error), "{work:?}: told as a full disk: {error:?}");
                }
                Err(error) => assert!(is_full(&error), "{work:?}: told as a full disk: {error:?}"),
            }
            stops += 1;
            pages += 3;
            assert!(stops < 200, "it fits some time");
        }
        assert!(stops > 5, "{work:?}: the disk was full {stops} times");
        seller.limit(None);
        assert_eq!(seller.digest(), whole.digest(), "{work:?}: after {stops} full disks");
        seller.is_true();
        seller.sync();
        assert_eq!(seller.digest(), whole.digest(), "{work:?}: and synced again");
    }
}

/// A small disk of its own, taken away when dropped; `None`, said aloud, where this machine does not let one be made.
struct Disk(PathBuf);

impl Disk {
    #[expect(clippy::print_stdout, reason = "a run that skips says so")]
    fn new(megabytes: u32) -> Option<Disk> {
        let place = folder("disk");
        std::fs::create_dir_all(&place).expect("a folder");
        let made = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={megabytes}m"), "tmpfs"])
            .arg(&place)
            .output();
        if made.is_ok_and(|made| made.status.success()) {
            return Some(Disk(place));
        }
        println!("skipped: this machine lets these tests make no small disk");
        let _ = std::fs::remove_dir(&place);
        None
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    /// Fills the disk but for so many bytes.
    fn fill(&self, but: usize) {
        let mut block = vec![0x55; 4096];
        let mut file = std::fs::File::create(self.filler()).expect("a file");
        let mut length = 0_usize;
        while std::io::Write::write_all(&mut file, &block).is_ok() {
            length += block.len();
        }
        block.clear();
        file.set_len(length.saturating_sub(but) as u64)
            .expect("some room is left");
    }

    fn free(&self) {
        std::fs::remove_file(self.filler()).expect("room again");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(&self.0).output();
        let _ = std::fs::remove_dir(&self.0);
    }
}

/// A refusal because of a full disk, with the next step.
fn refused_full(what: &str, (code, text, exit): (String, String, i32)) {
    assert_eq!((code.as_str(), exit), ("disk_full", 1), "{what}: {text}");
    let text = text.to_lowercase();
    assert!(
        text.contains("full") && text.contains("free some space"),
        "{what}: cause and next step: {text}"
    );
}

#[test]
fn the_program_on_a_small_disk_says_that_it_is_full_and_goes_on_when_it_is_not() {
    let Some(disk) = Disk::new(12) else { return };
    let sim = Simulator::new();
    let (_, whole) = undisturbed(&sim);
    let terminal = Terminal {
        home: disk.0.join("home"),
    };
    for but in [0, 12 << 10, 60 << 10] {
        disk.fill(but);
        let what = format!("connecting with {but} bytes left");
        refused_full(&what, refusal(&mut terminal.connect(&sim)));
        disk.free();
    }
    terminal.connected(&sim);
    for but in [0, 40 << 10, 200 << 10, 600 << 10] {
        disk.fill(but);
        refused_full(&format!("a sync with {but} bytes left"), terminal.refusal(&["sync"]));
        disk.free();
    }
    terminal.ask(&["sync"]);
    assert_eq!(terminal.seen(&sim), whole, "the same ledger as on a large disk");

    disk.fill(0);
    refused_full("a full sync", terminal.refusal(&["sync", "--full"]));
    refused_full("a rebuild", terminal.refusal(&["rebuild", "--measures"]));
    disk.free();
    assert_eq!(terminal.seen(&sim), whole, "as before");

    let file = terminal.profile().join("ledger.db");
    make_old(&file, &terminal.key(&terminal.profile()));
    let old = std::fs::read(&file).expect("the old file");
    disk.fill(100 << 10);
    refused_full(
        "the copy before a migration",
        terminal.refusal(&["connections", "list"]),
    );
    assert!(!part(&file).exists(), "half a copy does not fill the disk further");
    disk.free();
    assert_eq!(
        std::fs::read(&file).expect("the file"),
        old,
        "the old file is as it was"
    );
    assert_eq!(terminal.seen(&sim), whole, "brought up to date with room for it");
    drop(terminal);
}

/// Where a copy is made before it has its name.
fn part(file: &Path) -> PathBuf {
    file.with_extension("db.part")
}
