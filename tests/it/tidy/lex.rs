//! Cuts Rust text into code, comments and string literals, so that a rule can ask about one of them and not be misled by the others.

/// What stands in one kind of place, line by line; everything else of the line is blank.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Pieces {
    /// Code without comments and without the contents of string and character literals.
    pub(super) code: String,
    /// Contents of string literals, one a line of its own, with the line it begins on (from 1).
    pub(super) strings: Vec<(usize, String)>,
}

/// Cuts `text`. Unfinished literals reach to the end of the text.
pub(super) fn pieces(text: &str) -> Pieces {
    let mut cut = Cut {
        rest: text,
        line: 1,
        made: Pieces::default(),
    };
    while !cut.rest.is_empty() {
        cut.step();
    }
    cut.made
}

struct Cut<'t> {
    rest: &'t str,
    line: usize,
    made: Pieces,
}

impl Cut<'_> {
    fn step(&mut self) {
        let word_before = self.made.code.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if self.rest.starts_with("//") {
            let end = self.rest.find('\n').unwrap_or(self.rest.len());
            self.pass(end, false);
        } else if self.rest.starts_with("/*") {
            let end = comment_end(self.rest);
            self.pass(end, false);
        } else if let Some((open, close)) = raw_string(self.rest).filter(|_| !word_before) {
            self.string(open, &close, false);
        } else if self.rest.starts_with('"') {
            self.string(1, "\"", true);
        } else if let Some(end) = character(self.rest).filter(|_| !word_before) {
            self.pass(end, false);
            self.made.code.push_str("' '");
        } else {
            let next = self.rest.chars().next().map_or(1, char::len_utf8);
            self.pass(next, true);
        }
    }

    /// Goes on by `bytes`, which are kept as code or blanked; line ends are always kept.
    fn pass(&mut self, bytes: usize, keep: bool) {
        let (head, tail) = self.rest.split_at(bytes);
        for c in head.chars() {
            if c == '\n' {
                self.line += 1;
            }
            if keep || c == '\n' {
                self.made.code.push(c);
            }
        }
        self.rest = tail;
    }

    /// A string literal whose opening takes `open` bytes and which ends with `close`.
    fn string(&mut self, open: usize, close: &str, escapes: bool) {
        let line = self.line;
        self.pass(open, false);
        let mut end = 0;
        while end < self.rest.len() && !self.rest[end..].starts_with(close) {
            let skipped = if escapes && self.rest[end..].starts_with('\\') {
                1
            } else {
                0
            };
            let next = self.rest[end + skipped..].chars().next().map_or(0, char::len_utf8);
            end += skipped + next;
        }
        self.made.strings.push((line, self.rest[..end].to_owned()));
        self.made.code.push_str("\"\"");
        self.pass(end, false);
        self.pass(close.len().min(self.rest.len()), false);
    }
}

/// Length of a block comment, which may hold others.
fn comment_end(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with("/*") {
            depth += 1;
            at += 2;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Bytes that open a raw string (`r"`, `br#"`), and what closes it.
fn raw_string(text: &str) -> Option<(usize, String)> {
    let after = text.strip_prefix("br").or_else(|| text.strip_prefix('r'))?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then(|| {
        (
            text.len() - after.len() + hashes + 1,
            format!("\"{}", "#".repeat(hashes)),
        )
    })
}

/// Length of a character literal; `None` where the quote begins a lifetime.
fn character(text: &str) -> Option<usize> {
    let inside = text.strip_prefix('\'')?;
    if let Some(escaped) = inside.strip_prefix('\\') {
        return escaped
            .char_indices()
            .skip(1)
            .find(|(_, c)| *c == '\'')
            .map(|(at, _)| at + 3);
    }
    let first = inside.chars().next()?.len_utf8();
    inside[first..].starts_with('\'').then_some(first + 2)
}

#[test]
fn code_comments_and_strings_are_told_apart() {
    let text = "let a = \"SELECT 'x' // no\"; // f64 \"in\" a comment\nlet b: &'a str = r#\"raw \" f32\"#; /* one /* two */ \n f64 */ c('\"', '\\'', '\\u{1F}');";
    let cut = pieces(text);
    assert_eq!(
        cut.strings,
        [(1, "SELECT 'x' // no".to_owned()), (2, "raw \" f32".to_owned())],
        "both literals, with their lines"
    );
    assert_eq!(
        cut.code, "let a = \"\"; \nlet b: &'a str = \"\"; \n c(' ', ' ', ' ');",
        "only code is left, on its own lines"
    );
}

#[test]
fn an_unfinished_literal_reaches_to_the_end() {
    let cut = pieces("a \"never closed\\");
    assert_eq!(
        cut.strings,
        [(1, "never closed\\".to_owned())],
        "the rest of the text is the literal"
    );
    assert_eq!(
        pieces("for x in r {}").code,
        "for x in r {}",
        "a variable called r begins no raw string"
    );
}
