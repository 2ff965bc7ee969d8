//! `raw` and `rebuild`: the records behind the figures.

use std::io::IsTerminal as _;

use clap::{Args, Subcommand};
use countinghouse_core::app::{ApiError, Code};
use countinghouse_core::connectors::Channel;
use countinghouse_core::import::streams;
use countinghouse_core::store::StoreError;

use serde_json::json;

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
            let one = match r.raw(number) {
                Ok(raw) if raw.record.stream == stream.as_str() => raw,
                Ok(_) | Err(StoreError::NotFound(_)) => return Ok(Vec::new()),
                Err(error) => return Err(error),
            };
            // Numbers are the profile's own: one of another platform is not what was asked for.
            let whose = r.connections()?.into_iter().filter(|c| c.channel == *platform);
            for connection in whose {
                let records = r.raws_of(connection.id, stream, &one.record.key)?;
                if records.iter().any(|raw| raw.id == number) {
                    return Ok(vec![one]);
                }
            }
            return Ok(Vec::new());
        }
        let mut found = Vec::new();
        for connection in r.connections()?.iter().filter(|c| c.channel == *platform) {
            found.extend(r.raws_of(connection.id, stream, id)?);
        }
        Ok(found)
    })?;
    let known = streams(*platform);
    // What the platform tells of itself is kept too, though no file brings it.
    if records.is_empty() && !known.contains(&stream.as_str()) && !["shop", "deletions"].contains(&stream.as_str()) {
        return Err(context.out.usage(ApiError::invalid(
            format!("{} has no stream “{stream}”", platform.label()),
            format!("Use one of: {}.", known.join(", ")),
        )));
    }
    if records.is_empty() {
        return Err(ApiError::new(
            Code::NotFound,
            format!("there is no record {id} in {} {stream}", platform.label()),
            "Use the platform's own id, or the number that “trace” names, as '#12'.",
        ));
    }
    if context.out.is_json() {
        let answer: Vec<serde_json::Value> = records
            .iter()
            .map(|stored| {
                json!({
                    "number": stored.id, "stream": stored.record.stream, "facet": stored.record.facet, "key": stored.record.key,
                    "fetched_at": stored.fetched_at, "size": stored.record.bytes.len(),
                    "text": String::from_utf8_lossy(&stored.record.bytes),
                })
            })
            .collect();
        return context.out.answer(&answer, String::new);
    }
    let several = records.len() > 1;
    for stored in &records {
        context.out.note(&format!(
            "record {} · {} {} · {} bytes",
            stored.id,
            stored.record.stream,
            stored.record.facet,
            stored.record.bytes.len()
        ));
        context.out.bytes(&stored.record.bytes);
        // One record is exactly its bytes; several, and what a person reads, end with their lines.
        if several || std::io::stdout().is_terminal() {
            context.out.bytes(b"\n");
        }
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
