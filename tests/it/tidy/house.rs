//! Rules of the house that hold for every file: length, names of machines, tests that are left out, work that is left over.

use std::collections::BTreeSet;

use super::tree::{Source, Tree};
use super::{Finding, has_word, holds, line_of, tells};

/// Endings of what people write and read as source.
const SOURCES: [&str; 12] = [
    ".rs",
    ".ts",
    ".mjs",
    ".svelte",
    ".css",
    ".sql",
    ".graphql",
    ".html",
    ".toml",
    ".svg",
    "scripts/run",
    "scripts/test",
];

fn no_long_files(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    // What is generated or drawn is not read from top to bottom.
    let made = ["tests/snapshots/", "tests/fixtures/", "ui/src/lib/gen/"];
    let written = |f: &&Source| !made.iter().any(|folder| f.path.starts_with(folder));
    for file in tree
        .0
        .iter()
        .filter(|f| SOURCES.iter().any(|ending| f.path.ends_with(ending)))
        .filter(written)
    {
        let most = if file.is_test() { 700 } else { 500 };
        let lines = file.text.lines().count();
        if lines > most {
            findings.push(format!(
                "{} has {lines} lines, {most} at most: split it by subject",
                file.path
            ));
        }
    }
    findings
}

fn folders_say_what_they_are(tree: &Tree) -> Vec<Finding> {
    let mut folders = BTreeSet::new();
    for root in [
        "src-tauri/core/src/",
        "src-tauri/sim/src/",
        "src-tauri/shell/",
        "src-tauri/cli/",
        "src-tauri/serve/",
    ] {
        for file in tree.under(root, ".rs") {
            let folder = file.path.rsplit_once('/').map(|(folder, _)| folder).unwrap_or_default();
            if !folder.ends_with("/src") && !folder.ends_with("/tests") {
                folders.insert(folder);
            }
        }
    }
    let mut findings = Vec::new();
    for folder in folders {
        let module = tree
            .file(&format!("{folder}/mod.rs"))
            .or_else(|| tree.file(&format!("{folder}.rs")));
        match module {
            None => findings.push(format!("{folder}/ has no mod.rs that says what it is")),
            Some(module) if !module.text.starts_with("//! ") => {
                findings.push(format!(
                    "{} does not begin with a comment (//!) that says what {folder}/ is",
                    module.path
                ));
            }
            Some(_) => {}
        }
    }
    findings
}

fn no_test_is_left_out(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.under("", ".rs") {
        let code: String = super::lex::pieces(&file.text).code.split_whitespace().collect();
        if code.contains("#[ignore") || code.contains(",ignore)]") || code.contains(",ignore=") {
            findings.push(format!(
                "{}:{} ignores a test: assert what is so today and say why it is wrong",
                file.path,
                line_of(&file.text, "ignore")
            ));
        }
    }
    let pages = tree
        .0
        .iter()
        .filter(|f| f.path.ends_with(".test.ts") || f.path.ends_with(".mjs"));
    for file in pages {
        for word in ["it", "test", "describe"]
            .iter()
            .flat_map(|t| ["skip", "only", "todo"].map(|what| format!("{t}.{what}(")))
        {
            if file.text.contains(&word) {
                findings.push(format!(
                    "{}:{} says {word}…): every test runs",
                    file.path,
                    line_of(&file.text, &word)
                ));
            }
        }
    }
    findings
}

fn nothing_is_left_to_do(tree: &Tree) -> Vec<Finding> {
    // Put together here, so that this file does not break its own rule.
    let marks = [["TO", "DO"], ["FIX", "ME"], ["HA", "CK"]].map(|halves| halves.concat());
    let mut findings = Vec::new();
    let written = |f: &&Source| !f.path.ends_with("-lock.json") && f.path != "Cargo.lock" && f.path != "LICENSE";
    for file in tree.0.iter().filter(written) {
        for mark in marks.iter().filter(|mark| has_word(&file.text, mark)) {
            findings.push(format!(
                "{}:{} says {mark}: do it, or write an issue",
                file.path,
                line_of(&file.text, mark)
            ));
        }
    }
    findings
}

fn no_machine_is_named(tree: &Tree) -> Vec<Finding> {
    // Put together here, so that this file does not break its own rule.
    let addresses = [
        ["https://reg", "istry"],
        ["http://reg", "istry"],
        ["crates-io-", "prox"],
        ["/wo", "rk/"],
        ["/ro", "ot/"],
        ["sparse+htt", "p"],
    ];
    let mut findings = Vec::new();
    for file in &tree.0 {
        for address in addresses
            .iter()
            .map(|halves| halves.concat())
            .filter(|address| file.text.contains(address))
        {
            // A folder called work inside an address or a longer path is none of ours.
            let at = |line: &str| {
                line.match_indices(&address)
                    .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "./-_".contains(c)))
            };
            if let Some(line) = file.text.lines().position(at) {
                findings.push(format!("{}:{} names a machine ({address}…)", file.path, line + 1));
            }
        }
    }
    findings
}

#[test]
fn no_file_is_too_long() {
    holds(no_long_files);
    let long = "fn f() {}\n".repeat(501);
    let longer = "fn f() {}\n".repeat(701);
    tells(
        no_long_files,
        &[
            ("src-tauri/core/src/store/order.rs", &long),
            ("tests/it/sync.rs", &longer),
            ("ui/src/App.svelte", &long),
        ],
        &[
            ("tests/it/story.rs", &long),
            ("src-tauri/core/src/store/tests.rs", &long),
            ("src-tauri/LEDGER.md", &longer),
        ],
    );
}

#[test]
fn every_folder_says_what_it_is() {
    holds(folders_say_what_they_are);
    let wrong = [
        ("src-tauri/core/src/net/mod.rs", "mod limiter;"),
        ("src-tauri/core/src/net/limiter.rs", "//! Limits."),
    ];
    for file in wrong {
        let findings = folders_say_what_they_are(&Tree::of(&[file]));
        assert_eq!(findings.len(), 1, "net/ does not say what it is: {findings:?}");
    }
    let right = [
        ("src-tauri/core/src/net/mod.rs", "//! The way out.\nmod limiter;"),
        ("src-tauri/core/src/lib.rs", "pub mod net;"),
    ];
    assert_eq!(
        folders_say_what_they_are(&Tree::of(&right)),
        Vec::<Finding>::new(),
        "net/ says what it is"
    );
}

#[test]
fn every_test_runs() {
    holds(no_test_is_left_out);
    tells(
        no_test_is_left_out,
        &[
            ("tests/it/a.rs", "#[test]\n#[ignore]\nfn a() {}"),
            ("tests/it/b.rs", "#[test]\n#[ignore = \"slow\"]\nfn b() {}"),
            ("tests/it/c.rs", "#[cfg_attr(windows, ignore)]\nfn c() {}"),
            ("ui/src/lib/state/d.test.ts", "it.only('does', () => {});"),
        ],
        &[
            ("tests/it/e.rs", "#[test]\nfn we_ignore_case() {} // #[ignore]"),
            ("ui/src/f.test.ts", "it('skips', () => {});"),
        ],
    );
}

#[test]
fn no_work_is_left_over() {
    holds(nothing_is_left_to_do);
    let (todo, fixme) = (["// TO", "DO: later"].concat(), ["/* FIX", "ME */"].concat());
    tells(
        nothing_is_left_to_do,
        &[("src-tauri/lib.rs", &todo), ("ui/src/App.svelte", &fixme)],
        &[
            ("src-tauri/lib.rs", "fn autodoor() {} // to do is lower case"),
            ("README.md", "METHODOLOGY"),
        ],
    );
}

#[test]
fn no_machine_or_registry_is_named() {
    holds(no_machine_is_named);
    let (lock, path) = (
        ["resolved \"https://reg", "istry.npmjs.org/x\""].concat(),
        ["dir = \"/wo", "rk/main\""].concat(),
    );
    let (near, far) = (
        ["see docs/wo", "rk/flow.md"].concat(),
        ["https://example.com/ro", "ot/"].concat(),
    );
    tells(
        no_machine_is_named,
        &[("ui/package-lock.json", &lock), ("scripts/test", &path)],
        &[
            ("README.md", &near),
            ("README.md", &far),
            (
                "Cargo.lock",
                "source = \"registry+https://github.com/rust-lang/crates.io-index\"",
            ),
        ],
    );
}
