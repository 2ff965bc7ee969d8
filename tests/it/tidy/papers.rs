//! What lies beside the code and must stay true to it: released migrations, snapshots, links between documents, the invented samples.

use super::tree::{Tree, resolve};
use super::{Finding, holds, line_of, tells};

/// Hashes of the migrations that a released program has run, as `sha256sum` writes them. A new release adds its lines.
const RELEASED: &str = "migrations/released.sha256";

fn migrations_stay_as_released(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (place, file) in tree.under("migrations/", ".sql").enumerate() {
        let number = file
            .path
            .trim_start_matches("migrations/")
            .split('_')
            .next()
            .and_then(|n| n.parse::<usize>().ok());
        if number != Some(place + 1) {
            findings.push(format!(
                "{} is not number {:04}: migrations are numbered without a gap",
                file.path,
                place + 1
            ));
        }
    }
    for line in tree
        .file(RELEASED)
        .map(|f| f.text.lines())
        .into_iter()
        .flatten()
        .filter(|line| !line.starts_with('#'))
    {
        let (hash, name) = line.split_once("  ").unwrap_or((line, ""));
        let path = format!("migrations/{name}");
        match tree.file(&path) {
            None => findings.push(format!(
                "{path} was released and is gone: programs in the field have run it"
            )),
            Some(file) if sha256(&file.text) != hash => {
                findings.push(format!(
                    "{path} was edited after its release: write a new migration instead"
                ));
            }
            Some(_) => {}
        }
    }
    findings
}

fn sha256(text: &str) -> String {
    let digest = ring::digest::digest(&ring::digest::SHA256, text.as_bytes());
    digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

fn snapshots_are_compared(tree: &Tree) -> Vec<Finding> {
    let tests: Vec<String> = tree
        .under("", ".rs")
        .flat_map(|f| super::lex::pieces(&f.text).strings)
        .map(|(_, text)| text)
        .collect();
    let mut findings = Vec::new();
    for file in tree.under("tests/snapshots/", "") {
        let name = file.path.rsplit('/').next().unwrap_or_default();
        let stem = name.split('.').next().unwrap_or_default();
        if !tests
            .iter()
            .any(|text| text == stem || text == name || text.ends_with(&format!("/{name}")))
        {
            findings.push(format!("{} is compared by no test: delete it or use it", file.path));
        }
    }
    findings
}

fn links_lead_somewhere(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.under("", ".md") {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for (at, _) in file.text.match_indices("](") {
            let target = file.text[at + 2..].split([')', '#', ' ']).next().unwrap_or_default();
            if target.is_empty() || target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let path = resolve(folder, target);
            let there = tree
                .0
                .iter()
                .any(|f| f.path == path || f.path.starts_with(&format!("{}/", path.trim_end_matches('/'))));
            if !there {
                findings.push(format!(
                    "{}:{} leads to {target}, which is not there",
                    file.path,
                    line_of(&file.text, target)
                ));
            }
        }
    }
    findings
}

#[test]
fn released_migrations_are_never_edited() {
    holds(migrations_stay_as_released);
    let numbers = [("migrations/0001_ledger.sql", ""), ("migrations/0003_more.sql", "")];
    assert_eq!(
        migrations_stay_as_released(&Tree::of(&numbers)).len(),
        1,
        "number two is missing"
    );
    let hash = format!("# first release\n{}  0001_ledger.sql\n", sha256("CREATE TABLE a (b)"));
    let kept = [
        ("migrations/0001_ledger.sql", "CREATE TABLE a (b)"),
        (RELEASED, hash.as_str()),
    ];
    assert_eq!(
        migrations_stay_as_released(&Tree::of(&kept)),
        Vec::<Finding>::new(),
        "unchanged since its release"
    );
    let edited = [
        ("migrations/0001_ledger.sql", "CREATE TABLE a (b, c)"),
        (RELEASED, hash.as_str()),
    ];
    assert_eq!(
        migrations_stay_as_released(&Tree::of(&edited)).len(),
        1,
        "a column was added to a released file"
    );
    assert_eq!(
        migrations_stay_as_released(&Tree::of(&[(RELEASED, hash.as_str())])).len(),
        1,
        "a released file is gone"
    );
}

#[test]
fn every_snapshot_is_compared() {
    holds(snapshots_are_compared);
    let snapshot = ("tests/snapshots/charts/line.svg", "<svg/>");
    assert_eq!(
        snapshots_are_compared(&Tree::of(&[snapshot])).len(),
        1,
        "no test names it"
    );
    let test = ("src-tauri/core/src/charts/tests.rs", "fn t() { same(\"line\", svg) }");
    assert_eq!(
        snapshots_are_compared(&Tree::of(&[snapshot, test])),
        Vec::<Finding>::new(),
        "a test names it"
    );
}

#[test]
fn every_link_leads_somewhere() {
    holds(links_lead_somewhere);
    tells(
        links_lead_somewhere,
        &[
            ("README.md", "see [this](docs/gone.md)"),
            ("src-tauri/ARCHITECTURE.md", "see [this](core/src/gone.rs#L1)"),
        ],
        &[
            (
                "README.md",
                "[a](#top) [b](https://example.com/x) [c](README.md) [d](src-tauri)",
            ),
            ("src-tauri/a.md", "[up](../README.md)"),
        ],
    );
}
