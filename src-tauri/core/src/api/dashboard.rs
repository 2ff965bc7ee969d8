//! The overview: key figures with their change, courses, channels, products, orders, and how complete all of it is.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use crate::app::{ApiError, Result};
use crate::charts::Drawing;
use crate::metrics::catalog::{Metric, Value};
use crate::metrics::{Comparison, Definition, Period};
use crate::model::{Currency, Day};
use crate::store::{Connection, OrderSearch, Read};

use super::args;
use super::desk::{Desk, Part, Scene};
use super::frame::NO_COMPARISON;
use super::gaps::Gaps;
use super::history::History;
use super::metrics::gaps_of_both;
use super::orders::{self, RecentOrder};
use super::products::{self, Sold};
use super::sums::Sums;
use super::total::Total;
use super::words::UNKNOWN;
use super::{complete, insights, pictures, tiles};

pub use super::tiles::{Direction, Tile};

/// Channels that have a line of their own: as many as there are colours.
const MOST_CHANNELS: usize = 6;

/// What the overview is asked by.
#[derive(Clone, PartialEq, Eq, Debug, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct DashboardArgs {
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// `none`, one of the frame's comparisons, or a range `A..B`.
    pub compare: String,
    /// By which definition.
    pub definition: Definition,
    /// Channel codes of the frame; empty means all.
    pub channels: Vec<String>,
}

/// A range of days with its name.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Range {
    /// First day.
    pub from: Day,
    /// Last day.
    pub to: Day,
    /// As people write it.
    pub label: String,
}

/// The definition an answer counts by.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct DefinitionRef {
    /// Its code.
    pub code: Definition,
    /// The name on screens.
    pub label: String,
}

impl From<Definition> for DefinitionRef {
    fn from(code: Definition) -> DefinitionRef {
        DefinitionRef {
            code,
            label: code.label().to_owned(),
        }
    }
}

/// A sales channel's figures.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct ChannelRow {
    /// Code to filter by.
    pub channel: String,
    /// The name on screens.
    pub label: String,
    /// Net sales.
    pub revenue_text: String,
    /// Orders.
    pub orders_text: String,
    /// Average order value.
    pub aov_text: String,
    /// Share of all net sales.
    pub share_text: String,
}

/// A product among the best.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct BestProduct {
    /// SKU, or what stands for it where there is none.
    pub sku: String,
    /// Its name.
    pub title: String,
    /// Units sold.
    pub units_text: String,
    /// Net sales.
    pub net_text: String,
    /// Gross profit over units with a known cost.
    pub profit_text: String,
}

/// One measure of how complete the figures are.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct CompletenessLine {
    /// What is measured.
    pub label: String,
    /// How it stands.
    pub value_text: String,
    /// Nothing is missing.
    pub ok: bool,
}

/// How complete the figures are.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct CompletenessLines {
    /// One line per measure.
    pub lines: Vec<CompletenessLine>,
}

/// The overview.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Dashboard {
    /// By which definition everything is counted.
    pub definition: DefinitionRef,
    /// The days asked for.
    pub range: Range,
    /// What they are compared with.
    pub previous: Option<Range>,
    /// Days whose figures may still change.
    pub not_final_days: Vec<Day>,
    /// The same as a sentence.
    pub not_final_text: Option<String>,
    /// What is missing in the days asked for or compared with, because their orders are not all here; nothing is compared then.
    pub missing_text: Option<String>,
    /// Why they are not, and what to do about it.
    pub missing_hint: Option<String>,
    /// What is left out of the days asked for or compared with, or counts in part, and where to look; null where everything counts.
    pub left_out_text: Option<String>,
    /// Of which of these days nobody has read what a marketplace paid back and charged, and what to do; null where all was read.
    pub money_text: Option<String>,
    /// Which older orders have a part in these days without being known, and why; null where none has.
    pub older_orders_text: Option<String>,
    /// What stands out, in sentences.
    pub insights: Vec<String>,
    /// Key figures.
    pub tiles: Vec<Tile>,
    /// Net sales over time, as a whole and, where there are several, by channel.
    pub revenue: Drawing,
    /// Net sales by channel; null where there is one channel or no total.
    pub share: Option<Drawing>,
    /// Sales channels, best first.
    pub channels: Vec<ChannelRow>,
    /// The latest orders of the range.
    pub recent_orders: Vec<RecentOrder>,
    /// The best products, best first.
    pub best_products: Vec<BestProduct>,
    /// The same as bars; null where there are none or no total.
    pub best_products_chart: Option<Drawing>,
    /// How complete the figures are.
    pub completeness: CompletenessLines,
    /// Codes of the currencies in play.
    pub currencies: Vec<String>,
    /// Why there is no total (for example a missing rate); the tiles then have no values.
    pub blocked: Option<String>,
}

/// Everything a part of the overview is made from.
pub(super) struct Board<'a> {
    pub(super) scene: &'a Scene,
    pub(super) definition: Definition,
    pub(super) period: Period,
    pub(super) previous: Option<Period>,
    pub(super) now: &'a Sums,
    pub(super) before: Option<&'a Sums>,
    pub(super) whole: &'a Total,
    pub(super) earlier: Option<&'a Total>,
    /// Currency of the totals; where nothing was sold, the one the shops sell in.
    pub(super) currency: Option<Currency>,
    /// Of which days the orders are held.
    pub(super) history: History,
    /// What could not be counted, or not as a whole, of the days asked for.
    pub(super) gaps: Gaps,
}

impl Board<'_> {
    /// Whether every order of the days asked for is here.
    pub(super) fn whole_range(&self) -> bool {
        self.history.covers(self.period)
    }
}

/// Answers `dashboard`.
///
/// # Errors
/// [`crate::app::Code::Invalid`] for a period or comparison that is none.
pub fn dashboard(desk: Desk<'_>, args: DashboardArgs) -> Result<Dashboard> {
    let period = args::period(args.from, args.to)?;
    let previous = compared_with(&args.compare, period)?;
    let parts = Part::parse_all(&args.channels)?;
    let definition = args.definition;
    desk.read(|r, scene| {
        let asked = |c: &Connection| Part::asks(&parts, c);
        let history = History::of(r, scene.today, asked)?;
        let periods = std::iter::once(period).chain(previous);
        let missing = periods
            .into_iter()
            .find_map(|p| Some((history.sentence(p)?, history.hint(p))));
        let now = Sums::of(r, scene, definition, period, &parts)?;
        // A period of which orders are missing is compared with nothing, and nothing with it.
        let before = previous
            .filter(|_| missing.is_none())
            .map(|p| Sums::of(r, scene, definition, p, &parts))
            .transpose()?;
        let whole = now.total().seen(&history, period);
        let gaps = Gaps::of(r, period, &whole.measures, asked)?;
        let whole = whole.beside(&gaps);
        let earlier = before.as_ref().map(|sums| sums.total().seen(&history, sums.period()));
        let gaps_before = match previous.zip(earlier.as_ref()) {
            Some((previous, total)) => Gaps::of(r, previous, &total.measures, asked)?,
            None => Gaps::default(),
        };
        let board = Board {
            scene,
            definition,
            period,
            previous,
            now: &now,
            before: before.as_ref(),
            whole: &whole,
            earlier: earlier.as_ref(),
            currency: whole.currency.or(scene.currency(r)?),
            history,
            gaps,
        };
        let sold = best(&products::sold(r, scene, definition, period, &parts)?, &board);
        let titles = products::titles(r, &sold.iter().map(|s| s.sku.as_str()).collect::<Vec<_>>())?;
        let best_products = sold
            .iter()
            .map(|s| product(s, &titles[&s.sku], &board))
            .collect::<Vec<_>>();
        let channels = by_channel(&board);
        let not_final_days = board.history.not_final(period);
        let search = OrderSearch {
            placed: Some(period.range()),
            outlets: Part::outlets(&parts, scene),
            text: None,
        };
        let recent = r.find_orders(&search, 0, 8)?;
        Ok(Dashboard {
            definition: definition.into(),
            range: range(scene, period),
            previous: previous.map(|p| range(scene, p)),
            not_final_text: board.history.not_final_text(&not_final_days),
            not_final_days,
            missing_text: missing.as_ref().map(|(text, _)| text.clone()),
            missing_hint: missing.and_then(|(_, hint)| hint),
            left_out_text: gaps_of_both(&board.gaps, &gaps_before),
            money_text: of_either(period, previous, |p| {
                let (text, hint) = board.history.unread_text(p)?;
                Some(format!("{text}. {hint}"))
            }),
            older_orders_text: of_either(period, previous, |p| {
                board.history.older_text(p).map(|text| format!("{text}."))
            }),
            insights: insights::insights(&board, &best_products, &sold),
            tiles: tiles::tiles(&board)?,
            revenue: pictures::revenue(&board, &best_channels(r, &board, &channels)?)?,
            share: pictures::share(&board, &channels)?,
            channels: channels.into_iter().map(|c| c.row).collect(),
            recent_orders: recent.iter().map(|row| orders::row(scene, row)).collect(),
            best_products_chart: pictures::best(&board, &sold, &best_products)?,
            best_products,
            completeness: CompletenessLines {
                lines: complete::lines(r, &board)?,
            },
            currencies: now.currencies().into_iter().map(|c| c.code().to_owned()).collect(),
            blocked: whole.blocked.as_ref().map(|why| format!("There is no total: {why}.")),
        })
    })
}

/// What is to be said of a period, else of the one it is compared with.
fn of_either(now: Period, before: Option<Period>, say: impl Fn(Period) -> Option<String>) -> Option<String> {
    let earlier = || Some(format!("In the days compared with: {}", say(before?)?));
    say(now).or_else(earlier)
}

fn compared_with(compare: &str, period: Period) -> Result<Option<Period>> {
    if compare == NO_COMPARISON {
        return Ok(None);
    }
    if compare.contains("..") {
        let own = compare
            .parse()
            .map_err(|m| ApiError::invalid(format!("compare: {m}"), "Give two days, the earlier first."))?;
        return Ok(Some(own));
    }
    let comparison: Comparison = compare
        .parse()
        .map_err(|m| ApiError::invalid(format!("compare: {m}"), "Take one that “frame” lists."))?;
    Ok(Some(period.previous(comparison)))
}

/// A range of days with its name.
pub(super) fn range(scene: &Scene, period: Period) -> Range {
    Range {
        from: period.from,
        to: period.to,
        label: scene.words.range(period.from, period.to),
    }
}

/// A sales channel with the figure it is ranked by.
pub(super) struct Ranked {
    pub(super) row: ChannelRow,
    pub(super) revenue: Option<rust_decimal::Decimal>,
}

fn by_channel(board: &Board<'_>) -> Vec<Ranked> {
    let (words, definition) = (board.scene.words, board.definition);
    let all = board.whole.value(Metric::NetSales, definition).map(Value::decimal);
    let mut ranked: Vec<Ranked> = board
        .now
        .by_channel(&board.history)
        .into_iter()
        // Where only charges fall, as for what Amazon ships for another shop, nothing was sold: that is no row of sales.
        .filter(|(_, _, total)| total.measures.trades())
        .map(|(channel, name, total)| {
            let value = |metric: Metric| total.value(metric, definition).map(Value::decimal);
            let currency = total.currency.or(board.currency);
            let text = |metric: Metric| {
                value(metric).map_or_else(|| UNKNOWN.to_owned(), |v| words.value(v, metric.unit(), currency))
            };
            let share = value(Metric::NetSales)
                .zip(all)
                .and_then(|(part, all)| part.checked_div(all));
            let code = Part {
                channel,
                sales_channel: Some(name.clone()),
            }
            .code();
            Ranked {
                revenue: value(Metric::NetSales),
                row: ChannelRow {
                    channel: code,
                    label: board.scene.channel_label(channel, &name),
                    revenue_text: text(Metric::NetSales),
                    orders_text: text(Metric::Orders),
                    aov_text: text(Metric::Aov),
                    share_text: share.map_or_else(|| UNKNOWN.to_owned(), |s| words.percent(s)),
                },
            }
        })
        .collect();
    ranked.sort_by(|a, b| b.revenue.cmp(&a.revenue).then_with(|| a.row.label.cmp(&b.row.label)));
    ranked
}

/// The sums of the best channels by themselves; none where there is one channel, or no total that they are parts of.
fn best_channels(r: &Read<'_>, board: &Board<'_>, ranked: &[Ranked]) -> Result<Vec<(String, Sums)>> {
    if ranked.len() < 2 || board.whole.blocked.is_some() {
        return Ok(Vec::new());
    }
    let sums = |channel: &Ranked| {
        let part = Part::parse_all(std::slice::from_ref(&channel.row.channel))?;
        Ok((channel.row.label.clone(), board.now.of_parts(r, &part)?))
    };
    ranked.iter().take(MOST_CHANNELS).map(sums).collect()
}

/// The best eight products by net sales; in several currencies the best of the first, for they have no common order.
fn best(sold: &[Sold], board: &Board<'_>) -> Vec<Sold> {
    let definition = board.definition;
    let mut best: Vec<&Sold> = sold
        .iter()
        .filter(|s| s.measures.units != 0 || s.net(definition) > 0)
        .collect();
    best.sort_by_key(|s| (s.currency, std::cmp::Reverse(s.net(definition)), s.sku.clone()));
    best.into_iter()
        .take(8)
        .map(|s| Sold {
            sku: s.sku.clone(),
            ..*s
        })
        .collect()
}

fn product(sold: &Sold, title: &str, board: &Board<'_>) -> BestProduct {
    let words = board.scene.words;
    let (units, known) = (sold.measures.units, sold.measures.units_with_cost);
    let hidden = |metric: Metric| board.whole.hides(metric, board.definition);
    let profit_text = match sold.profit().filter(|_| !hidden(Metric::GrossProfit)) {
        None => UNKNOWN.to_owned(),
        Some(profit) if known < units => {
            let profit = words.money(profit, Some(sold.currency));
            format!("{profit} ({} of {} units)", words.number(known), words.number(units))
        }
        Some(profit) => words.money(profit, Some(sold.currency)),
    };
    BestProduct {
        sku: sold.sku.clone(),
        title: title.to_owned(),
        units_text: words.number(units),
        net_text: match hidden(Metric::NetSales) {
            true => UNKNOWN.to_owned(),
            false => words.micros(sold.net(board.definition), sold.currency),
        },
        profit_text,
    }
}

impl Sums {
    /// Every currency in play.
    fn currencies(&self) -> BTreeSet<Currency> {
        self.keys().map(|key| key.currency).collect()
    }
}
