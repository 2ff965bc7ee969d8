//! Building answers and reading requests, for every face.

use axum::http::{HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use url::form_urlencoded;

use crate::body::Body;

/// An answer on its way out.
pub(crate) type Answer = Response<Body>;

/// An answer of a media type.
pub(crate) fn answer(status: u16, media: &'static str, bytes: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(Body::whole(bytes));
    *answer.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer
        .headers_mut()
        .insert(header::CONTENT_TYPE, HeaderValue::from_static(media));
    answer
}

/// An answer of JSON.
pub(crate) fn json(status: u16, text: impl Into<Bytes>) -> Answer {
    answer(status, "application/json; charset=utf-8", text)
}

/// An answer of HTML with a heading and a body.
pub(crate) fn html(status: u16, title: &str, body: &str) -> Answer {
    let title = escape(title);
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n<body><h1>{title}</h1>\n{body}\n</body></html>\n"
    );
    answer(status, "text/html; charset=utf-8", page)
}

/// A redirect.
pub(crate) fn redirect(status: u16, to: &str) -> Answer {
    let mut answer = html(status, "Redirecting", "");
    if let Ok(place) = HeaderValue::from_str(to) {
        answer.headers_mut().insert(header::LOCATION, place);
    }
    answer
}

/// Sets a header, unless the value is not fit to be one.
pub(crate) fn set(answer: &mut Answer, name: &'static str, value: &str) {
    if let Ok(value) = HeaderValue::from_str(value) {
        answer.headers_mut().insert(name, value);
    }
}

/// Text made safe for HTML.
pub(crate) fn escape(text: &str) -> String {
    text.chars()
        .fold(String::with_capacity(text.len()), |mut safe, letter| {
            match letter {
                '&' => safe.push_str("&amp;"),
                '<' => safe.push_str("&lt;"),
                '>' => safe.push_str("&gt;"),
                '"' => safe.push_str("&quot;"),
                '\'' => safe.push_str("&#39;"),
                other => safe.push(other),
            }
            safe
        })
}

/// Named values of a query string, a form or a flat JSON object.
#[derive(Debug, Clone, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `a=b&c=d`.
    pub(crate) fn form(text: &[u8]) -> Fields {
        Fields(form_urlencoded::parse(text).into_owned().collect())
    }

    /// Reads a flat JSON object; texts and other scalars alike.
    pub(crate) fn json(text: &[u8]) -> Option<Fields> {
        let object: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(text).ok()?;
        let plain = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        Some(Fields(
            object.into_iter().map(|(name, value)| (name, plain(value))).collect(),
        ))
    }

    /// The first value by this name.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
    }

    /// The first value by this name, empty if there is none.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
