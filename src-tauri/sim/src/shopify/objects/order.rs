//! An order (contract section 3.2).

use std::rc::Rc;

use super::agreement::AgreementNode;
use super::customer::CustomerNode;
use super::fulfillment::FulfillmentNode;
use super::inventory::LocationNode;
use super::line::{AddressNode, DiscountNode, LineNode, ShippingNode, order_taxes};
use super::money::{bag, bag_if};
use super::payment::{PaymentNode, gateway_name};
use super::refund::{RefundNode, ReturnNode};
use super::{Answered, Cx, Plain, count, first, gid, gid_text, maybe_moment, moment, nested, texts, unlisted};
use crate::shopify::graphql::execute::{Object, Resolved};
use crate::shopify::graphql::variables::Args;
use crate::shopify::search::{Filter, Found, Kind, Known, Rules, Searchable};
use crate::world::{
    Bag, CancelReason, DiscountKind, FinancialStatus, FulfillmentStatus, Line, Order, SalesChannel, Totals,
    TransactionKind,
};

/// An order.
pub(crate) struct OrderNode {
    pub(crate) cx: Rc<Cx>,
    pub(crate) order: Rc<Order>,
}

impl OrderNode {
    /// The order at a place of the world, as far as the caller may see it.
    pub(crate) fn at(cx: &Rc<Cx>, index: u64) -> Option<OrderNode> {
        cx.order(index).map(|order| OrderNode {
            cx: Rc::clone(cx),
            order,
        })
    }

    fn amount(&self, name: &str) -> Option<Resolved> {
        let (order, totals) = (&*self.order, self.order.totals());
        let capturable = match order.financial_status() {
            FinancialStatus::Authorized => totals.original_total,
            _ => Bag::ZERO,
        };
        let duties = !order.duties.is_empty();
        let fees = !order.additional_fees.is_empty();
        let amount = |totals: &Totals| {
            Some(match name {
                "totalPriceSet" => totals.total,
                "currentTotalPriceSet" => totals.current_total,
                "originalTotalPriceSet" => totals.original_total,
                "subtotalPriceSet" => totals.subtotal,
                "currentSubtotalPriceSet" => totals.current_subtotal,
                "totalDiscountsSet" => totals.discounts,
                "currentTotalDiscountsSet" => totals.current_discounts,
                "totalTaxSet" => totals.tax,
                "currentTotalTaxSet" => totals.current_tax,
                "totalShippingPriceSet" => totals.shipping,
                "currentShippingPriceSet" => totals.current_shipping,
                "totalRefundedSet" => totals.refunded,
                "totalRefundedShippingSet" => totals.refunded_shipping,
                "totalReceivedSet" => totals.received,
                "netPaymentSet" => totals.net_payment,
                "totalOutstandingSet" => totals.outstanding,
                "totalTipReceivedSet" => totals.tip,
                "refundDiscrepancySet" => totals.adjustments,
                "totalCapturableSet" => capturable,
                _ => return None,
            })
        };
        match name {
            "cartDiscountAmountSet" => Some(bag_if(order, !totals.cart_discount.is_zero(), totals.cart_discount)),
            "originalTotalDutiesSet" => Some(bag_if(order, duties, totals.duties)),
            "currentTotalDutiesSet" => Some(bag_if(order, duties, totals.current_duties)),
            "originalTotalAdditionalFeesSet" => Some(bag_if(order, fees, totals.additional_fees)),
            "currentTotalAdditionalFeesSet" => Some(bag_if(order, fees, totals.current_additional_fees)),
            _ => amount(&totals).map(|amount| bag(order, amount)),
        }
    }

    fn status(&self, name: &str) -> Option<Resolved> {
        let order = &*self.order;
        let totals = || order.totals();
        Some(match name {
            "displayFinancialStatus" => Resolved::leaf(financial(order)),
            "displayFulfillmentStatus" => Resolved::leaf(match order.fulfillment_status() {
                FulfillmentStatus::Unfulfilled => "UNFULFILLED",
                FulfillmentStatus::Partial => "PARTIALLY_FULFILLED",
                FulfillmentStatus::Fulfilled => "FULFILLED",
                // The member is younger than the others; older versions call the same order unfulfilled.
                FulfillmentStatus::NotRequired if self.cx.version.has(2026, 10) => "FULFILLMENT_NOT_REQUIRED",
                FulfillmentStatus::NotRequired => "UNFULFILLED",
            }),
            "returnStatus" => Resolved::leaf(return_status(order)),
            "cancelReason" => order
                .cancelled
                .map_or(Resolved::Null, |(_, reason)| Resolved::leaf(cancel_reason(reason))),
            "cancellation" => Resolved::maybe(
                order
                    .cancelled
                    .map(|_| Plain::new("OrderCancellation", [("staffNote", ().into())])),
            ),
            "closed" => Resolved::leaf(order.closed_at.is_some()),
            "test" => Resolved::leaf(order.test),
            "edited" => Resolved::leaf(order.edited),
            "confirmed" => Resolved::leaf(true),
            "taxesIncluded" => Resolved::leaf(order.taxes_included),
            "dutiesIncluded" | "estimatedTaxes" | "taxExempt" => Resolved::leaf(false),
            "fullyPaid" => Resolved::leaf(totals().outstanding.shop <= 0),
            "unpaid" => Resolved::leaf(totals().received.is_zero() && totals().outstanding.shop > 0),
            "refundable" => Resolved::leaf(totals().net_payment.shop > 0),
            "fulfillable" => {
                Resolved::leaf(order.cancelled.is_none() && order.lines.iter().any(|line| line.unfulfilled() > 0))
            }
            "requiresShipping" => Resolved::leaf(order.lines.iter().any(|line| line.requires_shipping)),
            "subtotalLineItemsQuantity" => Resolved::leaf(order.units().0),
            "currentSubtotalLineItemsQuantity" => Resolved::leaf(order.units().1),
            _ => return None,
        })
    }

    fn origin(&self, name: &str) -> Option<Resolved> {
        let (order, cx) = (&*self.order, &self.cx);
        let channel = Origin::of(order.channel);
        Some(match name {
            "sourceName" => Resolved::leaf(channel.source),
            "sourceIdentifier" => Resolved::Null,
            "attribution" => Resolved::maybe(channel.attribution.map(|(handle, label)| {
                Plain::new(
                    "OrderAttribution",
                    [
                        ("handle", handle.into()),
                        ("displayName", label.into()),
                        ("icon", ().into()),
                    ],
                )
            })),
            "app" => Resolved::object(Plain::new(
                "OrderApp",
                [
                    ("id", gid_text("App", channel.app.0).into()),
                    ("name", channel.app.1.into()),
                ],
            )),
            "publication" => Resolved::maybe(channel.publication.map(|(id, name)| {
                Plain::new(
                    "Publication",
                    [("id", gid_text("Publication", id).into()), ("name", name.into())],
                )
            })),
            "retailLocation" => Resolved::maybe(order.retail_location.and_then(|id| LocationNode::by_id(cx, id))),
            "customer" => Resolved::maybe(order.customer.and_then(|id| CustomerNode::by_id(cx, id))),
            "shippingAddress" => Resolved::maybe(
                order
                    .ship_to
                    .map(|region| AddressNode::new(region, order.id, "Address")),
            ),
            "tags" => texts(order.tags.iter().copied()),
            "discountCodes" => texts(codes(order)),
            "discountCode" => Resolved::leaf(codes(order).next()),
            "paymentGatewayNames" => {
                let mut names: Vec<&str> = Vec::new();
                for name in order.transactions.iter().map(|payment| gateway_name(payment.gateway)) {
                    if !names.contains(&name) {
                        names.push(name);
                    }
                }
                texts(names)
            }
            _ => return None,
        })
    }

    fn parts(&self, name: &str, args: &Args) -> Option<Answered> {
        let (order, cx) = (&self.order, &self.cx);
        let (own, shared) = (|| Rc::clone(order), || Rc::clone(cx));
        Some(match name {
            "lineItems" => nested(
                args,
                0..order.lines.len(),
                |at| order.lines[*at].id,
                |at| LineNode {
                    cx: shared(),
                    order: own(),
                    at,
                },
            ),
            "shippingLines" => nested(
                args,
                0..order.shipping.len(),
                |at| order.shipping[*at].id,
                |at| ShippingNode { order: own(), at },
            ),
            "shippingLine" => Ok(Resolved::maybe(
                (!order.shipping.is_empty()).then(|| ShippingNode { order: own(), at: 0 }),
            )),
            "discountApplications" => DiscountNode::page(order, args),
            "agreements" => nested(
                args,
                0..order.agreements.len(),
                |at| order.agreements[*at].id,
                |at| AgreementNode {
                    cx: shared(),
                    order: own(),
                    at,
                },
            ),
            "returns" => nested(
                args,
                order.returns.iter().copied(),
                |id| *id,
                |id| ReturnNode {
                    cx: shared(),
                    order: own(),
                    id,
                },
            ),
            "taxLines" => Ok(Resolved::list(order_taxes(order))),
            "refunds" => first(args, 0..order.refunds.len()).map(|refunds| {
                Resolved::list(refunds.into_iter().map(|at| RefundNode {
                    cx: shared(),
                    order: own(),
                    at,
                }))
            }),
            "fulfillments" => first(args, 0..order.fulfillments.len()).map(|parts| {
                Resolved::list(parts.into_iter().map(|at| FulfillmentNode {
                    cx: shared(),
                    order: own(),
                    at,
                }))
            }),
            "fulfillmentsCount" => Ok(count(order.fulfillments.len() as u64, None)),
            "transactions" => {
                let open = |at: &usize| !args.flag("capturable") || PaymentNode::is_open(order, *at);
                first(args, (0..order.transactions.len()).filter(open)).map(|payments| {
                    Resolved::list(payments.into_iter().map(|at| PaymentNode {
                        cx: shared(),
                        order: own(),
                        at,
                    }))
                })
            }
            "transactionsCount" => Ok(count(order.transactions.len() as u64, None)),
            "totalCashRoundingAdjustment" => Ok(Resolved::object(Rounding { order: own() })),
            _ => return None,
        })
    }
}

impl Object for OrderNode {
    fn kind(&self) -> &'static str {
        "Order"
    }

    fn field(&self, name: &str, args: &Args) -> Answered {
        let order = &*self.order;
        Ok(match name {
            "id" => gid("Order", order.id),
            "legacyResourceId" => Resolved::leaf(order.id.to_string()),
            "name" => Resolved::leaf(order.name()),
            "number" => Resolved::leaf(order.number),
            "note" => Resolved::Null,
            "createdAt" => moment(order.created_at),
            "processedAt" => moment(order.processed_at),
            "updatedAt" => moment(order.updated_at),
            "closedAt" => maybe_moment(order.closed_at),
            "cancelledAt" => maybe_moment(order.cancelled.map(|(at, _)| at)),
            "currencyCode" => Resolved::leaf(order.currency.code()),
            "presentmentCurrencyCode" => Resolved::leaf(order.buyer_currency.code()),
            _ => {
                let simple = self
                    .amount(name)
                    .or_else(|| self.status(name))
                    .or_else(|| self.origin(name));
                return match simple {
                    Some(resolved) => Ok(resolved),
                    None => self.parts(name, args).unwrap_or_else(|| unlisted(self.kind(), name)),
                };
            }
        })
    }
}

/// Nothing is rounded in this world; the platform tells that with zeros.
struct Rounding {
    order: Rc<Order>,
}

impl Object for Rounding {
    fn kind(&self) -> &'static str {
        "CashRoundingAdjustment"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        match name {
            "paymentSet" | "refundSet" => Ok(bag(&self.order, Bag::ZERO)),
            _ => unlisted(self.kind(), name),
        }
    }
}

/// How a sales channel shows in an order.
struct Origin {
    source: String,
    app: (u64, String),
    attribution: Option<(String, String)>,
    publication: Option<(u64, &'static str)>,
}

impl Origin {
    fn of(channel: SalesChannel) -> Origin {
        let known = |source: &str, app: u64, label: &'static str, handle: &str, publication: Option<u64>| Origin {
            source: source.to_owned(),
            app: (app, label.to_owned()),
            attribution: Some((handle.to_owned(), label.to_owned())),
            publication: publication.map(|id| (id, label)),
        };
        match channel {
            SalesChannel::OnlineStore => known("web", 580_111, "Online Store", "online_store", Some(88_001)),
            SalesChannel::PointOfSale => known("pos", 129_785, "Point of Sale", "pos", Some(88_002)),
            SalesChannel::ShopApp => known("3890849", 3_890_849, "Shop", "shop", Some(88_003)),
            SalesChannel::DraftOrder => Origin {
                attribution: None,
                ..known("shopify_draft_order", 1_354_745, "Draft Orders", "draft_orders", None)
            },
            SalesChannel::App(number) => {
                let name = match number {
                    2_329_312 => "Facebook & Instagram".to_owned(),
                    189_475_414_017 => "Trade Counter".to_owned(),
                    other => format!("App {other}"),
                };
                Origin {
                    source: number.to_string(),
                    app: (number, name.clone()),
                    attribution: Some((format!("app-{number}"), name)),
                    publication: None,
                }
            }
        }
    }
}

fn codes(order: &Order) -> impl Iterator<Item = &'static str> + '_ {
    order
        .discounts
        .iter()
        .filter(|discount| discount.kind == DiscountKind::Code)
        .map(|discount| discount.title)
}

fn financial(order: &Order) -> &'static str {
    match order.financial_status() {
        FinancialStatus::Pending => "PENDING",
        FinancialStatus::Authorized => "AUTHORIZED",
        FinancialStatus::PartiallyPaid => "PARTIALLY_PAID",
        FinancialStatus::Paid => "PAID",
        FinancialStatus::PartiallyRefunded => "PARTIALLY_REFUNDED",
        FinancialStatus::Refunded => "REFUNDED",
        FinancialStatus::Voided => "VOIDED",
    }
}

fn return_status(order: &Order) -> &'static str {
    if order.returns.is_empty() {
        "NO_RETURN"
    } else {
        "RETURNED"
    }
}

fn cancel_reason(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::Customer => "CUSTOMER",
        CancelReason::Inventory => "INVENTORY",
        CancelReason::Declined => "DECLINED",
        CancelReason::Fraud => "FRAUD",
        CancelReason::Staff => "STAFF",
        CancelReason::Other => "OTHER",
    }
}

/// What orders can be filtered by.
const FILTERS: &[Known] = &[
    ("updated_at", Kind::Time),
    ("created_at", Kind::Time),
    ("processed_at", Kind::Time),
    ("id", Kind::Id),
    ("customer_id", Kind::Id),
    ("location_id", Kind::Id),
    ("name", Kind::Text),
    ("test", Kind::Flag),
    ("status", Kind::Text),
    ("financial_status", Kind::Text),
    ("fulfillment_status", Kind::Text),
    ("return_status", Kind::Text),
    ("source_name", Kind::Text),
    ("source_identifier", Kind::Text),
    ("discount_code", Kind::Text),
    ("gateway", Kind::Text),
    ("sku", Kind::Text),
    ("tag", Kind::Text),
    ("tag_not", Kind::Absent),
];

/// The filter of a list of orders.
pub(crate) fn filter(cx: &Cx, text: Option<&str>) -> Filter {
    Filter::new(
        text,
        Rules {
            fields: FILTERS,
            zone: cx.zone(),
            now: cx.now(),
        },
    )
}

/// An order as the search index sees it: found by what the index knows, shown as it stands now.
pub(crate) struct Indexed<'a> {
    pub(crate) cx: &'a Rc<Cx>,
    pub(crate) index: u64,
    /// Its last change, as far as the index knows.
    pub(crate) updated_at: i64,
}

impl Searchable for Indexed<'_> {
    fn found(&self, field: &str) -> Found {
        match field {
            "updated_at" => return Found::Second(self.updated_at),
            "created_at" => return Found::Second(self.cx.world.created_at(self.index).0),
            "id" => return Found::id(self.cx.world.order_id(self.index)),
            _ => {}
        }
        let Some(order) = self.cx.order(self.index) else {
            return Found::Missing;
        };
        let some = |texts: Vec<String>| {
            if texts.is_empty() {
                Found::Missing
            } else {
                Found::Texts(texts)
            }
        };
        match field {
            "processed_at" => Found::Second(order.processed_at.0),
            "customer_id" => Found::maybe_id(order.customer),
            "location_id" => Found::maybe_id(order.retail_location),
            "name" | "default" => Found::Texts(vec![order.name(), order.number.to_string()]),
            "test" => Found::Flag(order.test),
            "status" => Found::Texts(status(&order)),
            "financial_status" => Found::text(financial(&order)),
            "fulfillment_status" => Found::text(match order.fulfillment_status() {
                FulfillmentStatus::Unfulfilled | FulfillmentStatus::NotRequired => "unfulfilled",
                FulfillmentStatus::Partial => "partial",
                FulfillmentStatus::Fulfilled => "fulfilled",
            }),
            "return_status" => Found::text(return_status(&order)),
            "source_name" => Found::text(Origin::of(order.channel).source),
            "discount_code" => some(codes(&order).map(str::to_owned).collect()),
            "gateway" => some(
                order
                    .transactions
                    .iter()
                    .map(|payment| gateway_name(payment.gateway).to_owned())
                    .collect(),
            ),
            "sku" => some(
                order
                    .lines
                    .iter()
                    .filter_map(|line: &Line| self.cx.world.goods(line).sku.map(str::to_owned))
                    .collect(),
            ),
            "tag" => some(order.tags.iter().map(|tag| (*tag).to_owned()).collect()),
            "tag_not" => Found::Texts(order.tags.iter().map(|tag| (*tag).to_owned()).collect()),
            _ => Found::Missing,
        }
    }
}

fn status(order: &Order) -> Vec<String> {
    let own = match (order.cancelled, order.closed_at) {
        (Some(_), _) => "cancelled",
        (None, Some(_)) => "closed",
        (None, None) => "open",
    };
    vec!["any".to_owned(), own.to_owned()]
}

/// Whether a payment holds money that was not taken yet.
pub(crate) fn is_authorization(kind: TransactionKind) -> bool {
    kind == TransactionKind::Authorization
}
