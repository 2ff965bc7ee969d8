//! An order as the API shows it: what is asked for in `includedData`, and nothing that is zero.

use serde_json::{Value, json};

use super::answers::{moment, money, object, precise};
use super::app::Role;
use super::pages::Call;
use crate::world::amazon::{AmazonLine, AmazonOrder, Canceller, Charge, Link, Network, OrderStatus, Parcel, Seller};

/// Sets of data that can be asked for.
pub(super) const INCLUDED: [&str; 11] = [
    "BUYER",
    "RECIPIENT",
    "PROCEEDS",
    "EXPENSE",
    "PROMOTION",
    "CANCELLATION",
    "FULFILLMENT",
    "PACKAGES",
    "TAX",
    "PAYMENT",
    "FULFILLMENT_ORDERS",
];

/// What a call asked for, and may see.
pub(super) struct Wanted {
    sets: Vec<String>,
    personal: bool,
}

impl Wanted {
    /// The sets of `includedData`; `None` when one is not known.
    pub(super) fn of(call: &Call<'_>) -> Option<Wanted> {
        let sets = call.params.list("includedData");
        sets.iter().all(|set| INCLUDED.contains(&set.as_str())).then(|| Wanted {
            sets,
            personal: call.app.roles.contains(&Role::DirectToConsumerShipping),
        })
    }

    fn has(&self, set: &str) -> bool {
        self.sets.iter().any(|own| own == set)
    }

    /// Personal data is asked for, and the role for it is there; without the role it is left out without a word.
    fn shows(&self, set: &str) -> bool {
        self.has(set) && self.personal
    }
}

/// The word for where an order stands.
pub(super) fn status(order: &AmazonOrder) -> &'static str {
    match order.status {
        OrderStatus::Pending => "PENDING",
        OrderStatus::Unshipped => "UNSHIPPED",
        OrderStatus::PartiallyShipped => "PARTIALLY_SHIPPED",
        OrderStatus::Shipped => "SHIPPED",
        OrderStatus::Cancelled => "CANCELLED",
        OrderStatus::Unfulfillable => "UNFULFILLABLE",
    }
}

/// The word for who ships.
pub(super) fn fulfilled_by(order: &AmazonOrder) -> &'static str {
    match order.network {
        Network::Afn => "AMAZON",
        Network::Mfn => "MERCHANT",
    }
}

/// An order.
pub(super) fn show(seller: &Seller, order: &AmazonOrder, wanted: &Wanted) -> Value {
    let market = order.market;
    let (channel, id, name) = if order.copy {
        ("NON_AMAZON", market.outside_id(), market.outside_name())
    } else {
        ("AMAZON", market.id(), market.name())
    };
    let aliases = order
        .seller_order_id
        .as_ref()
        .map(|id| json!([{ "aliasId": id, "aliasType": "SELLER_ORDER_ID" }]));
    let linked = order.link.as_ref().map(|(link, id)| {
        let kind = match link {
            Link::Replacement => "REPLACEMENT_ORIGINAL_ID",
            Link::Exchange => "EXCHANGE_ORIGINAL_ID",
        };
        json!([{ "orderId": id, "associationType": kind }])
    });
    let mut programs = Vec::new();
    programs.extend(order.prime.then_some("PRIME"));
    programs.extend(order.business.then_some("AMAZON_BUSINESS"));
    let items: Vec<Value> = order
        .lines
        .iter()
        .map(|line| item(seller, order, line, wanted))
        .collect();
    let packages = || {
        let parcels = order.parcels.iter().enumerate();
        Value::from(
            parcels
                .map(|(place, parcel)| package(order, place, parcel))
                .collect::<Vec<_>>(),
        )
    };
    let own_parcels = order.network == Network::Mfn && !order.parcels.is_empty();
    object([
        ("orderId", Some(order.id.as_str().into())),
        ("orderAliases", aliases),
        ("createdTime", Some(precise(order.created_at))),
        ("lastUpdatedTime", Some(precise(order.updated_at))),
        ("programs", (!programs.is_empty()).then(|| programs.into())),
        ("associatedOrders", linked),
        (
            "salesChannel",
            Some(json!({ "channelName": channel, "marketplaceId": id, "marketplaceName": name })),
        ),
        ("buyer", wanted.shows("BUYER").then(|| buyer(order))),
        ("recipient", wanted.shows("RECIPIENT").then(|| recipient(order))),
        (
            "proceeds",
            (wanted.has("PROCEEDS") && order.priced).then(|| proceeds(order)),
        ),
        ("fulfillment", wanted.has("FULFILLMENT").then(|| fulfillment(order))),
        ("orderItems", Some(items.into())),
        ("packages", (wanted.has("PACKAGES") && own_parcels).then(packages)),
    ])
}

/// A buyer as the platform shows one to who may see it.
pub(super) fn buyer(order: &AmazonOrder) -> Value {
    json!({ "buyerName": format!("Jordan Example {}", order.index % 97), "buyerEmail": format!("b{}@marketplace.example", order.index) })
}

/// A place to send goods to.
pub(super) fn recipient(order: &AmazonOrder) -> Value {
    json!({ "deliveryAddress": {
        "name": format!("Jordan Example {}", order.index % 97),
        "addressLine1": format!("{} Harbor Road", order.index % 900 + 1),
        "city": "Springfield",
        "postalCode": "97477",
        "countryCode": order.market.country(),
        "addressType": "RESIDENTIAL",
    } })
}

fn proceeds(order: &AmazonOrder) -> Value {
    let whole = order.status == OrderStatus::Cancelled;
    let mut all = Charge::default();
    for line in order.lines.iter().filter(|line| whole || line.cancelled.is_none()) {
        all.item += line.charge.item;
        all.item_discount += line.charge.item_discount;
        all.shipping += line.charge.shipping;
        all.shipping_discount += line.charge.shipping_discount;
        all.wrap += line.charge.wrap;
        all.tax_item += line.charge.tax();
    }
    let parts = kinds(order, &all).map(|(kind, amount)| json!({ "type": kind, "subtotal": amount }));
    let parts: Vec<Value> = parts.collect();
    let told = order.index.is_multiple_of(2) && !parts.is_empty();
    object([
        ("grandTotal", Some(money(order.market.currency(), order.total()))),
        ("breakdowns", told.then(|| parts.into())),
    ])
}

/// Kinds of charges with their amounts, without those that are nothing. Most discounts are negative.
fn kinds(order: &AmazonOrder, charge: &Charge) -> impl Iterator<Item = (&'static str, Value)> {
    let sign = if order.index % 8 == 5 { 1 } else { -1 };
    let tax = if order.tax_told { charge.tax() } else { 0 };
    let off = charge.item_discount + charge.shipping_discount;
    let currency = order.market.currency();
    let amounts = [
        ("ITEM", charge.item),
        ("SHIPPING", charge.shipping),
        ("GIFT_WRAP", charge.wrap),
        ("TAX", tax),
        ("DISCOUNT", off * sign),
    ];
    let some = amounts.into_iter().filter(|(_, amount)| *amount != 0);
    some.map(move |(kind, amount)| (kind, money(currency, amount)))
}

fn item_proceeds(order: &AmazonOrder, line: &AmazonLine) -> Value {
    let charge = &line.charge;
    let currency = order.market.currency();
    let sign = if order.index % 8 == 5 { 1 } else { -1 };
    let details = |parts: &[(&str, i64)]| {
        let some = parts.iter().filter(|(_, amount)| *amount != 0);
        let some = some.map(|(kind, amount)| json!({ "subtype": kind, "value": money(currency, *amount) }));
        Value::from(some.collect::<Vec<_>>())
    };
    // Some orders do not say what their tax is on; it is on goods then.
    let coarse = charge.tax_shipping == 0 && charge.tax_wrap == 0 && order.index % 10 == 3;
    let parts = kinds(order, charge).map(|(kind, amount)| {
        let inner = match kind {
            "TAX" if !coarse => Some(details(&[
                ("ITEM", charge.tax_item),
                ("SHIPPING", charge.tax_shipping),
                ("GIFT_WRAP", charge.tax_wrap),
            ])),
            "DISCOUNT" => Some(details(&[
                ("ITEM", charge.item_discount * sign),
                ("SHIPPING", charge.shipping_discount * sign),
            ])),
            _ => None,
        };
        object([
            ("type", Some(kind.into())),
            ("subtotal", Some(amount)),
            ("detailedBreakdowns", inner),
        ])
    });
    let parts: Vec<Value> = parts.collect();
    object([
        ("proceedsTotal", Some(money(currency, charge.total(order.tax_told)))),
        ("breakdowns", (!parts.is_empty()).then(|| parts.into())),
    ])
}

fn item(seller: &Seller, order: &AmazonOrder, line: &AmazonLine, wanted: &Wanted) -> Value {
    let listing = seller.listing(order.market, line.variant);
    let currency = order.market.currency();
    let price = order.priced.then(|| {
        object([
            ("unitPrice", Some(money(currency, line.unit_price))),
            ("priceDesignation", order.business.then(|| "BUSINESS_PRICE".into())),
        ])
    });
    let product = object([
        ("asin", Some(listing.asin.into())),
        ("title", Some(listing.title.into())),
        ("sellerSku", Some(listing.sku.into())),
        (
            "condition",
            Some(json!({ "conditionType": "NEW", "conditionSubtype": "NEW" })),
        ),
        ("price", price),
    ]);
    let expense = (wanted.has("EXPENSE") && line.points > 0).then(|| {
        json!({ "pointsCost": { "pointsGranted": {
            "pointsNumber": line.points, "pointsMonetaryValue": money(currency, line.points) } } })
    });
    let discounted = line.charge.item_discount + line.charge.shipping_discount > 0;
    let promotion = (wanted.has("PROMOTION") && discounted && order.priced).then(|| {
        let id = format!("{}-PROMO-{}", order.market.country(), order.index % 40);
        json!({ "breakdowns": [{ "promotionId": id }] })
    });
    let fulfilled = wanted.has("FULFILLMENT").then(|| {
        let stands = if line.cancelled.is_some() {
            0
        } else {
            line.quantity - line.shipped
        };
        json!({ "quantityFulfilled": line.shipped, "quantityUnfulfilled": stands })
    });
    object([
        ("orderItemId", Some(line.item_id.to_string().into())),
        ("quantityOrdered", Some(line.quantity.into())),
        ("product", Some(product)),
        (
            "proceeds",
            (wanted.has("PROCEEDS") && order.priced).then(|| item_proceeds(order, line)),
        ),
        ("expense", expense),
        ("promotion", promotion),
        (
            "cancellation",
            cancellation(order, line).filter(|_| wanted.has("CANCELLATION")),
        ),
        ("fulfillment", fulfilled),
    ])
}

fn cancellation(order: &AmazonOrder, line: &AmazonLine) -> Option<Value> {
    let asked = order.cancel_asked || line.cancelled == Some(Canceller::Buyer);
    let request = asked.then(|| json!({ "requester": "BUYER", "cancelReason": "CHANGED_MIND" }));
    let executed = line.cancelled.map(|by| {
        let by = match by {
            Canceller::Buyer => "BUYER",
            Canceller::Merchant => "MERCHANT",
            Canceller::Amazon => "AMAZON",
        };
        json!({ "cancelledBy": by, "cancelReason": "OTHER" })
    });
    (request.is_some() || executed.is_some())
        .then(|| object([("cancellationRequest", request), ("cancellationExecution", executed)]))
}

fn fulfillment(order: &AmazonOrder) -> Value {
    let window = |from: i64, to: i64| json!({ "earliestDateTime": moment(order.created_at.plus(from)), "latestDateTime": moment(order.created_at.plus(to)) });
    json!({
        "fulfillmentStatus": status(order),
        "fulfilledBy": fulfilled_by(order),
        "fulfillmentServiceLevel": if order.prime { "EXPEDITED" } else { "STANDARD" },
        "shipByWindow": window(0, 3 * 86_400),
        "deliverByWindow": window(2 * 86_400, 9 * 86_400),
    })
}

fn package(order: &AmazonOrder, place: usize, parcel: &Parcel) -> Value {
    let items = parcel
        .lines
        .iter()
        .map(|(line, units)| json!({ "orderItemId": order.lines[*line].item_id.to_string(), "quantity": units }));
    json!({
        "packageReferenceId": (place + 1).to_string(),
        "createdTime": moment(parcel.at),
        "packageStatus": { "status": "SHIPPED" },
        "carrier": "UPS",
        "shipTime": moment(parcel.at),
        "shippingService": "UPS Ground",
        "trackingNumber": format!("1Z{:010}{place}", order.index),
        "packageItems": items.collect::<Vec<_>>(),
    })
}
