//! Building answers in the platform's shapes: errors, money, moments, objects without what is missing.

use chrono::{SecondsFormat, TimeZone, Utc};
use serde_json::{Map, Number, Value, json};

use crate::reply::{self, Answer};
use crate::world::{Currency, Second};

/// Why a call is not answered, on its way to becoming an answer.
#[derive(Debug)]
pub(super) struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
    details: &'static str,
}

impl Refusal {
    /// The answer, as the API writes it.
    pub(super) fn answer(&self) -> Answer {
        let error = json!({ "code": self.code, "message": self.message, "details": self.details });
        let mut answer = json_answer(self.status, &json!({ "errors": [error] }));
        let kind = match self.status {
            429 => "TooManyRequestsException",
            403 => "AccessDeniedException",
            404 => "ResourceNotFoundException",
            500.. => "InternalFailure",
            _ => "InvalidInputException",
        };
        reply::set(&mut answer, "x-amzn-errortype", kind);
        answer
    }
}

/// A refusal in full.
pub(super) fn error(status: u16, code: &'static str, message: &str, details: &'static str) -> Refusal {
    Refusal {
        status,
        code,
        message: message.to_owned(),
        details,
    }
}

/// A bad parameter.
pub(super) fn invalid(what: &str) -> Refusal {
    error(400, "InvalidInput", what, "")
}

/// What is not for this caller.
pub(super) fn denied(details: &'static str) -> Refusal {
    error(403, "Unauthorized", "Access to requested resource is denied.", details)
}

/// The recorded answer to too many calls.
pub(super) fn throttled() -> Refusal {
    error(
        429,
        "QuotaExceeded",
        "You exceeded your quota for the requested resource.",
        "",
    )
}

/// An answer of JSON.
pub(super) fn json_answer(status: u16, body: &Value) -> Answer {
    reply::answer(status, "application/json", body.to_string())
}

/// Members with a value.
pub(super) fn object<const N: usize>(members: [(&str, Option<Value>); N]) -> Value {
    let mut map = Map::new();
    for (name, value) in members {
        if let Some(value) = value {
            map.insert(name.to_owned(), value);
        }
    }
    Value::Object(map)
}

/// `{amount: "12.50", currencyCode}`.
pub(super) fn money(currency: Currency, minor: i64) -> Value {
    json!({ "amount": currency.text(minor), "currencyCode": currency.code() })
}

/// An exact number: `12.5`, `80`.
pub(super) fn number(currency: Currency, minor: i64) -> Value {
    let text = currency.decimal(minor).normalize().to_string();
    text.parse::<Number>().map_or(Value::Null, Value::Number)
}

/// `{currencyAmount: 12.5, currencyCode}`.
pub(super) fn amount(currency: Currency, minor: i64) -> Value {
    json!({ "currencyAmount": number(currency, minor), "currencyCode": currency.code() })
}

/// `{amount: 12.5, currencyCode}`.
pub(super) fn figure(currency: Currency, minor: i64) -> Value {
    json!({ "amount": number(currency, minor), "currencyCode": currency.code() })
}

/// A moment; orders carry milliseconds now and then.
pub(super) fn precise(at: Second) -> Value {
    let millis = at.0.rem_euclid(7) == 0;
    let format = if millis {
        SecondsFormat::Millis
    } else {
        SecondsFormat::Secs
    };
    let moment = Utc.timestamp_opt(at.0, 0).single().unwrap_or_default();
    Value::from(moment.to_rfc3339_opts(format, true))
}

/// A moment in whole seconds.
pub(super) fn moment(at: Second) -> Value {
    Value::from(at.iso())
}
