//! `raw` and `rebuild`: the records behind the figures.

use clap::{Args, Subcommand};
use countinghouse_core::app::{ApiError, Code};
use countinghouse_core::connectors::Channel;

use super::{Context, Done};

#[derive(Subcommand)]
pub(crate) enum RawCommand {
    /// Print exactly the bytes that came
    Show {
        /// Platform
        platform: Channel,
        /// Stream (orders, products, …)
        stream: String,
        /// The platform's id of the thing, or “#N” for the record number that a trace names
        id: String,
    },
}

pub(crate) fn raw(context: &Context<'_>, command: &RawCommand) -> Done {
    let RawCommand::Show { platform, stream, id } = command;
    let profile = context.profile()?;
    let records = profile.store().read_blocking(|r| {
        if let Some(number) = id.strip_prefix('#').and_then(|n| n.parse::<i64>().ok()) {
            return Ok(vec![r.raw(number)?]);
        }
        let mut found = Vec::new();
        for connection in r.connections()?.iter().filter(|c| c.channel == *platform) {
            found.extend(r.raws_of(connection.id, stream, id)?);
        }
        Ok(found)
    })?;
    if records.is_empty() {
        return Err(ApiError::new(
            Code::NotFound,
            format!("there is no record {id} in {} {stream}", platform.label()),
            "Use the platform's own id, as “orders list” and “trace” show it.",
        ));
    }
    for stored in &records {
        context.out.note(&format!(
            "record {} · {} {} · {} bytes",
            stored.id,
            stored.record.stream,
            stored.record.facet,
            stored.record.bytes.len()
        ));
        context.out.bytes(&stored.record.bytes);
        context.out.bytes(b"\n");
    }
    Ok(())
}

#[derive(Args)]
pub(crate) struct RebuildArguments {
    /// From the raw records (the default): facts, orders, figures
    #[arg(long)]
    from_raw: bool,
    /// Only the daily sums, from the stored orders
    #[arg(long, conflicts_with = "from_raw")]
    measures: bool,
}

pub(crate) fn rebuild(context: &Context<'_>, arguments: &RebuildArguments) -> Done {
    let profile = context.profile()?;
    if arguments.measures {
        profile.rebuild_measures()?;
        return context.out.answer(&serde_json::json!({ "measures": "rebuilt" }), || {
            "Counted all days again.".into()
        });
    }
    let done = profile.rebuild()?;
    let answer = serde_json::json!({ "orders_changed": done.orders, "issues": done.troubles.len() });
    context.out.answer(&answer, || match done.orders {
        0 => "Rebuilt everything from the raw records; nothing came out different.".into(),
        n => format!("Rebuilt everything from the raw records; {n} orders came out different."),
    })
}
