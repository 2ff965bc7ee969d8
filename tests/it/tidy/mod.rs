//! The invariants of the house, held by reading the source tree. Each rule is a function from the tree to what it finds wrong, and each is
//! tried on a tree made up to break it: a rule that finds nothing because it looks in the wrong place would go unnoticed.

mod failures;
mod house;
mod layers;
mod lex;
mod papers;
mod tree;
mod window;

use tree::Tree;

/// What a rule found: where, and what is wrong there.
type Finding = String;

/// A rule: its findings in a tree.
type Rule = fn(&Tree) -> Vec<Finding>;

/// The rule holds in this checkout.
fn holds(rule: Rule) {
    let findings = rule(&Tree::read());
    assert!(
        findings.is_empty(),
        "{} finding(s):\n  {}",
        findings.len(),
        findings.join("\n  ")
    );
}

/// The rule sees what is wrong in each of the files, alone in a tree, and nothing wrong in the others.
fn tells(rule: Rule, wrong: &[(&str, &str)], right: &[(&str, &str)]) {
    for file in wrong {
        let findings = rule(&Tree::of(&[*file]));
        assert!(!findings.is_empty(), "{} must be found wrong: {}", file.0, file.1);
        assert!(
            findings.iter().all(|f| f.contains(file.0)),
            "the finding names the file: {findings:?}"
        );
    }
    let findings = rule(&Tree::of(right));
    assert!(findings.is_empty(), "nothing is wrong with these: {findings:?}");
}

/// Whether `code` has `word` as a whole word.
fn has_word(code: &str, word: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        !code[..at].chars().next_back().is_some_and(part) && !code[at + word.len()..].chars().next().is_some_and(part)
    })
}

/// Number of the line of `text` that first has `word`, from 1; 0 where none has.
fn line_of(text: &str, word: &str) -> usize {
    text.lines().position(|line| line.contains(word)).map_or(0, |at| at + 1)
}
