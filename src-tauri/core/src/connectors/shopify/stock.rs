//! Products, inventory with unit costs, locations, customers and payouts: GraphQL nodes and the older REST objects.

use serde_json::Value;

use super::nodes::tail;
use super::paths::Place;
use super::{amount_error, broken};
use crate::connectors::{Fact, ReadCtx, ReadError, Source, StoredRaw};
use crate::model::{Currency, Customer, Location, Money, Payout, Product, StockLevel, Variant, When};

/// What a record of a stream other than orders says.
pub(super) fn read(ctx: &ReadCtx, raw: &StoredRaw) -> Result<Vec<Fact>, ReadError> {
    let record = &raw.record;
    let value: Value = match record.source {
        Source::Bulk => bulk(&record.bytes)?,
        _ => serde_json::from_slice(&record.bytes).map_err(|e| broken(&e))?,
    };
    let legacy = record.source == Source::Legacy;
    let facet = record.facet.split(':').next().unwrap_or_default();
    match (record.stream.as_ref(), facet) {
        ("products", "variants") => Ok(vec![Fact::Variants(record.key.clone(), variants(&value, legacy)?)]),
        ("products", "variant") => Ok(vec![match id(value.get("product").and_then(|p| p.get("id"))) {
            Some(product) => Fact::Variants(product, vec![variant(&value, legacy)?]),
            None => Fact::Nothing,
        }]),
        ("products", _) => product(&record.key, &value, legacy).map(|p| vec![Fact::Product(p)]),
        ("inventory", _) if legacy => rest_inventory(ctx, &record.key, &value),
        ("inventory", _) => inventory(&record.key, &value),
        ("locations", _) => Ok(vec![Fact::Location(location(&record.key, &value))]),
        ("customers", _) => customer(&record.key, &value).map(|c| vec![Fact::Customer(c)]),
        ("payouts", _) => payout(&record.key, &value, legacy).map(|p| vec![Fact::Payout(p)]),
        _ => Ok(vec![Fact::Nothing]),
    }
}

/// A bulk slice as one object: the thing's own line, its variants gathered as a connection.
fn bulk(bytes: &[u8]) -> Result<Value, ReadError> {
    let mut lines = bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty());
    let own = lines.next().unwrap_or_default();
    let mut value: Value = serde_json::from_slice(own).map_err(|e| broken(&e))?;
    let mut variants = Vec::new();
    for line in lines {
        let child: Value = serde_json::from_slice(line).map_err(|e| broken(&e))?;
        if text(&child, "id").is_some_and(|id| id.starts_with("gid://shopify/ProductVariant/")) {
            variants.push(child);
        }
    }
    if let (Some(object), false) = (value.as_object_mut(), variants.is_empty()) {
        object.insert("variants".into(), serde_json::json!({ "nodes": variants }));
    }
    Ok(value)
}

fn text<'a>(value: &'a Value, field: &str) -> Option<&'a str> {
    value.get(field).and_then(Value::as_str)
}

fn owned(value: &Value, field: &str) -> String {
    text(value, field).unwrap_or_default().to_owned()
}

/// An id: a gid's tail, or a number (64 bit, never through a float).
fn id(value: Option<&Value>) -> Option<String> {
    match value? {
        Value::String(gid) => Some(tail(gid).to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn second(value: &Value, fields: [&str; 2]) -> i64 {
    fields
        .iter()
        .find_map(|f| text(value, f))
        .and_then(When::parse_rfc3339)
        .map_or(0, When::sort_key)
}

/// The nodes of a connection in either form.
fn nodes(conn: Option<&Value>) -> Vec<&Value> {
    let list = |v: &'static str| conn.and_then(|c| c.get(v)).and_then(Value::as_array);
    match (list("nodes"), list("edges")) {
        (Some(nodes), _) => nodes.iter().collect(),
        (None, Some(edges)) => edges.iter().filter_map(|e| e.get("node")).collect(),
        (None, None) => Vec::new(),
    }
}

/// An amount stated as text or number; `None` where absent or null.
fn micros(value: Option<&Value>, currency: Currency) -> Result<Option<i64>, ReadError> {
    let plain = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    Money::parse(&plain, currency)
        .map(|m| Some(m.micros))
        .map_err(|e| amount_error(&e, Place::Root.at(&[])))
}

/// A `MoneyV2` object.
fn money(value: Option<&Value>) -> Result<Option<(i64, Currency)>, ReadError> {
    let Some(object) = value.filter(|v| v.is_object()) else {
        return Ok(None);
    };
    let code = text(object, "currencyCode").unwrap_or_default();
    let currency: Currency = code.parse().map_err(|e| amount_error(&e, Place::Root.at(&[])))?;
    Ok(micros(object.get("amount"), currency)?.map(|m| (m, currency)))
}

fn product(key: &str, value: &Value, legacy: bool) -> Result<Product, ReadError> {
    let category = value.get("category").and_then(|c| text(c, "fullName"));
    Ok(Product {
        key: key.to_owned(),
        title: owned(value, "title"),
        vendor: owned(value, "vendor"),
        category: text(value, if legacy { "product_type" } else { "productType" })
            .filter(|t| !t.is_empty())
            .or(category)
            .unwrap_or_default()
            .to_owned(),
        status: owned(value, "status").to_lowercase(),
        updated_at: second(value, ["updatedAt", "updated_at"]),
        deleted: false,
        variants: variants(value, legacy)?,
    })
}

fn variants(value: &Value, legacy: bool) -> Result<Vec<Variant>, ReadError> {
    let list: Vec<&Value> = if legacy {
        value
            .get("variants")
            .and_then(Value::as_array)
            .map(|a| a.iter().collect())
            .unwrap_or_default()
    } else {
        nodes(value.get("variants"))
    };
    list.into_iter().map(|v| variant(v, legacy)).collect()
}

fn variant(v: &Value, legacy: bool) -> Result<Variant, ReadError> {
    let item = if legacy {
        v.get("inventory_item_id")
    } else {
        v.get("inventoryItem").and_then(|i| i.get("id"))
    };
    Ok(Variant {
        key: id(v.get("id")).unwrap_or_default(),
        item: id(item),
        sku: owned(v, "sku"),
        title: owned(v, "title"),
        barcode: owned(v, "barcode"),
        // A bare amount in the shop's currency; six decimals hold in any.
        price: micros(v.get("price"), Currency::USD)?,
    })
}

/// An inventory item with its levels and its unit cost.
fn inventory(key: &str, value: &Value) -> Result<Vec<Fact>, ReadError> {
    let sku = owned(value, "sku");
    let levels: Vec<StockLevel> = nodes(value.get("inventoryLevels"))
        .into_iter()
        .map(|level| StockLevel {
            item: key.to_owned(),
            location: id(level.get("location").and_then(|l| l.get("id"))).unwrap_or_default(),
            sku: sku.clone(),
            active: level.get("isActive").and_then(Value::as_bool).unwrap_or(true),
            quantities: level
                .get("quantities")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|q| Some((owned(q, "name"), q.get("quantity")?.as_i64()?)))
                .collect(),
            updated_at: second(level, ["updatedAt", "updated_at"]).max(second(value, ["updatedAt", "updated_at"])),
        })
        .collect();
    let mut facts = vec![Fact::Stock(levels)];
    if value.get("unitCost").is_some() {
        facts.push(Fact::Cost {
            item: key.to_owned(),
            variants: nodes(value.get("variants"))
                .into_iter()
                .filter_map(|v| id(v.get("id")))
                .collect(),
            cost: money(value.get("unitCost"))?,
        });
    }
    Ok(facts)
}

/// REST knows two objects: the item (with a cost in shop currency) and the level.
fn rest_inventory(ctx: &ReadCtx, key: &str, value: &Value) -> Result<Vec<Fact>, ReadError> {
    if let Some(location) = id(value.get("location_id")) {
        let available = value.get("available").and_then(Value::as_i64);
        return Ok(vec![Fact::Stock(vec![StockLevel {
            item: key.to_owned(),
            location,
            sku: String::new(),
            active: true,
            quantities: available
                .map(|units| ("available".to_owned(), units))
                .into_iter()
                .collect(),
            updated_at: second(value, ["updated_at", "updatedAt"]),
        }])]);
    }
    // The REST item states its cost in the shop's currency without naming it, and no variants: it counts by its SKU, once the
    // currency is known.
    let sku = owned(value, "sku");
    if sku.is_empty() {
        return Ok(vec![Fact::Nothing]);
    }
    let Some(currency) = ctx.currency else {
        // Six decimals hold in any.
        let cost = micros(value.get("cost"), Currency::USD)?;
        return Ok(vec![cost.map_or(Fact::Nothing, |_| Fact::CostWithoutCurrency)]);
    };
    let cost = micros(value.get("cost"), currency)?.map(|micros| (micros, currency));
    Ok(vec![Fact::Cost {
        item: key.to_owned(),
        variants: vec![sku],
        cost,
    }])
}

fn location(key: &str, value: &Value) -> Location {
    let address = value.get("address");
    Location {
        key: key.to_owned(),
        name: owned(value, "name"),
        active: value
            .get("isActive")
            .or(value.get("active"))
            .and_then(Value::as_bool)
            .unwrap_or(true),
        country: address
            .and_then(|a| text(a, "countryCode"))
            .or(text(value, "country_code"))
            .map(str::to_owned),
    }
}

fn customer(key: &str, value: &Value) -> Result<Customer, ReadError> {
    let address = value.get("defaultAddress").or(value.get("default_address"));
    let of_address = |fields: [&str; 2]| {
        let address = address?;
        fields.iter().find_map(|f| text(address, f)).map(str::to_owned)
    };
    let spent = match money(value.get("amountSpent"))? {
        Some((micros, currency)) => Some((micros, Some(currency))),
        None => {
            let currency = text(value, "currency").and_then(|c| c.parse::<Currency>().ok());
            micros(value.get("total_spent"), currency.unwrap_or(Currency::USD))?.map(|m| (m, currency))
        }
    };
    let orders = match value.get("numberOfOrders").or(value.get("orders_count")) {
        Some(Value::String(count)) => count.parse().ok(),
        Some(count) => count.as_i64(),
        None => None,
    };
    Ok(Customer {
        key: key.to_owned(),
        created_at: second(value, ["createdAt", "created_at"]),
        updated_at: second(value, ["updatedAt", "updated_at"]),
        country: of_address(["countryCodeV2", "country_code"]),
        province: of_address(["provinceCode", "province_code"]),
        orders,
        spent: spent.map(|(micros, _)| micros),
        currency: spent.and_then(|(_, currency)| currency),
    })
}

fn payout(key: &str, value: &Value, legacy: bool) -> Result<Payout, ReadError> {
    let missing = |what: &str| ReadError {
        code: "missing_field",
        message: format!("$: no {what}"),
    };
    let summary = value.get("summary");
    if legacy {
        let currency: Currency = text(value, "currency")
            .unwrap_or_default()
            .parse()
            .map_err(|e| amount_error(&e, Place::Root.at(&[])))?;
        let fees = FEES.map(|(_, field)| field);
        let day = text(value, "date")
            .and_then(|d| d.parse().ok())
            .ok_or_else(|| missing("date"))?;
        return Ok(Payout {
            key: key.to_owned(),
            day,
            status: owned(value, "status").to_lowercase(),
            net: micros(value.get("amount"), currency)?.ok_or_else(|| missing("amount"))?,
            fees: fee_sum(fees.map(|f| summary.and_then(|s| s.get(f))), currency)?,
            currency,
        });
    }
    let (net, currency) = money(value.get("net"))?.ok_or_else(|| missing("net"))?;
    // A payout belongs to the UTC day of its issue: the platform states no zone for it.
    let issued = text(value, "issuedAt")
        .and_then(When::parse_rfc3339)
        .ok_or_else(|| missing("issuedAt"))?;
    let fee = |field: &str| summary.and_then(|s| s.get(field)).and_then(|m| m.get("amount"));
    Ok(Payout {
        key: key.to_owned(),
        day: issued.day(crate::model::Zone::UTC),
        status: owned(value, "status").to_lowercase(),
        net,
        fees: fee_sum(FEES.map(|(field, _)| fee(field)), currency)?,
        currency,
    })
}

/// Members of a payout's summary that are fees, in the present and in the older interface. The older one shows no fees of
/// advances; the name there is the one it would have.
const FEES: [(&str, &str); 6] = [
    ("chargesFee", "charges_fee_amount"),
    ("refundsFee", "refunds_fee_amount"),
    ("adjustmentsFee", "adjustments_fee_amount"),
    ("advanceFees", "advance_fees_amount"),
    ("reservedFundsFee", "reserved_funds_fee_amount"),
    ("retriedPayoutsFee", "retried_payouts_fee_amount"),
];

/// Fees as the platform sums them, negative; `None` where it states none of them.
fn fee_sum(fees: [Option<&Value>; FEES.len()], currency: Currency) -> Result<Option<i64>, ReadError> {
    let mut sum = None;
    for fee in fees {
        if let Some(micros) = micros(fee, currency)? {
            sum = Some(sum.unwrap_or(0) - micros);
        }
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_payouts_fees_are_all_that_its_summary_states() {
        let amount = |amount: &str| json!({ "amount": amount, "currencyCode": "USD" });
        let mut summary = json!({ "chargesGross": amount("500.0") });
        let mut older = json!({ "charges_gross_amount": "500.00" });
        for (number, (field, name)) in FEES.iter().enumerate() {
            let fee = format!("{}.5", 1 << number);
            summary[*field] = amount(&fee);
            older[*name] = json!(fee);
        }
        let present =
            json!({ "net": amount("466.5"), "issuedAt": "2026-03-02T05:00:00Z", "status": "PAID", "summary": summary });
        let legacy =
            json!({ "amount": "466.50", "currency": "USD", "date": "2026-03-02", "status": "paid", "summary": older });
        for (value, legacy) in [(present, false), (legacy, true)] {
            let payout = payout("1", &value, legacy).expect("a payout");
            assert_eq!(
                payout.fees,
                Some(-66_000_000),
                "1.5 + 2.5 + 4.5 + 8.5 + 16.5 + 32.5, legacy = {legacy}"
            );
        }
        let bare = json!({ "net": amount("1.0"), "issuedAt": "2026-03-02T05:00:00Z", "status": "PAID" });
        assert_eq!(
            payout("1", &bare, false).expect("a payout").fees,
            None,
            "fees that are not stated are not nothing"
        );
    }
}
