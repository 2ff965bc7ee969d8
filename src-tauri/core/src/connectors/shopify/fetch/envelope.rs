//! Answers of the GraphQL interface: the parts around the data.

use std::borrow::Cow;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;

use crate::net::limiter::LimitHint;

use super::documents::POINTS;

/// An answer's outer members; the data stays as it came.
#[derive(Deserialize, Debug)]
pub(super) struct Envelope<'a> {
    #[serde(borrow, default)]
    pub(super) data: Option<&'a RawValue>,
    #[serde(default)]
    pub(super) errors: Errors,
    #[serde(default)]
    pub(super) extensions: Extensions,
}

/// Errors: a list, or a text on answers that are no proper ones.
#[derive(Debug, Default)]
pub(super) struct Errors(pub(super) Vec<GraphError>);

/// One error of an answer.
#[derive(Deserialize, Debug, Default, Clone)]
pub(super) struct GraphError {
    #[serde(default)]
    pub(super) message: String,
    #[serde(default)]
    pub(super) path: Vec<serde_json::Value>,
    #[serde(default)]
    pub(super) extensions: ErrorExtensions,
}

#[derive(Deserialize, Debug, Default, Clone)]
#[serde(rename_all = "camelCase")]
pub(super) struct ErrorExtensions {
    #[serde(default)]
    pub(super) code: Option<String>,
    #[serde(default)]
    pub(super) required_access: Option<String>,
    #[serde(default)]
    pub(super) request_id: Option<String>,
}

#[derive(Deserialize, Debug, Default)]
pub(super) struct Extensions {
    #[serde(default)]
    pub(super) cost: Option<Cost>,
    #[serde(default)]
    pub(super) search: Option<Vec<Search>>,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
pub(super) struct Cost {
    #[serde(default)]
    requested_query_cost: Option<serde_json::Number>,
    #[serde(default)]
    throttle_status: Option<Throttle>,
}

#[derive(Deserialize, Debug)]
#[serde(rename_all = "camelCase")]
struct Throttle {
    #[serde(default)]
    maximum_available: Option<serde_json::Number>,
    #[serde(default)]
    currently_available: Option<serde_json::Number>,
    #[serde(default)]
    restore_rate: Option<serde_json::Number>,
}

#[derive(Deserialize, Debug)]
pub(super) struct Search {
    #[serde(default)]
    pub(super) warnings: Option<Vec<Warning>>,
}

#[derive(Deserialize, Debug)]
pub(super) struct Warning {
    #[serde(default)]
    pub(super) field: serde_json::Value,
    #[serde(default)]
    pub(super) message: String,
}

impl<'de> Deserialize<'de> for Errors {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Shape {
            List(Vec<GraphError>),
            Text(String),
            Other(IgnoredAny),
        }
        Ok(match Option::<Shape>::deserialize(deserializer)? {
            None => Errors::default(),
            Some(Shape::List(list)) => Errors(list),
            Some(Shape::Text(message)) => Errors(vec![GraphError {
                message,
                ..GraphError::default()
            }]),
            Some(Shape::Other(_)) => Errors(vec![GraphError {
                message: "an unknown form of error".into(),
                ..GraphError::default()
            }]),
        })
    }
}

impl<'a> Envelope<'a> {
    /// The envelope of a body; `None` if it is no JSON object.
    pub(super) fn of(body: &'a [u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// The value of one member of the data, as it came; `None` if it is missing or null.
    pub(super) fn root(&self, name: &str) -> Option<&'a RawValue> {
        members(self.data?)?
            .into_iter()
            .find(|(member, _)| member == name)
            .map(|(_, value)| value)
            .filter(|value| value.get() != "null")
    }
}

/// The members of an object, in order, each value as it came.
pub(super) fn members(object: &RawValue) -> Option<Vec<(Cow<'_, str>, &RawValue)>> {
    struct Visitor;
    impl<'de> serde::de::Visitor<'de> for Visitor {
        type Value = Vec<(Cow<'de, str>, &'de RawValue)>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(name) = map.next_key::<String>()? {
                members.push((Cow::Owned(name), map.next_value::<&'de RawValue>()?));
            }
            Ok(members)
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(object.get());
    serde::Deserializer::deserialize_map(&mut deserializer, Visitor).ok()
}

impl Cost {
    /// What the answer tells about the bucket.
    pub(super) fn hint(&self) -> LimitHint {
        let throttle = self.throttle_status.as_ref();
        let milli = |number: Option<&serde_json::Number>| number.and_then(|n| thousandths(&n.to_string()));
        LimitHint {
            limit: POINTS.to_owned(),
            available_milli: milli(throttle.and_then(|t| t.currently_available.as_ref())),
            capacity: milli(throttle.and_then(|t| t.maximum_available.as_ref())).map(|milli| milli / 1_000),
            refill_milli: milli(throttle.and_then(|t| t.restore_rate.as_ref())),
            asked: milli(self.requested_query_cost.as_ref()).map(|milli| milli / 1_000),
            shut: None,
        }
    }
}

/// A plain decimal number in thousandths; further digits are cut.
pub(super) fn thousandths(text: &str) -> Option<i64> {
    let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), ""));
    let whole: i64 = whole.parse().ok()?;
    if whole < 0 || !fraction.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    whole.checked_mul(1_000)?.checked_add(digits.parse().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_bucket_may_have_decimals() {
        for (text, milli) in [
            ("1965", Some(1_965_000)),
            ("2000.0", Some(2_000_000)),
            ("4.0625", Some(4_062)),
            ("0.5", Some(500)),
            ("-1", None),
            ("x", None),
        ] {
            assert_eq!(thousandths(text), milli, "{text}");
        }
        let body = br#"{"data":{"a":1},"extensions":{"cost":{"requestedQueryCost":156,"actualQueryCost":35,"throttleStatus":{"maximumAvailable":2000.0,"currentlyAvailable":1965,"restoreRate":100.0}}}}"#;
        let hint = Envelope::of(body)
            .and_then(|e| e.extensions.cost.map(|c| c.hint()))
            .expect("a hint");
        assert_eq!(
            (hint.capacity, hint.available_milli, hint.refill_milli, hint.asked),
            (Some(2_000), Some(1_965_000), Some(100_000), Some(156)),
            "all four"
        );
    }

    #[test]
    fn errors_may_be_a_list_or_a_text() {
        let list =
            Envelope::of(br#"{"errors":[{"message":"Throttled","extensions":{"code":"THROTTLED"}}]}"#).expect("JSON");
        assert_eq!(list.errors.0[0].extensions.code.as_deref(), Some("THROTTLED"), "a list");
        let text = Envelope::of(br#"{"errors":"[API] Invalid API key"}"#).expect("JSON");
        assert_eq!(text.errors.0[0].message, "[API] Invalid API key", "a text");
        assert!(
            Envelope::of(br#"{"errors":null,"data":{}}"#)
                .expect("JSON")
                .errors
                .0
                .is_empty(),
            "none"
        );
        assert_eq!(
            Envelope::of(br#"{"errors":7}"#).expect("JSON").errors.0.len(),
            1,
            "anything else is an error too"
        );
        assert!(Envelope::of(b"<html>").is_none(), "a page is no answer");
    }

    #[test]
    fn roots_are_found_as_they_came() {
        let envelope = Envelope::of(br#"{"data":{"shop":null,"orders":{"nodes":[ {"id" : 1.50} ]}}}"#).expect("JSON");
        assert_eq!(
            envelope.root("orders").map(RawValue::get),
            Some(r#"{"nodes":[ {"id" : 1.50} ]}"#),
            "byte for byte"
        );
        assert!(
            envelope.root("shop").is_none() && envelope.root("other").is_none(),
            "null and missing are none"
        );
    }
}
