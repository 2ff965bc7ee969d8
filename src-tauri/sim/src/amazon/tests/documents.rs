//! Reports and Data Kiosk: their lives, their documents, and what stands in them.

use std::collections::{BTreeMap, BTreeSet};

use graphql_parser::schema::{Definition, Type, TypeDefinition, parse_schema};
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::rig::{Rig, decimal, escape, note, rows, shared};
use crate::truth::Definition as Measure;
use crate::world::Second;
use crate::world::amazon::{Marketplace, Region};

const BY_CHANGE: &str = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_LAST_UPDATE_GENERAL";
const BY_DATE: &str = "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL";
const LISTINGS: &str = "GET_MERCHANT_LISTINGS_ALL_DATA";
const STOCK: &str = "GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA";
const TRAFFIC: &str = "GET_SALES_AND_TRAFFIC_REPORT";
const SETTLEMENT: &str = "GET_V2_SETTLEMENT_REPORT_DATA_FLAT_FILE_V2";

fn utf8((bytes, media): (Vec<u8>, String)) -> String {
    assert!(media.contains("UTF-8"), "said to be UTF-8: {media}");
    String::from_utf8(bytes).expect("and is")
}

#[test]
fn the_orders_report_holds_every_line() {
    let rig = Rig::new(Region::Na);
    let (start, end) = ("2026-10-20T00:00:00Z", "2026-11-18T00:00:00Z");
    let span = json!({ "dataStartTime": start, "dataEndTime": end });
    for (kind, by_change) in [(BY_CHANGE, true), (BY_DATE, false)] {
        let report = rig.report(kind, Marketplace::Us.id(), &span);
        assert_eq!(report["processingStatus"], "DONE", "{report}");
        let text = utf8(rig.document(&report));
        let table = rows(&text);
        let seller = rig.seller();
        let (from, to) = (
            Second::parse(start).expect("a moment"),
            Second::parse(end).expect("a moment"),
        );
        let mut wanted: BTreeMap<String, Vec<(String, u32)>> = BTreeMap::new();
        for index in 0..seller.order_count(Marketplace::Us) {
            let order = seller.order(Marketplace::Us, index).expect("an order");
            let at = if by_change { order.updated_at } else { order.created_at };
            if from <= at && at < to {
                let line = |line: &crate::world::amazon::AmazonLine| {
                    (seller.listing(Marketplace::Us, line.variant).sku, line.quantity)
                };
                wanted.insert(order.id.clone(), order.lines.iter().map(line).collect());
            }
        }
        let mut found: BTreeMap<String, Vec<(String, u32)>> = BTreeMap::new();
        for row in &table {
            let line = (row["sku"].clone(), row["quantity"].parse().expect("a number"));
            found.entry(row["amazon-order-id"].clone()).or_default().push(line);
        }
        assert_eq!(found, wanted, "every line of {kind}, identical ones too");
        assert!(
            table.iter().any(|row| row["sales-channel"] == "Non-Amazon"),
            "with copies of other channels' orders"
        );
        assert!(
            table
                .iter()
                .any(|row| row["order-status"] == "Cancelled" && row["item-price"].is_empty()),
            "and priceless ones"
        );
        assert!(
            table.iter().any(|row| row["product-name"].contains("3.5\"")),
            "a lone inch mark stands unquoted"
        );
        assert!(
            table.iter().any(|row| !row["item-promotion-discount"].is_empty()),
            "discounts"
        );
    }
    let long = json!({ "dataStartTime": "2026-09-01T00:00:00Z", "dataEndTime": "2026-11-18T00:00:00Z" });
    let report = rig.report(BY_CHANGE, Marketplace::Us.id(), &long);
    assert_eq!(
        report["processingStatus"], "FATAL",
        "more than thirty days are too many"
    );
    let (reason, _) = rig.document(&report);
    assert!(
        String::from_utf8_lossy(&reason).contains("30 days"),
        "and its document says why"
    );
}

#[test]
fn tables_come_in_the_marketplaces_own_letters() {
    let eu = Rig::new(Region::Eu);
    let (german, media) = eu.document(&eu.report(LISTINGS, Marketplace::De.id(), &json!({})));
    assert_eq!(media, "text/plain; charset=Cp1252", "Germany's set is told");
    assert!(
        german.windows(11).any(|part| part == b"H\xE4ndler-SKU"),
        "and its header translated"
    );
    let fe = Rig::new(Region::Fe);
    let (japanese, media) = fe.document(&fe.report(LISTINGS, Marketplace::Jp.id(), &json!({})));
    assert_eq!(media, "text/plain", "Japan's is not");
    assert!(
        japanese.windows(9).any(|part| part == b"\x8Fo\x95i\x8E\xD2SKU"),
        "it is cp932"
    );
    let na = Rig::new(Region::Na);
    let (english, _) = na.document(&na.report(LISTINGS, Marketplace::Us.id(), &json!({})));
    assert!(
        english.starts_with(b"\xEF\xBB\xBFitem-name\t"),
        "the US begins with a mark"
    );
    let table = rows(&String::from_utf8(english).expect("UTF-8"));
    assert_eq!(table.len(), na.seller().listed().len(), "every listing");
    assert!(
        table.iter().any(|row| !row.contains_key("status")) || table.iter().all(|row| !row["status"].is_empty()),
        "short rows or whole ones"
    );
    assert!(
        table
            .iter()
            .any(|row| row["fulfillment-channel"] == "AMAZON_NA" && row["quantity"].is_empty()),
        "FBA has no quantity"
    );
    let stock = rows(&utf8(na.document(&na.report(STOCK, Marketplace::Us.id(), &json!({})))));
    for row in &stock {
        let blank = row["afn-fulfillable-quantity"].is_empty();
        assert_eq!(
            blank,
            row["afn-listing-exists"] == "No",
            "what is not at Amazon stays blank"
        );
    }
}

#[test]
fn a_report_asked_for_again_too_soon_is_cancelled() {
    let mut rig = Rig::new(Region::Na);
    assert_eq!(
        rig.report(STOCK, Marketplace::Us.id(), &json!({}))["processingStatus"],
        "DONE",
        "the first"
    );
    let again = rig.report(STOCK, Marketplace::Us.id(), &json!({}));
    assert_eq!(again["processingStatus"], "CANCELLED", "the second within half an hour");
    assert!(again.get("reportDocumentId").is_none(), "without a document");
    rig.pass(1_800);
    assert_eq!(
        rig.report(STOCK, Marketplace::Us.id(), &json!({}))["processingStatus"],
        "DONE",
        "later"
    );
    let body =
        json!({ "reportType": BY_CHANGE, "marketplaceIds": [Marketplace::Us.id()], "dataStartTime": "2026-11-01" });
    let (_, made) = rig.ask("POST", "/reports/2021-06-30/reports", &body);
    let path = format!(
        "/reports/2021-06-30/reports/{}",
        made["reportId"].as_str().expect("an id")
    );
    assert_eq!(
        rig.call("DELETE", &path, "").status(),
        200,
        "what waits can be cancelled"
    );
    assert_eq!(rig.get(&path)["processingStatus"], "CANCELLED", "and is");
    let settlement = json!({ "reportType": SETTLEMENT, "marketplaceIds": [Marketplace::Us.id()] });
    assert_eq!(
        rig.ask("POST", "/reports/2021-06-30/reports", &settlement).0,
        400,
        "Amazon makes these itself"
    );
    let elsewhere = json!({ "reportType": STOCK, "marketplaceIds": [Marketplace::De.id()] });
    assert_eq!(
        rig.ask("POST", "/reports/2021-06-30/reports", &elsewhere).0,
        403,
        "another region's"
    );
    rig.pass(30 * 86_400);
    rig.log_in();
    assert_eq!(
        rig.ask("GET", &path, &Value::Null).0,
        404,
        "order reports are kept for thirty days"
    );
}

#[test]
fn links_expire_and_refuse_tokens() {
    let rig = Rig::new(Region::Na);
    let report = rig.report(STOCK, Marketplace::Us.id(), &json!({}));
    let path = format!(
        "/reports/2021-06-30/documents/{}",
        report["reportDocumentId"].as_str().expect("a document")
    );
    let address = rig.get(&path)["url"].as_str().expect("an address").to_owned();
    let with_token = rig.send("GET", &address, &[("x-amz-access-token", "Atza|x")], "");
    assert_eq!(with_token.status(), 400, "a token has no business at the storage");
    rig.pass(299);
    assert_eq!(rig.send("GET", &address, &[], "").status(), 200, "within five minutes");
    rig.pass(1);
    let late = rig.send("GET", &address, &[], "");
    assert_eq!(late.status(), 403, "not later");
    let text = String::from_utf8_lossy(late.body()).into_owned();
    assert!(
        text.contains("AccessDenied") && text.contains("Request has expired"),
        "as recorded: {text}"
    );
    let fresh = rig.get(&path)["url"].as_str().expect("an address").to_owned();
    assert_eq!(rig.send("GET", &fresh, &[], "").status(), 200, "a new link works");
    let told = rig.get(&format!("{path}?enableContentEncodingUrlHeader=true"))["url"]
        .as_str()
        .expect("an address")
        .to_owned();
    assert_eq!(
        rig.send("GET", &told, &[], "").headers()["content-encoding"],
        "gzip",
        "told where it was asked for"
    );
    let packed = rig.send("GET", &told, &[("accept-encoding", "gzip")], "");
    let once = rig.send("GET", &told, &[], "");
    assert_eq!(packed.body(), once.body(), "and never packed twice");
}

#[test]
fn settlements_are_found_and_add_up() {
    for (region, market) in [(Region::Na, Marketplace::Us), (Region::Eu, Marketplace::De)] {
        let rig = Rig::new(region);
        let base = format!("/reports/2021-06-30/reports?reportTypes={SETTLEMENT}&pageSize=2");
        let mut found = Vec::new();
        let mut page = rig.get(&base);
        loop {
            found.extend(page["reports"].as_array().expect("reports").clone());
            let Some(token) = page["nextToken"].as_str() else { break };
            let alone = format!("/reports/2021-06-30/reports?nextToken={}", escape(token));
            let both = format!("{base}&nextToken={}", escape(token));
            assert_eq!(rig.ask("GET", &both, &Value::Null).0, 400, "a token comes alone");
            page = rig.get(&alone);
        }
        let ids: BTreeSet<&str> = found.iter().filter_map(|report| report["reportId"].as_str()).collect();
        assert_eq!(ids.len(), found.len(), "each once");
        let own: Vec<&Value> = found
            .iter()
            .filter(|report| report["marketplaceIds"][0] == market.id())
            .collect();
        assert!(own.len() >= 5, "those of ninety days: {}", own.len());
        let text = String::from_utf8_lossy(&rig.document(own[0]).0).into_owned();
        let table = rows(&text);
        let minor = |text: &str| text.replace(['.', ','], "").parse::<i64>().expect("an amount");
        let total = minor(&table[0]["total-amount"]);
        assert!(
            table[1..].iter().all(|row| row["total-amount"].is_empty()),
            "one row sums up"
        );
        let sum: i64 = table[1..].iter().map(|row| minor(&row["amount"])).sum();
        assert_eq!(sum, total, "and the others add up to it");
        let comma = table[0]["total-amount"].contains(',');
        assert_eq!(comma, market == Marketplace::De, "Germany writes a comma");
        let kinds: BTreeSet<&str> = table[1..].iter().map(|row| row["amount-type"].as_str()).collect();
        assert!(kinds.contains("ItemPrice") && kinds.contains("ItemFees"), "{kinds:?}");
        assert_eq!(
            kinds.contains("ItemWithheldTax"),
            market == Marketplace::Us,
            "{kinds:?}"
        );
    }
}

#[test]
fn the_business_report_has_the_days_of_the_truth() {
    let rig = Rig::new(Region::Na);
    let more = json!({
        "dataStartTime": "2026-11-01T00:00:00Z", "dataEndTime": "2026-11-22T00:00:00Z",
        "reportOptions": { "dateGranularity": "DAY", "asinGranularity": "SKU" },
    });
    let report = rig.report(TRAFFIC, Marketplace::Us.id(), &more);
    let (bytes, _) = rig.document(&report);
    let body: Value = serde_json::from_slice(&bytes).expect("JSON");
    match shared("specs/amazon/schemas/sellerSalesAndTrafficReport.json") {
        None => note("skipped: the published report schema is not beside the checkout (set COUNTINGHOUSE_SHARED)"),
        Some(text) => {
            let schema: Value = serde_json::from_str(&text).expect("a schema");
            let held = members(&schema, &schema, &body, "report");
            note(&format!("validated: {held} values of a report"));
        }
    }
    let days = body["salesAndTrafficByDate"].as_array().expect("days");
    assert!(
        (18..=21).contains(&days.len()),
        "all days but the last, which is not told yet: {}",
        days.len()
    );
    let world = rig.sim.world();
    for day in days {
        let date: chrono::NaiveDate = day["date"].as_str().expect("a date").parse().expect("a date");
        let truth = crate::truth::amazon::report(&world, Marketplace::Us, Measure::Platform, date, date, None);
        assert_eq!(
            day["salesByDate"]["unitsOrdered"], truth.totals.units,
            "units of {date}"
        );
        let sales = decimal(&day["salesByDate"]["orderedProductSales"]["amount"]);
        let gross = truth.currency.decimal(truth.totals.gross_sales.expect("known"));
        assert_eq!(sales, gross, "sales of {date}");
    }
    let units: i64 = body["salesAndTrafficByAsin"]
        .as_array()
        .expect("goods")
        .iter()
        .filter_map(|row| row["salesByAsin"]["unitsOrdered"].as_i64())
        .sum();
    let all: i64 = days
        .iter()
        .filter_map(|day| day["salesByDate"]["unitsOrdered"].as_i64())
        .sum();
    assert_eq!(units, all, "the goods of the whole range");
}

/// Holds a value against a JSON schema's members: required ones are there, and no others.
fn members(root: &Value, schema: &Value, value: &Value, place: &str) -> usize {
    let schema = match schema["$ref"].as_str() {
        Some(name) => root.pointer(name.trim_start_matches('#')).expect("a definition"),
        None => schema,
    };
    match value {
        Value::Object(own) => {
            for name in schema["required"].as_array().into_iter().flatten() {
                assert!(
                    own.contains_key(name.as_str().expect("a name")),
                    "{place} has its {name}"
                );
            }
            let Some(known) = schema["properties"].as_object() else {
                return 1;
            };
            own.iter()
                .map(|(name, inner)| {
                    let own = known
                        .get(name)
                        .unwrap_or_else(|| panic!("{place} has no {name} in the schema"));
                    members(root, own, inner, &format!("{place}.{name}"))
                })
                .sum()
        }
        Value::Array(items) => items
            .iter()
            .map(|item| members(root, &schema["items"], item, place))
            .sum(),
        Value::Number(number) => {
            let whole = schema["type"] != "integer" || number.is_i64() || number.is_u64();
            assert!(whole && schema["type"] != "string", "{place}: {number} has its type");
            1
        }
        _ => 1,
    }
}

#[test]
fn economics_come_in_parts_and_add_up() {
    let rig = Rig::with(Region::Na, |setup| setup.amazon.kiosk_rows = 40);
    let text = "query { analytics_economics_2024_03_15 { economics(startDate: \"2026-11-02\", endDate: \"2026-11-15\", \
        marketplaceIds: [\"ATVPDKIKX0DER\"], aggregateBy: { date: DAY, productId: MSKU }) { startDate msku \
        sales { orderedProductSales { amount } netProductSales { amount } unitsOrdered netUnitsSold } \
        fees { feeTypeName charges { aggregatedDetail { totalAmount { amount } } } } \
        ads { adTypeName charge { totalAmount { amount currencyCode } } } \
        cost { costOfGoodsSold { amount } } netProceeds { total { amount } } } } }";
    let create = |token: Option<&str>| {
        let mut body = json!({ "query": text });
        if let Some(token) = token {
            body["paginationToken"] = token.into();
        }
        let (status, made) = rig.ask("POST", "/dataKiosk/2023-11-15/queries", &body);
        assert_eq!(status, 202, "the query is accepted: {made}");
        format!(
            "/dataKiosk/2023-11-15/queries/{}",
            made["queryId"].as_str().expect("an id")
        )
    };
    let mut all: Vec<Value> = Vec::new();
    let mut token: Option<String> = None;
    let mut parts = 0;
    loop {
        let path = create(token.as_deref());
        assert_eq!(rig.get(&path)["processingStatus"], "IN_QUEUE", "it waits");
        rig.pass(60);
        let done = rig.get(&path);
        let id = done["dataDocumentId"].as_str().expect("a document");
        let document = rig.get(&format!("/dataKiosk/2023-11-15/documents/{id}"));
        let answer = rig.send("GET", document["documentUrl"].as_str().expect("an address"), &[], "");
        let lines = String::from_utf8(answer.body().to_vec()).expect("text");
        all.extend(
            lines
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).expect("a row a line")),
        );
        parts += 1;
        token = done["pagination"]["nextToken"].as_str().map(str::to_owned);
        if token.is_none() {
            break;
        }
    }
    assert!(parts > 3, "in several parts: {parts}");
    let world = rig.sim.world();
    let mut ads: BTreeMap<String, Decimal> = BTreeMap::new();
    let mut fine = false;
    for row in &all {
        let sum = |list: &str, place: &str| -> Decimal {
            row[list]
                .as_array()
                .expect("a list")
                .iter()
                .filter_map(|item| item.pointer(place))
                .map(decimal)
                .sum()
        };
        let fees = sum("fees", "/charges/0/aggregatedDetail/totalAmount/amount");
        let spent = sum("ads", "/charge/totalAmount/amount");
        fine |= fees.normalize().scale() > 2;
        let cost = row
            .pointer("/cost/costOfGoodsSold/amount")
            .map_or(Decimal::ZERO, decimal);
        let units = decimal(&row["sales"]["netUnitsSold"]);
        let net = decimal(&row["sales"]["netProductSales"]["amount"]) - fees - spent - cost * units;
        assert_eq!(
            net,
            decimal(&row["netProceeds"]["total"]["amount"]),
            "the schema's formula: {row}"
        );
        *ads.entry(row["startDate"].as_str().expect("a day").to_owned())
            .or_default() += spent;
        assert!(row.get("marketplaceId").is_none(), "only what was asked for");
    }
    assert!(fine, "amounts go to four decimals");
    for (day, spent) in ads {
        let date: chrono::NaiveDate = day.parse().expect("a day");
        let truth = crate::truth::amazon::report(&world, Marketplace::Us, Measure::Platform, date, date, None);
        let told = truth.totals.ad_spend.map(|amount| truth.currency.decimal(amount));
        assert_eq!(Some(spent), told, "advertising of {day}");
    }
    economics_have_the_published_members(&rig);
    let broken = json!({ "query": "query { nothing }" });
    assert_eq!(
        rig.ask("POST", "/dataKiosk/2023-11-15/queries", &broken).0,
        400,
        "an unknown data set"
    );
    let future = text
        .replace("2026-11-02", "2026-11-22")
        .replace("2026-11-15", "2026-11-22");
    let (_, made) = rig.ask("POST", "/dataKiosk/2023-11-15/queries", &json!({ "query": future }));
    rig.pass(60);
    let done = rig.get(&format!(
        "/dataKiosk/2023-11-15/queries/{}",
        made["queryId"].as_str().expect("an id")
    ));
    assert_eq!(done["processingStatus"], "DONE", "nothing is told of today yet");
    assert!(done.get("dataDocumentId").is_none(), "so there is no document");
}

/// Asks for every member that the published data set has and the file tells, and holds the rows against it.
fn economics_have_the_published_members(rig: &Rig) {
    let Some(text) = shared("specs/amazon/schemas/analytics_economics_2024_03_15.graphql") else {
        note("skipped: the published data set is not beside the checkout (set COUNTINGHOUSE_SHARED)");
        return;
    };
    let schema = parse_schema::<String>(&text)
        .expect("the data set is a schema")
        .into_static();
    let mut types = Types::new();
    for definition in schema.definitions {
        if let Definition::TypeDefinition(TypeDefinition::Object(own)) = definition {
            let fields = own.fields.into_iter().map(|field| (field.name, field.field_type));
            types.insert(own.name, fields.collect());
        }
    }
    let query = format!(
        "query {{ analytics_economics_2024_03_15 {{ economics(startDate: \"2026-11-10\", endDate: \"2026-11-11\", \
         marketplaceIds: [\"ATVPDKIKX0DER\"]) {{ {} }} }} }}",
        asked(&types, "Economics")
    );
    let (status, made) = rig.ask("POST", "/dataKiosk/2023-11-15/queries", &json!({ "query": query }));
    assert_eq!(status, 202, "every published member can be asked for: {made}");
    rig.pass(60);
    let done = rig.get(&format!(
        "/dataKiosk/2023-11-15/queries/{}",
        made["queryId"].as_str().expect("an id")
    ));
    let document = done["dataDocumentId"].as_str().expect("a document");
    let document = rig.get(&format!("/dataKiosk/2023-11-15/documents/{document}"));
    let answer = rig.send("GET", document["documentUrl"].as_str().expect("an address"), &[], "");
    let lines = String::from_utf8(answer.body().to_vec()).expect("text");
    let mut held = 0;
    for line in lines.lines() {
        let row: Value = serde_json::from_str(line).expect("a row a line");
        held += typed(&types, "Economics", &row);
    }
    note(&format!("validated: {held} values of economics"));
}

type Types = BTreeMap<String, BTreeMap<String, Type<'static, String>>>;

/// All members of a type, and of the types within it.
fn asked(types: &Types, name: &str) -> String {
    let inner = types[name].iter().map(|(field, kind)| {
        let own = base(kind);
        let more = types.contains_key(own).then(|| format!(" {{ {} }}", asked(types, own)));
        format!("{field}{}", more.unwrap_or_default())
    });
    inner.collect::<Vec<_>>().join(" ")
}

fn base<'t>(kind: &'t Type<'static, String>) -> &'t str {
    match kind {
        Type::NamedType(name) => name,
        Type::ListType(inner) | Type::NonNullType(inner) => base(inner),
    }
}

/// Holds an object against its published type; counts its values.
fn typed(types: &Types, name: &str, value: &Value) -> usize {
    let members = value
        .as_object()
        .unwrap_or_else(|| panic!("{name} is an object: {value}"));
    let mut held = 0;
    for (field, inner) in members {
        let kind = types[name]
            .get(field)
            .unwrap_or_else(|| panic!("{name} has no {field}"));
        held += 1;
        let required = matches!(kind, Type::NonNullType(_));
        assert!(!(required && inner.is_null()), "{name}.{field} is promised");
        let own = base(kind);
        match inner {
            Value::Array(items) if types.contains_key(own) => {
                held += items.iter().map(|item| typed(types, own, item)).sum::<usize>();
            }
            Value::Object(_) => held += typed(types, own, inner),
            Value::Number(_) => assert!(
                ["Float", "Int", "Long"].contains(&own),
                "{name}.{field} is a number: {own}"
            ),
            Value::String(_) => assert!(["String", "Date"].contains(&own), "{name}.{field} is text: {own}"),
            _ => {}
        }
    }
    held
}
