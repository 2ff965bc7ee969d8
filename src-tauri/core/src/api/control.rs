//! What a platform itself counts, held against what is here: told beside the figures, never part of them (contract section 5).

use crate::app::Result;
use crate::connectors::Channel;
use crate::connectors::amazon::markets::market;
use crate::model::{Day, Status};
use crate::store::{Connection, OrderFilter, Read};

use super::desk::Scene;
use super::health::HealthLine;
use super::history::late;

/// Days that are compared, the latest final ones.
const DAYS: i32 = 30;
/// A difference of fewer orders is none: an order may be dated a second across midnight.
const FEW: u64 = 2;
/// A difference of less than one in so many is Amazon's own: its reports are known not to agree to the order.
const ONE_IN: u64 = 50;

/// Amazon's own count of orders beside the one here, those cancelled later included; nothing where either does not reach so far.
///
/// # Errors
/// Database failures only.
pub(super) fn orders_line(r: &Read<'_>, scene: &Scene, connection: &Connection) -> Result<Option<HealthLine>> {
    let (Channel::Amazon, Some(zone), None) = (connection.channel, connection.zone, scene.settings.zone) else {
        return Ok(None);
    };
    let read_whole = r.stream_states(connection.id)?.into_iter();
    if !read_whole
        .into_iter()
        .any(|s| s.stream == "orders" && s.last_good_at.is_some())
    {
        return Ok(None);
    }
    let end = zone.day_of(scene.now).plus(-late(connection.channel));
    let days = end.plus(-DAYS)..end;
    let totals = r.control_totals(connection.id, days.clone())?;
    let (mut theirs, mut here) = (0_u64, 0_u64);
    for id in connection.texts("outlets") {
        let Some(market) = market(Some(id), None) else {
            continue;
        };
        let own = totals
            .iter()
            .filter(|t| t.report == "order_metrics" && t.outlet == id && t.sku.is_empty() && t.from == t.to);
        let counts: Option<Vec<u64>> = own
            .map(|t| t.figures.iter().find(|(name, _)| name == "orderCount")?.1.parse().ok())
            .collect();
        let Some(counts) = counts.filter(|counts| i32::try_from(counts.len()) == Ok(DAYS)) else {
            return Ok(None);
        };
        theirs += counts.iter().sum::<u64>();
        for status in [Status::Sale, Status::Pending] {
            here += r.count_orders(&OrderFilter {
                connection: Some(connection.id),
                placed: Some(days.clone()),
                status: Some(status),
                sales_channel: Some(market.name.to_owned()),
                ..OrderFilter::default()
            })?;
        }
    }
    Ok(told(scene, connection, days.start, (theirs, here)))
}

fn told(scene: &Scene, connection: &Connection, from: Day, (theirs, here): (u64, u64)) -> Option<HealthLine> {
    let words = scene.words;
    let number = |n: u64| words.number(i64::try_from(n).unwrap_or(i64::MAX));
    let label = format!("{}: Amazon's own count", connection.name);
    let text = format!(
        "{} orders of {}, {} here, cancelled ones included",
        number(theirs),
        words.range(from, from.plus(DAYS - 1)),
        number(here)
    );
    let apart = theirs.abs_diff(here);
    if theirs == 0 && here == 0 {
        return None;
    }
    Some(match apart <= FEW.max(theirs / ONE_IN) {
        true => HealthLine::fine(label, text),
        false => HealthLine::look(
            label,
            text,
            "Sync again; every night the last month is read once more. If the difference stays, fetch everything anew.",
        ),
    })
}
