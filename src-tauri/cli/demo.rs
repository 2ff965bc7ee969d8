//! `demo`: a profile of invented data, connected over loopback HTTP with OAuth and really synced.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use countinghouse::clock;
use countinghouse_core::api::Desk;
use countinghouse_core::api::dashboard::{DashboardArgs, dashboard};
use countinghouse_core::api::metrics::{Question, kpis};
use countinghouse_core::app::{ApiError, App as Application, CostPolicy, Profile};
use countinghouse_core::auth::vault::Secret;
use countinghouse_core::connectors::shopify::API_VERSION;
use countinghouse_core::auth::connect::shopify::{Access, Asked};
use countinghouse_core::metrics::{Comparison, Definition, Period};
use countinghouse_core::report::dashboard_page;
use countinghouse_core::sync::Options;
use countinghouse_sim::Server;
use countinghouse_sim::faults::Plan;
use countinghouse_sim::shopify::{App, Shop};

use super::accounts;
use super::metrics::kpis_text;
use super::sim::SellerArguments;
use super::{Context, Done, block_on};

/// Name of the demo's profile.
const NAME: &str = "Demo";

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    seller: SellerArguments,
    /// Connect, but do not sync
    #[arg(long)]
    no_sync: bool,
    /// Write the dashboard as one HTML file that opens without a network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Definition of the KPIs that are printed: order_totals, platform or accounting
    #[arg(long)]
    definition: Option<Definition>,
}

pub(crate) fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    sync(context, arguments)?;
    match &arguments.html {
        Some(file) if !arguments.no_sync => page(context, arguments, file),
        _ => Ok(()),
    }
}

/// Writes the demo's dashboard into a file of its own.
fn page(context: &Context<'_>, arguments: &Arguments, file: &Path) -> Done {
    let app = context.app()?;
    let desk = Desk {
        app: &app,
        profile: Some(NAME),
    };
    let profile = desk.open()?;
    let today = profile.today()?;
    let days = i32::try_from(arguments.seller.days()).unwrap_or(i32::MAX).min(90);
    let period = Period::ending(today, days);
    let args = DashboardArgs {
        from: period.from,
        to: period.to,
        compare: Comparison::SameLength.name().to_owned(),
        definition: arguments.definition.unwrap_or(profile.settings()?.definition),
        channels: Vec::new(),
    };
    let html = dashboard_page(NAME, &dashboard(desk, args)?);
    std::fs::write(file, html).map_err(|e| ApiError::folder(file, &e))?;
    context.out.note(&format!("Wrote {}", file.display()));
    Ok(())
}

fn sync(context: &Context<'_>, arguments: &Arguments) -> Done {
    let app = context.app()?;
    let seller = arguments.seller.seller();
    let profile = profile(&app)?;
    // The invented shop's costs are as old as its goods.
    profile.set_cost_policy(CostPolicy::Backdate)?;
    block_on(async {
        let trouble = |e: std::io::Error| ApiError::internal(format!("the simulated marketplaces cannot listen: {e}"));
        let listener = Server::bind(0).await.map_err(trouble)?;
        let storage = Server::storage(&listener).map_err(trouble)?;
        let sim = Arc::new(seller.marketplaces(clock::now(), Plan::default(), storage));
        let server = Server::serve(listener, sim).map_err(trouble)?;
        let endpoint = server.shopify(Shop::DEMO_HANDLE);
        let asked = Asked {
            shop: Shop::DEMO_HANDLE.parse()?,
            endpoint: Some(endpoint),
            version: API_VERSION.to_owned(),
            access: Access::ClientCredentials {
                client_id: App::DEMO_ID.to_owned(),
                client_secret: Secret::from(App::DEMO_SECRET),
            },
        };
        context
            .out
            .note("Connecting the invented shop over loopback HTTP with OAuth …");
        let (connection, _) = profile.connect_shopify(asked, None, None, |_| {}).await?;
        if arguments.no_sync {
            return context.out.answer(
                &serde_json::json!({ "profile": NAME, "connection": connection.id }),
                || format!("Profile “{NAME}” is connected to an invented shop."),
            );
        }
        let report = accounts::run(context, &profile, &connection, Options::default()).await?;
        context.out.note(&accounts::summary(&connection.name, &report));
        if let Some(failure) = report.failure() {
            return Err(ApiError::from(failure.clone()));
        }
        let today = profile.today()?;
        let days = i32::try_from(arguments.seller.days()).unwrap_or(i32::MAX);
        let question = Question {
            definition: arguments.definition.unwrap_or(profile.settings()?.definition),
            period: Period::ending(today, days),
            channels: Vec::new(),
            connection: None,
            today,
        };
        let answer = profile.store().read(move |r| kpis(r, &question)).await?;
        context.out.answer(&answer, || kpis_text(&answer))
    })
}

/// A fresh demo profile: an earlier one is replaced, it holds invented data only.
fn profile(app: &Application) -> Result<Arc<Profile>, ApiError> {
    if app.profiles()?.iter().any(|p| p.name == NAME && p.demo) {
        app.remove_profile(NAME)?;
    }
    let profile = app.create_profile(NAME, true)?;
    // It is what the window opens on next.
    app.choose_profile(&profile.info().id)?;
    Ok(profile)
}
