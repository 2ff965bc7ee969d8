//! Amazon's JSON: answers of its interfaces as pages, single things, lists and JSON lines, the sales and traffic report, rows of
//! Data Kiosk documents. What is no data (tokens, errors, receipts of reports) is refused by name.

use serde_json::value::RawValue;

use super::{Refused, Split, only_of};
use crate::connectors::amazon::keep::meaning;
use crate::connectors::amazon::record::{self, Unusable, member, members, text};
use crate::connectors::{RawRecord, ReadError};

/// Streams a file may belong to.
pub(super) const STREAMS: [&str; 10] = [
    "orders",
    "finances",
    "settlements",
    "inventory",
    "listings",
    "catalog",
    "sales_and_traffic",
    "order_metrics",
    "economics",
    "marketplaces",
];

/// Cuts a JSON or JSON lines text.
pub(super) fn split(stream: Option<&str>, whole: &str) -> Result<Split, Refused> {
    let mut found = Found::default();
    match serde_json::from_str::<&RawValue>(whole) {
        Ok(value) => found.take(value.get(), "the file"),
        Err(error) => {
            for (number, line) in whole.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
                let Ok(value) = serde_json::from_str::<&RawValue>(line) else {
                    let what = match number {
                        0 => format!("the file is not JSON: {error}"),
                        _ => format!("line {} is not JSON", number + 1),
                    };
                    return Err(Refused::new(
                        "cut_file",
                        what,
                        "The file is damaged or cut; download it again. Nothing was imported.",
                    ));
                };
                found.take(value.get(), &format!("line {}", number + 1));
            }
        }
    }
    let Found {
        mut split,
        no_data,
        empty,
        ..
    } = found;
    if split.records.is_empty() && split.set_aside.is_empty() {
        return match (no_data, empty) {
            (Some(refused), _) => Err(refused),
            (None, true) => Ok(split),
            (None, false) => Err(Refused::new(
                "unknown_kind",
                "the file is JSON, but holds none of Amazon's orders, transactions, inventory, listings or reports",
                "Check that it is the answer or report you meant; nothing was imported.",
            )),
        };
    }
    // Among records, an answer that is none is told with its place.
    for (place, refused) in found.beside {
        split.set_aside.push((
            place.clone(),
            ReadError {
                code: refused.code,
                message: format!("{place}: {}", refused.message),
            },
        ));
    }
    only_of(&mut split, stream)?;
    Ok(split)
}

#[derive(Default)]
struct Found {
    split: Split,
    /// Why the file, or a part of it, is no data.
    no_data: Option<Refused>,
    /// Such parts with their places.
    beside: Vec<(String, Refused)>,
    /// A list of a known kind was there, and empty.
    empty: bool,
    /// The same events seen before in the file.
    events: std::collections::HashMap<String, usize>,
}

impl Found {
    fn put(&mut self, made: Result<RawRecord, Unusable>, place: &str) {
        match made {
            Ok(record) => self.split.records.push(record),
            Err((code, why)) => self.split.set_aside.push((
                place.to_owned(),
                ReadError {
                    code,
                    message: format!("{place} {why}"),
                },
            )),
        }
    }

    /// The items of a list that must be records.
    fn each(&mut self, list: &RawValue, name: &str, make: impl Fn(&str) -> Result<RawRecord, Unusable>) {
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(list.get()) else {
            // A list that is null has no entries.
            self.empty = true;
            return;
        };
        self.empty |= items.is_empty();
        for (at, item) in items.into_iter().enumerate() {
            let place = format!("{name}[{at}]");
            match item.get().starts_with('{') {
                true => self.put(make(item.get()), &place),
                false => self.put(Err(("unknown_shape", "is no record".to_owned())), &place),
            }
        }
    }

    /// Whatever a value is.
    fn take(&mut self, value: &str, place: &str) {
        if value.starts_with('[') {
            let items: Vec<&RawValue> = serde_json::from_str(value).unwrap_or_default();
            self.empty |= items.is_empty();
            for (at, item) in items.into_iter().enumerate() {
                let inner = format!("{place}[{at}]");
                self.take(item.get(), inner.trim_start_matches("the file"));
            }
            return;
        }
        let all = members(value);
        if !value.starts_with('{') {
            return self.put(Err(("unknown_shape", "is no record".to_owned())), place);
        }
        if let Some(refused) = no_data(&all) {
            self.no_data.get_or_insert_with(|| refused.clone());
            self.beside.push((place.to_owned(), refused));
            return;
        }
        if self.known(value, &all, place) {
            return;
        }
        // Answers of the older interfaces, and recorded ones, are wrapped.
        for name in ["payload", "body"] {
            if let Some(inner) = member(&all, name) {
                return self.payload(inner, place);
            }
        }
        if place != "the file" {
            self.put(
                Err(("unknown_shape", "is no record of a kind we keep".to_owned())),
                place,
            );
        }
    }

    fn payload(&mut self, inner: &RawValue, place: &str) {
        let items: Vec<&RawValue> = serde_json::from_str(inner.get()).unwrap_or_default();
        let first = items.first().map(|item| members(item.get())).unwrap_or_default();
        match () {
            () if member(&first, "participation").is_some() => self.each(inner, "payload", record::participation),
            () if member(&first, "interval").is_some() => self.each(inner, "payload", |item| record::metric(item, "")),
            () => self.take(inner.get(), place),
        }
    }

    /// Takes an object of a known kind; whether it is one.
    fn known(&mut self, value: &str, all: &[(String, &RawValue)], place: &str) -> bool {
        let has = |name: &str| member(all, name).is_some();
        let list = |name: &str| member(all, name).filter(|v| v.get().starts_with('[') || v.get() == "null");
        if let Some(orders) = list("orders") {
            self.each(orders, "orders", record::order);
        } else if let Some(order) = member(all, "order").filter(|o| o.get().starts_with('{')) {
            self.put(record::order(order.get()), "order");
        } else if has("orderItems") && (has("orderId") || has("createdTime")) {
            self.put(record::order(value), place);
        } else if let Some(orders) = list("Orders") {
            self.each(orders, "Orders", record::old_order);
        } else if has("OrderItems") {
            match has("PurchaseDate") {
                true => self.put(record::old_order(value), place),
                false => self.put(record::old_items(value), place),
            }
        } else if has("AmazonOrderId") && has("PurchaseDate") {
            self.put(record::old_order(value), place);
        } else if let Some(transactions) = list("transactions") {
            self.each(transactions, "transactions", record::transaction);
        } else if has("transactionType") && (has("totalAmount") || has("breakdowns")) {
            self.put(record::transaction(value), place);
        } else if let Some(events) = member(all, "FinancialEvents") {
            self.events(events);
        } else if let Some(summaries) = list("inventorySummaries") {
            let granularity = member(all, "granularity").map(|g| members(g.get())).unwrap_or_default();
            let marketplace = text(&granularity, "granularityId");
            self.each(summaries, "inventorySummaries", |item| {
                record::summary(item, marketplace.as_deref())
            });
        } else if has("salesAndTrafficByDate") || has("salesAndTrafficByAsin") {
            self.traffic(all);
        } else if has("marketplaceId") && has("startDate") && has("endDate") {
            self.put(
                record::kiosk(value, has("fees") || has("ads") || has("netProceeds")),
                place,
            );
        } else if has("interval") && (has("orderCount") || has("unitCount")) {
            self.put(record::metric(value, ""), place);
        } else if has("participation") && has("marketplace") {
            self.put(record::participation(value), place);
        } else if let Some(items) = list("items").filter(|_| has("numberOfResults") || has("pagination")) {
            self.each(items, "items", |item| match text(&members(item), "sku") {
                Some(_) => record::listing(item),
                None => record::item(item),
            });
        } else if has("sku") && (has("summaries") || has("offers") || has("fulfillmentAvailability")) {
            self.put(record::listing(value), place);
        } else if has("sellerSku") && has("inventoryDetails") {
            self.put(record::summary(value, None), place);
        } else if has("asin")
            && ["summaries", "identifiers", "images", "productTypes", "attributes"]
                .iter()
                .any(|n| has(n))
        {
            self.put(record::item(value), place);
        } else {
            return false;
        }
        true
    }

    /// Lists of events of Finances v0.
    fn events(&mut self, events: &RawValue) {
        for (name, list) in members(events.get()) {
            let Some(kind) = name.strip_suffix("EventList").or_else(|| name.strip_suffix("List")) else {
                continue;
            };
            let items: Vec<&RawValue> = serde_json::from_str(list.get()).unwrap_or_default();
            for (at, item) in items.into_iter().enumerate() {
                // The same twice in one answer are two events.
                let twin = self.events.entry(format!("{name}{}", meaning(item.get()))).or_default();
                *twin += 1;
                let made = record::event(kind, item.get(), *twin);
                self.put(made, &format!("{name}[{at}]"));
            }
        }
        self.empty = true;
    }

    /// The sales and traffic report.
    fn traffic(&mut self, all: &[(String, &RawValue)]) {
        let asked = member(all, "reportSpecification")
            .map(|s| members(s.get()))
            .unwrap_or_default();
        let marketplaces: Vec<String> = member(&asked, "marketplaceIds")
            .and_then(|m| serde_json::from_str(m.get()).ok())
            .unwrap_or_default();
        // Of several marketplaces in one report only the first is delivered.
        let marketplace = marketplaces.first().cloned().unwrap_or_default();
        let day = |name: &str| text(&asked, name).map_or_else(String::new, |text| text.chars().take(10).collect());
        let (from, to) = (day("dataStartTime"), day("dataEndTime"));
        for (name, facet) in [
            ("salesAndTrafficByDate", "by_date"),
            ("salesAndTrafficByAsin", "by_asin"),
        ] {
            if let Some(rows) = member(all, name) {
                self.each(rows, name, |row| record::traffic(row, facet, &marketplace, &from, &to));
            }
        }
    }
}

/// Why an object is an answer without data, if it is one.
fn no_data(all: &[(String, &RawValue)]) -> Option<Refused> {
    let has = |name: &str| member(all, name).is_some();
    let inside = member(all, "body").map(|body| members(body.get())).unwrap_or_default();
    let in_body = |name: &str| member(&inside, name).is_some();
    let of = |name: &str| text(all, name).or_else(|| text(&inside, name));
    if ["access_token", "refresh_token", "restrictedDataToken"]
        .iter()
        .any(|name| has(name) || in_body(name))
    {
        return Some(Refused::new(
            "token_answer",
            "the file is a token answer: it holds credentials, and no data",
            "Delete the file, or keep it where nobody reads it; import an answer with orders or a report. Nothing of it was stored.",
        ));
    }
    if let Some(error) = of("error").filter(|_| has("error_description") || in_body("error_description")) {
        let why = of("error_description").unwrap_or_default();
        return Some(error_answer(&format!("{error}: {why}")));
    }
    let errors = member(all, "errors")
        .or_else(|| member(&inside, "errors"))
        .filter(|e| e.get().starts_with('['));
    let only_errors = !["payload", "orders", "items", "transactions"]
        .iter()
        .any(|name| has(name));
    if let Some(errors) = errors.filter(|e| only_errors && e.get() != "[]") {
        let first: Vec<&RawValue> = serde_json::from_str(errors.get()).unwrap_or_default();
        let first = first.first().map(|e| members(e.get())).unwrap_or_default();
        let said: Vec<String> = ["code", "message"]
            .iter()
            .filter_map(|name| text(&first, name))
            .collect();
        return Some(error_answer(&said.join(": ")));
    }
    // What a failed report leaves behind is a document that names the reason.
    if let Some(why) = of("errorDetails") {
        return Some(error_answer(&why));
    }
    if has("NotificationType") || has("notificationType") {
        return Some(Refused::new(
            "notification",
            "the file is a notification: it says that something changed, not what the order is",
            "Import the order itself (getOrder), or a report.",
        ));
    }
    let receipt = |what: &str, next: &str| Some(Refused::new("receipt", what.to_owned(), next.to_owned()));
    if has("queryId") || has("dataDocumentId") || has("documentUrl") {
        return receipt(
            "the file is a receipt of a Data Kiosk query: it names a document, and holds no row of it",
            "Download the document it names, and import that.",
        );
    }
    if has("reportDocumentId") && has("url") {
        return receipt(
            "the file is a receipt of a report: it holds the address of the document, not its rows",
            "Download the document from that address within five minutes, and import that.",
        );
    }
    if has("reports") || (has("reportId") && (has("processingStatus") || all.len() == 1)) {
        let state = of("processingStatus").map_or_else(String::new, |state| format!(" (state {state})"));
        // CANCELLED is neither an error nor proof that there was nothing.
        return receipt(
            &format!("the file is a receipt of a report: it says how far the report is{state}, and holds no row of it"),
            "Download the report itself when it is done, and import that. A cancelled report says nothing of its days.",
        );
    }
    None
}

fn error_answer(said: &str) -> Refused {
    let said: String = said.chars().filter(|c| !c.is_control()).take(200).collect();
    Refused::new(
        "error_answer",
        format!("the file is an error answer of Amazon: {said}"),
        "Fix what the message names and fetch the data again.",
    )
}
