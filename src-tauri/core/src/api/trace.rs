//! From a figure to its formula's sums, the orders behind them, and the raw records those were read from.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::app::{ApiError, Result};
use crate::connectors::Channel;
use crate::metrics::catalog::{Metric, Unit, Value};
use crate::metrics::trace::{Role, Term, share, terms};
use crate::metrics::{Definition, Period};
use crate::model::{Currency, Day};
use crate::store::{Connection, Read};

use super::args;
use super::dashboard::{DefinitionRef, Range, range};
use super::desk::{Desk, Part, Scene};
use super::figure::Figure;
use super::gaps::Gaps;
use super::history::History;
use super::order::{self, PostingRow};
use super::sums::total_of;
use super::words::UNKNOWN;

/// Orders in one answer.
const PAGE: usize = 25;

/// Up to so many orders are looked through to say how many stand behind a figure.
const COUNTED: usize = 20_000;

/// Which figure.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct TraceArgs {
    /// The metric's name.
    pub metric: String,
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// By which definition.
    pub definition: Definition,
    /// Channel codes of the frame; empty means all.
    pub channels: Vec<String>,
    /// Orders already shown; the answer goes on after them.
    pub after: u32,
}

/// A figure and what it is made of.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Trace {
    /// The metric's name on screens.
    pub label: String,
    /// The days.
    pub range: Range,
    /// The definition.
    pub definition: DefinitionRef,
    /// The figure; a dash where it is unknown.
    pub figure_text: String,
    /// The same as data: money as text with the currency's decimals, a count or a ratio as a number, `null` where it is unknown.
    #[ts(type = "string | number | null")]
    pub figure: Figure,
    /// What it is: `money`, `count` or `rate`.
    #[ts(type = "string")]
    pub unit: &'static str,
    /// Currency of the sums; null where several are in play or none is known.
    #[ts(type = "string | null")]
    pub currency: Option<Currency>,
    /// Why it is unknown, or which orders are missing in it.
    pub note: Option<String>,
    /// Its formula in words.
    pub formula: String,
    /// The sums of the formula; those that are added make the figure, or stand above the line of a ratio.
    pub terms: Vec<TraceTerm>,
    /// Orders behind it, newest first.
    pub orders: Vec<TraceOrder>,
    /// How many there are.
    pub orders_text: String,
    /// There are more orders after these.
    pub more: bool,
}

/// A sum of the formula.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct TraceTerm {
    /// What is summed; `÷` before what stands below the line of a ratio.
    pub label: String,
    /// How much, with the sign it has in the formula.
    pub amount_text: String,
    /// The same as a plain decimal.
    pub amount: String,
}

/// An order behind a figure.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct TraceOrder {
    /// Its connection.
    pub connection: i64,
    /// The platform's id.
    pub key: String,
    /// The number people see.
    pub name: String,
    /// What it adds to the figure, or above the line of a ratio.
    pub amount_text: String,
    /// The same as a plain decimal.
    pub amount: String,
    /// Its ledger rows that stand behind the figure; none where only the order is counted.
    pub postings: Vec<PostingRow>,
    /// Ids of the raw records the order rests on.
    pub raws: Vec<i64>,
}

/// Answers `trace`.
///
/// # Errors
/// [`crate::app::Code::Invalid`] for a metric or period that is none.
pub fn trace(desk: Desk<'_>, args: TraceArgs) -> Result<Trace> {
    let metric = metric(&args.metric)?;
    let period = args::period(args.from, args.to)?;
    let parts = Part::parse_all(&args.channels)?;
    let definition = args.definition;
    desk.read(|r, scene| {
        let asked = |c: &Connection| Part::asks(&parts, c);
        let history = History::of(r, scene.today, asked)?;
        let total = total_of(r, scene, definition, period, &parts)?.seen(&history, period);
        let gaps = Gaps::of(r, period, &total.measures, asked)?;
        let total = total.beside(&gaps);
        let currency = total.currency.or(scene.currency(r)?);
        let figure = total.value(metric, definition);
        let unknown = figure
            .is_none()
            .then(|| total.unknown_because((metric, definition), (&history, period)));
        let (orders, behind) = behind(r, scene, (metric, definition, period), &parts, args.after as usize)?;
        let shown = orders.len() + args.after as usize;
        // Amounts of several currencies have no sums to show.
        let sums = match total.blocked {
            Some(_) => Vec::new(),
            None if total.is_unknown() || total.hides(metric, definition) => Vec::new(),
            None => terms(metric, definition, &total.measures),
        };
        Ok(Trace {
            label: metric.label().to_owned(),
            range: range(scene, period),
            definition: definition.into(),
            figure_text: figure.map_or_else(
                || UNKNOWN.to_owned(),
                |v| scene.words.value(v.decimal(), metric.unit(), currency),
            ),
            figure: Figure::of(figure, currency.unwrap_or(Currency::USD)),
            unit: match metric.unit() {
                Unit::Money => "money",
                Unit::Count => "count",
                Unit::Rate => "rate",
            },
            currency,
            note: note(unknown, (metric, definition), (&history, period), &gaps),
            formula: metric.formula(definition),
            terms: sums.iter().map(|t| term(scene, t, currency)).collect(),
            orders,
            more: behind.is_none_or(|all| all > shown),
            orders_text: match behind {
                Some(count) => {
                    let orders = scene
                        .words
                        .things(i64::try_from(count).unwrap_or(i64::MAX), "order", "orders");
                    if count > 1 {
                        format!("{orders}, newest first")
                    } else {
                        orders
                    }
                }
                None => "newest first".to_owned(),
            },
        })
    })
}

/// Why the figure is unknown, if it is; what is missing of these days, why, and what to do.
fn note(
    unknown: Option<String>,
    (metric, definition): (Metric, Definition),
    (history, period): (&History, Period),
    gaps: &Gaps,
) -> Option<String> {
    let unknown = unknown.map(|why| format!("Unknown: {why}."));
    let days = history.sentence(period).map(|text| format!("{text}."));
    let hint = days.as_ref().and_then(|_| history.hint(period));
    let money = history.unread_text(period);
    let (money, money_hint) = money.filter(|_| metric.holds_money_back(definition)).unzip();
    let older = history
        .older_text(period)
        .filter(|_| metric.holds_older_orders(definition));
    let ended = |text: Option<String>| text.map(|text| format!("{text}."));
    let texts = [unknown, days, hint, ended(money), money_hint, ended(older), gaps.text()];
    let all: Vec<String> = texts.into_iter().flatten().collect();
    (!all.is_empty()).then(|| all.join(" "))
}

fn metric(name: &str) -> Result<Metric> {
    Metric::from_name(name).ok_or_else(|| {
        let names: Vec<&str> = Metric::ALL.iter().map(|m| m.name()).collect();
        ApiError::invalid(
            format!("metric: “{name}” is none"),
            format!("There are: {}.", names.join(", ")),
        )
    })
}

/// The page of orders behind a figure after `after`, and how many there are, where they are few enough to be counted.
fn behind(
    r: &Read<'_>,
    scene: &Scene,
    (metric, definition, period): (Metric, Definition, Period),
    parts: &[Part],
    after: usize,
) -> Result<(Vec<TraceOrder>, Option<usize>)> {
    let ids = r.orders_touching(period.range(), Part::outlets(parts, scene).as_deref())?;
    let counted = ids.len() <= COUNTED;
    let (mut page, mut count) = (Vec::new(), 0);
    for id in &ids {
        let (connection, order) = r.order_by_id(*id)?;
        let zone = scene.zone_of(connection);
        let Some(share) = share(metric, definition, period, &order, zone) else {
            continue;
        };
        count += 1;
        if count <= after || page.len() == PAGE {
            if count > after + PAGE && !counted {
                return Ok((page, None));
            }
            continue;
        }
        let channel = scene.channel_of(connection).unwrap_or(Channel::Shopify);
        page.push(TraceOrder {
            connection: connection.0,
            key: order.key.clone(),
            name: order.name.clone(),
            amount_text: amount_text(scene, share.value, Some(order.currency)),
            amount: share.value.text(order.currency),
            postings: share
                .postings
                .iter()
                .map(|i| order::posting(scene, channel, &order, &order.postings[*i], zone))
                .collect(),
            raws: order.raws.clone(),
        });
    }
    Ok((page, Some(count)))
}

fn term(scene: &Scene, term: &Term, currency: Option<Currency>) -> TraceTerm {
    let label = term.about.label();
    TraceTerm {
        label: if term.role == Role::Over {
            format!("÷ {label}")
        } else {
            label.to_owned()
        },
        amount_text: amount_text(scene, term.value, currency),
        amount: term.value.text(currency.unwrap_or(Currency::USD)),
    }
}

fn amount_text(scene: &Scene, value: Value, currency: Option<Currency>) -> String {
    match value {
        Value::Money(amount) => scene.words.money(amount, currency),
        Value::Count(count) => scene.words.number(count),
        Value::Rate(rate) => scene.words.percent(rate),
    }
}
