//! The token endpoint (contract sections 2.2 and 2.3).

use serde_json::{Map, Value, json};

use super::apps::App;
use super::authorize::oauth_page;
use super::tokens::{Access, Fresh, Tokens};
use crate::reply::{self, Answer, Fields};

/// Answers `/admin/oauth/access_token`; `plain` asks for errors as JSON and not as a page. `now` in seconds since 1970.
pub(crate) fn exchange(apps: &[App], tokens: &mut Tokens, fields: &Fields, plain: bool, now: i64) -> Answer {
    match grant(apps, tokens, fields, now) {
        Ok(fresh) => reply::json(200, told(&fresh)),
        Err(Refusal { status, code, what }) if plain || status == 401 => {
            reply::json(status, json!({ "error": code, "error_description": what }).to_string())
        }
        Err(Refusal { code, what, .. }) => oauth_page(code, what),
    }
}

struct Refusal {
    status: u16,
    code: &'static str,
    what: &'static str,
}

fn refuse<T>(status: u16, code: &'static str, what: &'static str) -> Result<T, Refusal> {
    Err(Refusal { status, code, what })
}

fn grant(apps: &[App], tokens: &mut Tokens, fields: &Fields, now: i64) -> Result<Fresh, Refusal> {
    let Some(app) = apps.iter().find(|app| app.client_id == fields.text("client_id")) else {
        return refuse(400, "application_cannot_be_found", "No app has this client id.");
    };
    if app.client_secret != fields.text("client_secret") {
        return refuse(
            400,
            "invalid_client",
            "The client secret does not belong to this client id.",
        );
    }
    match fields.get("grant_type") {
        Some("client_credentials") => {
            if !app.same_organization {
                return refuse(
                    400,
                    "shop_not_permitted",
                    "Client credentials cannot be performed on this shop.",
                );
            }
            if !app.installed {
                return refuse(
                    400,
                    "app_not_installed",
                    "The application is not installed on this shop.",
                );
            }
            let scopes = app.grant(app.scopes.iter().map(String::as_str));
            Ok(tokens.own(
                Access {
                    client_id: app.client_id.clone(),
                    scopes,
                },
                now,
            ))
        }
        Some("refresh_token") => match tokens.refresh(&app.client_id, fields.text("refresh_token"), now) {
            Some(fresh) => Ok(fresh),
            None => refuse(401, "invalid_grant", "This request requires an active refresh_token"),
        },
        None | Some("authorization_code") => {
            let expiring = fields.text("expiring") == "1";
            match tokens.redeem(&app.client_id, fields.text("code"), expiring, now) {
                Some(fresh) => Ok(fresh),
                None => refuse(
                    400,
                    "invalid_request",
                    "The authorization code was not found or was already used",
                ),
            }
        }
        Some(_) => refuse(400, "unsupported_grant_type", "This kind of grant is not known."),
    }
}

fn told(fresh: &Fresh) -> String {
    let mut members = Map::new();
    members.insert("access_token".to_owned(), Value::from(fresh.access_token.as_str()));
    members.insert("scope".to_owned(), Value::from(fresh.scopes.join(",")));
    if let Some(seconds) = fresh.expires_in {
        members.insert("expires_in".to_owned(), Value::from(seconds));
    }
    if let Some((token, seconds)) = &fresh.refresh {
        members.insert("refresh_token".to_owned(), Value::from(token.as_str()));
        members.insert("refresh_token_expires_in".to_owned(), Value::from(*seconds));
    }
    Value::Object(members).to_string()
}
