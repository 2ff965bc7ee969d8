//! Each way in which reading a marketplace has been seen to go wrong has a number in that marketplace's contract, and a test whose name
//! begins with the number.

use std::collections::BTreeSet;

use super::tree::Tree;
use super::{Finding, lex};

/// What the names of a marketplace's tests begin with, and how many ways are numbered.
const NUMBERED: [(&str, &str, u32); 2] = [("Shopify", "failure_", 32), ("Amazon", "amazon_failure_", 45)];

fn every_failure_has_its_test(tree: &Tree) -> Vec<Finding> {
    let tests: BTreeSet<String> = tree.under("", ".rs").flat_map(|f| tests_of(&f.text)).collect();
    let mut findings = Vec::new();
    for (platform, prefix, numbers) in NUMBERED {
        for number in 1..=numbers {
            let name = format!("{prefix}{number:02}_");
            // Begins, not contains: one marketplace's tests prove nothing of another's.
            if !tests.iter().any(|test| test.starts_with(&name)) {
                findings.push(format!("{platform}: no test is named {name}…"));
            }
        }
    }
    findings
}

/// Names of the tests in `text`: functions right after a test attribute.
fn tests_of(text: &str) -> Vec<String> {
    let code = lex::pieces(text).code;
    let mut names = Vec::new();
    for (at, _) in code.match_indices("test]") {
        let attribute = code[..at].rfind("#[").map_or("", |open| &code[open + 2..at]);
        if !["", "tokio::"].contains(&attribute) {
            continue;
        }
        let after = &code[at..];
        let name = after
            .find("fn ")
            .map(|f| after[f + 3..].split(['(', '<', ' ']).next().unwrap_or_default());
        names.extend(name.map(str::to_owned));
    }
    names
}

#[test]
fn every_numbered_failure_is_tested() {
    let findings = every_failure_has_its_test(&Tree::read());
    assert!(
        findings.is_empty(),
        "{} finding(s):\n  {}",
        findings.len(),
        findings.join("\n  ")
    );
}

#[test]
fn a_failure_counts_as_tested_by_a_test_only() {
    let tests = "#[test]\nfn failure_01_closed_orders_are_read() {}\n#[tokio::test]\nasync fn failure_02_cursor() {}\n#[test]\nfn amazon_failure_07_free() {}";
    let other = "fn failure_03_helper() {}\n// #[test] fn failure_04_in_a_comment() {}\n#[cfg(test)]\nfn failure_05_no_test() {}";
    let findings = every_failure_has_its_test(&Tree::of(&[("tests/it/a.rs", tests), ("tests/it/b.rs", other)]));
    let (numbers, tested) = (32 + 45, 2 + 1);
    assert_eq!(
        findings.len(),
        numbers - tested,
        "one and two of one marketplace and seven of the other are tested, the rest is not: {findings:?}"
    );
    let lacking = |what: &str| findings.iter().any(|f| f.contains(&format!(" {what}")));
    assert!(lacking("failure_03_"), "a helper is no test: {findings:?}");
    assert!(
        lacking("failure_07_") && !lacking("amazon_failure_07_"),
        "a marketplace's test is its own only: {findings:?}"
    );
}
