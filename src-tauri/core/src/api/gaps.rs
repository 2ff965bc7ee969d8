//! What figures lack of days whose records are here: orders that could not be counted, records that could not be read, and orders
//! that count in part; and what they have twice, orders of which two connections tell. No figure goes without them.

use crate::app::settings;
use crate::metrics::{Measure, Measures, Period};
use crate::model::Zone;
use crate::store::{Connection, ConnectionId, Lacking, Read, Result};

use super::issues::orders_twice;
use super::words::EN_US;

/// What the figures of a period lack.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Gaps {
    /// Orders and records that do not count.
    pub(super) lacking: Lacking,
    /// Orders that count in part, by order day.
    pub(super) in_part: i64,
    /// Rows of orders that count in part, each on its own day.
    pub(super) rows_in_part: i64,
    /// Orders that two of the connections hold, and that count twice until the user has decided whose they are: what they are and
    /// what to do, in sentences. They are told beside every figure, whatever its days.
    pub(super) twice: Vec<String>,
}

impl Gaps {
    /// The gaps of a period in the connections that `admits` lets in, whose sums are `m`. Disconnected ones lack what they lack.
    ///
    /// # Errors
    /// Database failures only.
    pub(super) fn of(r: &Read<'_>, period: Period, m: &Measures, admits: impl Fn(&Connection) -> bool) -> Result<Gaps> {
        let mut lacking = Lacking::default();
        for (connection, _, (from, end)) in within(r, period, &admits)? {
            let own = r.lacking(connection, from, end)?;
            lacking.orders += own.orders;
            lacking.undated += own.undated;
            lacking.records += own.records;
            lacking.to_come += own.to_come;
        }
        Ok(Gaps {
            lacking,
            in_part: m.get(Measure::OrdersIncomplete),
            rows_in_part: m.get(Measure::RowsIncomplete),
            twice: twice(r, admits)?,
        })
    }

    /// Whether nothing is lacking.
    pub(super) fn is_none(&self) -> bool {
        *self == Gaps::default()
    }

    /// Whether there are orders that could not be counted, and `m` counts nothing at all: then no zero is known to be one.
    pub(super) fn are_all(&self, m: &Measures) -> bool {
        self.lacking.orders > 0 && *m == Measures::default()
    }

    /// Orders that could not be counted, in few words; `None` where every one was.
    pub(super) fn left_out_text(&self) -> Option<String> {
        (self.lacking.orders > 0).then(|| format!("{} not counted", things(self.lacking.orders, "order")))
    }

    /// What is lacking and where to look, in sentences; `None` where nothing is.
    pub(super) fn text(&self) -> Option<String> {
        let Lacking {
            orders,
            undated,
            records,
            to_come,
        } = self.lacking;
        let mut open = Vec::new();
        if orders > 0 {
            let days = match undated {
                0 => "",
                all if all == orders => " (of unknown days, so that every range may lack them)",
                _ => " (some of unknown days, so that every range may lack them)",
            };
            open.push(format!("{} could not be counted{days}", things(orders, "order")));
        }
        if records > 0 {
            let be = if records == 1 { "is" } else { "are" };
            open.push(format!(
                "{} could not be read and {be} in no figure",
                things(records, "record")
            ));
        }
        if to_come > 0 {
            let be = if to_come == 1 { "is" } else { "are" };
            open.push(format!(
                "{} {be} not here yet, and what is here of them is in no figure",
                things(to_come, "order")
            ));
        }
        let open =
            (!open.is_empty()).then(|| format!("{}; see Data > Issues, or “countinghouse health”.", open.join(", ")));
        let in_part = match (self.in_part, self.rows_in_part) {
            (0, 0) => None,
            (0, rows) => Some(format!(
                "{} of these days belong to orders that count in part.",
                things(rows.unsigned_abs(), "ledger row")
            )),
            (1, _) => Some("1 order counts in part; its page says so, and Data > Issues why.".to_owned()),
            (n, _) => Some(format!(
                "{} count in part; their pages say so, and Data > Issues why.",
                things(n.unsigned_abs(), "order")
            )),
        };
        let all: Vec<String> = self.twice.iter().cloned().chain(open).chain(in_part).collect();
        (!all.is_empty()).then(|| all.join(" "))
    }
}

/// Days on which orders lie that are kept and not counted: where nothing else is of such a day, no zero is known to be one.
#[derive(Clone, Debug, Default)]
pub(super) struct Uncounted {
    spans: Vec<Period>,
}

impl Uncounted {
    /// Those of a period in the connections that `admits` lets in.
    ///
    /// # Errors
    /// Database failures only.
    pub(super) fn of(r: &Read<'_>, period: Period, admits: impl Fn(&Connection) -> bool) -> Result<Uncounted> {
        let mut spans = Vec::new();
        for (connection, zone, (from, end)) in within(r, period, admits)? {
            let days = |(from, to): (i64, i64)| Period {
                from: zone.day_of(from),
                to: zone.day_of(to),
            };
            let own = r.uncounted_spans(connection, from, end)?.into_iter();
            spans.extend(own.map(|span| span.map_or(period, days)));
        }
        Ok(Uncounted { spans })
    }

    /// Whether `m`, the sums of these days, count nothing while there are orders to count.
    pub(super) fn are_all(&self, days: Period, m: &Measures) -> bool {
        *m == Measures::default()
            && self
                .spans
                .iter()
                .any(|span| span.from <= days.to && days.from <= span.to)
    }
}

/// What is open about orders that two of the connections hold which `admits` lets in: of one of them alone nothing counts twice.
fn twice(r: &Read<'_>, admits: impl Fn(&Connection) -> bool) -> Result<Vec<String>> {
    let open = orders_twice(r)?;
    if open.is_empty() {
        return Ok(Vec::new());
    }
    let asked: Vec<Connection> = r.connections()?.into_iter().filter(|c| admits(c)).collect();
    let own = |id: ConnectionId| asked.iter().find(|c| c.id == id);
    let beside_another =
        |id| own(id).is_some_and(|own| asked.iter().any(|c| c.id != own.id && c.channel == own.channel));
    let told = open.into_iter().filter(|twice| beside_another(twice.connection));
    Ok(told
        .map(|twice| format!("{}. {}", twice.what, twice.next_step))
        .collect())
}

/// A connection, the zone of its days, and the seconds in which a period lies there.
type Within = (ConnectionId, Zone, (i64, i64));

/// The connections that `admits` lets in with a period.
fn within(r: &Read<'_>, period: Period, admits: impl Fn(&Connection) -> bool) -> Result<Vec<Within>> {
    let shared = settings(r)?.zone;
    let connections = r.connections()?.into_iter().filter(|c| admits(c));
    let seconds = |c: Connection| {
        let zone = shared.or(c.zone).unwrap_or(Zone::UTC);
        let span = (zone.start_of(period.from), zone.start_of(period.to.plus(1)));
        (c.id, zone, span)
    };
    Ok(connections.map(seconds).collect())
}

fn things(count: u64, one: &str) -> String {
    EN_US.things(i64::try_from(count).unwrap_or(i64::MAX), one, &format!("{one}s"))
}
