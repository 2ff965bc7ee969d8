//! Of which days the orders behind a figure are all here. A sync brings the newest first and knows nothing of what was sold since;
//! an imported file proves the days from its first to its last order and no others. What is not known is never shown as zero.

use crate::app::{Proof, fetcher, held_by_files, settings};
use crate::connectors::Channel;
use crate::connectors::fetch::{Coverage, StreamState};
use crate::metrics::Period;
use crate::model::{Day, Zone};
use crate::store::{Connection, Read, Result};

use super::older::Older;
use super::rights::{self, LeftOut, left_out};
use super::spans::Spans;
use super::unread::Unread;
use super::words::EN_US;

/// Connections named in one answer; more are told by their number.
const NAMED: usize = 2;

/// After how many whole days a day's figures are final. Amazon lists orders minutes late and money up to 48 hours (contract section 4).
pub(super) fn late(channel: Channel) -> i32 {
    match channel {
        Channel::Shopify => 0,
        Channel::Amazon => 2,
    }
}

/// The days of which every order is held, in the connections asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct History {
    known: Spans,
    today: Day,
    /// First day whose figures may still change.
    open_from: Day,
    /// Connections that do not hold all days.
    short: Vec<Short>,
    /// Something is connected, or files were imported.
    begun: bool,
    /// More than one connection goes on.
    several: bool,
    /// Connections whose money is not known for all days of their orders.
    unread: Vec<Unread>,
    /// Connections that know nothing of older orders.
    older: Vec<Older>,
}

/// A connection that does not hold all days.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Short {
    name: String,
    known: Spans,
    why: Why,
}

/// Why a connection does not hold all days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Why {
    /// It holds imported files only.
    Files,
    /// So it does, and none of them tells of an order.
    NoOrders,
    /// So it does, and no order of theirs counts: each was set aside.
    SetAside,
    /// Nothing of its orders was read yet.
    NotRead,
    /// The last sync was not permitted to read them.
    Refused,
    /// A sync brought some of them; `limited`: the platform shows the app the latest only.
    Read { limited: bool },
    /// It is disconnected, and so is every other one.
    Ended,
}

impl History {
    /// The days that all connections hold which `admits` lets in. `today` is the day it is in the profile's zone.
    ///
    /// Of disconnected ones nothing more will come: they hold what they hold as long as another one goes on. Where none does, the
    /// days from the first to the last that any of them holds are known.
    ///
    /// # Errors
    /// Database failures only.
    pub(super) fn of(r: &Read<'_>, today: Day, admits: impl Fn(&Connection) -> bool) -> Result<History> {
        let shared = settings(r)?.zone;
        let all = r.connections()?;
        let profile = shared.or(all.iter().find_map(|c| c.zone)).unwrap_or(Zone::UTC);
        let asked: Vec<&Connection> = all.iter().filter(|c| admits(c)).collect();
        let goes_on = |c: &Connection| c.disconnected_at.is_none();
        let any = asked.iter().any(|c| goes_on(c));
        // Files say no more than they said.
        let synced = asked.iter().filter(|c| goes_on(c) && !c.is_files_only());
        let late = synced.map(|c| late(c.channel)).max().unwrap_or(0);
        let (mut short, mut unread, mut older) = (Vec::new(), Vec::new(), Vec::new());
        let (mut common, mut either) = (Spans::all(), Spans::default());
        for connection in &asked {
            let zone = shared.or(connection.zone).unwrap_or(Zone::UTC);
            let is_past = |second: i64| profile.day_of(second) < today;
            let (known, why) = own(r, connection, zone, is_past)?;
            unread.extend(Unread::of(r, connection, zone, &known)?);
            if goes_on(connection) != any {
                continue;
            }
            let limited = why == Why::Read { limited: true };
            if (limited || connection.is_files_only()) && known != Spans::all() {
                older.push(Older {
                    name: connection.name.clone(),
                    known: known.clone(),
                    limited,
                });
            }
            common = common.common(&known);
            either = either.and(known.clone());
            if known != Spans::all() {
                let (name, why) = (connection.name.clone(), if any { why } else { Why::Ended });
                short.push(Short { name, known, why });
            }
        }
        Ok(History {
            known: match any {
                true => common,
                false => either.hull(),
            },
            today,
            open_from: today.plus(-late),
            short,
            begun: !asked.is_empty(),
            several: asked.iter().filter(|c| goes_on(c)).count() > 1,
            unread,
            older,
        })
    }

    /// Whether what was paid back and charged on these days is not known of one of the connections, or of one of this channel: then
    /// no figure that is made of it is known.
    pub(super) fn unread(&self, period: Period, channel: Option<Channel>) -> bool {
        let asked = |unread: &&Unread| channel.is_none_or(|channel| channel == unread.channel);
        self.past(period)
            .is_some_and(|past| self.unread.iter().filter(asked).any(|unread| unread.lacks_all(past)))
    }

    /// Of which of these days that was not read, as a sentence without its end, and what to do about it; `None` where it was of all.
    pub(super) fn unread_text(&self, period: Period) -> Option<(String, String)> {
        let past = self.past(period)?;
        let lacking: Vec<&Unread> = self.unread.iter().filter(|unread| unread.lacks(past)).collect();
        let texts: Vec<String> = lacking.iter().filter_map(|unread| unread.sentence(past)).collect();
        let hints: Vec<String> = lacking.iter().take(NAMED).map(|unread| unread.hint()).collect();
        (!texts.is_empty()).then(|| (texts.join("; "), hints.join(" ")))
    }

    /// What older orders have a part in these days without being known, as a sentence without its end; `None` where none has.
    pub(super) fn older_text(&self, period: Period) -> Option<String> {
        let past = self.past(period)?;
        let texts: Vec<String> = self
            .older
            .iter()
            .filter_map(|older| older.sentence(past, self.today))
            .collect();
        (!texts.is_empty()).then(|| texts.join("; "))
    }

    /// The first day of the orders whose refunds and shipments are known in these days; `None` where they are of all.
    pub(super) fn older_from(&self, period: Period) -> Option<Day> {
        let past = self.past(period)?;
        let lacking = self.older.iter().filter(|older| older.lacks(past));
        lacking.filter_map(Older::from).max()
    }

    /// A period without the days that have not come yet; `None` where none of it has.
    fn past(&self, period: Period) -> Option<Period> {
        let to = period.to.min(self.today);
        (period.from <= to).then_some(Period { to, ..period })
    }

    /// Whether every order of these days is held, as far as they have come.
    pub(super) fn covers(&self, period: Period) -> bool {
        self.past(period).is_some_and(|past| self.known.cover(past))
    }

    /// Whether every order of at least one of these days is held.
    pub(super) fn touches(&self, period: Period) -> bool {
        self.past(period)
            .is_some_and(|past| !self.known.within(past).is_empty())
    }

    /// The first day from which on every order is held; `None` where there is no first day, or no day at all.
    pub(super) fn from(&self) -> Option<Day> {
        self.known.last_from()
    }

    /// The last day up to which every order is held; `None` where they reach to this day, or no day is complete.
    pub(super) fn to(&self) -> Option<Day> {
        self.known.last_to()
    }

    /// First day whose figures may still change: this one, or earlier ones where a platform tells of a day late.
    pub(super) fn open_from(&self) -> Day {
        self.open_from
    }

    /// The days of a period whose figures may still change, a month of them at most.
    pub(super) fn not_final(&self, period: Period) -> Vec<Day> {
        period.each().filter(|day| *day >= self.open_from).take(31).collect()
    }

    /// The same as a sentence; `None` where all of them are final.
    pub(super) fn not_final_text(&self, days: &[Day]) -> Option<String> {
        let (first, last) = (*days.first()?, *days.last()?);
        Some(match days {
            [day] if *day == self.today => "Today is not final yet".to_owned(),
            _ if first < self.today => format!(
                "Not final yet: {} (Amazon tells of orders and fees up to two days late)",
                EN_US.range(first, last.min(self.today))
            ),
            _ if first == self.today => "Today and the days after it are not final yet".to_owned(),
            _ => "These days have not come yet".to_owned(),
        })
    }

    /// What is missing of these days, as a sentence; `None` where nothing is, or none of them has come.
    pub(super) fn sentence(&self, period: Period) -> Option<String> {
        let past = self.past(period)?;
        let known = self.known.within(past);
        Some(match known.each() {
            _ if self.known.cover(past) => return None,
            [] => "The orders of these days are not all here".to_owned(),
            [one] if one.to == past.to => format!("Orders before {} are not all here", EN_US.day(one.from)),
            [one] if one.from == past.from => format!("Orders after {} are not all here", EN_US.day(one.to)),
            several => format!("Orders of other days than {} are not all here", ranges(several)),
        })
    }

    /// The same in few words, for the figure of such a period itself.
    pub(super) fn remark(&self, period: Period) -> Option<String> {
        let past = self.past(period)?;
        let known = self.known.within(past);
        Some(match known.each() {
            _ if self.known.cover(past) => return None,
            [] => "so far: not all orders are here".to_owned(),
            [one] if one.to == past.to => "so far: older orders are missing".to_owned(),
            [one] if one.from == past.from => "so far: later orders are missing".to_owned(),
            several => format!("of {} only", ranges(several)),
        })
    }

    /// Why something is missing of these days, and what to do about it.
    pub(super) fn hint(&self, period: Period) -> Option<String> {
        let past = self.past(period)?;
        if !self.begun {
            return Some("Nothing is connected or imported: connect a shop, or import its orders.".to_owned());
        }
        let lacking: Vec<&Short> = self.short.iter().filter(|s| !s.known.cover(past)).collect();
        let mut hints: Vec<String> = lacking.iter().take(NAMED).map(|s| s.hint(past)).collect();
        if lacking.len() > NAMED {
            hints.push(format!("The same holds for {} more.", lacking.len() - NAMED));
        }
        let files = lacking
            .iter()
            .any(|s| matches!(s.why, Why::Files | Why::NoOrders | Why::SetAside));
        if files && self.several {
            hints.push(
                "If nothing more comes of such files, disconnect them and keep their data (“countinghouse connections remove”).".to_owned(),
            );
        }
        (!hints.is_empty()).then(|| hints.join(" "))
    }

    /// Why nothing is known of these days.
    pub(super) fn unknown(&self, period: Period) -> &'static str {
        let Some(past) = self.past(period) else {
            return "these days have not come yet";
        };
        let why = self.short.iter().filter(|s| s.known.within(past).is_empty());
        match why.map(|s| (s.why, &s.known)).next() {
            None if !self.begun => "nothing is connected yet",
            None => "no source tells of all of these days",
            Some((Why::Files, _)) => "no imported file tells of these days",
            Some((Why::NoOrders, _)) => "no orders were imported",
            Some((Why::SetAside, _)) => "no imported order could be counted",
            Some((Why::Ended, _)) => "nothing is connected any more",
            Some((Why::Refused, _)) => "the shop does not let its orders be read",
            Some((Why::Read { .. }, known)) if known.last_to().is_some_and(|to| to < past.from) => {
                "nothing was read since"
            }
            Some((Why::Read { limited: true }, _)) => "the shop shows no orders that old",
            Some((Why::NotRead | Why::Read { limited: false }, _)) => "the orders of these days are still to come",
        }
    }

    /// Which days are known, for the list of what is complete.
    pub(super) fn text(&self) -> String {
        known_text(&self.known).unwrap_or_else(|| "not all here yet".to_owned())
    }
}

impl Short {
    fn hint(&self, past: Period) -> String {
        let name = &self.name;
        match self.why {
            Why::Files => format!(
                "“{name}” holds imported files, and a file proves only the days from its first to its last order: import the orders of \
                 the other days, or connect the shop."
            ),
            Why::NoOrders => {
                format!("“{name}” holds imported files without any orders: import its orders, or connect the shop.")
            }
            Why::SetAside => format!(
                "The orders in the files of “{name}” could not be counted, and prove no day: import them again as they should be, or \
                 connect the shop."
            ),
            Why::NotRead => format!("The orders of “{name}” were not read yet: sync."),
            Why::Refused => format!(
                "“{name}” does not let its orders be read: its health names the right that is missing. Orders can be imported from files too."
            ),
            Why::Ended => {
                format!("“{name}” is disconnected: connect it again, or import the orders of the other days.")
            }
            Why::Read { limited } => {
                let older = self.known.each().first().is_some_and(|first| past.from < first.from);
                let older = older.then(|| match limited {
                    true => format!(
                        "“{name}” shows its app the orders of the last 60 days only: give it the right read_all_orders, or import the \
                         older ones."
                    ),
                    false => format!("Older orders of “{name}” are still to come: sync."),
                });
                let late = self.known.last_to().filter(|to| *to < past.to);
                let late = late.map(|to| format!("“{name}” was read last on {}: sync.", EN_US.day(to.plus(1))));
                let both = [older, late].into_iter().flatten().collect::<Vec<_>>();
                match both.is_empty() {
                    true => format!("Not all orders of “{name}” are here: sync."),
                    false => both.join(" "),
                }
            }
        }
    }
}

/// Up to three spans, by their days.
pub(super) fn ranges(spans: &[Period]) -> String {
    let named: Vec<String> = spans.iter().take(3).map(|s| EN_US.range(s.from, s.to)).collect();
    match (named.as_slice(), spans.len()) {
        ([one], _) => one.clone(),
        ([rest @ .., last], 2 | 3) => format!("{} and {last}", rest.join(", ")),
        (_, all) => format!("{} and {} other spans", named.join(", "), all - named.len()),
    }
}

/// Days as a list of what is complete says them; `None` for none.
fn known_text(known: &Spans) -> Option<String> {
    let [.., last] = known.each() else { return None };
    let to = known.last_to().map(|day| EN_US.day(day));
    Some(
        match (known.each().len(), known.last_from().map(|day| EN_US.day(day)), to) {
            (1, None, None) => "all".to_owned(),
            (1, Some(from), None) => format!("all from {from} on"),
            (1, None, Some(to)) => format!("all until {to}"),
            (1, Some(_), Some(_)) => format!("all of {}", EN_US.range(last.from, last.to)),
            (several, Some(from), None) => format!("all from {from} on, and of {} earlier spans", several - 1),
            (several, ..) => format!("all until {}, with {} gaps", EN_US.day(last.to), several - 1),
        },
    )
}

/// What a sync brought of a connection's orders; nothing before its first one.
///
/// # Errors
/// Database failures only.
pub(super) fn held_orders(r: &Read<'_>, connection: &Connection) -> Result<Coverage> {
    held(r, connection, "orders")
}

/// What a sync brought of one of a connection's streams; nothing before its first one.
///
/// # Errors
/// Database failures only.
pub(super) fn held(r: &Read<'_>, connection: &Connection, stream: &str) -> Result<Coverage> {
    let stored = r.stream_state(connection.id, stream)?;
    Ok(stored.map_or_else(Coverage::default, |stored| {
        fetcher(connection.channel).coverage(stream, &StreamState(stored.state))
    }))
}

/// The days of which imported files tell all orders of a connection, for people; `None` where none does.
pub(super) fn files_text(connection: &Connection, zone: Zone) -> Option<String> {
    known_text(&by_files(connection, zone))
}

fn by_files(connection: &Connection, zone: Zone) -> Spans {
    let spans = held_by_files(&connection.settings, Proof::Orders).into_iter();
    spans.fold(Spans::default(), |days, (from, to)| {
        days.and(Spans::from_to(Some(zone.day_of(from)), Some(zone.day_of(to))))
    })
}

/// Whether orders of a connection are kept without being counted, of whatever day.
///
/// # Errors
/// Database failures only.
pub(super) fn aside(r: &Read<'_>, connection: &Connection) -> Result<bool> {
    Ok(r.lacking(connection.id, i64::MIN, i64::MAX)?.orders > 0)
}

/// The days of which a connection holds every order, and why they are not all. `is_past`: whether a second's day is over.
fn own(r: &Read<'_>, connection: &Connection, zone: Zone, is_past: impl Fn(i64) -> bool) -> Result<(Spans, Why)> {
    let files = by_files(connection, zone);
    if connection.is_files_only() {
        let why = match files.is_empty() {
            false => Why::Files,
            true if aside(r, connection)? => Why::SetAside,
            true => Why::NoOrders,
        };
        return Ok((files, why));
    }
    let coverage = held_orders(r, connection)?;
    let run = r.runs(Some(connection.id), 1)?.into_iter().next();
    let refused = run.is_some_and(|run| left_out(&run).iter().any(LeftOut::is_of_orders));
    // The day in which its last second lies is open as long as it lasts; later it lacks what came after that second.
    let to = coverage.until.filter(|until| is_past(*until));
    let to = to.map(|until| zone.day_of(until).plus(-1));
    let read = match coverage.since {
        _ if coverage.whole => Spans::from_to(None, to),
        // The day in which that second lies is complete only if it is its first one.
        Some(since) => Spans::from_to(Some(zone.day_of(since - 1).plus(1)), to),
        None if refused => return Ok((files, Why::Refused)),
        None => return Ok((files, Why::NotRead)),
    };
    let limited = rights::lacking(connection)
        .iter()
        .any(|right| right.scope == "read_all_orders");
    let why = if refused { Why::Refused } else { Why::Read { limited } };
    Ok((files.and(read), why))
}
