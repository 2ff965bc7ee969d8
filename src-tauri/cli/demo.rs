//! `demo`: a profile of invented data, connected over loopback HTTP with OAuth and really synced.

use std::sync::Arc;

use clap::Args;
use countinghouse::demo::{self, NAME};
use countinghouse_core::api::metrics::{Question, kpis};
use countinghouse_core::app::ApiError;
use countinghouse_core::metrics::{Definition, Period};
use countinghouse_core::sync::Options;

use super::accounts;
use super::metrics::kpis_text;
use super::sim::SellerArguments;
use super::{Context, Done, block_on};

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    seller: SellerArguments,
    /// Connect, but do not sync
    #[arg(long)]
    no_sync: bool,
    /// Definition of the KPIs that are printed: order_totals, platform or accounting
    #[arg(long)]
    definition: Option<Definition>,
}

pub(crate) fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let app = context.app()?;
    let seller = arguments.seller.seller();
    let profile = demo::profile(&app)?;
    let clock = Arc::clone(&app.deps().clock);
    block_on(async {
        context.out.note("Connecting the invented shop over loopback HTTP with OAuth …");
        // The marketplaces listen as long as this lives.
        let (_server, connection) = demo::connect(&profile, &seller, &clock).await?;
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
