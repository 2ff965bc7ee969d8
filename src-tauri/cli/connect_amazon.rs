//! `connect amazon`.

use clap::{Args, ValueEnum};
use countinghouse_core::app::ApiError;
use countinghouse_core::auth::connect::amazon::{Access, Asked, Telling, marketplace};
use countinghouse_core::connectors::amazon::auth::{Region, base_of};
use countinghouse_core::model::{Day, Zone};

use super::connections::{find, role_lines, roles};
use super::market::Market;
use super::out::plain;
use super::secret::{REFRESH_VARIABLE, SECRET_VARIABLE, secret};
use super::{Context, Done, block_on};

#[derive(Args)]
pub(crate) struct AmazonArguments {
    /// How access is got
    #[arg(long, value_enum, default_value_t = Route::Private)]
    route: Route,
    /// Client id of your application (View under LWA credentials)
    #[arg(long, env = "COUNTINGHOUSE_CLIENT_ID")]
    client_id: Option<String>,
    /// The region: na (North America), eu (Europe, Middle East, Africa, India), fe (Japan, Australia, Singapore); found if left out
    #[arg(long)]
    region: Option<String>,
    /// Marketplaces to read, by country, the home one first (US,CA,MX); all that the account sells in if left out
    #[arg(long, value_delimiter = ',')]
    marketplaces: Vec<String>,
    /// The seller's id: the Merchant Token under Settings > Account Info; found by the transactions if left out
    #[arg(long)]
    seller_id: Option<String>,
    /// Day the client secret was made, for the reminder before its 180 days end; today if left out
    #[arg(long, value_name = "YYYY-MM-DD")]
    secret_made: Option<Day>,
    /// The address below which the regions lie instead of Amazon's own: a simulator on this machine, or a proxy over https
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// Name of the connection; the shop's own if left out
    #[arg(long)]
    name: Option<String>,
    /// Put a new client secret in the place of the old one of this connection (name or number); nothing else changes
    #[arg(long, value_name = "CONNECTION", conflicts_with_all = ["region", "marketplaces", "endpoint", "name", "seller_id"])]
    replace_secret: Option<String>,
    /// Id of the application, amzn1.sp.solution.… (web route)
    #[arg(long, required_if_eq("route", "web"))]
    application: Option<String>,
    /// The https address registered for the application as OAuth Redirect URI (web route)
    #[arg(long, value_name = "URL", required_if_eq("route", "web"))]
    redirect: Option<String>,
    /// The application is a draft (web route)
    #[arg(long)]
    draft: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Route {
    /// Your own private application: client id, client secret and refresh token
    Private,
    /// Consent in the browser to a public application with an https address of its own; you paste the address it ends on
    Web,
}

pub(crate) fn connect(context: &Context<'_>, arguments: &AmazonArguments) -> Done {
    if let Some(name) = &arguments.replace_secret {
        return replace(context, arguments, name);
    }
    let client_id = arguments.client_id.clone().ok_or_else(|| {
        context.out.usage(ApiError::invalid(
            "connecting needs the client id of your application",
            "Give it with --client-id; in Seller Central it stands under Apps and Services > Develop Apps > View.",
        ))
    })?;
    let region = arguments.region.as_deref().map(str::parse::<Region>).transpose();
    let region = region.map_err(|error| context.out.usage(error.into()))?;
    base_of(region.unwrap_or(Region::ALL[0]), arguments.endpoint.as_deref())
        .map_err(|error| context.out.usage(error.into()))?;
    for country in &arguments.marketplaces {
        marketplace(country).map_err(|error| context.out.usage(error.into()))?;
    }
    let client_secret = secret("Client secret", SECRET_VARIABLE)?;
    let access = match arguments.route {
        Route::Private => Access::Private {
            client_id,
            client_secret,
            refresh_token: secret("Refresh token", REFRESH_VARIABLE)?,
        },
        Route::Web => Access::Consent {
            application: arguments.application.clone().unwrap_or_default(),
            client_id,
            client_secret,
            redirect: arguments.redirect.clone().unwrap_or_default(),
            draft: arguments.draft,
        },
    };
    let pasted = matches!(access, Access::Consent { .. }).then(pasted);
    let asked = Asked {
        region,
        marketplaces: arguments.marketplaces.clone(),
        endpoint: arguments.endpoint.clone(),
        seller: arguments.seller_id.clone(),
        secret_since: arguments.secret_made.map(|day| Zone::UTC.start_of(day)),
        access,
    };
    let profile = context.profile()?;
    let tell = |telling: Telling| {
        let Telling::Consent { page, by_hand } = telling;
        let how = match by_hand {
            true => "Open this page in a browser",
            false => "Give your consent in the browser",
        };
        context.out.note(&format!(
            "{how}, and paste here the whole address it ends on, within five minutes:\n  {page}"
        ));
    };
    let (connection, connected) = block_on(profile.connect_amazon(asked, arguments.name.clone(), pasted, tell))?;
    let outlets = &connected.remote.outlets;
    let read = |id: &str| outlets.iter().any(|outlet| outlet == id);
    let markets: Vec<serde_json::Value> = connected
        .participations
        .iter()
        .map(|one| {
            serde_json::json!({
                "id": one.market.id, "country": one.market.country, "name": one.market.name, "read": read(one.market.id),
                "suspended": one.suspended,
            })
        })
        .collect();
    let answer = serde_json::json!({
        "connection": connection.id, "name": connection.name, "account": connection.account,
        "region": connected.region.code(), "marketplaces": markets, "currency": connection.currency,
        "time_zone": connection.zone.map(|z| z.to_string()), "roles": roles(&connected.roles), "notes": connected.notes,
    });
    context.out.answer(&answer, || {
        let mut lines = vec![format!(
            "Connected “{}” ({}, {}, days at home in {}).",
            plain(&connection.name),
            connected.region,
            connected.identity.currency,
            connected.identity.zone
        )];
        for one in &connected.participations {
            let how = match (read(one.market.id), one.suspended) {
                (true, false) => "read",
                (true, true) => "read; its listings are suspended",
                (false, _) => "not read",
            };
            lines.push(format!("  {}: {how}", one.market.name));
        }
        lines.extend(role_lines(&connected.roles));
        for note in &connected.notes {
            lines.push(format!("  note: {} {}", plain(&note.message), note.hint));
        }
        if context.out.hints() {
            lines.push("Now run “countinghouse sync”.".into());
        }
        lines.join("\n")
    })
}

/// A line of standard input, read while the consent is under way.
fn pasted() -> tokio::sync::oneshot::Receiver<String> {
    let (sender, receiver) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let mut line = String::new();
        if std::io::stdin().read_line(&mut line).is_ok() && !line.trim().is_empty() {
            // Nobody waits any more where the attempt has ended.
            let _ = sender.send(line);
        }
    });
    receiver
}

fn replace(context: &Context<'_>, arguments: &AmazonArguments, name: &str) -> Done {
    let profile = context.profile()?;
    let connection = find(&profile, name)?;
    let new = secret("New client secret", SECRET_VARIABLE)?;
    let since = arguments.secret_made.map(|day| Zone::UTC.start_of(day));
    block_on(async {
        let _open = Market::open(context, &profile).await?;
        profile.replace_amazon_secret(connection.id, &new, since).await
    })?;
    let answer = serde_json::json!({ "connection": connection.id, "name": connection.name, "secret_replaced": true });
    context.out.answer(&answer, || {
        format!(
            "Amazon takes the new secret; “{}” goes on with it. The old one works for seven more days.",
            plain(&connection.name)
        )
    })
}
