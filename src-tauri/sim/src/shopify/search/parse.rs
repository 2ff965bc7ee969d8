//! Reading a filter text.

use serde_json::{Map, Value, json};

/// What a term asks of its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comparison {
    /// `field:value`.
    Equal,
    /// `field:>value`.
    Over,
    /// `field:>=value`.
    AtLeast,
    /// `field:<value`.
    Under,
    /// `field:<=value`.
    AtMost,
    /// `field:*`.
    Present,
}

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Term {
    /// The field; none for a bare word.
    pub(crate) field: Option<String>,
    /// What is asked.
    pub(crate) comparison: Comparison,
    /// The value as written, without quotes.
    pub(crate) value: String,
    /// Whether it stood in quotes.
    pub(crate) quoted: bool,
}

/// A filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Expr {
    /// All of these; none at all matches everything.
    All(Vec<Expr>),
    /// Any of these.
    Any(Vec<Expr>),
    /// Not this.
    Not(Box<Expr>),
    /// One condition.
    Term(Term),
}

impl Expr {
    /// Visits every condition.
    pub(crate) fn each_term(&self, visit: &mut dyn FnMut(&Term)) {
        match self {
            Expr::All(parts) | Expr::Any(parts) => parts.iter().for_each(|part| part.each_term(visit)),
            Expr::Not(inner) => inner.each_term(visit),
            Expr::Term(term) => visit(term),
        }
    }

    /// The filter as the platform repeats it beside a warning.
    pub(crate) fn to_json(&self) -> Value {
        match self {
            Expr::All(parts) if parts.len() == 1 => parts[0].to_json(),
            Expr::All(parts) => json!({ "and": parts.iter().map(Expr::to_json).collect::<Vec<_>>() }),
            Expr::Any(parts) => json!({ "or": parts.iter().map(Expr::to_json).collect::<Vec<_>>() }),
            Expr::Not(inner) => json!({ "not": inner.to_json() }),
            Expr::Term(term) => {
                let mut members = Map::new();
                if let Some(field) = &term.field {
                    members.insert("field".to_owned(), Value::from(field.as_str()));
                }
                let value = Value::from(term.value.as_str());
                let (key, value) = match term.comparison {
                    Comparison::Equal if term.quoted => ("match_phrase", value),
                    Comparison::Equal => ("match_all", value),
                    Comparison::Present => ("exists", Value::Bool(true)),
                    Comparison::Over => ("range", json!({ "gt": value })),
                    Comparison::AtLeast => ("range", json!({ "gte": value })),
                    Comparison::Under => ("range", json!({ "lt": value })),
                    Comparison::AtMost => ("range", json!({ "lte": value })),
                };
                members.insert(key.to_owned(), value);
                Value::Object(members)
            }
        }
    }
}

/// Reads a filter; what cannot be understood is passed over, as on the platform.
pub(crate) fn parse(text: &str) -> Expr {
    let mut reader = Reader {
        tokens: tokens(text),
        at: 0,
    };
    let mut parts = Vec::new();
    while reader.at < reader.tokens.len() {
        if let Some(part) = reader.alternatives() {
            parts.push(part);
        }
        // A closing bracket without an opening one ends nothing.
        if reader.at < reader.tokens.len() {
            reader.at += 1;
        }
    }
    match parts.len() {
        1 => parts.remove(0),
        _ => Expr::All(parts),
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    Term(Term),
}

struct Reader {
    tokens: Vec<Token>,
    at: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn alternatives(&mut self) -> Option<Expr> {
        let mut parts: Vec<Expr> = self.conjunction().into_iter().collect();
        while self.peek() == Some(&Token::Or) {
            self.at += 1;
            parts.extend(self.conjunction());
        }
        if parts.len() > 1 {
            Some(Expr::Any(parts))
        } else {
            parts.pop()
        }
    }

    fn conjunction(&mut self) -> Option<Expr> {
        let mut parts = Vec::new();
        loop {
            match self.peek() {
                None | Some(Token::Or | Token::Close) => break,
                Some(Token::And) => self.at += 1,
                Some(_) => parts.extend(self.single()),
            }
        }
        if parts.len() > 1 {
            Some(Expr::All(parts))
        } else {
            parts.pop()
        }
    }

    fn single(&mut self) -> Option<Expr> {
        let token = self.peek().cloned()?;
        self.at += 1;
        match token {
            Token::Not => match self.peek() {
                Some(Token::Open | Token::Term(_) | Token::Not) => Some(Expr::Not(Box::new(self.single()?))),
                _ => None,
            },
            Token::Open => {
                let inner = self.alternatives();
                if self.peek() == Some(&Token::Close) {
                    self.at += 1;
                }
                inner
            }
            Token::Term(term) => ranged(term),
            Token::Close | Token::And | Token::Or => None,
        }
    }
}

/// `a..b` means from a to b, both included.
fn ranged(term: Term) -> Option<Expr> {
    let Some((low, high)) = term
        .value
        .split_once("..")
        .filter(|_| term.comparison == Comparison::Equal && term.field.is_some())
    else {
        return Some(Expr::Term(term));
    };
    let end = |comparison, value: &str| {
        Expr::Term(Term {
            comparison,
            value: value.to_owned(),
            ..term.clone()
        })
    };
    Some(Expr::All(vec![
        end(Comparison::AtLeast, low),
        end(Comparison::AtMost, high),
    ]))
}

fn tokens(text: &str) -> Vec<Token> {
    let letters: Vec<char> = text.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < letters.len() {
        match letters[at] {
            letter if letter.is_whitespace() => at += 1,
            '(' => {
                tokens.push(Token::Open);
                at += 1;
            }
            ')' => {
                tokens.push(Token::Close);
                at += 1;
            }
            '-' if letters.get(at + 1).is_some_and(|next| !next.is_whitespace()) => {
                tokens.push(Token::Not);
                at += 1;
            }
            _ => at = term(&letters, at, &mut tokens),
        }
    }
    tokens
}

fn is_quote(letter: char) -> bool {
    letter == '\'' || letter == '"'
}

/// Reads one term from `at`; gives the place after it.
fn term(letters: &[char], at: usize, tokens: &mut Vec<Token>) -> usize {
    if is_quote(letters[at]) {
        let (value, end) = quoted(letters, at);
        if !value.is_empty() {
            tokens.push(Token::Term(Term {
                field: None,
                comparison: Comparison::Equal,
                value,
                quoted: true,
            }));
        }
        return end;
    }
    let (word, mut end) = bare(letters, at);
    match word.as_str() {
        "AND" => tokens.push(Token::And),
        "OR" => tokens.push(Token::Or),
        "NOT" => tokens.push(Token::Not),
        _ if letters.get(end) == Some(&':') => {
            end = skip_spaces(letters, end + 1);
            let (comparison, after) = comparison(letters, end);
            end = skip_spaces(letters, after);
            let (value, quoted, after) = match letters.get(end) {
                Some(letter) if is_quote(*letter) => {
                    let (value, after) = quoted(letters, end);
                    (value, true, after)
                }
                _ => {
                    let (value, after) = bare(letters, end);
                    (value, false, after)
                }
            };
            end = after;
            let comparison = if value == "*" && !quoted && comparison == Comparison::Equal {
                Comparison::Present
            } else {
                comparison
            };
            if quoted || !value.is_empty() {
                tokens.push(Token::Term(Term {
                    field: Some(word),
                    comparison,
                    value,
                    quoted,
                }));
            }
            // What follows without a space, as after an unquoted time, is read as a term of its own.
            while letters.get(end) == Some(&':') {
                end += 1;
            }
        }
        "" => end = at + 1,
        _ => tokens.push(Token::Term(Term {
            field: None,
            comparison: Comparison::Equal,
            value: word,
            quoted: false,
        })),
    }
    end
}

fn skip_spaces(letters: &[char], mut at: usize) -> usize {
    while letters.get(at).is_some_and(|letter| letter.is_whitespace()) {
        at += 1;
    }
    at
}

fn comparison(letters: &[char], at: usize) -> (Comparison, usize) {
    match (letters.get(at), letters.get(at + 1)) {
        (Some('>'), Some('=')) => (Comparison::AtLeast, at + 2),
        (Some('>'), _) => (Comparison::Over, at + 1),
        (Some('<'), Some('=')) => (Comparison::AtMost, at + 2),
        (Some('<'), _) => (Comparison::Under, at + 1),
        _ => (Comparison::Equal, at),
    }
}

fn quoted(letters: &[char], at: usize) -> (String, usize) {
    let quote = letters[at];
    let mut value = String::new();
    let mut end = at + 1;
    while let Some(letter) = letters.get(end) {
        end += 1;
        match letter {
            '\\' => {
                value.extend(letters.get(end));
                end += 1;
            }
            letter if *letter == quote => break,
            letter => value.push(*letter),
        }
    }
    (value, end)
}

fn bare(letters: &[char], at: usize) -> (String, usize) {
    let mut end = at;
    while letters
        .get(end)
        .is_some_and(|letter| !letter.is_whitespace() && !matches!(letter, '(' | ')' | ':'))
    {
        end += 1;
    }
    (letters[at..end].iter().collect(), end)
}
