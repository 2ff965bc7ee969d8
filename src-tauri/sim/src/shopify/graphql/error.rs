//! Errors as the platform words and shapes them (contract section 9).

use graphql_parser::Pos;
use serde_json::{Map, Value, json};

use crate::shopify::tree::Tree;

/// One entry of `errors`.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct GraphError {
    /// The sentence for people.
    pub(crate) message: String,
    /// Where in the query text, 1-based.
    pub(crate) locations: Vec<Pos>,
    /// Which field: response keys and list positions, or the static path for errors found before running.
    pub(crate) path: Vec<Value>,
    /// `extensions`, with `code` where the platform gives one.
    pub(crate) extensions: Map<String, Value>,
}

impl GraphError {
    /// An error with only a sentence.
    pub(crate) fn new(message: impl Into<String>) -> GraphError {
        GraphError {
            message: message.into(),
            locations: Vec::new(),
            path: Vec::new(),
            extensions: Map::new(),
        }
    }

    /// Adds the place in the text.
    pub(crate) fn at(mut self, position: Pos) -> GraphError {
        self.locations.push(position);
        self
    }

    /// Adds the path.
    pub(crate) fn on(mut self, path: Vec<Value>) -> GraphError {
        self.path = path;
        self
    }

    /// Adds a member of `extensions`.
    pub(crate) fn with(mut self, key: &str, value: impl Into<Value>) -> GraphError {
        self.extensions.insert(key.to_owned(), value.into());
        self
    }

    /// Adds `extensions.code`.
    pub(crate) fn code(self, code: &str) -> GraphError {
        self.with("code", code)
    }

    /// The machine-readable code, where there is one.
    #[cfg(test)]
    pub(crate) fn code_of(&self) -> Option<&str> {
        self.extensions.get("code").and_then(Value::as_str)
    }

    /// The field may not be read with the scopes granted.
    pub(crate) fn access_denied(field: &str, required: &str) -> GraphError {
        GraphError::new(format!("Access denied for {field} field. Required access: {required}"))
            .code("ACCESS_DENIED")
            .with("documentation", "https://shopify.dev/api/usage/access-scopes")
            .with("requiredAccess", required)
    }

    /// The request cannot be carried out as written.
    pub(crate) fn bad_request(message: impl Into<String>) -> GraphError {
        GraphError::new(message).code("BAD_REQUEST")
    }

    /// Something went wrong on the platform's side, inside an answer with status 200.
    pub(crate) fn internal(request_id: &str) -> GraphError {
        GraphError::new(format!(
            "Internal error. Looks like something went wrong on our end.\nRequest ID: {request_id} (include this in support requests)."
        ))
        .code("INTERNAL_SERVER_ERROR")
        .with("requestId", request_id)
    }

    /// More than the bucket holds just now (contract section 4.3).
    pub(crate) fn throttled() -> GraphError {
        GraphError::new("Throttled")
            .code("THROTTLED")
            .with("documentation", "https://shopify.dev/api/usage/rate-limits")
    }

    /// More than one query may ever cost (contract section 4.3).
    pub(crate) fn too_costly(cost: u64, limit: u64) -> GraphError {
        GraphError::new(format!(
            "Query cost is {cost}, which exceeds the single query max cost limit ({limit}).\n\nSee \
             https://shopify.dev/concepts/about-apis/rate-limits for more information on how the\ncost of a query is \
             calculated.\n\nTo query larger amounts of data with fewer limits, bulk operations should be used instead.\nSee \
             https://shopify.dev/tutorials/perform-bulk-operations-with-admin-api for usage details.\n"
        ))
        .code("MAX_COST_EXCEEDED")
        .with("cost", cost)
        .with("maxCost", limit)
        .with("documentation", "https://shopify.dev/api/usage/limits#rate-limits")
    }

    /// The entry of `errors`, members in the platform's order.
    pub(crate) fn to_tree(&self) -> Tree {
        let mut members = vec![("message".to_owned(), Tree::text(self.message.as_str()))];
        if !self.locations.is_empty() {
            let places = self
                .locations
                .iter()
                .map(|place| json!({ "line": place.line, "column": place.column }))
                .collect();
            members.push(("locations".to_owned(), Tree::from(Value::Array(places))));
        }
        if !self.path.is_empty() {
            members.push(("path".to_owned(), Tree::from(Value::Array(self.path.clone()))));
        }
        if !self.extensions.is_empty() {
            members.push((
                "extensions".to_owned(),
                Tree::from(Value::Object(self.extensions.clone())),
            ));
        }
        Tree::Object(members)
    }
}
