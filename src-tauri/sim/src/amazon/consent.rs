//! The consent page of Seller Central and the way back (contract section 2.2).

use url::form_urlencoded;

use super::app::App;
use super::tokens::Tokens;
use crate::reply::{Answer, Fields, escape, html, redirect};
use crate::world::amazon::Region;

/// Answers `/apps/authorize/consent`: the page, or, once `decision` or `auto` says so, the way back. Who declines is
/// not sent back.
pub(super) fn authorize(
    apps: &[App],
    tokens: &mut Tokens,
    seller_id: &str,
    region: Region,
    fields: &Fields,
    now: i64,
) -> Answer {
    let Some(app) = apps
        .iter()
        .find(|app| app.application_id == fields.text("application_id"))
    else {
        return trouble("MD1000", "No application has this id.");
    };
    if app.draft && fields.get("version") != Some("beta") {
        return trouble("MD1000", "The application is a draft; add version=beta.");
    }
    let given = fields.get("redirect_uri").filter(|uri| !uri.is_empty());
    let Some(uri) = given.or_else(|| app.redirect_uris.first().map(String::as_str)) else {
        return trouble("MD9100", "The application has no redirect URI.");
    };
    if uri.contains('#') {
        return trouble("MD5110", "The redirect URI has a fragment.");
    }
    if !uri.starts_with("https://") || !app.redirect_uris.iter().any(|known| known == uri) {
        return trouble("MD5101", "The redirect URI is not registered.");
    }
    match fields.get("decision").or_else(|| fields.get("auto")) {
        Some("approve") => {
            let code = tokens.code(&app.client_id, region, now);
            let query = form_urlencoded::Serializer::new(String::new())
                .append_pair("state", fields.text("state"))
                .append_pair("selling_partner_id", seller_id)
                .append_pair("spapi_oauth_code", &code)
                .finish();
            redirect(302, &format!("{uri}?{query}"))
        }
        Some("other-user") => trouble("SPDC8143", "Only the primary user of the account can consent."),
        Some(_) => html(200, "Not authorized", "<p>You did not authorize the application.</p>"),
        None => page(app, fields),
    }
}

fn page(app: &App, fields: &Fields) -> Answer {
    let roles: String = app
        .roles
        .iter()
        .map(|role| format!("<li>{}</li>", role.name()))
        .collect();
    let hidden: String = ["application_id", "state", "redirect_uri", "version"]
        .iter()
        .filter_map(|name| Some((name, fields.get(name)?)))
        .map(|(name, value)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", escape(value)))
        .collect();
    html(
        200,
        &format!("Authorize {}", app.name),
        &format!(
            "<p><strong>{}</strong> asks for access to your Seller Central account:</p>\n<ul>{roles}</ul>\n\
             <form method=\"get\" action=\"\">{hidden}<button name=\"decision\" value=\"approve\" id=\"approve\">Confirm</button>\
             <button name=\"decision\" value=\"decline\" id=\"decline\">Cancel</button></form>",
            escape(&app.name)
        ),
    )
}

fn trouble(code: &str, what: &str) -> Answer {
    html(
        400,
        &format!("Error {code}"),
        &format!("<p>Error code {}: {}</p>", escape(code), escape(what)),
    )
}
