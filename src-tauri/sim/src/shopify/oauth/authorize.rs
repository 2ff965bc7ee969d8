//! The consent page and the way back to the app (contract section 2.3).

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::hmac;
use url::form_urlencoded;

use super::apps::App;
use super::tokens::{Access, Tokens};
use crate::reply::{Answer, Fields, escape, html, redirect};

/// Answers `/admin/oauth/authorize`: the page, or, once `decision` or `auto` says so, the way back.
///
/// `shop` is the handle; `now` in seconds since 1970.
pub(crate) fn authorize(shop: &str, apps: &mut [App], tokens: &mut Tokens, fields: &Fields, now: i64) -> Answer {
    let Some(app) = apps.iter_mut().find(|app| app.client_id == fields.text("client_id")) else {
        return oauth_page("invalid_client", "No app has this client id.");
    };
    let redirect_uri = fields.text("redirect_uri");
    if !app.redirect_urls.iter().any(|known| known == redirect_uri) {
        return oauth_page("invalid_request", "The redirect_uri is not whitelisted");
    }
    if fields
        .iter()
        .any(|(name, value)| name == "grant_options[]" && value == "per-user")
    {
        return oauth_page("invalid_request", "This shop issues offline tokens only.");
    }
    match fields.get("decision").or_else(|| fields.get("auto")) {
        Some("approve") => {
            app.installed = true;
            let access = Access {
                client_id: app.client_id.clone(),
                scopes: app.grant(fields.text("scope").split(',')),
            };
            let code = tokens.code(access, now);
            back(shop, app, redirect_uri, fields, &[("code", code)], now)
        }
        Some(_) => {
            let refusal = [
                ("error", "access_denied".to_owned()),
                ("error_description", "The request was denied by the shop".to_owned()),
            ];
            back(shop, app, redirect_uri, fields, &refusal, now)
        }
        None => consent(shop, app, fields),
    }
}

fn consent(shop: &str, app: &App, fields: &Fields) -> Answer {
    let scopes: String = app
        .grant(fields.text("scope").split(','))
        .iter()
        .map(|scope| format!("<li><code>{}</code></li>", escape(scope)))
        .collect();
    let hidden: String = ["client_id", "scope", "redirect_uri", "state"]
        .iter()
        .map(|name| {
            format!(
                "<input type=\"hidden\" name=\"{name}\" value=\"{}\">",
                escape(fields.text(name))
            )
        })
        .collect();
    let button = |decision: &str, label: &str| {
        format!("<button name=\"decision\" value=\"{decision}\" id=\"{decision}\">{label}</button>")
    };
    html(
        200,
        &format!("Install {}", app.name),
        &format!(
            "<p><strong>{}</strong> asks for access to <strong>{}.myshopify.com</strong>:</p>\n<ul>{scopes}</ul>\n<form method=\"get\" \
             action=\"\">{hidden}{}{}</form>",
            escape(&app.name),
            escape(shop),
            button("approve", "Install"),
            button("decline", "Cancel")
        ),
    )
}

/// The redirect to the app, signed with its secret.
fn back(shop: &str, app: &App, redirect_uri: &str, fields: &Fields, what: &[(&str, String)], now: i64) -> Answer {
    let mut parameters: Vec<(&str, String)> = what.to_vec();
    parameters.push((
        "host",
        STANDARD_NO_PAD.encode(format!("admin.shopify.com/store/{shop}")),
    ));
    parameters.push(("shop", format!("{shop}.myshopify.com")));
    parameters.push(("state", fields.text("state").to_owned()));
    parameters.push(("timestamp", now.to_string()));
    let signature = sign(
        &app.client_secret,
        parameters.iter().map(|(name, value)| (*name, value.as_str())),
    );
    parameters.push(("hmac", signature));
    parameters.sort();
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(parameters)
        .finish();
    let joint = if redirect_uri.contains('?') { '&' } else { '?' };
    redirect(302, &format!("{redirect_uri}{joint}{query}"))
}

/// The HMAC of callback parameters: sorted by key, values form-encoded with `%20` for spaces, lowercase hex.
pub(super) fn sign<'p>(secret: &str, parameters: impl Iterator<Item = (&'p str, &'p str)>) -> String {
    let mut parts: Vec<(&str, String)> = parameters
        .filter(|(name, _)| *name != "hmac" && *name != "signature")
        .map(|(name, value)| {
            (
                name,
                form_urlencoded::byte_serialize(value.as_bytes())
                    .collect::<String>()
                    .replace('+', "%20"),
            )
        })
        .collect();
    parts.sort();
    let message = parts
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect::<Vec<_>>()
        .join("&");
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    hmac::sign(&key, message.as_bytes())
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The page that the platform shows for an OAuth error.
pub(super) fn oauth_page(code: &str, what: &str) -> Answer {
    html(
        400,
        &format!("Oauth error {code}"),
        &format!("<p>Oauth error {}: {}</p>", escape(code), escape(what)),
    )
}
