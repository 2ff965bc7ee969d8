//! Borders between the layers: who may say what.

use super::tree::{Source, Tree, resolve};
use super::{Finding, has_word, holds, line_of, tells};

/// Rust of the product, tests and build script aside.
fn product(tree: &Tree) -> impl Iterator<Item = &Source> {
    tree.under("src-tauri/", ".rs").filter(|f| !f.is_test())
}

/// Findings for each of `words` in the code of `files`.
fn words<'t>(files: impl Iterator<Item = &'t Source>, words: &[&str], why: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in files {
        let code = file.code();
        for word in words.iter().filter(|word| has_word(&code, word)) {
            findings.push(format!("{}:{} says {word}: {why}", file.path, line_of(&code, word)));
        }
    }
    findings
}

fn sql_lives_in_the_store(tree: &Tree) -> Vec<Finding> {
    // Benchmarks of the store compare it with other forms of the same tables.
    let outside = |f: &&Source| {
        !f.path.starts_with("src-tauri/core/src/store/") && !f.path.starts_with("src-tauri/core/benches/")
    };
    let mut findings = words(
        product(tree).filter(outside),
        &["rusqlite"],
        "the database is reached through store/",
    );
    let verbs = [
        "SELECT ",
        "INSERT INTO ",
        "INSERT OR ",
        "UPDATE ",
        "DELETE FROM ",
        "CREATE TABLE ",
        "PRAGMA ",
        "WITH RECURSIVE ",
    ];
    for file in product(tree).filter(outside) {
        for (line, text) in file.strings() {
            if verbs.iter().any(|verb| text.trim_start().starts_with(verb)) {
                findings.push(format!("{}:{line} holds a statement: SQL lives in store/", file.path));
            }
        }
    }
    let places = ["migrations/", "src-tauri/core/src/store/sql/"];
    let astray = tree
        .under("", ".sql")
        .filter(|f| !f.is_test() && !places.iter().any(|place| f.path.starts_with(place)));
    findings.extend(astray.map(|f| format!("{}: SQL files lie in store/sql/ or migrations/", f.path)));
    findings
}

fn only_the_shell_knows_tauri(tree: &Tree) -> Vec<Finding> {
    let allowed = ["src-tauri/main.rs", "src-tauri/build.rs"];
    let outside = |f: &&Source| !allowed.contains(&f.path.as_str()) && !f.path.starts_with("src-tauri/shell/");
    let crates = [
        "tauri",
        "tauri_build",
        "tauri_plugin_dialog",
        "tauri_plugin_updater",
        "tauri_plugin_single_instance",
        "wry",
    ];
    words(
        tree.under("", ".rs").filter(outside),
        &crates,
        "the window's library stays in src-tauri/shell/ and main.rs",
    )
}

fn manifests_keep_the_packages_apart(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    let members = [
        ("src-tauri/core/Cargo.toml", "countinghouse-sim"),
        ("src-tauri/sim/Cargo.toml", "countinghouse"),
    ];
    for (path, stranger) in members {
        let Some(file) = tree.file(path) else { continue };
        let manifest: toml::Table = toml::from_str(&file.text).unwrap_or_else(|e| panic!("{path} is a manifest: {e}"));
        let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
        for (name, _) in kinds
            .iter()
            .filter_map(|kind| manifest.get(*kind)?.as_table())
            .flatten()
        {
            if name.contains("tauri") {
                findings.push(format!("{path} depends on {name}: this package knows no window"));
            }
            if name.starts_with(stranger) {
                findings.push(format!(
                    "{path} depends on {name}: the simulator and the core share no code"
                ));
            }
        }
    }
    findings
}

fn the_pages_have_one_door(tree: &Tree) -> Vec<Finding> {
    let door = "ui/src/lib/host.ts";
    let outside = tree
        .under("ui/src/", "")
        .filter(|f| f.path != door && f.text.contains("@tauri-apps"));
    outside
        .map(|f| {
            format!(
                "{}:{} imports the host: {door} does",
                f.path,
                line_of(&f.text, "@tauri-apps")
            )
        })
        .collect()
}

fn pages_do_not_know_each_other(tree: &Tree) -> Vec<Finding> {
    let page = |path: &str| {
        path.strip_prefix("ui/src/pages/")
            .and_then(|rest| rest.split_once('/'))
            .map(|(page, _)| page.to_owned())
    };
    let mut findings = Vec::new();
    for file in tree.under("ui/src/pages/", "") {
        let folder = file.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for line in file
            .text
            .lines()
            .filter(|line| line.contains("from '") || line.contains("import '"))
        {
            let other = page(&resolve(folder, line.split('\'').nth(1).unwrap_or_default()));
            if let Some(other) = other.filter(|other| page(&file.path).as_ref() != Some(other)) {
                findings.push(format!(
                    "{} imports from the page {other}: share it in lib/ or panels/",
                    file.path
                ));
            }
        }
    }
    findings
}

fn parts_know_no_business(tree: &Tree) -> Vec<Finding> {
    let knows = ["/pages/", "/panels/", "/host'", "/state/app", "/state/view"];
    let imports = |f: &Source| {
        f.text
            .lines()
            .find(|l| l.contains(" from '") && knows.iter().any(|k| l.contains(k)))
            .map(str::to_owned)
    };
    let parts = tree.under("ui/src/lib/parts/", "");
    parts
        .filter_map(|f| imports(f).map(|line| format!("{}: a part is told what to show: {}", f.path, line.trim())))
        .collect()
}

fn the_pages_compute_no_figures(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.under("ui/src/", "").filter(|f| !f.is_test()) {
        for word in ["toFixed", "toPrecision", "toLocaleString", "NumberFormat", "parseFloat"] {
            if has_word(&file.text, word) {
                findings.push(format!(
                    "{}:{} says {word}: texts arrive formatted",
                    file.path,
                    line_of(&file.text, word)
                ));
            }
        }
    }
    findings
}

fn computing_does_no_io(tree: &Tree) -> Vec<Finding> {
    let folders = ["connectors/", "metrics/", "charts/"].map(|folder| format!("src-tauri/core/src/{folder}"));
    let pure = |f: &&Source| folders.iter().any(|folder| f.path.starts_with(folder));
    let io = [
        "fs",
        "tokio",
        "reqwest",
        "rusqlite",
        "SystemTime",
        "Utc",
        "Local",
        "Clock",
        "SystemClock",
        "TcpStream",
        "File",
    ];
    let mut findings = words(
        product(tree).filter(pure),
        &io,
        "connectors, metrics and charts compute; they do no I/O and read no clock",
    );
    for file in product(tree).filter(pure) {
        let code = file.code();
        for path in [
            "std::net",
            "std::env",
            "std::process",
            "std::thread",
            "std::io",
            "std::time::Instant",
            "crate::clock",
        ] {
            if code.contains(path) {
                findings.push(format!(
                    "{}:{} says {path}: it computes, and does no I/O",
                    file.path,
                    line_of(&code, path)
                ));
            }
        }
    }
    findings
}

fn no_float_before_the_charts(tree: &Tree) -> Vec<Finding> {
    // Pixels, and the seconds of a benchmark, are floats.
    let places = [
        "src-tauri/core/src/charts/",
        "src-tauri/shell/",
        "src-tauri/core/benches/",
    ];
    let figures = |f: &&Source| !places.iter().any(|place| f.path.starts_with(place));
    words(
        tree.under("src-tauri/", ".rs").filter(figures),
        &["f32", "f64"],
        "money and ratios are exact until they are drawn",
    )
}

#[test]
fn sql_is_only_in_the_store() {
    holds(sql_lives_in_the_store);
    tells(
        sql_lives_in_the_store,
        &[
            ("src-tauri/core/src/api/orders.rs", "fn f() { run(\"SELECT 1\") }"),
            ("src-tauri/core/src/api/orders.rs", "use rusqlite::Connection;"),
            ("src-tauri/core/src/report/daily.sql", "SELECT 1"),
        ],
        &[
            ("src-tauri/core/src/store/order.rs", "fn f() { run(\"SELECT 1\") }"),
            (
                "src-tauri/core/src/api/orders.rs",
                "// \"SELECT 1\" would be wrong\nfn f() { say(\"Update the rate\") }",
            ),
            ("migrations/0001_ledger.sql", "CREATE TABLE t (a)"),
        ],
    );
}

#[test]
fn tauri_is_only_in_the_shell() {
    holds(only_the_shell_knows_tauri);
    tells(
        only_the_shell_knows_tauri,
        &[
            ("src-tauri/core/src/api/mod.rs", "use tauri::State;"),
            ("tests/it/x.rs", "use tauri_plugin_dialog::init;"),
        ],
        &[
            ("src-tauri/shell/rpc.rs", "use tauri::State;"),
            ("src-tauri/lib.rs", "mod shell; // tauri\nlet p = \"src-tauri\";"),
        ],
    );
}

#[test]
fn core_and_simulator_share_nothing_and_know_no_window() {
    holds(manifests_keep_the_packages_apart);
    tells(
        manifests_keep_the_packages_apart,
        &[
            ("src-tauri/core/Cargo.toml", "[dependencies]\ntauri.workspace = true"),
            (
                "src-tauri/core/Cargo.toml",
                "[dev-dependencies]\ncountinghouse-sim.workspace = true",
            ),
            (
                "src-tauri/sim/Cargo.toml",
                "[dependencies]\ncountinghouse-core.workspace = true",
            ),
        ],
        &[(
            "src-tauri/sim/Cargo.toml",
            "[package]\nname = \"countinghouse-sim\"\n[dependencies]\nserde.workspace = true",
        )],
    );
}

#[test]
fn only_the_door_imports_the_host() {
    holds(the_pages_have_one_door);
    tells(
        the_pages_have_one_door,
        &[(
            "ui/src/pages/data/Data.svelte",
            "import { invoke } from '@tauri-apps/api/core';",
        )],
        &[("ui/src/lib/host.ts", "import { invoke } from '@tauri-apps/api/core';")],
    );
}

#[test]
fn pages_share_nothing_with_each_other() {
    holds(pages_do_not_know_each_other);
    tells(
        pages_do_not_know_each_other,
        &[
            (
                "ui/src/pages/data/Data.svelte",
                "import Tiles from '../overview/Tiles.svelte';",
            ),
            (
                "ui/src/pages/data/Data.svelte",
                "import Tiles from '../../pages/overview/Tiles.svelte';",
            ),
        ],
        &[(
            "ui/src/pages/data/Data.svelte",
            "import Runs from './Runs.svelte';\nimport Card from '../../lib/parts/Card.svelte';",
        )],
    );
}

#[test]
fn parts_are_told_what_to_show() {
    holds(parts_know_no_business);
    tells(
        parts_know_no_business,
        &[("ui/src/lib/parts/Tile.svelte", "import { call } from '../host';")],
        &[("ui/src/lib/parts/Tile.svelte", "import Card from './Card.svelte';")],
    );
}

#[test]
fn the_pages_do_no_arithmetic_of_figures() {
    holds(the_pages_compute_no_figures);
    tells(
        the_pages_compute_no_figures,
        &[("ui/src/pages/data/x.ts", "const text = value.toFixed(2);")],
        &[
            ("ui/src/pages/data/x.test.ts", "expect(value.toFixed(2))"),
            ("ui/src/pages/data/x.ts", "const n = rows.length + 1;"),
        ],
    );
}

#[test]
fn connectors_metrics_and_charts_only_compute() {
    holds(computing_does_no_io);
    tells(
        computing_does_no_io,
        &[
            ("src-tauri/core/src/metrics/query.rs", "let now = chrono::Utc::now();"),
            ("src-tauri/core/src/connectors/shopify/fetch.rs", "use std::fs;"),
            ("src-tauri/core/src/charts/line.rs", "use std::time::Instant;"),
            ("src-tauri/core/src/connectors/mod.rs", "fn f(clock: &dyn Clock) {}"),
        ],
        &[
            (
                "src-tauri/core/src/metrics/query.rs",
                "/// No tokio here.\nfn f(at: Instant) {}\n#[cfg(test)]\nmod tests {\n    use std::fs;\n}",
            ),
            ("src-tauri/core/src/sync/run.rs", "use tokio::sync::Mutex;"),
        ],
    );
}

#[test]
fn floats_are_only_in_charts() {
    holds(no_float_before_the_charts);
    tells(
        no_float_before_the_charts,
        &[
            ("src-tauri/core/src/metrics/query.rs", "fn f(x: f64) {}"),
            ("src-tauri/sim/src/world.rs", "let x = 1 as f32;"),
        ],
        &[
            ("src-tauri/core/src/charts/line.rs", "fn f(x: f64) {}"),
            ("src-tauri/core/src/model/money.rs", "// no f64\nlet s = \"f64\";"),
        ],
    );
}
