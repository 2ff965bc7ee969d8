//! `connect`, `connections`, `sync`.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::{Arc, Mutex, PoisonError};

use clap::{Args, Subcommand, ValueEnum};
use countinghouse_core::app::{ApiError, Code, Profile};
use countinghouse_core::auth::connect::shopify::{Access, Asked, Telling, redirect_addresses};
use countinghouse_core::auth::vault::Secret;
use countinghouse_core::connectors::Channel;
use countinghouse_core::connectors::shopify::API_VERSION;
use countinghouse_core::connectors::shopify::auth::ShopName;
use countinghouse_core::model::Day;
use countinghouse_core::store::Connection;
use countinghouse_core::sync::{Cancel, Event, Options, Phase, Report, StreamProgress};
use indicatif::{MultiProgress, ProgressBar, ProgressStyle};

use super::out::{plain, table};
use super::{Context, Done, block_on};

#[derive(Subcommand)]
pub(crate) enum ConnectCommand {
    /// A Shopify shop, through your own app; secrets come from a prompt, standard input or the environment, never from arguments
    Shopify(ShopifyArguments),
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

#[derive(Subcommand)]
pub(crate) enum ConnectionsCommand {
    /// Every connection
    List,
    /// Ask the platform who it is, and what is permitted
    Test {
        /// Name or number
        name: String,
    },
    /// Forget a connection's access; its records stay
    Remove {
        /// Name or number
        name: String,
    },
}

#[derive(Args)]
pub(crate) struct SyncArguments {
    /// Platform or connection; everything if left out
    what: Option<String>,
    /// Read everything from the beginning again
    #[arg(long)]
    full: bool,
    /// Nothing older than this day (YYYY-MM-DD)
    #[arg(long, value_name = "DAY")]
    since: Option<Day>,
}

pub(crate) fn connect(context: &Context<'_>, command: &ConnectCommand) -> Done {
    let ConnectCommand::Shopify(arguments) = command;
    let shop: ShopName = arguments.shop.parse()?;
    let client_id = || {
        arguments.client_id.clone().ok_or_else(|| {
            ApiError::invalid(
                "this route needs the client id of your app",
                "Give it with --client-id; in dev.shopify.com it stands under Apps > your app > Settings.",
            )
        })
    };
    let access = match arguments.route {
        Route::ClientCredentials => Access::ClientCredentials {
            client_id: client_id()?,
            client_secret: secret("Client secret")?,
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
                client_secret: secret("Client secret")?,
                expiring: arguments.expiring,
                all_orders: true,
            }
        }
        Route::Token => Access::Token(secret("Access token")?),
    };
    let asked = Asked {
        shop,
        endpoint: arguments.endpoint.clone(),
        version: API_VERSION.to_owned(),
        access,
    };
    let profile = context.profile()?;
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
        for note in &connected.notes {
            lines.push(format!("  note: {} {}", plain(&note.message), note.hint));
        }
        lines.push("Now run “countinghouse sync”.".into());
        lines.join("\n")
    })
}

/// A secret: from `COUNTINGHOUSE_SECRET`, a prompt on a terminal, or a line of standard input.
#[expect(clippy::disallowed_methods, reason = "an entry point reads the environment")]
fn secret(what: &str) -> Result<Secret, ApiError> {
    if let Ok(text) = std::env::var("COUNTINGHOUSE_SECRET") {
        return Ok(Secret::new(text));
    }
    let stdin = std::io::stdin();
    if stdin.is_terminal() {
        let mut stderr = std::io::stderr();
        let _ = write!(stderr, "{what} (it shows while you type): ").and_then(|()| stderr.flush());
    }
    let mut line = String::new();
    let read = stdin.lock().read_line(&mut line);
    match read {
        Ok(_) if !line.trim().is_empty() => Ok(Secret::new(line.trim().to_owned())),
        _ => Err(ApiError::invalid(
            format!("the {} is missing", what.to_lowercase()),
            "Type it at the prompt, pipe it in, or set COUNTINGHOUSE_SECRET; it is never taken from arguments.",
        )),
    }
}

pub(crate) fn connections(context: &Context<'_>, command: &ConnectionsCommand) -> Done {
    let profile = context.profile()?;
    match command {
        ConnectionsCommand::List => {
            let all = profile.store().read_blocking(|r| r.connections())?;
            let answer: Vec<serde_json::Value> = all
                .iter()
                .map(|c| {
                    serde_json::json!({
                        "id": c.id, "platform": c.channel, "name": c.name, "account": c.account, "endpoint": c.endpoint,
                        "currency": c.currency, "time_zone": c.zone.map(|z| z.to_string()),
                        "connected": !c.endpoint.is_empty() && c.disconnected_at.is_none(),
                    })
                })
                .collect();
            context.out.answer(&answer, || {
                if all.is_empty() {
                    return "Nothing is connected yet. “countinghouse connect shopify --help” tells how.".into();
                }
                let rows: Vec<Vec<String>> = all.iter().map(row).collect();
                table(
                    &["Connection", "No.", "Platform", "Currency", "Days in", "State"],
                    &rows,
                )
            })
        }
        ConnectionsCommand::Test { name } => {
            let connection = find(&profile, name)?;
            let report = block_on(run(
                context,
                &profile,
                &connection,
                Options {
                    lanes: Some(1),
                    ..Options::default()
                },
            ))?;
            context
                .out
                .answer(&report, || format!("“{}” answers.", plain(&connection.name)))
        }
        ConnectionsCommand::Remove { name } => {
            let connection = find(&profile, name)?;
            let gone = block_on(profile.disconnect(connection.id))?;
            context.out.answer(&serde_json::json!({ "removed": gone.id }), || {
                format!("“{}” is disconnected; its records stay.", plain(&gone.name))
            })
        }
    }
}

fn row(c: &Connection) -> Vec<String> {
    let state = match (c.endpoint.is_empty(), c.disconnected_at) {
        (_, Some(_)) => "disconnected",
        (true, None) => "files only",
        (false, None) => "connected",
    };
    vec![
        c.name.clone(),
        c.id.to_string(),
        c.channel.label().to_owned(),
        c.currency.map_or_else(|| "–".into(), |c| c.to_string()),
        c.zone.map_or_else(|| "–".into(), |z| z.to_string()),
        state.to_owned(),
    ]
}

/// A connection by name or number.
fn find(profile: &Profile, name: &str) -> Result<Connection, ApiError> {
    let all = profile.store().read_blocking(|r| r.connections())?;
    let found = all
        .iter()
        .find(|c| c.name.eq_ignore_ascii_case(name) || c.id.to_string() == name);
    found.cloned().ok_or_else(|| {
        let names: Vec<&str> = all.iter().map(|c| c.name.as_str()).collect();
        ApiError::new(
            Code::NotFound,
            format!("there is no connection “{name}”"),
            format!(
                "There are: {}.",
                if names.is_empty() {
                    "none".to_owned()
                } else {
                    names.join(", ")
                }
            ),
        )
    })
}

pub(crate) fn sync(context: &Context<'_>, arguments: &SyncArguments) -> Done {
    let profile = context.profile()?;
    let all = profile.store().read_blocking(|r| r.connections())?;
    let live = |c: &&Connection| !c.endpoint.is_empty() && c.disconnected_at.is_none();
    let chosen: Vec<Connection> = match &arguments.what {
        None => all.iter().filter(live).cloned().collect(),
        Some(what) => match what.parse::<Channel>() {
            Ok(channel) => all
                .iter()
                .filter(live)
                .filter(|c| c.channel == channel)
                .cloned()
                .collect(),
            Err(_) => vec![find(&profile, what)?],
        },
    };
    if chosen.is_empty() {
        return Err(ApiError::new(
            Code::NotFound,
            "there is nothing to sync: no account is connected",
            "“countinghouse connect shopify --help” tells how to connect a shop.",
        ));
    }
    let mut reports = Vec::new();
    for connection in &chosen {
        let zone = connection.zone.unwrap_or(countinghouse_core::model::Zone::UTC);
        let options = Options {
            full: arguments.full,
            since: arguments.since.map(|day| zone.start_of(day)),
            lanes: None,
        };
        let report = block_on(run(context, &profile, connection, options))?;
        reports.push((connection.name.clone(), report));
    }
    let answer: Vec<serde_json::Value> = reports
        .iter()
        .map(|(name, report)| serde_json::json!({ "connection": name, "report": report }))
        .collect();
    context.out.answer(&answer, || {
        reports
            .iter()
            .map(|(name, r)| summary(name, r))
            .collect::<Vec<_>>()
            .join("\n")
    })?;
    match reports.iter().find_map(|(_, report)| report.failure()) {
        Some(failure) => Err(ApiError::from(failure.clone())),
        None => Ok(()),
    }
}

/// Runs one sync with progress on the terminal; Ctrl-C stops it at the next step, and nothing is lost.
pub(crate) async fn run(
    context: &Context<'_>,
    profile: &Arc<Profile>,
    connection: &Connection,
    options: Options,
) -> Result<Report, ApiError> {
    let cancel = Cancel::default();
    let stop = cancel.clone();
    let watch = tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            stop.cancel();
        }
    });
    let bars = context.out.shows_progress().then(Bars::default);
    let tell = move |event: Event| {
        if let (Some(bars), Event::Progress(progress)) = (&bars, &event) {
            bars.show(progress);
        }
    };
    let ended = profile.sync(connection.id, options, cancel, tell).await;
    watch.abort();
    ended
}

/// A bar per stream.
#[derive(Default)]
struct Bars {
    all: MultiProgress,
    bars: Mutex<Vec<(&'static str, ProgressBar)>>,
}

impl Bars {
    fn show(&self, progress: &StreamProgress) {
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        let bar = match bars.iter().find(|(name, _)| *name == progress.stream) {
            Some((_, bar)) => bar.clone(),
            None => {
                let bar = self.all.add(ProgressBar::no_length());
                bar.set_prefix(progress.label);
                bars.push((progress.stream, bar.clone()));
                bar
            }
        };
        let form = match progress.total {
            Some(total) => {
                bar.set_length(total.max(progress.done));
                "{prefix:>14} {bar:30} {pos}/{len} {msg}"
            }
            None => "{prefix:>14} {pos} {msg}",
        };
        if let Ok(style) = ProgressStyle::with_template(form) {
            bar.set_style(style);
        }
        bar.set_position(progress.done);
        let left = progress
            .seconds_left
            .map(|s| format!("about {s} s left"))
            .unwrap_or_default();
        match &progress.phase {
            Phase::Done => bar.finish_with_message("done"),
            Phase::Failed { why } => bar.abandon_with_message(why.message.clone()),
            _ => bar.set_message(left),
        }
    }
}

/// What a sync brought, in a line a stream.
pub(crate) fn summary(name: &str, report: &Report) -> String {
    let mut lines = vec![format!("{}: synced", plain(name))];
    for stream in &report.streams {
        let state = match &stream.phase {
            Phase::Failed { why } => format!("failed – {} {}", why.message, why.hint),
            Phase::Skipped { why } => format!("left out – {} {}", why.message, why.hint),
            _ => format!("{} new, {} changed", stream.new, stream.changed),
        };
        lines.push(format!("  {}: {state}", stream.label));
    }
    for note in &report.notes {
        lines.push(format!("  note: {} {}", plain(&note.message), note.hint));
    }
    lines.join("\n")
}
