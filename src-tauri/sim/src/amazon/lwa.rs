//! The token endpoint (contract section 2.3).

use serde_json::json;

use super::app::App;
use super::tokens::{HOUR, Tokens};
use crate::reply::{self, Answer, Fields};

/// Scopes of tokens of the application itself.
const SCOPES: [&str; 2] = [
    "sellingpartnerapi::notifications",
    "sellingpartnerapi::client_credential:rotation",
];

/// Answers `POST /auth/o2/token`; `now` in seconds since 1970.
pub(super) fn token(apps: &[App], tokens: &mut Tokens, fields: &Fields, request_id: &str, now: i64) -> Answer {
    let refuse = |code: &str, what: &str| {
        let body = json!({
            "error": code, "error_description": what, "error_index": format!("LWA-{code}"), "request_id": request_id,
        });
        finish(
            reply::answer(400, "application/json;charset=UTF-8", body.to_string()),
            request_id,
        )
    };
    let secret = fields.text("client_secret");
    let app = apps.iter().find(|app| app.client_id == fields.text("client_id"));
    let known = app.filter(|app| {
        let former = |(old, ends): &(String, i64)| old == secret && now < *ends;
        app.client_secret == secret || app.former_secret.as_ref().is_some_and(former)
    });
    let Some(app) = known else {
        return refuse("invalid_client", "Client authentication failed");
    };
    let answer = |access: String, refresh: Option<String>| {
        let mut body = json!({ "access_token": access, "token_type": "bearer", "expires_in": HOUR });
        if let Some(refresh) = refresh {
            body["refresh_token"] = refresh.into();
        }
        finish(
            reply::answer(200, "application/json;charset=UTF-8", body.to_string()),
            request_id,
        )
    };
    match fields.text("grant_type") {
        "refresh_token" => {
            let refresh = fields.text("refresh_token");
            match tokens.refresh(&app.client_id, refresh, now) {
                Some(access) => answer(access, Some(refresh.to_owned())),
                None => refuse(
                    "invalid_grant",
                    "The request has an invalid grant parameter : refresh_token",
                ),
            }
        }
        "authorization_code" => {
            let registered = app
                .redirect_uris
                .iter()
                .any(|known| known == fields.text("redirect_uri"));
            let fresh = registered
                .then(|| tokens.redeem(&app.client_id, fields.text("code"), now))
                .flatten();
            let opened = fresh.and_then(|refresh| Some((tokens.refresh(&app.client_id, &refresh, now)?, refresh)));
            match opened {
                Some((access, refresh)) => answer(access, Some(refresh)),
                None => refuse("invalid_grant", "The request has an invalid grant parameter : code"),
            }
        }
        "client_credentials" if SCOPES.contains(&fields.text("scope")) => answer(tokens.own(&app.client_id, now), None),
        "client_credentials" => refuse("invalid_scope", "The requested scope is invalid"),
        "" => refuse(
            "invalid_request",
            "The request is missing a required parameter : grant_type",
        ),
        _ => refuse(
            "unsupported_grant_type",
            "The authorization grant type is not supported",
        ),
    }
}

fn finish(mut answer: Answer, request_id: &str) -> Answer {
    reply::set(&mut answer, "cache-control", "no-cache, no-store, must-revalidate");
    reply::set(&mut answer, "pragma", "no-cache");
    reply::set(&mut answer, "x-amzn-requestid", request_id);
    answer
}
