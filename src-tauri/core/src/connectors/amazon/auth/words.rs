//! Refusals of the token endpoint in plain words (contract section 2.3), and the end of an application's secret (section 2.1).

use serde::Deserialize;

use crate::connectors::fetch::Note;
use crate::net::{Code, NetError};

/// Seconds after which Amazon ends a client secret.
pub const SECRET_LIFE: i64 = 180 * 86_400;
/// Days before its end at which the user is told.
const TOLD: i64 = 30;

#[derive(Deserialize, Default)]
struct Refusal {
    #[serde(default)]
    error: String,
    #[serde(default)]
    error_description: String,
    #[serde(default)]
    request_id: Option<String>,
}

/// How to get past a wrong or ended secret.
pub(crate) const REPLACE: &str = "In Seller Central open Apps and Services > Develop Apps, make a new client secret (View under LWA credentials), \
and enter it under Settings > Connections, or with “countinghouse connect amazon --replace-secret”. The connection stays.";

/// What a refusal of the token endpoint means.
pub(super) fn explain(status: u16, body: &[u8]) -> NetError {
    let refusal: Refusal = serde_json::from_slice(body).unwrap_or_default();
    let said: String = refusal
        .error_description
        .chars()
        .filter(|c| !c.is_control())
        .take(200)
        .collect();
    let error = match (refusal.error.as_str(), status) {
        ("invalid_grant", _) => NetError::connection(
            Code::NeedsReconnect,
            "Amazon does not accept the refresh token: the consent was withdrawn, or the token is another application's.",
            "Authorise the application again in Seller Central and connect with the new refresh token; everything fetched so far is kept.",
        ),
        ("invalid_client" | "unauthorized_client", _) => NetError::connection(
            Code::Invalid,
            "Amazon does not accept the application's client id or secret: the secret is wrong, was replaced, or has ended after 180 days.",
            REPLACE,
        ),
        (_, 429) => NetError::connection(
            Code::Throttled,
            "Amazon's token endpoint asks to slow down.",
            "Try again in a minute.",
        ),
        (_, 500..) => NetError::connection(
            Code::Offline,
            format!("Amazon's token endpoint has a fault (status {status})."),
            "Try again in some minutes; what was fetched is kept.",
        ),
        ("", _) => NetError::connection(
            Code::RefusedByChannel,
            format!("Something other than Amazon's token endpoint answered (status {status})."),
            "Check whether a proxy or a sign-in page of the network stands between, and the endpoint if you gave one.",
        ),
        (other, _) => NetError::defect(format!(
            "Amazon's token endpoint does not understand the request ({}: {said}).",
            other.chars().filter(|c| !c.is_control()).take(60).collect::<String>()
        )),
    };
    error.of_request(refusal.request_id)
}

/// What the user should know of a secret made at `since` (UTC second): it ends within 30, 14 or 3 days, or has ended.
pub fn secret_note(since: i64, now: i64) -> Option<Note> {
    let left = (since + SECRET_LIFE - now).div_euclid(86_400);
    let message = match left {
        _ if left > TOLD => return None,
        ..0 => "The client secret of your Amazon application has ended, or ends any moment: it is older than 180 days."
            .to_owned(),
        0..=3 => format!("The client secret of your Amazon application ends in {left} days: every sync stops then."),
        4..=14 => format!("The client secret of your Amazon application ends in {left} days."),
        _ => format!("The client secret of your Amazon application ends in {left} days; there is time to replace it."),
    };
    let code = match left {
        ..=3 => "secret_ends_3",
        4..=14 => "secret_ends_14",
        _ => "secret_ends_30",
    };
    Some(Note {
        code: code.into(),
        message,
        hint: REPLACE.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amazon_failure_20_an_ended_secret_is_told_before_and_by_its_name() {
        let made = 1_800_000_000;
        let code = |day: i64| secret_note(made, made + day * 86_400).map(|note| note.code);
        for (day, told) in [
            (0, None),
            (149, None),
            (150, Some("secret_ends_30")),
            (166, Some("secret_ends_14")),
            (177, Some("secret_ends_3")),
            (181, Some("secret_ends_3")),
        ] {
            assert_eq!(code(day).as_deref(), told, "after {day} days");
        }
        let refused = explain(
            400,
            br#"{"error":"invalid_client","error_description":"Client authentication failed"}"#,
        );
        assert_eq!(refused.code, Code::Invalid, "the connection is not lost");
        assert!(refused.message.contains("secret"), "{refused} names the secret");
        assert!(refused.hint.contains("--replace-secret"), "{refused} says how to go on");
    }

    #[test]
    fn only_invalid_grant_means_to_connect_again() {
        for (body, status, code) in [
            (
                r#"{"error":"invalid_grant","error_description":"x","request_id":"r1"}"#,
                400,
                Code::NeedsReconnect,
            ),
            (r#"{"error":"unsupported_grant_type"}"#, 400, Code::Internal),
            (r#"{"error":"invalid_request"}"#, 400, Code::Internal),
            ("<html>", 200, Code::RefusedByChannel),
            ("busy", 503, Code::Offline),
            ("{}", 429, Code::Throttled),
        ] {
            assert_eq!(explain(status, body.as_bytes()).code, code, "{status} {body}");
        }
    }
}
