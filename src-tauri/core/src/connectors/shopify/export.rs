//! Orders in the shape of Shopify's orders CSV export (contract section 6.2): all rows of one order, header row first.

use std::collections::HashMap;

use super::part::{Amount, Fulfilment, LinePart, OrderPart, Parcel, Refund, RefundLine, Restock, ShippingPart, Whole};
use super::paths::Place;
use super::{amount_error, bounds};
use crate::connectors::{ReadCtx, ReadError};
use crate::model::{Currency, Day, Money, PathRef, When, Zone, split_evenly_by_weight};
use charged::{Charged, Columns};

mod charged;

/// Columns without which a file is no orders export.
pub const REQUIRED: [&str; 6] = [
    "Name",
    "Created at",
    "Lineitem quantity",
    "Lineitem name",
    "Lineitem price",
    "Total",
];

/// A row with access by column name; older exports lack the tail, resaved ones may change the order.
struct Row<'a> {
    columns: &'a HashMap<String, usize>,
    cells: csv::StringRecord,
}

impl Row<'_> {
    fn get(&self, column: &str) -> Option<&str> {
        self.columns
            .get(column)
            .and_then(|i| self.cells.get(*i))
            .map(str::trim)
            .filter(|cell| !cell.is_empty())
    }

    fn micros(&self, column: &str, place: PathRef, currency: Currency) -> Result<Option<i64>, ReadError> {
        self.get(column)
            .map(|text| {
                let money = Money::parse(text, currency).map_err(|e| amount_error(&e, place))?;
                bounds::within(money.micros, place)
            })
            .transpose()
    }
}

/// Reads `2026-05-01 09:58:12 -0400`. A file resaved by a spreadsheet loses the offset; the text is then local to the
/// connection's zone, and a bare date is a day.
fn moment(text: &str, ctx: &ReadCtx) -> Option<When> {
    let text = text.trim();
    if let Ok(at) = chrono::DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S %z") {
        return Some(When::Instant(at.timestamp()));
    }
    if let Some(at) = When::parse_rfc3339(text) {
        return Some(at);
    }
    for form in ["%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M"] {
        if let Ok(local) = chrono::NaiveDateTime::parse_from_str(text, form) {
            return Some(When::Instant(second_of(local, &ctx.zone)));
        }
    }
    text.parse::<Day>().ok().map(When::Day)
}

/// The time an export says an order was made, whatever else its rows hold.
pub(super) fn placed(ctx: &ReadCtx, bytes: &[u8]) -> Option<When> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let created = reader.headers().ok()?.iter().position(|h| h.trim() == "Created at")?;
    let mut rows = reader.records().map_while(Result::ok);
    rows.find_map(|row| moment(row.get(created)?, ctx))
}

/// The UTC second at which clocks of a zone show a time: the first one where they show it twice. What they skip is read by the
/// clock before, as if it had not been moved.
fn second_of(local: chrono::NaiveDateTime, zone: &Zone) -> i64 {
    const DAY: i64 = 86_400;
    let shown = local.and_utc().timestamp();
    let ahead = |second: i64| zone.wall_second(second).map_or(0, |wall| wall - second);
    let (before, after) = (shown - ahead(shown - DAY), shown - ahead(shown + DAY));
    match zone.wall_second(before) == Some(shown) || zone.wall_second(after) != Some(shown) {
        true => before,
        false => after,
    }
}

/// What a partly fulfilled order has sent, by what its rows say, and which of them do not say it.
fn sent(rows: &[Row<'_>], lines: &[LinePart]) -> (Vec<(String, i32)>, Vec<String>) {
    let (mut sent, mut unsaid) = (Vec::new(), Vec::new());
    for line in lines.iter().filter(|line| line.ships) {
        let row = rows.iter().enumerate().find(|(index, _)| line.id == row_id(*index));
        let status = row.and_then(|(_, row)| row.get("Lineitem fulfillment status"));
        match status.unwrap_or_default().to_lowercase().as_str() {
            "fulfilled" => sent.push((line.id.clone(), line.quantity)),
            "pending" | "unfulfilled" | "restocked" => {}
            _ => unsaid.push(line.title.clone()),
        }
    }
    (sent, unsaid)
}

/// The id of the line in a row of the order; an export shows none.
fn row_id(index: usize) -> String {
    format!("row{}", index + 1)
}

/// Reads one order: `bytes` are the file's header row and the rows of the order, as they stood in the file.
pub(super) fn read(ctx: &ReadCtx, bytes: &[u8]) -> Result<OrderPart, ReadError> {
    let unreadable = |message: String| ReadError {
        code: "broken_csv",
        message,
    };
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(bytes);
    let columns: HashMap<String, usize> = reader
        .headers()
        .map_err(|e| unreadable(e.to_string()))?
        .iter()
        .enumerate()
        .map(|(i, name)| (name.trim().trim_start_matches('\u{feff}').to_owned(), i))
        .collect();
    let rows: Result<Vec<Row<'_>>, _> = reader
        .records()
        .map(|cells| {
            cells.map(|cells| Row {
                columns: &columns,
                cells,
            })
        })
        .collect();
    let rows = rows.map_err(|e| unreadable(e.to_string()))?;
    let head = rows.first().ok_or_else(|| unreadable("no row".into()))?;
    let currency = match head.get("Currency") {
        Some(code) => code
            .parse::<Currency>()
            .map_err(|e| amount_error(&e, Place::CsvTotal.at(&[1])))?,
        None => ctx
            .currency
            .ok_or_else(|| unreadable("no Currency column; name the currency when importing".into()))?,
    };
    let when = |column: &str| match head.get(column) {
        None => Ok(None),
        Some(text) => moment(text, ctx)
            .map(Some)
            .ok_or_else(|| unreadable(format!("“{column}”: “{text}” is no date"))),
    };
    let placed_at = when("Created at")?;
    let cancelled_at = when("Cancelled at")?;
    let fulfilled_at = when("Fulfilled at")?;
    let amount = |column: &str, place: PathRef| -> Result<Option<Amount>, ReadError> {
        Ok(head
            .micros(column, place, currency)?
            .map(|micros| Amount { micros, path: place }))
    };
    let total = amount("Total", Place::CsvTotal.at(&[1]))?;
    let tax = amount("Taxes", Place::CsvTaxes.at(&[1]))?;
    let shipping = amount("Shipping", Place::CsvShipping.at(&[1]))?;
    let refunded = amount("Refunded Amount", Place::CsvRefunded.at(&[1]))?;
    // A cancelled order that is still paid gave nothing back: all of it was kept.
    let paid = head
        .get("Financial Status")
        .is_some_and(|status| status.eq_ignore_ascii_case("paid"));
    let kept = cancelled_at.is_some() && paid && total.is_some_and(|total| total.micros > 0);
    let nothing = Amount {
        micros: 0,
        path: Place::CsvRefunded.at(&[1]),
    };
    let refunded = match refunded.filter(|a| a.micros != 0) {
        None if kept => Some(nothing),
        refunded => refunded,
    };
    let duty = amount("Duties", Place::CsvDuties.at(&[1]))?.filter(|a| a.micros != 0);
    let discounts = amount("Discount Amount", Place::CsvDiscount.at(&[1]))?.map(|a| a.micros);
    let mut lines = Vec::with_capacity(rows.len());
    for (index, row) in rows.iter().enumerate() {
        let place = Place::CsvPrice.at(&[index + 1]);
        let Some(quantity) = row.get("Lineitem quantity") else {
            continue;
        };
        let quantity: i32 = quantity
            .parse()
            .map_err(|_| unreadable(format!("row {}: “{quantity}” is no quantity", index + 1)))?;
        let quantity = bounds::units(quantity, place)?;
        let unit = row.micros("Lineitem price", place, currency)?;
        let price = unit.map(|unit| bounds::times(bounds::price(unit, place)?, quantity, place));
        lines.push(LinePart {
            id: row_id(index),
            sku: row.get("Lineitem sku").unwrap_or_default().to_owned(),
            title: row.get("Lineitem name").unwrap_or_default().to_owned(),
            quantity,
            ships: row.get("Lineitem requires shipping") != Some("false"),
            price: price.transpose()?.map(|micros| Amount { micros, path: place }),
            discount: row.micros("Lineitem discount", place, currency)?.unwrap_or(0),
            discount_shown: true,
            tax_shown: tax.is_some(),
            ..LinePart::default()
        });
    }
    // What the lines lost is what lies between their prices and the subtotal; the discount column may include shipping.
    let (mut on_lines, mut prices) = (0, 0);
    for line in &lines {
        let place = line.price.map_or(Place::CsvPrice.at(&[1]), |p| p.path);
        on_lines = bounds::plus(on_lines, line.discount, place)?;
        prices = bounds::plus(prices, line.price.map_or(0, |p| p.micros), place)?;
    }
    let mut doubts = Vec::new();
    if let Some(subtotal) = amount("Subtotal", Place::CsvTotal.at(&[1]))?.filter(|s| s.micros > prices - on_lines) {
        doubts.push(ReadError {
            code: "totals_differ",
            message: format!(
                "the order's rows come to {} {currency}, its subtotal is {}: rows of it are missing",
                currency.format(prices - on_lines),
                currency.format(subtotal.micros)
            ),
        });
    }
    let lost = amount("Subtotal", Place::CsvTotal.at(&[1]))?.map_or(discounts.unwrap_or(0), |s| prices - s.micros);
    if lost > on_lines {
        let weights: Vec<i64> = lines
            .iter()
            .map(|l| l.price.map_or(0, |p| p.micros) - l.discount)
            .collect();
        let shares = split_evenly_by_weight(lost - on_lines, &weights, currency.smallest_unit());
        for (line, share) in lines.iter_mut().zip(shares) {
            line.discount += share;
        }
    }
    let fulfilment = head.get("Fulfillment Status").unwrap_or_default().to_lowercase();
    let sent = match fulfilment.as_str() {
        "fulfilled" => Some(None),
        "partial" => {
            let (sent, unsaid) = sent(&rows, &lines);
            if !unsaid.is_empty() {
                doubts.push(ReadError {
                    code: "shipment_not_shown",
                    message: format!(
                        "it is sent in part, and the export does not show how many units: {}",
                        unsaid.join(", ")
                    ),
                });
            }
            (!sent.is_empty()).then_some(Some(sent))
        }
        _ => None,
    };
    let mut fulfilments = sent.map(|lines| Fulfilment {
        id: "export".into(),
        at: fulfilled_at.or(placed_at),
        state: Parcel::Sent,
        lines,
    });
    let micros = |a: Option<Amount>| a.map_or(0, |a| a.micros);
    let columns = Columns {
        goods: prices - lost,
        on_rows: on_lines,
        lost,
        discounts,
        shipping: micros(shipping),
        tax: micros(tax),
        duty: micros(duty),
        total: total.map(|t| t.micros),
    };
    let charged: Charged = columns.add_up(currency);
    doubts.extend(charged.doubts);
    let refund = refunded.map(|back| Refund {
        id: "export".into(),
        at: placed_at,
        total: Some(back),
        ..Refund::default()
    });
    // Of a cancelled order that kept some of its money, the cancellation does not give back the whole.
    let refund = match (refund, cancelled_at, total) {
        (Some(refund), Some(at), Some(total)) if refund.total.is_some_and(|back| back.micros < total.micros) => {
            doubts.push(in_part(&refund, total, currency));
            let left = matches!(fulfilment.as_str(), "fulfilled" | "partial");
            lines
                .iter_mut()
                .filter(|_| left)
                .for_each(|l| l.current = Some(l.quantity));
            Some(cancelled_in_part(refund, at, total, micros(tax), left, currency))
        }
        (Some(refund), None, Some(total)) if refund.total.is_some_and(|back| back.micros == total.micros) => {
            let taxes = if charged.taxes_included { 0 } else { micros(tax) };
            let carried = micros(shipping) - charged.off_shipping;
            let duties = duty.filter(|duty| prices - lost + carried + taxes + duty.micros == total.micros);
            let known = prices - lost + carried + taxes == total.micros || duties.is_some();
            if known && fulfilment == "fulfilled" {
                // All that ships was sent, and so is what came back of it.
                fulfilments.iter_mut().for_each(|f| f.lines = Some(shipped(&lines)));
            }
            // It says for what and not when: the day of the order, or the day it was sent, for nothing comes back before it left.
            let at = match fulfilment.as_str() {
                "fulfilled" | "partial" => fulfilments.as_ref().and_then(|sent| sent.at).or(placed_at),
                _ => placed_at,
            };
            let refund = Refund {
                duties: duties.into_iter().collect(),
                at: [placed_at, at].into_iter().flatten().max_by_key(|at| at.sort_key()),
                ..refund
            };
            Some(match known {
                true => in_full(refund, &lines, carried, (micros(tax), charged.taxes_included), currency),
                false => refund,
            })
        }
        // The cancellation says for what all of it was paid back.
        (Some(refund), Some(_), Some(total)) if refund.total.is_some_and(|back| back.micros == total.micros) => {
            Some(Refund {
                lines: Some(Vec::new()),
                ..refund
            })
        }
        (refund, ..) => refund,
    };
    let left = shipping.unwrap_or(Amount {
        micros: 0,
        path: Place::CsvDiscount.at(&[1]),
    });
    let price = Amount {
        micros: left.micros + charged.off_before,
        ..left
    };
    Ok(OrderPart::Whole(Box::new(Whole {
        name: head.get("Name").map(str::to_owned),
        placed_at,
        updated_at: None,
        cancelled_at,
        test: false,
        taxes_included: charged.taxes_included,
        basis_shown: tax.is_some(),
        currency: Some(currency),
        payment: head.get("Financial Status").unwrap_or_default().to_lowercase(),
        fulfilment,
        fulfilment_said: true,
        source_name: head.get("Source").unwrap_or_default().to_lowercase(),
        country: head.get("Shipping Country").map(str::to_owned),
        total,
        duty,
        tax,
        breadth: 8,
        lines: Some(lines),
        shipping: Some(match price.micros {
            0 => Vec::new(),
            _ => vec![ShippingPart {
                price: Some(price),
                discount: charged.off_shipping + charged.off_before,
                tax_shown: tax.is_some(),
                ..ShippingPart::default()
            }],
        }),
        fulfilments: Some(fulfilments.into_iter().collect()),
        refunds: Some(refund.into_iter().collect()),
        doubts,
        exported: true,
        ..Whole::default()
    })))
}

fn in_part(refund: &Refund, total: Amount, currency: Currency) -> ReadError {
    ReadError {
        code: "cancelled_in_part",
        message: format!(
            "it was cancelled and {} of {} {currency} were paid back; the export does not show for what",
            currency.format(refund.total.map_or(0, |back| back.micros)),
            currency.format(total.micros)
        ),
    }
}

/// The units of every line that ships.
fn shipped(lines: &[LinePart]) -> Vec<(String, i32)> {
    let ships = lines.iter().filter(|line| line.ships && line.quantity > 0);
    ships.map(|line| (line.id.clone(), line.quantity)).collect()
}

/// The refund of an order that was paid back whole, sent or not (LEDGER ruling 35): every unit of it, its shipping after
/// discounts, `carried`, and its tax, of which each line has the share that it was sold with (ruling 12).
fn in_full(
    refund: Refund,
    lines: &[LinePart],
    carried: i64,
    (tax, included): (i64, bool),
    currency: Currency,
) -> Refund {
    let path = refund.total.map_or(Place::CsvRefunded.at(&[1]), |back| back.path);
    let amount = |micros| Amount { micros, path };
    let charged = |line: &LinePart| line.price.map_or(0, |price| price.micros) - line.discount;
    // As it was sold: goods carry the tax, a tip none.
    let taxed = |line: &LinePart| match line.title == "Tip" && !line.ships {
        true => 0,
        false => charged(line),
    };
    let shipping = if included { carried } else { 0 };
    let weights: Vec<i64> = lines.iter().map(taxed).chain([shipping]).collect();
    let mut taxes = split_evenly_by_weight(tax, &weights, currency.smallest_unit());
    let on_shipping = taxes.pop().unwrap_or(0);
    let sold = lines.iter().zip(taxes).filter(|(line, _)| line.quantity > 0);
    let back = sold.map(|(line, tax)| RefundLine {
        line: line.id.clone(),
        quantity: line.quantity,
        restock: Restock::No,
        subtotal: amount(charged(line)),
        tax,
        tax_shown: true,
    });
    Refund {
        lines: Some(back.collect()),
        shipping: Some((amount(carried), on_shipping))
            .filter(|_| carried != 0)
            .into_iter()
            .collect(),
        ..refund
    }
}

/// The refund of a cancelled order by which less came back than it had cost (LEDGER ruling 35): of goods that had `left`, nothing
/// else comes back; goods that had not are withdrawn whole, and what was kept stays. Tax has its share.
fn cancelled_in_part(refund: Refund, at: When, total: Amount, tax: i64, left: bool, currency: Currency) -> Refund {
    let back = refund.total.unwrap_or(total);
    let kept = total.micros - back.micros;
    let taxes = split_evenly_by_weight(tax, &[back.micros, kept], currency.smallest_unit());
    let (amount, tax) = match (left, taxes.as_slice()) {
        (true, [tax, _]) => (tax - back.micros, -tax),
        (false, [_, tax]) => (kept - tax, *tax),
        _ => (0, 0),
    };
    Refund {
        at: Some(at),
        lines: Some(Vec::new()),
        adjustments: vec![(
            Amount {
                micros: amount,
                path: back.path,
            },
            tax,
        )],
        ..refund
    }
}
