//! Amazon's report files: cut into one record per order, SKU or day of the account, each with the header row. Quoting is off, rows
//! may be short, columns are found by name; a file without a column it cannot do without is refused, never read as empty.

use std::collections::HashMap;

use super::{Refused, Split, only_of};
use crate::connectors::amazon::table::{Decimals, Table, with_decimals};
use crate::connectors::amazon::{OLD_SETTLEMENT_COLUMNS, REPORT_COLUMNS, SETTLEMENT_COLUMNS, keep, record};
use crate::connectors::{RawRecord, ReadError};

/// The reports that are read.
#[derive(Clone, Copy)]
enum Kind {
    Orders,
    Settlement,
    Stock,
    Listings,
}

/// Cuts a report.
pub(super) fn split(stream: Option<&str>, text: &str) -> Result<Split, Refused> {
    let header = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let table = Table::of(text);
    let kind = kind(&table, header)?;
    let mut split = Split::default();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let file = File {
        decimals: table.needs_decimals().then(|| table.decimals()),
        table: &table,
        lines: &lines,
        personal: record::personal(header),
    };
    match kind {
        Kind::Orders => file.orders(&mut split),
        Kind::Settlement => file.settlement(&mut split)?,
        Kind::Stock => file.skus("inventory", "myi", "sku", &mut split),
        Kind::Listings => file.skus("listings", "listing_report", "seller-sku", &mut split),
    }
    only_of(&mut split, stream)?;
    Ok(split)
}

/// What a file is, by its columns.
fn kind(table: &Table<'_>, header: &str) -> Result<Kind, Refused> {
    let has = |name: &&str| table.column(name).is_some();
    let refused = |message: String, hint: &str| Refused::new("unknown_kind", message, hint);
    if REPORT_COLUMNS.iter().all(has) {
        return Ok(Kind::Orders);
    }
    if has(&"reimbursement-id") {
        return Err(refused(
            "the file is a report of reimbursements, whose money stands in transactions and settlement reports too"
                .to_owned(),
            "Import those, or connect the account: taken from here as well, each reimbursement would count twice.",
        ));
    }
    if has(&"license-plate-number") || has(&"Amazon RMA ID") || (has(&"return-date") && has(&"detailed-disposition")) {
        return Err(refused(
            "the file is a report of returns: it says which units came back, or are to come back, and not on which day what was paid back"
                .to_owned(),
            "Import transactions or settlement reports, or connect the account: refunds, and the units they pay for, count by their money.",
        ));
    }
    if SETTLEMENT_COLUMNS.iter().all(has) {
        return Ok(Kind::Settlement);
    }
    if OLD_SETTLEMENT_COLUMNS.iter().any(has) {
        return Err(refused(
            "the file is a settlement report of the first version, which has ended".to_owned(),
            "Download the same settlement as “Flat File V2”, and import that.",
        ));
    }
    if has(&"sku") && has(&"afn-fulfillable-quantity") {
        return Ok(Kind::Stock);
    }
    if has(&"seller-sku") {
        return Ok(Kind::Listings);
    }
    if let Some(first) = REPORT_COLUMNS
        .iter()
        .find(|c| !has(c))
        .filter(|_| has(&"amazon-order-id"))
    {
        return Err(refused(
            format!("the file is no all-orders report: it lacks the column “{first}”"),
            "In Seller Central choose Reports > Fulfillment > All Orders, or Order Reports, and import the file as it arrives.",
        ));
    }
    if !header.contains('\t') {
        return Err(refused(
            "the file is no report of Amazon: its first line has no tabs".to_owned(),
            "Import the report as Amazon sent it: a spreadsheet that saves it with commas changes it.",
        ));
    }
    let shown: Vec<&str> = table.columns().iter().copied().take(5).collect();
    Err(refused(
        format!(
            "the file is none of the reports that are read; its columns begin with {}",
            shown.join(", ")
        ),
        "All orders, settlement (V2), FBA inventory and listings reports are read. A listings report must have a column for the SKU.",
    ))
}

struct File<'t> {
    table: &'t Table<'t>,
    /// Header and rows, as they stand.
    lines: &'t [&'t str],
    personal: Vec<usize>,
    /// Where its decimals begin, if an amount may be read in two ways.
    decimals: Option<Decimals>,
}

impl File<'_> {
    /// A row (the header is row 0 here) as it may be kept.
    fn line(&self, at: usize) -> String {
        let line = self.lines.get(at).copied().unwrap_or_default();
        match at {
            0 => line.to_owned(),
            _ => keep::row(line, &self.personal),
        }
    }

    /// The lines of a record, which must show by themselves where decimals begin.
    fn told(&self, lines: Vec<String>) -> Vec<String> {
        match self.decimals {
            Some(decimals) => with_decimals(lines, decimals),
            None => lines,
        }
    }

    fn aside(&self, split: &mut Split, row: usize, (code, why): record::Unusable) {
        let place = format!("row {}", row + 1);
        split.set_aside.push((
            place.clone(),
            ReadError {
                code,
                message: format!("{place} {why}"),
            },
        ));
    }

    /// Rows by their owner, in the order in which each is named first.
    fn grouped(
        &self,
        split: &mut Split,
        owner: impl Fn(usize) -> Result<Option<String>, record::Unusable>,
    ) -> Vec<(String, Vec<usize>)> {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut groups: Vec<(String, Vec<usize>)> = Vec::new();
        for row in 0..self.table.rows() {
            match owner(row) {
                Ok(None) => {}
                Ok(Some(owner)) => {
                    let place = *places.entry(owner.clone()).or_insert_with(|| {
                        groups.push((owner, Vec::new()));
                        groups.len() - 1
                    });
                    groups[place].1.push(row);
                }
                Err(why) => self.aside(split, row, why),
            }
        }
        groups
    }

    fn orders(&self, split: &mut Split) {
        let groups = self.grouped(split, |row| match self.table.get(row, "amazon-order-id") {
            Some(order) => record::key(order, "amazon-order-id").map(Some),
            None => Err(("missing_field", "names no order".to_owned())),
        });
        for (order, rows) in groups {
            let lines: Vec<String> = std::iter::once(0)
                .chain(rows.iter().map(|row| row + 1))
                .map(|at| self.line(at))
                .collect();
            split.records.push(record::report_order(&order, &self.told(lines)));
        }
    }

    fn settlement(&self, split: &mut Split) -> Result<(), Refused> {
        let table = self.table;
        let summaries: Vec<usize> = (0..table.rows())
            .filter(|row| table.get(*row, "total-amount").is_some())
            .collect();
        let mut settlements: Vec<&str> = (0..table.rows())
            .filter_map(|row| table.get(row, "settlement-id"))
            .collect();
        settlements.dedup();
        for settlement in settlements {
            let own = |row: &usize| table.get(*row, "settlement-id") == Some(settlement);
            // The summary alone names the currency; every record repeats it.
            let summary = summaries
                .iter()
                .copied()
                .find(|row| own(row) && table.get(*row, "currency").is_some());
            let Some(summary) = summary else {
                return Err(Refused::new(
                    "cut_file",
                    format!("settlement {settlement} has no summary row: nothing names its currency"),
                    "Download the report again and import it whole.",
                ));
            };
            let head = [self.line(0), self.line(summary + 1)];
            let currency = table.get(summary, "currency");
            split
                .records
                .push(record::settlement_summary(settlement, &self.told(head.to_vec())));
            let groups = self.grouped(split, |row| {
                // Some files repeat the summary's cells in every row: what names a transaction is one.
                match own(&row) && table.get(row, "transaction-type").is_some() {
                    true => record::settlement_owner(table, row, currency).map(Some),
                    false => Ok(None),
                }
            });
            let all: Vec<usize> = groups.iter().flat_map(|(_, rows)| rows.iter().copied()).collect();
            if let Some((sum, stated)) = record::settlement_gap(table, &all, summary) {
                let place = format!("settlement {settlement}");
                let message =
                    format!("{place}: its rows come to {sum}, its total is {stated}: rows are missing or not read");
                split.set_aside.push((
                    place,
                    ReadError {
                        code: "totals_differ",
                        message,
                    },
                ));
            }
            for (owner, rows) in groups {
                let rows = rows.iter().map(|row| self.line(row + 1));
                let lines: Vec<String> = head.iter().cloned().chain(rows).collect();
                split
                    .records
                    .push(record::settlement(&owner, settlement, &self.told(lines)));
            }
        }
        Ok(())
    }

    fn skus(&self, stream: &'static str, facet: &'static str, column: &str, split: &mut Split) {
        let mut records: Vec<RawRecord> = Vec::new();
        for row in 0..self.table.rows() {
            match self.table.get(row, column).map(|sku| record::sku(sku)) {
                Some(Ok(sku)) => {
                    let lines = [self.line(0), self.line(row + 1)];
                    records.push(record::report_sku(stream, facet, &sku, &self.told(lines.to_vec())));
                }
                Some(Err(why)) => self.aside(split, row, why),
                None => self.aside(split, row, ("missing_field", format!("has no {column}"))),
            }
        }
        split.records.extend(records);
    }
}
