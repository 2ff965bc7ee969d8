//! `listTransactions` (contract section 3.10).

use serde_json::{Value, json};

use super::answers::{Refusal, amount, invalid, moment, object};
use super::pages::{Call, Outcome};
use super::params::{place, token};
use crate::faults::Kind;
use crate::world::amazon::{
    AmazonTransaction, Held, Marketplace, MoneyKey, Network, Part, Settlement, TransactionItem, TransactionType,
};
use crate::world::{Currency, Second};

const DAY: i64 = 86_400;
/// A longer span is answered with nothing, and without a word.
const SPAN: i64 = 180 * DAY;

/// `listTransactions`.
pub(super) fn list(call: &Call<'_>) -> Outcome {
    let params = &call.params;
    let named = params.get("relatedIdentifierName");
    let value = params.get("relatedIdentifierValue");
    let from = call.past("postedAfter")?;
    let to = call.past("postedBefore")?.unwrap_or(Second(call.now - 120));
    let status = match params.get("transactionStatus") {
        None => None,
        Some("DEFERRED") => Some(Held::Deferred),
        Some("RELEASED") => Some(Held::Released),
        Some("DEFERRED_RELEASED") => Some(Held::DeferredReleased),
        Some(other) => return Err(invalid(&format!("transactionStatus {other:?} is not known."))),
    };
    let market = params.get("marketplaceId").map(|id| call.market(id)).transpose()?;
    let fits = |moved: &AmazonTransaction| {
        status.is_none_or(|status| status == moved.status)
            && market.is_none_or(|market| moved.placed && moved.market == market)
    };
    if let (Some(name), Some(value)) = (named, value) {
        let found = related(call, name, value)?;
        return Ok((200, answer(call, found.iter().filter(|moved| fits(moved)), None)));
    }
    let Some(from) = from else {
        return Err(invalid("postedAfter is required where no related identifier is given."));
    };
    if to < from {
        return Err(invalid("postedBefore lies before postedAfter."));
    }
    if to.0 - from.0 > SPAN {
        return Ok((200, answer(call, std::iter::empty(), None)));
    }
    let mark = params.mark(&["nextToken"]);
    let mut bound = to;
    let mut after = None;
    if let Some(given) = params.get("nextToken") {
        let found = place(given, mark, call.now, DAY)
            .as_deref()
            .and_then(MoneyKey::read_with);
        let Some((to, at)) = found else {
            return Err(invalid(
                "The nextToken does not belong to these parameters, or has expired.",
            ));
        };
        (bound, after) = (to, at);
    }
    let size = if call.has(&Kind::EmptyPage) {
        0
    } else {
        call.options.page
    };
    let markets: Vec<Marketplace> = call.region.marketplaces().collect();
    let mut page = call.seller.money(&markets, from, bound, after, size + 1);
    let more = page.len() > size || call.has(&Kind::Endless);
    page.truncate(size);
    let last = if call.has(&Kind::Endless) {
        after
    } else {
        page.last().copied().or(after)
    };
    let moved: Vec<AmazonTransaction> = page.iter().filter_map(|key| call.seller.transaction(key)).collect();
    let next = more.then(|| token(mark, call.now, &MoneyKey::write_with(bound, last)));
    Ok((200, answer(call, moved.iter().filter(|moved| fits(moved)), next)))
}

/// What belongs to an order, or to a settlement.
fn related(call: &Call<'_>, name: &str, value: &str) -> Result<Vec<AmazonTransaction>, Refusal> {
    match name {
        "ORDER_ID" => {
            let order = call
                .seller
                .find(value)
                .filter(|order| order.market.region() == call.region);
            Ok(order.map_or_else(Vec::new, |order| call.seller.order_money(order.market, order.index)))
        }
        "FINANCIAL_EVENT_GROUP_ID" => {
            let groups = call.region.marketplaces().flat_map(|market| {
                let since = Second(call.now - 2 * 365 * DAY);
                call.seller.settlements(market, since)
            });
            let group: Option<Settlement> = groups.into_iter().find(|settled| settled.group() == value);
            Ok(group.map_or_else(Vec::new, |settled| call.seller.settled(&settled)))
        }
        _ => Err(invalid(&format!(
            "relatedIdentifierName {name:?} cannot be searched for."
        ))),
    }
}

fn answer<'t>(call: &Call<'_>, moved: impl Iterator<Item = &'t AmazonTransaction>, next: Option<String>) -> Value {
    let shown: Vec<Value> = moved.map(|moved| show(call, moved)).collect();
    let payload = object([
        ("nextToken", next.map(Value::from)),
        ("transactions", Some(shown.into())),
    ]);
    json!({ "payload": payload })
}

/// A transaction.
fn show(call: &Call<'_>, moved: &AmazonTransaction) -> Value {
    let currency = moved.market.currency();
    let mut related = Vec::new();
    let mut relate = |name: &str, value: Option<&String>| {
        related.extend(value.map(|value| json!({ "relatedIdentifierName": name, "relatedIdentifierValue": value })));
    };
    relate("ORDER_ID", moved.order.as_ref().map(|(_, id)| id));
    relate("SHIPMENT_ID", moved.shipment.as_ref());
    relate("REFUND_ID", moved.refund.as_ref());
    let settled = Settlement::numbered(moved.market, moved.period);
    relate("FINANCIAL_EVENT_GROUP_ID", Some(&settled.group()));
    match moved.status {
        Held::Released => relate("DEFERRED_TRANSACTION_ID", moved.other.as_ref()),
        _ => relate("RELEASE_TRANSACTION_ID", moved.other.as_ref()),
    }
    if moved.kind == TransactionType::Transfer {
        relate("DISBURSEMENT_ID", Some(&format!("D{}", settled.id)));
    }
    let (status, description) = match (moved.status, moved.kind) {
        (Held::Deferred, _) => ("DEFERRED", "Order Payment"),
        (Held::DeferredReleased, _) => ("DEFERRED_RELEASED", "Order Payment"),
        (_, TransactionType::Shipment) => ("RELEASED", "Order Payment"),
        (_, TransactionType::Refund) => ("RELEASED", "Refund Order"),
        (_, TransactionType::Transfer) => ("RELEASED", "Transfer to bank account"),
        _ => ("RELEASED", "Account Charge"),
    };
    let contexts = moved
        .matures
        .map(|at| json!([{ "contextType": "DeferredContext", "deferralReason": "DD7", "maturityDate": moment(at) }]));
    let items: Vec<Value> = moved.items.iter().map(|item| show_item(call, moved, item)).collect();
    let place = if moved.placed {
        json!({ "marketplaceId": moved.market.id(), "marketplaceName": moved.market.name() })
    } else {
        json!({})
    };
    let mut partner = json!({ "sellingPartnerId": call.options.seller_id, "accountType": "Standard Orders" });
    if moved.placed {
        partner["marketplaceId"] = moved.market.id().into();
    }
    // The tree of a transaction with items only sums them up, and often leaves something out.
    let tree = if moved.items.is_empty() {
        tree(currency, &moved.parts)
    } else {
        let sales = moved
            .all_parts()
            .filter(|part| part.group != "AmazonFees" && part.group != "FBAFees");
        let sales: i64 = sales.map(|part| part.amount).sum();
        vec![json!({ "breakdownType": "Sales", "breakdownAmount": amount(currency, sales), "breakdowns": null })]
    };
    object([
        ("sellingPartnerMetadata", Some(partner)),
        ("transactionType", Some(moved.kind.name().into())),
        ("transactionId", Some(moved.id.as_str().into())),
        ("transactionStatus", Some(status.into())),
        ("relatedIdentifiers", Some(related.into())),
        ("totalAmount", Some(amount(currency, moved.total()))),
        ("description", Some(description.into())),
        ("postedDate", Some(moment(moved.posted))),
        ("marketplaceDetails", Some(place)),
        ("items", (!items.is_empty()).then(|| items.into())),
        ("contexts", contexts),
        ("breakdowns", Some(tree.into())),
    ])
}

fn show_item(call: &Call<'_>, moved: &AmazonTransaction, item: &TransactionItem) -> Value {
    let currency = moved.market.currency();
    let listing = call.seller.listing(moved.market, item.variant);
    let total = item.parts.iter().map(|part| part.amount).sum();
    let fba = item.parts.iter().any(|part| part.name == "FBAPerUnitFulfillmentFee");
    let network = match &moved.order {
        Some((index, _)) => call.seller.order(moved.market, *index).map(|order| order.network),
        None => fba.then_some(Network::Afn),
    };
    let number = moved
        .order
        .as_ref()
        .map_or(0, |(index, _)| index * 32 + item.line as u64);
    json!({
        "description": listing.title,
        "totalAmount": amount(currency, total),
        "relatedIdentifiers": [{
            "itemRelatedIdentifierName": "ORDER_ADJUSTMENT_ITEM_ID",
            "itemRelatedIdentifierValue": format!("{}", 6_226_000_000_000 + number),
        }],
        "breakdowns": tree(currency, &item.parts),
        "contexts": [{
            "contextType": "ProductContext",
            "asin": listing.asin,
            "sku": listing.sku,
            "quantityShipped": item.units,
            "fulfillmentNetwork": if network == Some(Network::Mfn) { "MFN" } else { "AFN" },
        }],
    })
}

/// Parts under their groups; FBA's fees are a group within Amazon's.
fn tree(currency: Currency, parts: &[Part]) -> Vec<Value> {
    let node = |name: &str, sum: i64, inner: Vec<Value>| {
        let inner = if inner.is_empty() { Value::Null } else { inner.into() };
        json!({ "breakdownType": name, "breakdownAmount": amount(currency, sum), "breakdowns": inner })
    };
    let under = |group: &str| {
        let own: Vec<&Part> = parts.iter().filter(|part| part.group == group).collect();
        let leaves = own
            .iter()
            .map(|part| node(part.name, part.amount, Vec::new()))
            .collect::<Vec<_>>();
        (own.iter().map(|part| part.amount).sum::<i64>(), leaves)
    };
    let mut groups: Vec<&str> = Vec::new();
    for part in parts {
        let group = if part.group == "FBAFees" {
            "AmazonFees"
        } else {
            part.group
        };
        if !groups.contains(&group) {
            groups.push(group);
        }
    }
    let mut tree = Vec::new();
    for group in groups {
        let (mut sum, mut inner) = under(group);
        if group == "AmazonFees" {
            let (fees, leaves) = under("FBAFees");
            if !leaves.is_empty() {
                sum += fees;
                inner.push(node("FBAFees", fees, leaves));
            }
        }
        if group.is_empty() {
            tree.extend(inner);
        } else {
            tree.push(node(group, sum, inner));
        }
    }
    tree
}
