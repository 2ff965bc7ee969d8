//! `metrics`.

use clap::{Args, Subcommand};
use countinghouse_core::api::metrics::{self, Question};
use countinghouse_core::api::{Figure, Figures};
use countinghouse_core::app::ApiError;
use countinghouse_core::connectors::Channel;
use countinghouse_core::metrics::catalog::Metric;
use countinghouse_core::metrics::{Comparison, Definition, Period, Step};
use countinghouse_core::model::{Currency, Day};

use super::out::{table, wrapped};
use super::{Context, Done, metric_names, period};

#[derive(Subcommand)]
pub(crate) enum Command {
    /// A row per day and platform
    Daily {
        /// First day (YYYY-MM-DD)
        #[arg(long)]
        from: Day,
        /// Last day
        #[arg(long)]
        to: Day,
        #[command(flatten)]
        asked: Asked,
    },
    /// Totals of the last days, or of a range
    Kpis {
        /// The last N days, today included
        #[arg(long, default_value_t = 30, conflicts_with_all = ["from", "to"], value_parser = clap::value_parser!(i32).range(1..=36_600))]
        days: i32,
        /// First day
        #[arg(long, requires = "to")]
        from: Option<Day>,
        /// Last day
        #[arg(long, requires = "from")]
        to: Option<Day>,
        #[command(flatten)]
        asked: Asked,
    },
    /// One period against another
    Compare {
        /// The period (2026-03-01..2026-03-31)
        #[arg(long)]
        current: Period,
        /// What it is compared with: a period, same-length, last-year, same-weekday or 4-4-5
        #[arg(long, default_value = "same-length", value_parser = base)]
        previous: Base,
        #[command(flatten)]
        asked: Asked,
    },
    /// One metric over time
    Trends {
        /// Metric (net_sales, orders, aov, …)
        #[arg(long, default_value = "net_sales", value_parser = metric_names(), hide_possible_values = true)]
        metric: String,
        /// Step: day, week or month
        #[arg(long, default_value = "day")]
        by: Step,
        /// The last N days, today included
        #[arg(long, default_value_t = 90, conflicts_with_all = ["from", "to"], value_parser = clap::value_parser!(i32).range(1..=36_600))]
        days: i32,
        /// First day
        #[arg(long, requires = "to")]
        from: Option<Day>,
        /// Last day
        #[arg(long, requires = "from")]
        to: Option<Day>,
        #[command(flatten)]
        asked: Asked,
    },
}

/// What a period is compared with.
#[derive(Clone, Copy)]
pub(crate) enum Base {
    /// These days.
    Days(Period),
    /// Days that follow from the period.
    Derived(Comparison),
}

fn base(text: &str) -> Result<Base, String> {
    match text.contains("..") {
        true => text.parse().map(Base::Days),
        false => text.parse().map(Base::Derived),
    }
}

/// What every figure is asked by.
#[derive(Args)]
pub(crate) struct Asked {
    /// order_totals, platform or accounting; the profile's own if left out
    #[arg(long)]
    definition: Option<Definition>,
    /// Only this platform
    #[arg(long)]
    platform: Vec<Channel>,
}

pub(crate) fn run(context: &Context<'_>, command: &Command) -> Done {
    let profile = context.profile()?;
    let today = profile.today()?;
    let own = profile.settings()?.definition;
    let question = |asked: &Asked, period: Period| Question {
        definition: asked.definition.unwrap_or(own),
        period,
        channels: asked.platform.clone(),
        connection: None,
        today,
    };
    let range = |from: &Option<Day>, to: &Option<Day>, days: i32| match (from, to) {
        (Some(from), Some(to)) => period(context.out, *from, *to),
        _ => Ok(Period::ending(today, days)),
    };
    match command {
        Command::Daily { from, to, asked } => {
            let q = question(asked, period(context.out, *from, *to)?);
            let answer = profile.store().read_blocking(|r| metrics::daily(r, &q))?;
            context.out.answer(&answer, || {
                // Rows of several currencies are told apart by them.
                let first = answer.metrics.first().map(|row| row.currency);
                let several = answer.metrics.iter().any(|row| Some(row.currency) != first);
                let rows: Vec<Vec<String>> = answer
                    .metrics
                    .iter()
                    .map(|row| {
                        let mut cells = vec![row.date.to_string(), row.platform.to_owned()];
                        cells.extend(several.then(|| row.currency.code().to_owned()));
                        cells.extend(COLUMNS.iter().map(|c| shown(&row.figures, c)));
                        cells.push(marks(row));
                        cells
                    })
                    .collect();
                let mut head = vec!["date", "platform"];
                head.extend(several.then_some("currency"));
                head.extend(COLUMNS);
                head.push("");
                format!(
                    "{}\n\n{}",
                    complete(answer.definition.label, &answer.blocked, &answer.completeness),
                    table(&head, &rows)
                )
            })
        }
        Command::Kpis { days, from, to, asked } => {
            let q = question(asked, range(from, to, *days)?);
            let answer = profile.store().read_blocking(|r| metrics::kpis(r, &q))?;
            context.out.answer(&answer, || kpis_text(&answer))
        }
        Command::Compare {
            current,
            previous,
            asked,
        } => {
            let q = question(asked, *current);
            let previous = match previous {
                Base::Days(period) => *period,
                Base::Derived(comparison) => current.previous(*comparison),
            };
            let answer = profile.store().read_blocking(|r| metrics::compare(r, &q, previous))?;
            context.out.answer(&answer, || {
                let rows: Vec<Vec<String>> = Metric::ALL
                    .iter()
                    .filter(|m| answer.current_period.figures.contains_key(m.name()))
                    .map(|m| {
                        let name = format!("{}_change", m.name());
                        let change = answer.changes_percent.get(&name);
                        vec![
                            m.label().to_owned(),
                            shown(&answer.current_period.figures, m.name()),
                            shown(&answer.previous_period.figures, m.name()),
                            change.map_or_else(dash, |c| match c {
                                Figure::Unknown => dash(),
                                other => format!("{}%", cell(other)),
                            }),
                            answer.changes_text.get(&name).cloned().unwrap_or_default(),
                        ]
                    })
                    .collect();
                let head = format!(
                    "{} – {} against {} – {}",
                    q.period.from, q.period.to, previous.from, previous.to
                );
                let mut missing = String::new();
                if let Some(why) = &answer.incomplete {
                    missing = format!("\nNo comparison: {why}.");
                    missing.extend(
                        answer
                            .incomplete_hint
                            .iter()
                            .map(|hint| format!("\n{}", wrapped(hint, 2))),
                    );
                }
                if let Some(why) = &answer.blocked {
                    missing.push_str(&format!(
                        "\n{}",
                        wrapped(&format!("Amounts are not compared: {why}."), 2)
                    ));
                }
                if let Some(text) = &answer.compared_text {
                    missing.push_str(&format!("\n{}", wrapped(&format!("Compared: {text}."), 2)));
                }
                for (side, part) in [("now", &answer.current_period), ("before", &answer.previous_period)] {
                    for line in lacks(&part.completeness) {
                        missing.push_str(&format!("\n{}", wrapped(&format!("{side}: {line}"), 2)));
                    }
                }
                let missing = format!("\nDefinition: {}{missing}", answer.definition.label);
                format!(
                    "{head}{missing}\n\n{}",
                    table(
                        &[
                            "",
                            &headed("now", answer.current_period.currency),
                            &headed("before", answer.previous_period.currency),
                            "change",
                            ""
                        ],
                        &rows
                    )
                )
            })
        }
        Command::Trends {
            metric,
            by,
            days,
            from,
            to,
            asked,
        } => {
            let q = question(asked, range(from, to, *days)?);
            let metric =
                Metric::from_name(metric).ok_or_else(|| ApiError::internal(format!("“{metric}” is no metric")))?;
            let answer = profile
                .store()
                .read_blocking(|r| metrics::trends(r, &q, metric, *by, Comparison::SameLength))?;
            context.out.answer(&answer, || {
                let rows: Vec<Vec<String>> = answer
                    .series
                    .iter()
                    .map(|p| {
                        let partial = p.partial.as_ref();
                        let partial = partial.map(|part| {
                            format!(", only {} – {} ({} of {} days)", part.from, part.to, part.days, part.of)
                        });
                        // Where several are in play, each amount names its own.
                        let own = p
                            .currency
                            .filter(|_| answer.blocked.is_some() && p.value != Figure::Unknown);
                        let own = own.map(|c| format!(" {c}")).unwrap_or_default();
                        vec![
                            format!("{}{}", p.date, partial.unwrap_or_default()),
                            format!("{}{own}", cell(&p.value)),
                            cell(&p.moving_average),
                            cell(&p.previous),
                        ]
                    })
                    .collect();
                let currency = answer.currency.map(|c| format!(", {c}")).unwrap_or_default();
                format!(
                    "{}, {} – {}{currency}\n{}\n\n{}",
                    metric.label(),
                    q.period.from,
                    q.period.to,
                    complete(answer.definition.label, &answer.blocked, &answer.completeness),
                    table(&["date", metric.name(), "average", "previous"], &rows)
                )
            })
        }
    }
}

/// The head of a column of figures, with the currency of its amounts.
fn headed(name: &str, currency: Option<Currency>) -> String {
    currency.map_or_else(|| name.to_owned(), |currency| format!("{name}, {currency}"))
}

/// Columns of the daily table; `--json` has all metrics.
const COLUMNS: [&str; 9] = [
    "gross_sales",
    "discounts",
    "refunds",
    "net_sales",
    "orders",
    "units",
    "aov",
    "refund_rate",
    "fulfillment_rate",
];

/// The KPIs as people read them.
pub(crate) fn kpis_text(answer: &metrics::Kpis) -> String {
    let rows: Vec<Vec<String>> = Metric::ALL
        .iter()
        .filter(|m| answer.kpis.contains_key(m.name()))
        .map(|m| vec![m.label().to_owned(), shown(&answer.kpis, m.name())])
        .collect();
    let currency = answer.currency.map(|c| format!(", {c}")).unwrap_or_default();
    let head = complete(answer.definition.label, &answer.blocked, &answer.completeness);
    format!(
        "{} – {}{currency}\n{head}\n\n{}",
        answer.start_date,
        answer.end_date,
        table(&["", ""], &rows).trim_start()
    )
}

/// By which definition, and what keeps the figures from being whole.
fn complete(definition: &str, blocked: &Option<String>, completeness: &metrics::Completeness) -> String {
    let reach = &completeness.reach;
    let mut lines = vec![format!("Definition: {definition}")];
    lines.extend(blocked.as_ref().map(|why| format!("No total: {why}")));
    lines.extend(reach.orders_text.as_ref().map(|text| format!("Not complete: {text}.")));
    lines.extend(reach.orders_hint.as_ref().map(|hint| wrapped(hint, 2)));
    lines.extend(lacks(completeness).iter().map(|line| wrapped(line, 0)));
    lines.join("\n")
}

/// What figures of days whose orders are here lack, or do not rest on, a sentence each.
fn lacks(completeness: &metrics::Completeness) -> Vec<String> {
    let left_out = completeness.reach.left_out_text.as_ref();
    let reach = &completeness.reach;
    let open = [&completeness.unpriced_text, &completeness.untold_text];
    let mut lines: Vec<String> = left_out
        .map(|text| format!("Not complete: {text}"))
        .into_iter()
        .collect();
    if let Some(text) = &reach.money_text {
        let hint = reach.money_hint.as_deref().unwrap_or_default();
        lines.push(format!("Not complete: {text}. {hint}"));
    }
    lines.extend(
        reach
            .older_orders_text
            .iter()
            .map(|text| format!("Not complete: {text}.")),
    );
    lines.extend(open.into_iter().flatten().map(|text| format!("Not complete: {text}.")));
    lines.extend(
        completeness
            .estimated_text
            .iter()
            .map(|text| format!("Estimated: {text}.")),
    );
    lines.extend(completeness.basis_text.iter().map(|text| format!("Tax: {text}.")));
    lines.extend(completeness.costs_text.iter().map(|text| format!("{text}.")));
    lines
}

/// What to know of a day's figures, in few words.
fn marks(row: &metrics::DailyFigures) -> String {
    let marks = [
        (row.orders_without_price, "without price"),
        (row.orders_incomplete, "in part"),
    ];
    let mut words: Vec<String> = marks
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, what)| format!("{count} {what}"))
        .collect();
    if row.rows_estimated > 0 {
        words.push("estimated".to_owned());
    }
    if row.rows_basis_unknown > 0 {
        words.push("with unknown tax".to_owned());
    }
    words.join(", ")
}

fn dash() -> String {
    "–".to_owned()
}

fn shown(figures: &Figures, name: &str) -> String {
    figures.get(name).map_or_else(dash, cell)
}

fn cell(figure: &Figure) -> String {
    match figure {
        Figure::Unknown => dash(),
        Figure::Money(text) => text.clone(),
        Figure::Number(raw) => raw.get().to_owned(),
    }
}
