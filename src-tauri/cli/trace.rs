//! `trace`: from a figure to its records.

use clap::{ArgGroup, Args};
use countinghouse_core::api::Desk;
use countinghouse_core::api::trace::{Trace, TraceArgs, trace as ask_trace};
use countinghouse_core::app::ApiError;
use countinghouse_core::connectors::Channel;
use countinghouse_core::metrics::Definition;
use countinghouse_core::model::Day;

use super::out::{plain, wrapped};
use super::{Context, Done, metric_names, period};

#[derive(Args)]
#[command(group(ArgGroup::new("days").required(true).args(["day", "from"])))]
pub(crate) struct TraceArguments {
    /// Metric (net_sales, orders, gross_profit, …)
    #[arg(value_parser = metric_names(), hide_possible_values = true)]
    metric: String,
    /// The day (YYYY-MM-DD)
    #[arg(long)]
    day: Option<Day>,
    /// First day of a range instead
    #[arg(long, requires = "to")]
    from: Option<Day>,
    /// Last day
    #[arg(long, requires = "from")]
    to: Option<Day>,
    /// Only this platform
    #[arg(long)]
    platform: Option<Channel>,
    /// order_totals, platform or accounting; the profile's own if left out
    #[arg(long)]
    definition: Option<Definition>,
    /// Orders already shown; go on after them
    #[arg(long, default_value_t = 0)]
    after: u32,
}

pub(crate) fn trace(context: &Context<'_>, arguments: &TraceArguments) -> Done {
    let app = context.app()?;
    let desk = Desk {
        app: &app,
        profile: context.global.profile.as_deref(),
    };
    let (from, to) = match (arguments.day, arguments.from, arguments.to) {
        (Some(day), _, _) => (day, day),
        (None, Some(from), Some(to)) => {
            let days = period(context.out, from, to)?;
            (days.from, days.to)
        }
        _ => {
            return Err(ApiError::invalid(
                "no day is given",
                "Name one with --day, or a range with --from and --to.",
            ));
        }
    };
    let definition = match arguments.definition {
        Some(definition) => definition,
        None => desk.open()?.settings()?.definition,
    };
    let args = TraceArgs {
        metric: arguments.metric.clone(),
        from,
        to,
        definition,
        channels: arguments.platform.iter().map(|c| c.name().to_owned()).collect(),
        after: arguments.after,
    };
    let answer = ask_trace(desk, args)?;
    context.out.answer(&answer, || text(&answer, context.out.hints()))
}

fn text(trace: &Trace, hints: bool) -> String {
    let mut lines = vec![
        format!("{} · {} · {}", trace.label, trace.range.label, trace.definition.label),
        format!("{} = {}", trace.figure_text, trace.formula),
    ];
    lines.extend(trace.note.iter().map(|note| wrapped(note, 0)));
    for term in &trace.terms {
        lines.push(format!("  {:<44} {:>16}", plain(&term.label), term.amount_text));
    }
    for order in &trace.orders {
        lines.push(format!("\n{}  {}", plain(&order.name), order.amount_text));
        for posting in &order.postings {
            lines.push(format!(
                "  {:<22} {} {:>14}  #{} {} {}",
                posting.label,
                posting.event_day,
                posting.amount_text,
                posting.raw,
                posting.path,
                plain(posting.line.as_deref().unwrap_or_default())
            ));
        }
    }
    if trace.more {
        lines.push("\nMore orders follow; go on with --after.".into());
    }
    if hints && trace.orders.iter().any(|order| !order.postings.is_empty()) {
        lines.push("\nPrint a record with “countinghouse raw show PLATFORM orders '#NUMBER'”.".into());
    }
    lines.join("\n")
}
