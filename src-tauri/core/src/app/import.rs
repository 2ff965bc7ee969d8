//! Importing files: the same path as a sync from the raw records on.

use serde::Serialize;

use crate::connectors::amazon::markets::Market;
use crate::connectors::{Channel, Fact, RawRecord, ReadCtx, ReadError, StoredRaw, reader};
use crate::import::{Refused, Split, home, put_to, split, streams};
use crate::ledger::{self, Ingested, TOO_LITTLE};
use crate::model::{Currency, Zone};
use crate::store::{Answer, Connection, ConnectionId, Lacks, NewConnection, NewIssue, StoreError, Write};

use super::held::{Proof, money_span, span_of, with_span};
use super::joining::{Settled, settle, stands_twice};
use super::profile::{books, rebuild_all};
use super::whose::{Said, Stand, refused, whose};
use super::{ApiError, Profile, Result};

/// How files are imported.
#[derive(Clone, Debug, Default)]
pub struct ImportOptions {
    /// Stream the files belong to; `None` recognises it.
    pub stream: Option<String>,
    /// Name of the connection they go to; needed unless exactly one fits.
    pub connection: Option<String>,
    /// Zone of a connection made on the spot.
    pub zone: Option<Zone>,
    /// Currency of a connection made on the spot, for files that state none.
    pub currency: Option<Currency>,
    /// Marketplace of Amazon, for files that do not name theirs.
    pub marketplace: Option<&'static Market>,
}

/// What became of a file.
#[derive(Clone, Debug, Default, Serialize)]
pub struct FileReport {
    /// The file's name.
    pub file: String,
    /// The connection its records went to.
    pub connection: Option<String>,
    /// Records read.
    pub read: u64,
    /// Records per stream.
    pub streams: Vec<(String, u64)>,
    /// Records not seen before.
    pub new: u64,
    /// Records of known things that say something else now.
    pub changed: u64,
    /// Records known already.
    pub unchanged: u64,
    /// Orders whose ledger form is another now.
    pub orders: u64,
    /// Records that are no part of the figures, with the reason.
    pub set_aside: Vec<SetAside>,
    /// Why the whole file was refused; nothing of it was stored.
    pub refused: Option<ApiError>,
    /// What the user should know.
    pub notices: Vec<String>,
}

impl FileReport {
    fn of(file: &str) -> FileReport {
        FileReport {
            file: file.to_owned(),
            ..FileReport::default()
        }
    }

    /// A file that was refused whole, because it could not even be read.
    pub fn refused(file: &str, why: ApiError) -> FileReport {
        FileReport {
            refused: Some(why),
            ..FileReport::of(file)
        }
    }
}

/// A record left out, and why.
#[derive(Clone, Debug, Serialize)]
pub struct SetAside {
    /// The platform's id, or the place in the file.
    pub record: String,
    /// Short code.
    pub code: String,
    /// The reason.
    pub reason: String,
}

impl From<Refused> for ApiError {
    fn from(refused: Refused) -> ApiError {
        ApiError::invalid(refused.message, refused.hint)
    }
}

/// That a platform has no such stream, and which it has.
pub fn no_such_stream(channel: Channel, stream: &str) -> ApiError {
    ApiError::invalid(
        format!("{} has no stream “{stream}”", channel.label()),
        format!("Use one of: auto, {}.", streams(channel).join(", ")),
    )
}

impl Profile {
    /// Imports one file, given by name and bytes, in one transaction: all of it or nothing.
    ///
    /// # Errors
    /// Options that fit no connection, and database failures. A file that is refused is no error: the report says why.
    pub fn import(&self, channel: Channel, file: &str, bytes: &[u8], options: &ImportOptions) -> Result<FileReport> {
        if let Some(stream) = options.stream.as_deref().filter(|s| !streams(channel).contains(s)) {
            return Err(no_such_stream(channel, stream));
        }
        if let Some(currency) = options.currency.filter(|currency| !currency.is_listed()) {
            return Err(ApiError::invalid(
                format!("ISO 4217 lists no currency {currency}, and never did"),
                "Give the code of the currency that the shop is kept in, such as USD.",
            ));
        }
        self.must_be_real()?;
        let mut report = FileReport::of(file);
        let cut = split(channel, options.stream.as_deref(), bytes)
            .and_then(|mut split| put_to(&mut split, options.marketplace).map(|()| split));
        let split = match cut {
            Ok(split) => split,
            Err(refused) => {
                report.refused = Some(refused.into());
                return Ok(report);
            }
        };
        count(&split, &mut report);
        if split.records.is_empty() && !split.set_aside.is_empty() {
            report.refused = Some(nothing_usable(&report));
            return Ok(report);
        }
        let (own_zone, own_currency) = home(channel, &split);
        let (zone, currency) = (options.zone.or(own_zone), own_currency);
        let (target, apart) = self.target(channel, options, &Said::by(channel, &split.records))?;
        report.notices.extend(apart);
        let target = match target {
            Target::New(new, _, given) => Target::New(new, zone, given.or(currency)),
            known => known,
        };
        let given = options.currency;
        let now = self.deps.clock.now();
        let answer = Answer {
            connection: ConnectionId(0),
            run: None,
            address: file.to_owned(),
            status: 0,
            headers: "{}".into(),
            fetched_at: now,
            size: bytes.len() as u64,
            hash: sha256(bytes),
        };
        let pieces = Pieces::of(channel, file, &split);
        // A connection that has its currency takes nothing from what is given.
        let known = match &target {
            Target::Known(connection) => connection.currency,
            Target::New(..) => None,
        };
        let named = given.filter(|_| known.is_none());
        let bare = match known.or(given).or(currency) {
            Some(_) => 0,
            None => bare_costs(channel, &split.records),
        };
        let records = split.records;
        let written = self.store().write_blocking(move |w| {
            let connection = match target {
                Target::Known(connection) => placed(w, connection, (zone, given.or(currency)), now)?,
                Target::New(new, zone, currency) => make(w, &new, zone, currency)?,
            };
            let books = books(w, &connection)?;
            let answer = w.put_answer(&Answer {
                connection: connection.id,
                ..answer
            })?;
            let tried = ledger::retry(w, &books, now)?;
            let mut done = ledger::ingest(w, &books, Some(answer), &records, now)?;
            if let Some(given) = named
                && let Some(other) = OtherCurrency::among(given, &w.order_currencies(connection.id)?)
            {
                return Err(StoreError::refused(other));
            }
            if done.costs_learned {
                let books = self::books(w, &connection)?;
                done.orders += ledger::recost(w, &books)?;
            }
            done.orders += tried;
            pieces.report(w, connection.id, now)?;
            let orders = records.iter().filter(|r| r.stream == "orders").map(|r| r.key.as_str());
            if let Some(span) = span_of(w, connection.id, orders, books.zone)? {
                let known = w.connection(connection.id)?;
                w.update_connection(&Connection {
                    settings: with_span(&known.settings, Proof::Orders, span),
                    ..known
                })?;
            }
            let told = records.iter().filter_map(|record| reader(channel).money_told(record));
            if let Some(span) = money_span(told, books.zone) {
                let known = w.connection(connection.id)?;
                w.update_connection(&Connection {
                    settings: with_span(&known.settings, Proof::Money, span),
                    ..known
                })?;
            }
            let keys = records.iter().filter(|r| r.stream == "orders").map(|r| r.key.as_str());
            let settled = match stands_twice(w, &connection, keys)? {
                true => settle(w, now)?,
                false => Settled::default(),
            };
            let connection = w.connection(settled.now_part_of(connection.id))?;
            Ok((connection, done, settled.notes))
        });
        let (connection, done, notes) = match written {
            Err(StoreError::Refused(why)) if why.is::<OtherCurrency>() => {
                let hint = "Leave --currency out, it is for records that state none; nothing of the file was stored.";
                report.refused = Some(ApiError::invalid(why.to_string(), hint));
                return Ok(report);
            }
            written => written?,
        };
        finish(&mut report, &connection, done);
        if bare > 0 && connection.currency.is_none() {
            report.notices.push(no_currency(bare));
        }
        let told = notes
            .iter()
            .map(|note| format!("{} {}", note.message, note.hint).trim_end().to_owned());
        report.notices.extend(told);
        Ok(report)
    }

    /// The connection that files go to, by its name or by what they say, and what is to be told of it.
    fn target(&self, channel: Channel, options: &ImportOptions, said: &Said) -> Result<(Target, Vec<String>)> {
        let (found, told) = self.store().read_blocking(|r| {
            let all = r.connections()?.into_iter();
            let mut fitting = all.filter(|c| c.channel == channel);
            let Some(name) = &options.connection else {
                return whose(r, fitting.collect(), said);
            };
            let Some(named) = fitting.find(|c| c.name.eq_ignore_ascii_case(name)) else {
                return Ok(Ok((None, Vec::new())));
            };
            Ok(match said.to(r, &named)? {
                Stand::Foreign(why) => Err(refused(&named, &why)),
                _ => Ok((Some(named), Vec::new())),
            })
        })??;
        if let Some(connection) = found {
            let other = |given: Option<String>, own: Option<String>| given.zip(own).filter(|(given, own)| given != own);
            let zones = other(
                options.zone.map(|z| z.to_string()),
                connection.zone.map(|z| z.to_string()),
            );
            if let Some((given, own)) = zones {
                return Err(ApiError::invalid(
                    format!("“{}” counts its days in {own}, not in {given}", connection.name),
                    "Leave --time-zone out, or name another connection.",
                ));
            }
            let currencies = other(
                options.currency.map(|c| c.code().to_owned()),
                connection.currency.map(|c| c.code().to_owned()),
            );
            if let Some((given, own)) = currencies {
                return Err(ApiError::invalid(
                    format!("“{}” is kept in {own}, not in {given}", connection.name),
                    "Leave --currency out, or name another connection.",
                ));
            }
            if let Some(given) = options.currency.filter(|_| connection.currency.is_none()) {
                let id = connection.id;
                let held = self.store().read_blocking(|r| r.order_currencies(id))?;
                if let Some(other) = OtherCurrency::among(given, &held) {
                    return Err(ApiError::invalid(
                        format!("“{}” holds orders in {}, not in {given}", connection.name, other.stated),
                        "Leave --currency out, or name another connection.",
                    ));
                }
            }
            return Ok((Target::Known(connection), told));
        }
        let name = options
            .connection
            .clone()
            .unwrap_or_else(|| format!("{} files", channel.label()));
        let new = NewConnection {
            channel,
            name,
            endpoint: String::new(),
            settings: serde_json::json!({ "files_only": true }),
            created_at: self.deps.clock.now(),
        };
        Ok((Target::New(new, options.zone, options.currency), told))
    }
}

/// A currency is given for records that state others and never this one: it would stand for what is not theirs.
#[derive(Debug, thiserror::Error)]
#[error("its records state {stated}, not {given}")]
struct OtherCurrency {
    given: Currency,
    stated: String,
}

impl OtherCurrency {
    /// If it is not among those that are stated, and any is.
    fn among(given: Currency, stated: &[Currency]) -> Option<OtherCurrency> {
        let codes: Vec<&str> = stated.iter().map(Currency::code).collect();
        (!stated.is_empty() && !stated.contains(&given)).then(|| OtherCurrency {
            given,
            stated: codes.join(", "),
        })
    }
}

enum Target {
    Known(Connection),
    New(NewConnection, Option<Zone>, Option<Currency>),
}

/// A connection of files with the zone and currency that are given or that its files name, where it had none: what it holds is then
/// counted again on the days of that zone (LEDGER ruling 17), and in that currency where a record states none.
pub(super) fn placed(
    w: &mut Write<'_>,
    connection: Connection,
    (zone, currency): (Option<Zone>, Option<Currency>),
    now: i64,
) -> crate::store::Result<Connection> {
    let placed = (connection.zone.or(zone), connection.currency.or(currency));
    if placed == (connection.zone, connection.currency) || !connection.endpoint.is_empty() {
        return Ok(connection);
    }
    let (zone, currency) = placed;
    let connection = Connection {
        zone,
        currency,
        ..connection
    };
    w.update_connection(&connection)?;
    rebuild_all(w, now)?;
    ledger::recount_all(w, books)?;
    Ok(connection)
}

fn make(
    w: &mut Write<'_>,
    new: &NewConnection,
    zone: Option<Zone>,
    currency: Option<Currency>,
) -> crate::store::Result<Connection> {
    let id = w.add_connection(new)?;
    let made = Connection {
        zone,
        currency,
        ..w.connection(id)?
    };
    w.update_connection(&made)?;
    Ok(made)
}

/// Pieces of a file that are no record that can be kept: each is an issue until a file of the same name is imported without it.
struct Pieces {
    file: String,
    stream: String,
    lacks: Lacks,
    told: Vec<(String, ReadError)>,
}

impl Pieces {
    fn of(channel: Channel, file: &str, split: &Split) -> Pieces {
        let stream = split.records.first().map_or("orders", |record| record.stream.as_ref());
        let tellers = reader(channel).tellers();
        Pieces {
            file: format!("{file}: "),
            lacks: match stream == "orders" || tellers.contains(&stream) {
                true => Lacks::Record,
                false => Lacks::Nothing,
            },
            stream: stream.to_owned(),
            told: split.set_aside.clone(),
        }
    }

    fn report(self, w: &mut Write<'_>, connection: ConnectionId, now: i64) -> crate::store::Result<()> {
        let record = |place: &str| format!("{}{place}", self.file);
        let seen = self.told.iter().map(|(place, _)| record(place)).collect();
        w.resolve_under(connection, &self.stream, &self.file, &seen, now)?;
        for (place, error) in &self.told {
            let issue = NewIssue {
                connection,
                stream: self.stream.clone(),
                record: record(place),
                raw: None,
                code: error.code.to_owned(),
                message: error.message.clone(),
                lacks: self.lacks,
                span: None,
            };
            w.report_issue(&issue, now)?;
        }
        Ok(())
    }
}

fn count(split: &Split, report: &mut FileReport) {
    report.read = (split.records.len() + split.set_aside.len()) as u64;
    report.notices.clone_from(&split.notes);
    for record in &split.records {
        match report.streams.iter_mut().find(|(stream, _)| *stream == record.stream) {
            Some((_, count)) => *count += 1,
            None => report.streams.push((record.stream.to_string(), 1)),
        }
    }
    for (place, error) in &split.set_aside {
        report.set_aside.push(SetAside {
            record: place.clone(),
            code: error.code.to_owned(),
            reason: error.message.clone(),
        });
    }
}

/// Why a file is refused of which every piece is set aside.
fn nothing_usable(report: &FileReport) -> ApiError {
    let first = report.set_aside.first().map(|s| s.reason.as_str()).unwrap_or_default();
    let message = match report.set_aside.len() {
        1 => format!("the file holds nothing that can be used: {first}"),
        n => format!(
            "the file holds nothing that can be used; {n} pieces were looked at, and the first is this: {first}"
        ),
    };
    ApiError::invalid(
        message,
        "Import the answer or export as the platform gave it; nothing was stored.",
    )
}

fn finish(report: &mut FileReport, connection: &Connection, done: Ingested) {
    report.connection = Some(connection.name.clone());
    (report.new, report.changed, report.unchanged) = (done.new, done.changed, done.unchanged);
    report.orders = done.orders;
    // What holds for the whole file stands before what is said of single records.
    if connection.zone.is_none() {
        report.notices.push(format!(
            "“{}” has no time zone yet: its days are taken in UTC. Import again with --time-zone to set it.",
            connection.name
        ));
    }
    for trouble in done.troubles {
        match trouble.left_out {
            true => report.set_aside.push(SetAside {
                record: trouble.key,
                code: trouble.error.code.to_owned(),
                reason: trouble.error.message,
            }),
            false if trouble.error.code == TOO_LITTLE => report.notices.push(trouble.error.message),
            false => report
                .notices
                .push(format!("{}: {}", trouble.key, trouble.error.message)),
        }
    }
    for (key, what) in done.unpriced {
        report.notices.push(format!(
            "order {key} counts without amounts: its records do not show {what}"
        ));
    }
}

/// How many records of a file state what a unit costs, and no currency.
fn bare_costs(channel: Channel, records: &[RawRecord]) -> usize {
    let ctx = ReadCtx {
        zone: Zone::UTC,
        currency: None,
        reads_ledger: false,
    };
    let bare = |record: &&RawRecord| {
        let raw = StoredRaw {
            id: 0,
            fetched_at: 0,
            record: (*record).clone(),
        };
        let facts = reader(channel).extract(&ctx, &raw);
        facts.is_ok_and(|facts| facts.contains(&Fact::CostWithoutCurrency))
    };
    records.iter().filter(|r| r.stream == "inventory").filter(bare).count()
}

fn no_currency(costs: usize) -> String {
    let count = match costs {
        1 => "1 unit cost names no currency and counts".to_owned(),
        many => format!("{many} unit costs name no currency and count"),
    };
    format!("{count} for nothing. Import again with --currency to set the one in which the shop is kept.")
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    let mut hash = [0; 32];
    hash.copy_from_slice(digest.as_ref());
    hash
}
