//! `connect`.

use clap::{Args, Subcommand, ValueEnum};
use countinghouse_core::app::ApiError;
use countinghouse_core::auth::connect::shopify::{Access, Asked, Telling, base_address, redirect_addresses};
use countinghouse_core::connectors::shopify::API_VERSION;
use countinghouse_core::connectors::shopify::auth::{RIGHTS, ShopName};
use countinghouse_core::net::NetError;

use super::connections::noted;
use super::out::plain;
use super::secret::{SECRET_VARIABLE, secret};
use super::{Context, Done, block_on};

#[derive(Subcommand)]
pub(crate) enum ConnectCommand {
    /// A Shopify shop, through your own app
    ///
    /// The client secret, or the token, comes from COUNTINGHOUSE_SECRET, a prompt or a line of standard input, never from an argument.
    #[command(after_long_help = steps())]
    Shopify(ShopifyArguments),
    /// An Amazon seller account, through your own private application; secrets come from a prompt, standard input or the environment
    ///
    /// In Seller Central, as the account's primary user: Apps and Services > Develop Apps > Add new app client. Choose the roles
    /// Inventory and Order Tracking, Product Listing, Finance and Accounting, Amazon Fulfillment, Brand Analytics and Selling
    /// Partner Insights; no restricted role is needed. Then View under LWA credentials shows client id and client secret, and
    /// Edit App > Authorize shows the refresh token, once.
    Amazon(super::connect_amazon::AmazonArguments),
}

#[derive(Args)]
pub(crate) struct ShopifyArguments {
    /// The shop: its name, its myshopify.com address, or its admin address
    shop: String,
    /// Another address in place of the shop's own: a simulator on this machine, or a proxy over https
    #[arg(long, value_name = "URL")]
    endpoint: Option<String>,
    /// How access is got
    #[arg(long, value_enum, default_value_t = Route::ClientCredentials)]
    route: Route,
    /// Client id of your app
    #[arg(long, env = "COUNTINGHOUSE_CLIENT_ID")]
    client_id: Option<String>,
    /// Ask for tokens that end after an hour and are renewed (browser route)
    #[arg(long)]
    expiring: bool,
    /// Name of the connection; the shop's own if left out
    #[arg(long)]
    name: Option<String>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Route {
    /// Your app and the shop are in the same organization: id and secret
    ClientCredentials,
    /// Consent in the browser, for a shop of another organization
    Browser,
    /// The token of a custom app made before 2026
    Token,
}

/// What to do at Shopify before, by the words of its menus.
fn steps() -> String {
    let scopes: Vec<&str> = RIGHTS.iter().map(|right| right.scope).collect();
    let lines = |all: &[&str]| all.iter().map(|one| format!("\n       {one}")).collect::<String>();
    let redirects = redirect_addresses();
    let redirects: Vec<&str> = redirects.iter().map(String::as_str).collect();
    format!(
        "What to do at Shopify first:\n\
         \x20 1. Sign in at dev.shopify.com, in the organization of the shop (route browser: of the app).\n\
         \x20 2. Under Apps click Create app; any name will do.\n\
         \x20 3. In the app's version enter these Admin API scopes:{}\n\
         \x20    Each can be left out; “countinghouse health” then says what is not shown without it.\n\
         \x20 4. Click Release, then Install app, and choose the shop. Route browser: before that, add these Redirect URLs:{}\n\
         \x20    and under Distribution choose Custom distribution and enter the shop's name.\n\
         \x20 5. The app's Settings hold the client id (--client-id) and the secret.\n\
         Route token: the token of a custom app made before 2026 stands in the shop's admin under Settings > Apps and sales channels >\n\
         Develop apps > API credentials.",
        lines(&scopes),
        lines(&redirects)
    )
}

pub(crate) fn connect(context: &Context<'_>, command: &ConnectCommand) -> Done {
    // Known before a secret is asked for in vain.
    let profile = context.profile()?;
    profile.must_be_real()?;
    let arguments = match command {
        ConnectCommand::Shopify(arguments) => arguments,
        ConnectCommand::Amazon(arguments) => return super::connect_amazon::connect(context, arguments),
    };
    let wrong = |error: NetError| context.out.usage(error.into());
    let shop: ShopName = arguments.shop.parse().map_err(wrong)?;
    base_address(&shop, arguments.endpoint.as_deref()).map_err(wrong)?;
    let client_id = || {
        arguments.client_id.clone().ok_or_else(|| {
            context.out.usage(ApiError::invalid(
                "this route needs the client id of your app",
                "Give it with --client-id; in dev.shopify.com it stands under Apps > your app > Settings.",
            ))
        })
    };
    let access = match arguments.route {
        Route::ClientCredentials => Access::ClientCredentials {
            client_id: client_id()?,
            client_secret: secret("Client secret", SECRET_VARIABLE)?,
        },
        Route::Browser => {
            context
                .out
                .note("Your app must list these redirect addresses, letter for letter:");
            for address in redirect_addresses() {
                context.out.note(&format!("  {address}"));
            }
            Access::Browser {
                client_id: client_id()?,
                client_secret: secret("Client secret", SECRET_VARIABLE)?,
                expiring: arguments.expiring,
                all_orders: true,
            }
        }
        Route::Token => Access::Token(secret("Access token", SECRET_VARIABLE)?),
    };
    let asked = Asked {
        shop,
        endpoint: arguments.endpoint.clone(),
        version: API_VERSION.to_owned(),
        access,
    };
    let tell = |telling: Telling| {
        let Telling::Consent { page, by_hand } = telling;
        let how = if by_hand {
            "Open this page in a browser on this machine"
        } else {
            "Give your consent in the browser"
        };
        context.out.note(&format!("{how}:\n  {page}"));
    };
    let (connection, connected) = block_on(profile.connect_shopify(asked, arguments.name.clone(), None, tell))?;
    let missing: Vec<&str> = connected.missing.iter().map(|right| right.scope).collect();
    let answer = serde_json::json!({
        "connection": connection.id, "name": connection.name, "account": connection.account,
        "currency": connection.currency, "time_zone": connection.zone.map(|z| z.to_string()),
        "granted": connected.identity.scopes, "missing": missing,
        "notes": connected.notes,
    });
    context.out.answer(&answer, || {
        let mut lines = vec![format!(
            "Connected “{}” ({}, days in {}).",
            plain(&connection.name),
            connected.identity.currency,
            connected.identity.zone
        )];
        for right in &connected.missing {
            lines.push(format!("  not granted: {} – {}", right.scope, right.without));
        }
        lines.extend(connected.notes.iter().map(noted));
        if context.out.hints() {
            lines.push("Now run “countinghouse sync”.".into());
        }
        lines.join("\n")
    })
}
