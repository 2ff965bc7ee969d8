//! P5: a breakdown that no roll-up holds, beside a database made for such questions.

use std::collections::BTreeMap;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use countinghouse_core::app::Profile;

use crate::questions::is_net;
use crate::table::{note, row};

const SQL: &str =
    "SELECT country, hour, sum(micros), sum(quantity) FROM posting WHERE kind IN (0, 1, 2) GROUP BY country, hour";

/// Net items by country and hour of the day, from the packed orders; then the same from plain columns.
pub(crate) fn measure(profile: &Profile, home: &Path) {
    let began = Instant::now();
    let ours = from_orders(profile);
    let took = began.elapsed().as_secs_f64();
    let file = home.join("postings.csv");
    write_columns(profile, &file);
    match duckdb(home, &file) {
        Some(other) => row(
            "P5",
            "breakdown not in a roll-up",
            &format!("{took:.2} s, {:.1}x of DuckDB's {other:.2} s", took / other),
            "<= 2x DuckDB",
            2.0 * other / took,
        ),
        None => {
            let other = sqlite(home, &file, &ours);
            let figure = format!("{took:.2} s, {:.1}x of plain SQLite's {other:.2} s", took / other);
            note("P5 breakdown not in a roll-up", &figure);
            note("", "(no duckdb on PATH: the target, <= 2x DuckDB, is not judged)");
        }
    }
}

type Sums = BTreeMap<(String, i64), (i64, i64)>;

fn from_orders(profile: &Profile) -> Sums {
    let mut sums = Sums::new();
    let scanned = profile.store().read_blocking(|r| {
        r.each_order(None, |_, _, order| {
            let hour = order.placed_at.sort_key().rem_euclid(86_400) / 3_600;
            let of = sums.entry((order.country.unwrap_or_default(), hour)).or_default();
            for posting in order.postings.iter().filter(|p| is_net(p.kind)) {
                of.0 += posting.micros;
                of.1 += i64::from(posting.quantity);
            }
            Ok(())
        })
    });
    scanned.unwrap();
    sums
}

/// The columns that the question needs, a line a posting.
fn write_columns(profile: &Profile, file: &Path) {
    let mut out = BufWriter::new(std::fs::File::create(file).unwrap());
    writeln!(out, "country,hour,kind,micros,quantity").unwrap();
    let written = profile.store().read_blocking(|r| {
        r.each_order(None, |_, _, order| {
            let hour = order.placed_at.sort_key().rem_euclid(86_400) / 3_600;
            let country = order.country.as_deref().unwrap_or_default();
            for p in &order.postings {
                let kind = if is_net(p.kind) { 0 } else { 9 };
                writeln!(out, "{country},{hour},{kind},{},{}", p.micros, p.quantity).unwrap();
            }
            Ok(())
        })
    });
    written.unwrap();
    out.flush().unwrap();
}

/// Seconds of the question in DuckDB's own command line, second run; `None` where there is none.
fn duckdb(home: &Path, file: &Path) -> Option<f64> {
    let load = format!("CREATE TABLE posting AS SELECT * FROM read_csv('{}');", file.display());
    let script = format!("{load} {SQL}; .timer on\n{SQL};");
    let answer = Command::new("duckdb")
        .arg(home.join("columns.duckdb"))
        .arg("-c")
        .arg(script)
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&answer.stdout).into_owned();
    let line = text.lines().rfind(|line| line.contains("real"))?;
    let mut words = line.split_whitespace().skip_while(|word| *word != "real");
    words.nth(1)?.parse().ok()
}

/// Seconds of the question in plain SQLite without encryption, second run.
fn sqlite(home: &Path, file: &Path, ours: &Sums) -> f64 {
    let sql = rusqlite::Connection::open(home.join("columns.db")).unwrap();
    sql.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -4000000;
         CREATE TABLE posting (country TEXT, hour INTEGER, kind INTEGER, micros INTEGER, quantity INTEGER);",
    )
    .unwrap();
    let step = sql.unchecked_transaction().unwrap();
    let mut put = step.prepare("INSERT INTO posting VALUES (?1, ?2, ?3, ?4, ?5)").unwrap();
    let text = std::io::BufReader::new(std::fs::File::open(file).unwrap());
    for line in std::io::BufRead::lines(text).skip(1) {
        let line = line.unwrap();
        put.execute(rusqlite::params_from_iter(line.split(','))).unwrap();
    }
    drop(put);
    step.commit().unwrap();
    let mut took = 0.0;
    for _ in 0..2 {
        let began = Instant::now();
        let mut find = sql.prepare(SQL).unwrap();
        let row = |row: &rusqlite::Row<'_>| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?)));
        let sums: Sums = find.query_map([], row).unwrap().map(Result::unwrap).collect();
        took = began.elapsed().as_secs_f64();
        assert_eq!(&sums, ours, "both add up to the same");
    }
    took
}
