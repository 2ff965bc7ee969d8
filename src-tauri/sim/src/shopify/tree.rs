//! An answer's JSON, with its members in the order in which they were asked for.

use std::fmt::Write;

use serde_json::Value;

/// A JSON value whose objects keep their order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree {
    /// A scalar: null, boolean, number or text.
    Leaf(Value),
    /// An array.
    List(Vec<Tree>),
    /// An object, in order.
    Object(Vec<(String, Tree)>),
}

impl Tree {
    /// JSON null.
    pub(crate) const NULL: Tree = Tree::Leaf(Value::Null);

    /// A text leaf.
    pub(crate) fn text(text: impl Into<String>) -> Tree {
        Tree::Leaf(Value::String(text.into()))
    }

    /// An object of the given members.
    pub(crate) fn object<K: Into<String>>(members: impl IntoIterator<Item = (K, Tree)>) -> Tree {
        Tree::Object(members.into_iter().map(|(key, value)| (key.into(), value)).collect())
    }

    /// Whether it is JSON null.
    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Tree::Leaf(Value::Null))
    }

    /// A member of an object.
    pub(crate) fn get(&self, key: &str) -> Option<&Tree> {
        match self {
            Tree::Object(members) => members.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// A member of an object, to change it.
    pub(crate) fn get_mut(&mut self, key: &str) -> Option<&mut Tree> {
        match self {
            Tree::Object(members) => members.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The text of a text leaf.
    pub(crate) fn as_str(&self) -> Option<&str> {
        match self {
            Tree::Leaf(Value::String(text)) => Some(text),
            _ => None,
        }
    }

    /// The items of a list.
    pub(crate) fn items_mut(&mut self) -> Option<&mut Vec<Tree>> {
        match self {
            Tree::List(items) => Some(items),
            _ => None,
        }
    }

    /// Writes it as compact JSON.
    pub(crate) fn write(&self, out: &mut String) {
        self.emit(out, false);
    }

    /// Writes it as the bulk result files do: compact, with every slash escaped.
    pub(crate) fn write_escaping_slashes(&self, out: &mut String) {
        self.emit(out, true);
    }

    fn emit(&self, out: &mut String, slashes: bool) {
        match self {
            Tree::Leaf(value) => emit_leaf(value, out, slashes),
            Tree::List(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    item.emit(out, slashes);
                }
                out.push(']');
            }
            Tree::Object(members) => {
                out.push('{');
                for (index, (key, value)) in members.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    emit_text(key, out, slashes);
                    out.push(':');
                    value.emit(out, slashes);
                }
                out.push('}');
            }
        }
    }
}

impl From<Value> for Tree {
    fn from(value: Value) -> Tree {
        match value {
            Value::Array(items) => Tree::List(items.into_iter().map(Tree::from).collect()),
            Value::Object(members) => Tree::Object(
                members
                    .into_iter()
                    .map(|(key, value)| (key, Tree::from(value)))
                    .collect(),
            ),
            leaf => Tree::Leaf(leaf),
        }
    }
}

fn emit_leaf(value: &Value, out: &mut String, slashes: bool) {
    match value {
        Value::String(text) => emit_text(text, out, slashes),
        other => {
            // Formatting into a String cannot fail.
            let _ = write!(out, "{other}");
        }
    }
}

fn emit_text(text: &str, out: &mut String, slashes: bool) {
    out.push('"');
    for letter in text.chars() {
        match letter {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '/' if slashes => out.push_str("\\/"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            control if u32::from(control) < 0x20 => {
                let _ = write!(out, "\\u{:04x}", u32::from(control));
            }
            other => out.push(other),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_keep_their_order_and_texts_their_letters() {
        let tree = Tree::object([
            ("z", Tree::text("a/b \"c\" \\ \u{1} \u{202e}é🙂")),
            (
                "a",
                Tree::List(vec![
                    Tree::NULL,
                    Tree::Leaf(Value::from(1)),
                    Tree::Leaf(Value::from(true)),
                ]),
            ),
        ]);
        let mut plain = String::new();
        tree.write(&mut plain);
        assert_eq!(
            plain, "{\"z\":\"a/b \\\"c\\\" \\\\ \\u0001 \u{202e}é🙂\",\"a\":[null,1,true]}",
            "order and escapes of a plain answer"
        );
        let mut escaped = String::new();
        tree.write_escaping_slashes(&mut escaped);
        assert!(escaped.contains("a\\/b"), "bulk files escape slashes: {escaped}");
        let (one, two): (Value, Value) = (
            serde_json::from_str(&plain).expect("plain text parses"),
            serde_json::from_str(&escaped).expect("escaped text parses"),
        );
        assert_eq!(one, two, "both ways of writing mean the same");
    }
}
