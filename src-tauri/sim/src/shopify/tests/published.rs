//! The platform's published schema, and answers held against it.

use std::io::Read;
use std::path::PathBuf;
use std::sync::OnceLock;

use flate2::read::GzDecoder;
use serde_json::Value;

use super::rig::note;
use crate::shopify::graphql::plan::{Plan, Selected, Selections};
use crate::shopify::graphql::schema::{Schema, Shape, Ty};

/// The published schema, where it lies beside the checkout.
#[expect(clippy::disallowed_methods, reason = "a test program begins here")]
pub(super) fn schema() -> Option<&'static Schema> {
    static PUBLISHED: OnceLock<Option<Schema>> = OnceLock::new();
    let published = PUBLISHED.get_or_init(|| {
        let root = std::env::var_os("COUNTINGHOUSE_SHARED").map(PathBuf::from);
        let beside = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared");
        let packed = [root, Some(beside)]
            .into_iter()
            .flatten()
            .find_map(|home| std::fs::read(home.join("specs/shopify/admin-2026-10.graphql.gz")).ok())?;
        let mut text = String::new();
        GzDecoder::new(packed.as_slice())
            .read_to_string(&mut text)
            .expect("the published schema unpacks");
        Some(Schema::parse(&text).expect("the published schema is schema text"))
    });
    if published.is_none() {
        note("skipped: the published schema is not beside the checkout (set COUNTINGHOUSE_SHARED)");
    }
    published.as_ref()
}

/// Holds an answer against a schema: every value has the type that the schema gives its field. Returns the number of
/// values looked at.
pub(super) fn walk(schema: &Schema, plan: &Plan, data: &Value) -> usize {
    let mut walk = Walk {
        schema,
        seen: 0,
        path: Vec::new(),
    };
    walk.fields("QueryRoot", &plan.fields, data);
    walk.seen
}

struct Walk<'s> {
    schema: &'s Schema,
    seen: usize,
    path: Vec<String>,
}

impl Walk<'_> {
    fn fields(&mut self, on: &str, fields: &[Selected], value: &Value) {
        let members = value
            .as_object()
            .unwrap_or_else(|| panic!("{:?} is no object: {value}", self.path));
        assert_eq!(
            members.len(),
            fields.len(),
            "{:?} has exactly the members asked for",
            self.path
        );
        for field in fields {
            let value = members
                .get(&field.key)
                .unwrap_or_else(|| panic!("{:?} lacks {}", self.path, field.key));
            self.path.push(field.key.clone());
            if field.name() == "__typename" {
                assert_eq!(value, on, "{:?} names its type", self.path);
            } else {
                let known = self.schema.known(on);
                let published = known
                    .fields
                    .get(field.name())
                    .unwrap_or_else(|| panic!("{on} has no {}", field.name()));
                self.value(&published.ty, &field.children, value);
            }
            self.path.pop();
        }
    }

    fn value(&mut self, ty: &Ty, children: &Selections, value: &Value) {
        self.seen += 1;
        if value.is_null() {
            assert!(!ty.is_non_null(), "{:?} is null where {ty} is promised", self.path);
            return;
        }
        if let Some(item) = ty.item() {
            let items = value
                .as_array()
                .unwrap_or_else(|| panic!("{:?} is no list: {value}", self.path));
            for (index, inner) in items.iter().enumerate() {
                self.path.push(index.to_string());
                self.value(item, children, inner);
                self.path.pop();
            }
            return;
        }
        let known = self.schema.known(ty.name());
        match &known.shape {
            Shape::Enum(members) => {
                let member = value
                    .as_str()
                    .unwrap_or_else(|| panic!("{:?} is no enum member: {value}", self.path));
                assert!(
                    members.contains(member),
                    "{:?}: {member} is no member of {}",
                    self.path,
                    known.name
                );
            }
            Shape::Scalar => assert!(
                scalar(&known.name, value),
                "{:?}: {value} is no {}",
                self.path,
                known.name
            ),
            _ => {
                let keys = value
                    .as_object()
                    .map(|members| members.keys().collect::<std::collections::BTreeSet<_>>());
                let fits = |fields: &Vec<Selected>| Some(fields.iter().map(|field| &field.key).collect()) == keys;
                let named = value.get("__typename").and_then(Value::as_str);
                let found = children
                    .iter()
                    .find(|(kind, fields)| named.map_or_else(|| fits(fields), |named| named == **kind));
                let Some((kind, fields)) = found else {
                    assert!(
                        keys.is_some_and(|keys| keys.is_empty()),
                        "{:?} is none of the types asked for: {value}",
                        self.path
                    );
                    return;
                };
                assert!(
                    known.possible.iter().any(|name| name == kind),
                    "{:?}: {kind} is no {}",
                    self.path,
                    known.name
                );
                self.fields(kind, fields, value);
            }
        }
    }
}

/// Whether a value has the form of a scalar type.
fn scalar(name: &str, value: &Value) -> bool {
    let text = |rule: &dyn Fn(&str) -> bool| value.as_str().is_some_and(rule);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match name {
        "Int" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        "Float" => value.is_number(),
        "Boolean" => value.is_boolean(),
        "ID" => text(&|text| text.starts_with("gid://shopify/")),
        "DateTime" => {
            text(&|text| text.len() == 20 && text.ends_with('Z') && chrono::DateTime::parse_from_rfc3339(text).is_ok())
        }
        "UnsignedInt64" => text(&digits),
        "BigInt" => text(&|text| digits(text.trim_start_matches('-'))),
        "Decimal" | "Money" => text(&|text| text.parse::<rust_decimal::Decimal>().is_ok()),
        "URL" => text(&|text| url::Url::parse(text).is_ok()),
        "JSON" => true,
        _ => value.is_string(),
    }
}
