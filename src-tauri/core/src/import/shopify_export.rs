//! Shopify's orders CSV export: cut into one record per order, header row and the order's own rows.

use super::{Refused, Split};
use crate::connectors::shopify::EXPORT_COLUMNS;
use crate::connectors::{RawRecord, ReadError, Source};

/// Cuts an orders export.
pub(super) fn split(stream: Option<&str>, text: &str) -> Result<Split, Refused> {
    if let Some(stream) = stream.filter(|s| *s != "orders") {
        return Err(Refused::new(
            "wrong_stream",
            format!("of Shopify's CSV files only the orders export is read, not “{stream}”"),
            "Import an API answer for this stream, or the orders export as “orders”.",
        ));
    }
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|e| damaged(&e))?.clone();
    let column = |name: &str| headers.iter().position(|h| h.trim() == name);
    let missing: Vec<&str> = EXPORT_COLUMNS.iter().copied().filter(|c| column(c).is_none()).collect();
    if !missing.is_empty() {
        return Err(Refused::new(
            "unknown_kind",
            format!(
                "the file is no Shopify orders export: it lacks the column “{}”",
                missing[0]
            ),
            "In Shopify's admin choose Orders > Export > CSV, and import the file as it arrives.",
        ));
    }
    let (name_at, id_at) = (column("Name").unwrap_or(0), column("Id"));
    let total_at = column("Total");
    let first_row = reader.position().byte() as usize;
    let header = &text[..first_row];
    let mut groups: Vec<Group> = Vec::new();
    let mut split = Split::default();
    let mut record = csv::StringRecord::new();
    loop {
        let start = reader.position().byte() as usize;
        if !reader.read_record(&mut record).map_err(|e| damaged(&e))? {
            break;
        }
        let end = reader.position().byte() as usize;
        let cell = |at: Option<usize>| at.and_then(|i| record.get(i)).map(str::trim).unwrap_or_default();
        let name = cell(Some(name_at));
        if name.is_empty() {
            let line = record.position().map_or(0, csv::Position::line);
            let message = format!("row at line {line} names no order");
            split.set_aside.push((
                format!("line {line}"),
                ReadError {
                    code: "missing_field",
                    message,
                },
            ));
            continue;
        }
        // The order's first row carries its totals; a later one repeats only the name.
        let opens = !cell(total_at).is_empty();
        match groups.last_mut().filter(|g| g.name == name && !opens) {
            Some(group) => group.rows.push((start, end)),
            None => {
                // Exports have no order id before the tail of columns was added: the number people see stands in.
                let id = cell(id_at);
                let key = if id.is_empty() {
                    format!("name:{name}")
                } else {
                    id.trim_start_matches('\'').to_owned()
                };
                groups.push(Group {
                    name: name.to_owned(),
                    key,
                    rows: vec![(start, end)],
                });
            }
        }
    }
    for group in groups {
        let mut bytes = header.as_bytes().to_vec();
        if !bytes.ends_with(b"\n") {
            bytes.push(b'\n');
        }
        for (start, end) in group.rows {
            bytes.extend_from_slice(&text.as_bytes()[start..end]);
        }
        split.records.push(RawRecord {
            stream: "orders".into(),
            key: group.key,
            facet: "order".into(),
            source: Source::Export,
            version: 0,
            bytes,
        });
    }
    Ok(split)
}

struct Group {
    name: String,
    key: String,
    rows: Vec<(usize, usize)>,
}

fn damaged(error: &csv::Error) -> Refused {
    Refused::new(
        "cut_file",
        format!("the CSV file is damaged: {error}"),
        "Export it again; nothing was imported.",
    )
}
