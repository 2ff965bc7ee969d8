//! `demo`: a profile of invented data, connected over loopback HTTP with OAuth and really synced.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use countinghouse::demo::{self, NAME};
use countinghouse_core::api::Desk;
use countinghouse_core::api::dashboard::{DashboardArgs, dashboard};
use countinghouse_core::api::frame::NO_COMPARISON;
use countinghouse_core::api::metrics::{Question, kpis};
use countinghouse_core::app::ApiError;
use countinghouse_core::metrics::{Comparison, Definition, Period};
use countinghouse_core::net::NetError;
use countinghouse_core::report::dashboard_page;
use countinghouse_core::sync::Options;

use super::metrics::kpis_text;
use super::sim::SellerArguments;
use super::{Context, Done, block_on, sync};

/// Days on the page at most: the latest ones.
const MOST_DAYS: i32 = 90;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    seller: SellerArguments,
    /// Connect, but do not sync
    #[arg(long)]
    no_sync: bool,
    /// Write the dashboard of the last days, 90 at most, as one HTML file that opens without a network
    #[arg(long, value_name = "FILE", conflicts_with = "no_sync")]
    html: Option<PathBuf>,
    /// Definition of the KPIs that are printed: order_totals, platform or accounting
    #[arg(long)]
    definition: Option<Definition>,
}

pub(crate) fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    make(context, arguments)?;
    match &arguments.html {
        Some(file) => page(context, arguments, file),
        None => Ok(()),
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
    let all = i32::try_from(arguments.seller.days()).unwrap_or(i32::MAX);
    let days = all.min(MOST_DAYS);
    let period = Period::ending(today, days);
    // Before its first day the seller was not there: against that any sale would be growth.
    let compare = match all >= 2 * days {
        true => Comparison::SameLength.name(),
        false => NO_COMPARISON,
    };
    let args = DashboardArgs {
        from: period.from,
        to: period.to,
        compare: compare.to_owned(),
        definition: arguments.definition.unwrap_or(profile.settings()?.definition),
        channels: Vec::new(),
    };
    let html = dashboard_page(NAME, &dashboard(desk, args)?);
    std::fs::write(file, html).map_err(|e| ApiError::folder(file, &e))?;
    context
        .out
        .note(&format!("Wrote {}, {} – {}", file.display(), period.from, period.to));
    Ok(())
}

fn make(context: &Context<'_>, arguments: &Arguments) -> Done {
    let app = context.app()?;
    let seller = arguments.seller.seller();
    let profile = demo::profile(&app)?;
    let clock = Arc::clone(&app.deps().clock);
    block_on(async {
        context
            .out
            .note("Connecting the invented shop and its seller account at Amazon over loopback HTTP with OAuth …");
        // The marketplaces listen as long as this lives.
        let (_server, connections) = demo::connect(&profile, &seller, &clock).await?;
        // It is what the window opens on next.
        app.choose_profile(&profile.info().id)?;
        if arguments.no_sync {
            let ids: Vec<i64> = connections.iter().map(|c| c.id.0).collect();
            return context
                .out
                .answer(&serde_json::json!({ "profile": NAME, "connections": ids }), || {
                    format!("Profile “{NAME}” is connected to an invented shop and its seller account at Amazon.")
                });
        }
        let stop = sync::Stop::on_ctrl_c();
        for connection in &connections {
            if stop.is_wished() {
                return Err(NetError::cancelled().into());
            }
            let report = sync::run(context, &profile, connection, Options::default(), &stop).await?;
            context.out.note(&sync::summary(&connection.name, &report));
            if let Some(failure) = report.failure() {
                return Err(ApiError::from(failure.clone()));
            }
        }
        let question = Question {
            definition: arguments.definition.unwrap_or(profile.settings()?.definition),
            period: seller.days_until(clock.now()),
            channels: Vec::new(),
            connection: None,
            today: profile.today()?,
        };
        let answer = profile.store().read(move |r| kpis(r, &question)).await?;
        context.out.answer(&answer, || kpis_text(&answer))
    })
}
