//! Refusals of the token endpoint in plain words (contract 2.2), and the rights we ask for (contract 2.5).

use serde::Deserialize;

use crate::net::{Code, NetError};

/// A right and what is missing without it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Right {
    /// The scope's name.
    pub scope: &'static str,
    /// What the user loses without it.
    pub without: &'static str,
}

/// Every right the product uses.
pub const RIGHTS: &[Right] = &[
    Right {
        scope: "read_orders",
        without: "No orders, refunds or fees can be read.",
    },
    Right {
        scope: "read_all_orders",
        without: "Only orders of the last 60 days can be read.",
    },
    Right {
        scope: "read_products",
        without: "No products can be read.",
    },
    Right {
        scope: "read_inventory",
        without: "No stock and no unit costs can be read.",
    },
    Right {
        scope: "read_locations",
        without: "Stock cannot be told apart by location.",
    },
    Right {
        scope: "read_customers",
        without: "Customers cannot be told apart.",
    },
    Right {
        scope: "read_returns",
        without: "Returns are known only by their refunds.",
    },
    Right {
        scope: "read_shopify_payments_accounts",
        without: "No payouts can be read.",
    },
    Right {
        scope: "read_shopify_payments_payouts",
        without: "No payouts can be read.",
    },
];

/// Whether `granted` includes `scope`: a right to write includes that to read.
pub fn includes(granted: &[String], scope: &str) -> bool {
    let writing = scope.strip_prefix("read_").map(|rest| format!("write_{rest}"));
    granted
        .iter()
        .any(|known| known == scope || writing.as_deref() == Some(known))
}

/// The rights of [`RIGHTS`] that `granted` lacks.
pub fn missing(granted: &[String]) -> Vec<Right> {
    RIGHTS
        .iter()
        .copied()
        .filter(|right| !includes(granted, right.scope))
        .collect()
}

/// Puts a refusal of the token endpoint into words. The body may be JSON or a page headed “Oauth error …”.
pub(crate) fn explain(status: u16, body: &[u8]) -> NetError {
    #[derive(Deserialize, Default)]
    struct Refusal {
        #[serde(default)]
        error: String,
    }
    let text = String::from_utf8_lossy(&body[..body.len().min(20_000)]).into_owned();
    let refusal: Refusal = serde_json::from_str(&text).unwrap_or_default();
    let named = |code: &str| refusal.error == code || (refusal.error.is_empty() && text.contains(code));
    let say = |code: Code, message: &str, hint: &str| NetError::connection(code, message, hint);
    match status {
        300..=399 => say(
            Code::NotFound,
            "The shop answers at another address now.",
            "Enter the shop's present name: in Shopify under Settings > Domains, the one that ends in myshopify.com.",
        ),
        404 => say(
            Code::NotFound,
            "There is no shop of this name.",
            "Check the name in front of .myshopify.com.",
        ),
        429 => say(
            Code::Throttled,
            "Shopify asks to slow down.",
            "Try again in some minutes.",
        ),
        500..=599 => say(
            Code::Offline,
            &format!("Shopify has a fault (status {status})."),
            "Try again in some minutes.",
        ),
        _ if named("shop_not_permitted") => say(
            Code::RefusedByChannel,
            "The app and the shop belong to different organizations.",
            "Connect through the browser instead, or create the app in the organization that owns the shop.",
        ),
        _ if named("app_not_installed") => say(
            Code::RefusedByChannel,
            "The app is not installed on this shop.",
            "Install it on the shop in the Dev Dashboard, check the shop's name, or paste the token of an older custom app.",
        ),
        _ if named("application_cannot_be_found") || named("invalid_client") => say(
            Code::Invalid,
            "The client id or the client secret is wrong.",
            "Copy both again from the app's settings in the Dev Dashboard.",
        ),
        401 => say(
            Code::NeedsReconnect,
            "The access to this shop has ended or was revoked.",
            "Connect the shop again; everything fetched so far is kept.",
        ),
        400 if named("invalid_request") || named("authorization code") => say(
            Code::RefusedByChannel,
            "Shopify did not accept the code from the browser; it may have been used already.",
            "Start connecting again.",
        ),
        _ => {
            let shown: String = refusal
                .error
                .chars()
                .filter(|c| c.is_ascii_graphic())
                .take(60)
                .collect();
            let named = if shown.is_empty() {
                format!("status {status}")
            } else {
                shown
            };
            say(
                Code::RefusedByChannel,
                &format!("Shopify gave no token ({named})."),
                "Check the app's settings and start connecting again.",
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refusal_names_its_cause_and_the_next_step() {
        for (status, body, code, word) in [
            (
                400,
                r#"{"error":"shop_not_permitted"}"#,
                Code::RefusedByChannel,
                "different organizations",
            ),
            (
                400,
                "<h1>Oauth error shop_not_permitted</h1>",
                Code::RefusedByChannel,
                "different organizations",
            ),
            (
                400,
                r#"{"error":"app_not_installed"}"#,
                Code::RefusedByChannel,
                "not installed",
            ),
            (
                400,
                "Oauth error app_not_installed: x",
                Code::RefusedByChannel,
                "not installed",
            ),
            (
                400,
                r#"{"error":"application_cannot_be_found"}"#,
                Code::Invalid,
                "client id",
            ),
            (400, r#"{"error":"invalid_client"}"#, Code::Invalid, "client secret"),
            (401, r#"{"error":"invalid_client"}"#, Code::Invalid, "client secret"),
            (
                401,
                r#"{"error":"invalid_grant"}"#,
                Code::NeedsReconnect,
                "Connect the shop again",
            ),
            (
                400,
                r#"{"error":"invalid_request"}"#,
                Code::RefusedByChannel,
                "code from the browser",
            ),
            (404, "<html>Not Found</html>", Code::NotFound, "no shop of this name"),
            (301, "", Code::NotFound, "another address"),
            (503, "", Code::Offline, "fault"),
            (429, "", Code::Throttled, "slow down"),
            (400, r#"{"error":"<script>"}"#, Code::RefusedByChannel, "gave no token"),
            (418, "\u{0}\u{1}", Code::RefusedByChannel, "status 418"),
        ] {
            let error = explain(status, body.as_bytes());
            assert_eq!(error.code, code, "{status} {body}: {error}");
            assert!(
                error.to_string().contains(word),
                "{status} {body} should speak of “{word}”: {error}"
            );
            assert!(!error.hint.is_empty(), "{status} {body} needs a next step");
        }
    }

    #[test]
    fn a_right_to_write_includes_that_to_read() {
        let granted: Vec<String> = ["write_orders", "read_products"].map(str::to_owned).into();
        assert!(includes(&granted, "read_orders"), "by write_orders");
        assert!(!includes(&granted, "read_all_orders"), "another right");
        assert!(
            missing(&granted).iter().all(|right| right.scope != "read_products"),
            "nothing that is there is missing"
        );
        assert_eq!(missing(&granted).len(), RIGHTS.len() - 2, "the others are");
    }
}
