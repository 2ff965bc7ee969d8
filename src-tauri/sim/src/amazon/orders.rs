//! `searchOrders` and `getOrder` (contract section 3.2).

use serde_json::{Value, json};

use super::answers::{Refusal, error, invalid, moment, object};
use super::order::{INCLUDED, Wanted, fulfilled_by, show, status};
use super::pages::{Call, Outcome};
use super::params::{place, token};
use crate::faults::{Kind, mix};
use crate::world::Second;
use crate::world::amazon::{Marketplace, Network, Touched};

/// Seconds that a token lives.
const DAY: i64 = 86_400;
/// How far back orders go.
const HISTORY: i64 = 731 * DAY;
const STATUSES: [&str; 7] = [
    "PENDING_AVAILABILITY",
    "PENDING",
    "UNSHIPPED",
    "PARTIALLY_SHIPPED",
    "SHIPPED",
    "CANCELLED",
    "UNFULFILLABLE",
];

/// What a search asks for.
struct Search {
    by_change: bool,
    from: Second,
    to: Second,
    markets: Vec<Marketplace>,
    named: bool,
    statuses: Vec<String>,
    fulfilled_by: Vec<String>,
}

fn known(values: Vec<String>, all: &[&str], name: &str) -> Result<Vec<String>, Refusal> {
    match values.iter().find(|value| !all.contains(&value.as_str())) {
        Some(value) => Err(invalid(&format!("{name} {value:?} is not known."))),
        None => Ok(values),
    }
}

impl Search {
    fn of(call: &Call<'_>) -> Result<Search, Refusal> {
        let params = &call.params;
        let (created, changed) = (params.moment("createdAfter")?, params.moment("lastUpdatedAfter")?);
        let (by_change, from) = match (created, changed) {
            (Some(from), None) => (false, from),
            (None, Some(from)) => (true, from),
            _ => {
                return Err(invalid(
                    "Exactly one of createdAfter and lastUpdatedAfter must be given.",
                ));
            }
        };
        let (own, other) = if by_change {
            ("lastUpdatedBefore", "createdBefore")
        } else {
            ("createdBefore", "lastUpdatedBefore")
        };
        if params.get(other).is_some() {
            return Err(invalid(&format!("{other} needs its own After.")));
        }
        let to = call.past(own)?.unwrap_or(Second(call.now - 120));
        if to < from {
            return Err(invalid(&format!("{own} lies before its After.")));
        }
        let named = params.list("marketplaceIds");
        if named.len() > 50 {
            return Err(invalid("marketplaceIds names more than 50 marketplaces."));
        }
        let markets = call.markets("marketplaceIds")?;
        Ok(Search {
            by_change,
            from: from.max(Second(call.now - HISTORY)),
            to,
            markets,
            named: !named.is_empty(),
            statuses: known(params.list("fulfillmentStatuses"), &STATUSES, "fulfillmentStatuses")?,
            fulfilled_by: known(params.list("fulfilledBy"), &["MERCHANT", "AMAZON"], "fulfilledBy")?,
        })
    }
}

/// A place between two orders, and the bound of the search that began there.
fn read_place(text: &str) -> Option<(Second, Option<Touched>)> {
    let mut parts = text.split('.');
    let to = Second(parts.next()?.parse().ok()?);
    let at = Second(parts.next()?.parse().ok()?);
    let market = *Marketplace::ALL.get(parts.next()?.parse::<usize>().ok()?)?;
    let index = parts.next()?.parse().ok()?;
    Some((to, (at.0 != 0).then_some(Touched { at, market, index })))
}

fn write_place(to: Second, after: Option<Touched>) -> String {
    let market = |touched: Touched| {
        Marketplace::ALL
            .iter()
            .position(|market| *market == touched.market)
            .unwrap_or(0)
    };
    after.map_or_else(
        || format!("{}.0.0.0", to.0),
        |after| format!("{}.{}.{}.{}", to.0, after.at.0, market(after), after.index),
    )
}

/// `searchOrders`.
pub(super) fn search(call: &Call<'_>) -> Outcome {
    let unknown = call.params.names().find(|name| {
        let all = [
            "createdAfter",
            "createdBefore",
            "lastUpdatedAfter",
            "lastUpdatedBefore",
            "fulfillmentStatuses",
            "marketplaceIds",
            "fulfilledBy",
            "maxResultsPerPage",
            "paginationToken",
            "includedData",
        ];
        !all.contains(name)
    });
    if let Some(name) = unknown {
        return Err(invalid(&format!("There is no parameter {name}.")));
    }
    let mut search = Search::of(call)?;
    let size = call.params.size("maxResultsPerPage", 100, 100)?;
    let wanted = Wanted::of(call).ok_or_else(|| invalid(&format!("includedData knows {}.", INCLUDED.join(", "))))?;
    let mark = call
        .params
        .mark(&["maxResultsPerPage", "includedData", "paginationToken"]);
    let mut after = None;
    if let Some(given) = call.params.get("paginationToken") {
        let found = place(given, mark, call.now, DAY).as_deref().and_then(read_place);
        let Some((to, at)) = found else {
            return Err(invalid(
                "The paginationToken does not belong to these parameters, or has expired.",
            ));
        };
        (search.to, after) = (to, at);
    }
    let size = if call.has(&Kind::EmptyPage) { 0 } else { size };
    let seller = &call.seller;
    let find = |limit| match search.by_change {
        true => seller.touched(&search.markets, search.from, search.to.plus(1), after, limit),
        false => seller.created(&search.markets, search.from, search.to.plus(1), after, limit),
    };
    let mut page = find(size + 1);
    let more = page.len() > size || call.has(&Kind::Endless);
    page.truncate(size);
    let last = page.last().copied().or(after);
    let mut orders: Vec<Value> = Vec::new();
    for touched in page {
        let Some(order) = seller.order(touched.market, touched.index) else {
            continue;
        };
        let by = match order.network {
            Network::Afn => "AMAZON",
            Network::Mfn => "MERCHANT",
        };
        // Copies of other channels' orders belong to no marketplace that can be named.
        let fits = !(order.copy && search.named)
            && (search.statuses.is_empty() || search.statuses.iter().any(|own| own == status(&order)))
            && (search.fulfilled_by.is_empty() || search.fulfilled_by.iter().any(|own| own == by))
            && !late(call, &touched);
        debug_assert_eq!(by, fulfilled_by(&order), "one word for who ships");
        if fits {
            orders.push(show(seller, &order, &wanted));
        }
    }
    let next = more.then(|| {
        let go_on = if call.has(&Kind::Endless) { after } else { last };
        json!({ "nextToken": token(mark, call.now, &write_place(search.to, go_on)) })
    });
    let bound = Some(moment(search.to));
    let (changed, created) = if search.by_change { (bound, None) } else { (None, bound) };
    Ok((
        200,
        object([
            ("orders", Some(orders.into())),
            ("pagination", next),
            ("lastUpdatedBefore", changed),
            ("createdBefore", created),
        ]),
    ))
}

/// Whether an order has not reached the list yet. Lists are behind by up to so many seconds, each order by its own.
fn late(call: &Call<'_>, touched: &Touched) -> bool {
    if call.options.late == 0 || call.held() {
        return false;
    }
    let own = mix(touched.index ^ touched.at.0.unsigned_abs()) % (call.options.late.unsigned_abs() + 1);
    touched.at.plus(i64::try_from(own).unwrap_or(0)).0 > call.now
}

/// `getOrder`.
pub(super) fn one(call: &Call<'_>) -> Outcome {
    let wanted = Wanted::of(call).ok_or_else(|| invalid(&format!("includedData knows {}.", INCLUDED.join(", "))))?;
    let found = call
        .seller
        .find(&call.tail)
        .filter(|order| order.market.region() == call.region);
    match found {
        Some(order) => Ok((200, json!({ "order": show(&call.seller, &order, &wanted) }))),
        None => Err(error(
            404,
            "NotFound",
            &format!("Order {:?} was not found.", call.tail),
            "",
        )),
    }
}
