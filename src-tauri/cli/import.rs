//! `import`.

use std::path::PathBuf;

use clap::Args;
use countinghouse_core::app::{ApiError, FileReport, ImportOptions, SetAside, no_such_stream};
use countinghouse_core::connectors::Channel;
use countinghouse_core::connectors::amazon::markets::{MARKETS, Market, by_word};
use countinghouse_core::import::streams;
use countinghouse_core::model::{Currency, Zone};

use super::out::plain;
use super::{Context, Done};

/// Lines of a file's notes, and of what was set aside, that are shown.
const MOST_LINES: usize = 20;

#[derive(Args)]
pub(crate) struct Arguments {
    /// Platform the files come from: shopify, amazon
    platform: Channel,
    /// What they hold, or auto. Shopify: orders, products, inventory, locations, customers, payouts. Amazon: orders, finances,
    /// settlements, inventory, listings, catalog, sales_and_traffic, order_metrics, economics, marketplaces
    stream: String,
    /// Files: API answers (one record, a page, an array, JSONL; plain or gzip) or the platform's own exports
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Connection the records belong to; needed unless exactly one fits. A new name makes a set of files of its own
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// Zone in which the account counts its days, for a connection made on the spot (America/New_York); of Amazon's files the
    /// marketplace they name tells it
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<Zone>,
    /// Currency, for files that state none
    #[arg(long, value_name = "CODE", value_parser = currency)]
    currency: Option<Currency>,
    /// Marketplace of Amazon, for order metrics of one that shares its currency with others (DE, Amazon.de, or its id)
    #[arg(long, value_name = "MARKETPLACE", value_parser = marketplace)]
    marketplace: Option<&'static Market>,
}

fn marketplace(text: &str) -> Result<&'static Market, String> {
    by_word(text).ok_or_else(|| {
        let known: Vec<&str> = MARKETS.iter().map(|market| market.country).collect();
        format!("“{text}” is no marketplace; use one of: {}", known.join(", "))
    })
}

fn currency(text: &str) -> Result<Currency, String> {
    let currency = text
        .parse::<Currency>()
        .map_err(|e| format!("{e}; use three letters such as USD"))?;
    match currency.is_listed() {
        true => Ok(currency),
        false => Err(format!("ISO 4217 lists no currency {currency}; use one such as USD")),
    }
}

pub(crate) fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let streams = streams(arguments.platform);
    if arguments.stream != "auto" && !streams.contains(&arguments.stream.as_str()) {
        return Err(context.out.usage(no_such_stream(arguments.platform, &arguments.stream)));
    }
    let profile = context.profile()?;
    let options = ImportOptions {
        stream: (arguments.stream != "auto").then(|| arguments.stream.clone()),
        connection: arguments.connection.clone(),
        zone: arguments.time_zone,
        currency: arguments.currency,
        marketplace: arguments.marketplace,
    };
    let mut reports = Vec::with_capacity(arguments.files.len());
    for file in &arguments.files {
        let name = file
            .file_name()
            .map_or_else(|| file.display().to_string(), |n| n.to_string_lossy().into_owned());
        reports.push(match std::fs::read(file) {
            Ok(bytes) => profile.import(arguments.platform, &name, &bytes, &options)?,
            Err(e) => FileReport::refused(&name, ApiError::folder(file, &e)),
        });
    }
    let refused = reports.iter().filter(|r| r.refused.is_some()).count();
    let text = || {
        let texts = reports.iter().map(|report| text(report, refused > 1));
        texts.filter(|text| !text.is_empty()).collect::<Vec<_>>().join("\n")
    };
    match refusal(&reports) {
        None => context.out.answer(&reports, text),
        Some(error) => Err(context.out.partial(&reports, error, text)),
    }
}

/// What the command ends with where files were refused: the one's reason, or how many there are.
fn refusal(reports: &[FileReport]) -> Option<ApiError> {
    let refused: Vec<(&FileReport, &ApiError)> = reports
        .iter()
        .filter_map(|r| r.refused.as_ref().map(|e| (r, e)))
        .collect();
    match refused.as_slice() {
        [] => None,
        [(report, error)] => Some(ApiError {
            message: format!("{}: {}", plain(&report.file), error.message),
            ..(*error).clone()
        }),
        several => {
            let names: Vec<String> = several.iter().map(|(report, _)| plain(&report.file)).collect();
            Some(ApiError::invalid(
                format!(
                    "{} of {} files were refused: {}",
                    several.len(),
                    reports.len(),
                    names.join(", ")
                ),
                "Each is named above with its reason; the others are imported.",
            ))
        }
    }
}

/// What became of a file. Why one was refused stands here if several were; of one the command's error tells it.
fn text(report: &FileReport, several: bool) -> String {
    let file = plain(&report.file);
    if let Some(why) = &report.refused {
        let mut lines = Vec::new();
        if several {
            lines.push(format!("{file}: refused – {}", plain(&why.message)));
            lines.extend(why.hint.iter().map(|hint| format!("  {}", plain(hint))));
        }
        lines.extend(asides(report));
        return lines.join("\n");
    }
    let streams: Vec<String> = report
        .streams
        .iter()
        .map(|(stream, count)| format!("{count} {stream}"))
        .collect();
    let into = report.connection.as_deref().map(plain);
    let into = into.map_or_else(String::new, |name| format!(" into “{name}”"));
    let mut lines = vec![format!(
        "{file}: {} {} read ({}){into}: {} new, {} changed, {} unchanged; {} of them set aside",
        report.read,
        if report.read == 1 { "record" } else { "records" },
        if streams.is_empty() {
            "none".into()
        } else {
            streams.join(", ")
        },
        report.new,
        report.changed,
        report.unchanged,
        report.set_aside.len()
    )];
    lines.extend(asides(report));
    lines.extend(few(
        report.notices.iter().map(|notice| format!("  note: {}", plain(notice))),
        "notes",
    ));
    lines.join("\n")
}

/// The first lines, and how many more there are: a file may say the same of thousands of records.
fn few(lines: impl ExactSizeIterator<Item = String>, what: &str) -> Vec<String> {
    let more = lines.len().saturating_sub(MOST_LINES);
    let mut shown: Vec<String> = lines.take(MOST_LINES).collect();
    if more > 0 {
        shown.push(format!("  and {more} more {what}; --json lists all of them"));
    }
    shown
}

/// The records that were left out, a line each.
fn asides(report: &FileReport) -> Vec<String> {
    let line = |a: &SetAside| format!("  set aside: {} – {}", plain(&a.record), plain(&a.reason));
    few(report.set_aside.iter().map(line), "set aside")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_of_thousands_of_records_is_cut_and_counted() {
        let lines = |count: usize| few((0..count).map(|n| n.to_string()), "notes");
        assert_eq!(
            lines(MOST_LINES).len(),
            MOST_LINES,
            "as many as are shown are shown whole"
        );
        let many = lines(350);
        assert_eq!(many.len(), MOST_LINES + 1, "one line says the rest");
        let rest = many.last().map(String::as_str).unwrap_or_default();
        assert!(
            rest.contains(&format!("{} more notes", 350 - MOST_LINES)) && rest.contains("--json"),
            "how many, and where they are: {rest}"
        );
    }
}
