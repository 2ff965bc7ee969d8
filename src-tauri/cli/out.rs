//! What is printed: answers to standard output, everything else to standard error.

use std::io::{IsTerminal as _, Write};
use std::sync::atomic::{AtomicBool, Ordering};

use countinghouse_core::app::ApiError;
use serde::Serialize;
use serde_json::json;

/// How to print.
pub(crate) struct Out {
    json: bool,
    quiet: bool,
    /// The error that ends the command was told with its answer.
    told: AtomicBool,
    /// It is the caller's own: wrong usage.
    usage: AtomicBool,
    verbose: u8,
}

impl Out {
    pub(crate) fn new(json: bool, quiet: bool, verbose: u8) -> Out {
        Out {
            json,
            quiet,
            told: AtomicBool::new(false),
            usage: AtomicBool::new(false),
            verbose,
        }
    }

    /// An answer: as an envelope, or by `text`.
    pub(crate) fn answer(&self, data: &impl Serialize, text: impl FnOnce() -> String) -> Result<(), ApiError> {
        let line = if self.json {
            let envelope = json!({ "success": true, "data": data });
            let text = serde_json::to_string_pretty(&envelope).map_err(|e| ApiError::internal(e.to_string()))?;
            escaped(&text)
        } else {
            lines(&text())
        };
        print(&line);
        Ok(())
    }

    /// An answer of work that went wrong in part: what there is, and the error, in one envelope. Gives the error back, so that the
    /// command ends with its code.
    pub(crate) fn partial(&self, data: &impl Serialize, error: ApiError, text: impl FnOnce() -> String) -> ApiError {
        if self.json {
            let envelope = json!({ "success": false, "error": error, "data": data });
            print(&escaped(&serde_json::to_string_pretty(&envelope).unwrap_or_default()));
        } else {
            let text = text();
            if !text.is_empty() {
                print(&lines(&text));
            }
            self.error(&error);
        }
        self.told.store(true, Ordering::Relaxed);
        error
    }

    /// Marks an error as one of usage, so that the command ends as other wrong usage does.
    pub(crate) fn usage(&self, error: ApiError) -> ApiError {
        self.usage.store(true, Ordering::Relaxed);
        error
    }

    /// Whether the command was called wrongly.
    pub(crate) fn was_usage(&self) -> bool {
        self.usage.load(Ordering::Relaxed)
    }

    /// How much is told of what goes on: 0, 1, 2.
    pub(crate) fn verbosity(&self) -> u8 {
        self.verbose
    }

    /// Whether answers are JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// Exactly these bytes; on a terminal, without what would steer it.
    pub(crate) fn bytes(&self, bytes: &[u8]) {
        let mut stdout = std::io::stdout().lock();
        let shown = stdout.is_terminal().then(|| lines(&String::from_utf8_lossy(bytes)));
        let bytes = shown.as_ref().map_or(bytes, |text| text.as_bytes());
        // A closed pipe (`| head`) is no error of ours.
        let _ = stdout.write_all(bytes).and_then(|()| stdout.flush());
    }

    /// A remark, left out where only answers are wanted.
    pub(crate) fn note(&self, text: &str) {
        if !self.quiet && !self.json {
            let _ = writeln!(std::io::stderr(), "{}", lines(text));
        }
    }

    /// Whether an answer for people says what to do next: not where only answers are wanted.
    pub(crate) fn hints(&self) -> bool {
        !self.quiet
    }

    /// Whether progress is drawn: on a terminal, unless only answers are wanted.
    pub(crate) fn shows_progress(&self) -> bool {
        !self.json && !self.quiet && self.verbose == 0 && std::io::stderr().is_terminal()
    }

    /// Whether progress is told line by line: where it is not drawn, and neither is everything told nor are only answers wanted.
    pub(crate) fn tells_progress(&self) -> bool {
        !self.json && !self.quiet && self.verbose == 0 && !self.shows_progress()
    }

    /// An error with its next step.
    pub(crate) fn error(&self, error: &ApiError) {
        if self.told.load(Ordering::Relaxed) {
            return;
        }
        if self.json {
            let envelope = json!({ "success": false, "error": error });
            print(&escaped(&serde_json::to_string_pretty(&envelope).unwrap_or_default()));
            return;
        }
        let mut stderr = std::io::stderr();
        let _ = writeln!(stderr, "error: {}", lines(&error.message));
        if let Some(hint) = &error.hint {
            let _ = writeln!(stderr, "       {}", lines(hint));
        }
    }
}

fn print(text: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{text}");
}

/// A plain table: first column left, the others right; control characters of untrusted text made visible.
pub(crate) fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let rows: Vec<Vec<String>> = rows
        .iter()
        .map(|row| row.iter().map(|cell| plain(cell)).collect())
        .collect();
    let width = |column: usize| {
        let cells = rows
            .iter()
            .filter_map(|row| row.get(column))
            .map(|cell| cell.chars().count());
        cells.chain([head[column].chars().count()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: Vec<&str>| {
        let padded: Vec<String> = cells
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, (cell, width))| {
                let fill = " ".repeat(width.saturating_sub(cell.chars().count()));
                if column == 0 {
                    format!("{cell}{fill}")
                } else {
                    format!("{fill}{cell}")
                }
            })
            .collect();
        padded.join("  ").trim_end().to_owned()
    };
    let mut lines = vec![line(head.to_vec())];
    lines.extend(rows.iter().map(|row| line(row.iter().map(String::as_str).collect())));
    lines.join("\n")
}

/// Text on lines of a readable length, each this far from the left.
pub(crate) fn wrapped(text: &str, indent: usize) -> String {
    let margin = " ".repeat(indent);
    let mut lines: Vec<String> = Vec::new();
    for word in plain(text).split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= 100 => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{margin}{word}")),
        }
    }
    lines.join("\n")
}

/// Untrusted text on one line: nothing in it can move the cursor or turn the direction of what follows.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if steers(c) { '\u{fffd}' } else { c }).collect()
}

/// The same for text of several lines.
fn lines(text: &str) -> String {
    let safe = |c: char| c == '\n' || !steers(c);
    text.chars().map(|c| if safe(c) { c } else { '\u{fffd}' }).collect()
}

/// JSON with such characters as escapes, so that it says the same and moves nothing. They stand inside texts only: the line
/// ends between members are the one control character of JSON as we write it.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || !steers(c) {
            text.push(c);
        } else {
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                text.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    text
}

/// Control characters; marks, embeddings, overrides and isolates of writing direction; line and paragraph separators;
/// invisible operators and tags that a terminal shows as nothing.
fn steers(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{61c}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPOOFED: &str = "a\u{202e}evil\u{2066}\u{1b}[2Jb\u{9b}\u{7f}\u{2028}\u{e0041}";

    #[test]
    fn untrusted_text_neither_moves_the_cursor_nor_turns_the_line() {
        for shown in [
            plain(SPOOFED),
            lines(SPOOFED),
            table(&["Title"], &[vec![SPOOFED.to_owned()]]),
        ] {
            assert!(
                shown.chars().all(|c| c == '\n' || !steers(c)),
                "something still steers the terminal: {shown:?}"
            );
            assert!(shown.contains("evil"), "the words stay readable: {shown:?}");
        }
        assert_eq!(plain("a\nb"), "a\u{fffd}b", "one cell is one line");
        assert_eq!(lines("a\nb"), "a\nb", "our own line ends stay");
        for kept in ["Émile", "日本", "שלום", "👩\u{200d}🚀"] {
            assert_eq!(plain(kept), kept, "letters of any script and joined signs are text");
        }
    }

    #[test]
    fn json_says_the_same_with_escapes() {
        let json = serde_json::to_string_pretty(&json!({ "title": SPOOFED })).expect("JSON");
        let shown = escaped(&json);
        assert!(
            shown.chars().all(|c| c == '\n' || !steers(c)),
            "nothing steers: {shown:?}"
        );
        let read: serde_json::Value = serde_json::from_str(&shown).expect("still JSON");
        assert_eq!(read["title"], SPOOFED, "and it reads as it was");
    }
}
