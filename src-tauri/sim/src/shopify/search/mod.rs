//! The filter language of list queries (contract section 3.5).
//!
//! Three of its habits are traps and are kept: a field that the list does not know matches everything and is only
//! mentioned in `extensions.search`; a time without quotes is split at its colons, so part of it becomes such an
//! unknown field; and text that makes no sense is passed over silently.

mod matching;
mod parse;

pub(crate) use matching::{Bounds, Found, Kind, Known, Rules, Searchable};
pub(crate) use parse::{Expr, parse};

use serde_json::{Value, json};

use super::tree::Tree;

/// A filter as one list understands it.
pub(crate) struct Filter {
    text: String,
    expr: Expr,
    rules: Rules,
    unknown: Vec<String>,
}

impl Filter {
    /// Reads a filter. No filter, or an empty one, matches everything.
    pub(crate) fn new(text: Option<&str>, rules: Rules) -> Filter {
        let text = text.unwrap_or_default();
        let expr = parse(text);
        let mut unknown = Vec::new();
        expr.each_term(&mut |term| {
            if let Some(field) = &term.field
                && rules.kind(field).is_none()
                && !unknown.contains(field)
            {
                unknown.push(field.clone());
            }
        });
        Filter {
            text: text.to_owned(),
            expr,
            rules,
            unknown,
        }
    }

    /// Whether a record passes.
    pub(crate) fn matches(&self, record: &dyn Searchable) -> bool {
        self.rules.matches(&self.expr, record)
    }

    /// Between which seconds a time field of every passing record lies, as far as the filter says so.
    pub(crate) fn bounds(&self, field: &str) -> Bounds {
        self.rules.bounds(&self.expr, field)
    }

    /// The only ids that can pass, where the filter names some.
    pub(crate) fn ids(&self) -> Option<Vec<u64>> {
        matching::ids(&self.expr)
    }

    /// The entry of `extensions.search`, where there is something to warn about.
    pub(crate) fn warning(&self, path: &str) -> Option<Tree> {
        if self.unknown.is_empty() {
            return None;
        }
        let warnings: Vec<Value> = self
            .unknown
            .iter()
            .map(|field| json!({ "field": field, "message": "Invalid search field for this query.", "code": "invalid_field" }))
            .collect();
        Some(Tree::object([
            ("path", Tree::from(json!([path]))),
            ("query", Tree::text(self.text.as_str())),
            ("parsed", Tree::from(self.expr.to_json())),
            ("warnings", Tree::from(Value::Array(warnings))),
        ]))
    }
}

#[cfg(test)]
mod tests;
