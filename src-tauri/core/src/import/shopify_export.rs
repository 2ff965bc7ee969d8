//! Shopify's orders CSV export: cut into one record per order, header row and the order's own rows. A spreadsheet that saved it again
//! may have spoilt ids, separators and the order of rows; what can no longer be told apart is set aside (LEDGER ruling 33).

use std::collections::BTreeMap;

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
    let columns = Columns::of(&headers)?;
    let header = &text[..reader.position().byte() as usize];
    let mut found = Found::default();
    let mut record = csv::StringRecord::new();
    loop {
        let start = reader.position().byte() as usize;
        if !reader.read_record(&mut record).map_err(|e| damaged(&e))? {
            break;
        }
        let row = Row {
            bytes: (start, reader.position().byte() as usize),
            line: record.position().map_or(0, csv::Position::line),
            cells: record.len(),
        };
        found.take(&columns, &record, row);
    }
    found.gather_strays();
    found.set_aside_shared_ids();
    Ok(found.cut(header, text))
}

/// Where the columns stand that tell orders apart.
struct Columns {
    name: usize,
    total: usize,
    created: usize,
    id: Option<usize>,
    count: usize,
}

impl Columns {
    fn of(headers: &csv::StringRecord) -> Result<Columns, Refused> {
        let column = |name: &str| headers.iter().position(|h| h.trim() == name);
        if let Some(missing) = EXPORT_COLUMNS.iter().find(|name| column(name).is_none()) {
            return Err(refused(headers, missing));
        }
        let required = |name| column(name).unwrap_or_default();
        Ok(Columns {
            name: required("Name"),
            total: required("Total"),
            created: required("Created at"),
            id: column("Id"),
            count: headers.len(),
        })
    }
}

/// Why a file without one of the columns is refused.
fn refused(headers: &csv::StringRecord, missing: &str) -> Refused {
    const AGAIN: &str = "In Shopify's admin choose Orders > Export > CSV, and import the file as it arrives.";
    let holds = |separator: char| {
        headers
            .iter()
            .flat_map(|h| h.split(separator))
            .any(|h| h.trim() == "Name")
    };
    let other = [(';', "semicolons"), ('\t', "tabs")].into_iter();
    match other.into_iter().find(|(separator, _)| holds(*separator)) {
        Some((_, separators)) if missing == "Name" => Refused::new(
            "unknown_kind",
            format!(
                "the file's columns are separated by {separators}, Shopify's by commas: a spreadsheet has saved it again"
            ),
            AGAIN,
        ),
        _ => Refused::new(
            "unknown_kind",
            format!("the file is no Shopify orders export: it lacks the column “{missing}”"),
            AGAIN,
        ),
    }
}

/// A row of the file.
#[derive(Clone, Copy)]
struct Row {
    /// From its first byte to the one after its last.
    bytes: (usize, usize),
    line: u64,
    cells: usize,
}

/// The rows of an order.
struct Group {
    name: String,
    /// “Created at”, as it stands there.
    created: String,
    /// “Id”, as it stands there.
    id: String,
    rows: Vec<Row>,
    /// Why the order cannot be used.
    fault: Option<ReadError>,
}

impl Group {
    fn id(&self) -> Option<&str> {
        Some(self.id.as_str()).filter(|id| is_id(id))
    }

    /// Exports have no order id before the tail of columns was added, and a spreadsheet may have rounded it (`5E+12`): the
    /// number people see stands in, with the minute the order was made, for a shop may give a number again. The minute is the
    /// shop's own, as it is written: a spreadsheet keeps it, and loses seconds and offset.
    fn key(&self) -> String {
        match self.id() {
            Some(id) => id.to_owned(),
            None if self.created.is_empty() => format!("name:{}", self.name),
            None => {
                let minute: String = self.created.chars().take("2026-03-02 10:00".len()).collect();
                format!("name:{} {}", self.name, minute.replace('T', " "))
            }
        }
    }
}

/// A whole number as the platform writes ids.
fn is_id(text: &str) -> bool {
    !text.starts_with('0') && text.bytes().all(|b| b.is_ascii_digit()) && text.parse::<u64>().is_ok()
}

#[derive(Default)]
struct Found {
    groups: Vec<Group>,
    /// Rows that follow no row of their order.
    strays: Vec<(String, Row, usize)>,
    set_aside: Vec<(String, ReadError)>,
}

impl Found {
    fn take(&mut self, columns: &Columns, record: &csv::StringRecord, row: Row) {
        let cell = |at: usize| record.get(at).map(str::trim).unwrap_or_default();
        let name = cell(columns.name);
        if name.is_empty() {
            return self.set_row_aside(row, "missing_field", "names no order");
        }
        // The order's first row carries its totals and dates; a later one repeats only the name.
        if !cell(columns.total).is_empty() || !cell(columns.created).is_empty() {
            let id = columns.id.map(cell).unwrap_or_default();
            self.groups.push(Group {
                name: name.to_owned(),
                created: cell(columns.created).to_owned(),
                id: id.trim_start_matches('\'').to_owned(),
                rows: Vec::new(),
                fault: None,
            });
        } else if self.groups.last().is_none_or(|group| group.name != name) {
            self.strays.push((name.to_owned(), row, columns.count));
            return;
        }
        if let Some(group) = self.groups.last_mut() {
            group.add(row, columns.count);
        }
    }

    /// Rows that a spreadsheet has sorted away from the first row of their order go back to it.
    fn gather_strays(&mut self) {
        for (name, row, columns) in std::mem::take(&mut self.strays) {
            let mut own = self.groups.iter_mut().filter(|group| group.name == name);
            match (own.next(), own.next()) {
                (Some(group), None) => group.add(row, columns),
                (None, _) => {
                    let why = format!("belongs to order {name}, whose first row is not in the file");
                    self.set_row_aside(row, "missing_field", &why);
                }
                (Some(_), Some(_)) => {
                    let why = format!("may belong to any of several orders {name}");
                    self.set_row_aside(row, "missing_field", &why);
                }
            }
        }
    }

    /// Orders of different numbers under one id: it was rounded, and nobody can tell whose it is.
    fn set_aside_shared_ids(&mut self) {
        let mut names: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for group in &self.groups {
            if let Some(id) = group.id() {
                let known = names.entry(id.to_owned()).or_default();
                if !known.contains(&group.name) {
                    known.push(group.name.clone());
                }
            }
        }
        for group in &mut self.groups {
            let sharing = group.id().and_then(|id| names.get(id)).filter(|names| names.len() > 1);
            if let Some(names) = sharing {
                let message = format!(
                    "order {}: the Id {} stands at {} orders of other numbers, too; a spreadsheet has probably rounded it",
                    group.name,
                    group.id,
                    names.len() - 1
                );
                group.fault.get_or_insert(ReadError {
                    code: "bad_id",
                    message,
                });
            }
        }
    }

    fn set_row_aside(&mut self, row: Row, code: &'static str, why: &str) {
        let place = format!("line {}", row.line);
        let message = format!("row at {place} {why}");
        self.set_aside.push((place, ReadError { code, message }));
    }

    fn cut(self, header: &str, text: &str) -> Split {
        let mut split = Split {
            notes: spoilt_ids(&self.groups).into_iter().collect(),
            set_aside: self.set_aside,
            ..Split::default()
        };
        for group in self.groups {
            if let Some(fault) = group.fault {
                split.set_aside.push((group.name, fault));
                continue;
            }
            let key = group.key();
            let mut bytes = header.as_bytes().to_vec();
            for row in group.rows {
                if !bytes.ends_with(b"\n") {
                    bytes.push(b'\n');
                }
                bytes.extend_from_slice(&text.as_bytes()[row.bytes.0..row.bytes.1]);
            }
            split.records.push(RawRecord {
                stream: "orders".into(),
                key,
                facet: "order".into(),
                source: Source::Export,
                version: 0,
                bytes,
            });
        }
        split
    }
}

impl Group {
    fn add(&mut self, row: Row, columns: usize) {
        self.rows.push(row);
        if row.cells > columns {
            self.fault.get_or_insert(ReadError {
                code: "broken_csv",
                message: format!(
                    "order {}: line {} has {} cells, the header {columns}; probably a number with a decimal comma has been cut in two",
                    self.name, row.line, row.cells
                ),
            });
        }
    }
}

/// What is to be said of ids that are none.
fn spoilt_ids(groups: &[Group]) -> Option<String> {
    let spoilt: Vec<&Group> = groups
        .iter()
        .filter(|g| g.fault.is_none() && !g.id.is_empty() && g.id().is_none())
        .collect();
    let first = spoilt.first()?;
    let shown: String = first.id.chars().filter(|c| !c.is_control()).take(40).collect();
    Some(format!(
        "the Id of {} orders is no whole number (order {}: “{shown}”), as when a spreadsheet has saved the file again; they are \
         told from others by number and time. Better import the export as Shopify sent it.",
        spoilt.len(),
        first.name
    ))
}

fn damaged(error: &csv::Error) -> Refused {
    Refused::new(
        "cut_file",
        format!("the CSV file is damaged: {error}"),
        "Export it again; nothing was imported.",
    )
}
