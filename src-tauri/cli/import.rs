//! `import`.

use std::path::PathBuf;

use clap::Args;
use countinghouse_core::app::{ApiError, FileReport, ImportOptions};
use countinghouse_core::connectors::Channel;
use countinghouse_core::model::{Currency, Zone};

use super::out::plain;
use super::{Context, Done};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Platform the files come from: shopify
    platform: Channel,
    /// What they hold: orders, products, inventory, locations, customers, payouts, or auto
    stream: String,
    /// Files: API answers (one record, a page, an array, JSONL; plain or gzip) or the platform's own exports
    #[arg(required = true)]
    files: Vec<PathBuf>,
    /// Connection the records belong to; needed unless exactly one fits
    #[arg(long, value_name = "NAME")]
    connection: Option<String>,
    /// Zone in which the shop counts its days, for a connection made on the spot (America/New_York)
    #[arg(long, value_name = "ZONE")]
    time_zone: Option<Zone>,
    /// Currency, for files that state none
    #[arg(long, value_name = "CODE", value_parser = currency)]
    currency: Option<Currency>,
}

fn currency(text: &str) -> Result<Currency, String> {
    text.parse::<Currency>()
        .map_err(|e| format!("{e}; use three letters such as USD"))
}

pub(crate) fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let profile = context.profile()?;
    let options = ImportOptions {
        stream: (arguments.stream != "auto").then(|| arguments.stream.clone()),
        connection: arguments.connection.clone(),
        zone: arguments.time_zone,
        currency: arguments.currency,
    };
    let mut reports = Vec::with_capacity(arguments.files.len());
    for file in &arguments.files {
        let bytes = std::fs::read(file).map_err(|e| ApiError::folder(file, &e))?;
        let name = file
            .file_name()
            .map_or_else(|| file.display().to_string(), |n| n.to_string_lossy().into_owned());
        reports.push(profile.import(arguments.platform, &name, &bytes, &options)?);
    }
    let text = || reports.iter().map(text).collect::<Vec<_>>().join("\n");
    let refused = reports.iter().find_map(|r| r.refused.clone().map(|e| (&r.file, e)));
    match refused {
        None => context.out.answer(&reports, text),
        Some((file, error)) => {
            let error = ApiError {
                message: format!("{}: {}", plain(file), error.message),
                ..error
            };
            Err(context.out.partial(&reports, error, text))
        }
    }
}

fn text(report: &FileReport) -> String {
    let file = plain(&report.file);
    if report.refused.is_some() {
        return format!("{file}: refused");
    }
    let streams: Vec<String> = report
        .streams
        .iter()
        .map(|(stream, count)| format!("{count} {stream}"))
        .collect();
    let mut lines = vec![format!(
        "{file}: {} records read ({}), {} new, {} changed, {} unchanged, {} set aside",
        report.read,
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
    for aside in &report.set_aside {
        lines.push(format!(
            "  set aside: {} – {}",
            plain(&aside.record),
            plain(&aside.reason)
        ));
    }
    for notice in &report.notices {
        lines.push(format!("  note: {}", plain(notice)));
    }
    lines.join("\n")
}
