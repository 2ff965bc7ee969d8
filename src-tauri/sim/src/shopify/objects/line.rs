//! What an order sells and charges: lines, shipping, discounts, taxes.

use std::rc::Rc;

use rust_decimal::Decimal;
use serde_json::Value;

use super::catalog::VariantNode;
use super::money::{bag, money};
use super::{Answered, Cx, Plain, float, gid, gid_text, nested, unlisted};
use crate::shopify::graphql::execute::{Object, Resolved};
use crate::shopify::graphql::variables::Args;
use crate::world::{
    Allocation, Bag, Discount, DiscountKind, DiscountMethod, DiscountTarget, DiscountValue, Duty, Goods, Line, Order,
    ShippingLine, TaxLine,
};

/// A line of goods.
pub(crate) struct LineNode {
    pub(crate) cx: Rc<Cx>,
    pub(crate) order: Rc<Order>,
    /// Its place in the order.
    pub(crate) at: usize,
}

impl LineNode {
    fn line(&self) -> &Line {
        &self.order.lines[self.at]
    }

    /// The variant sold, while its product exists.
    fn variant(&self) -> Option<VariantNode> {
        let Goods::Variant(index) = self.line().goods else {
            return None;
        };
        self.cx.world.goods(self.line()).variant_id.map(|_| VariantNode {
            cx: Rc::clone(&self.cx),
            index,
        })
    }

    /// Price after discounts on this line; codes and order-wide discounts stay out unless asked for.
    fn discounted(&self, with_codes: bool) -> Bag {
        let line = self.line();
        let counts = |share: &&Allocation| {
            let discount = &self.order.discounts[share.discount];
            if discount.kind == DiscountKind::Code {
                with_codes
            } else {
                matches!(discount.target, DiscountTarget::Line(_))
            }
        };
        line.original_total() - line.allocations.iter().filter(counts).map(|share| share.amount).sum()
    }
}

impl Object for LineNode {
    fn kind(&self) -> &'static str {
        "LineItem"
    }

    fn field(&self, name: &str, args: &Args) -> Answered {
        let (line, order) = (self.line(), &*self.order);
        let goods = self.cx.world.goods(line);
        let each = |amount: Bag| bag(order, amount.share(1, line.quantity));
        let open = |amount: Bag| bag(order, amount.share(line.unfulfilled(), line.quantity));
        Ok(match name {
            "id" => gid("LineItem", line.id),
            "title" => Resolved::leaf(goods.title),
            "name" => Resolved::leaf(goods.variant_title.map_or_else(
                || goods.title.to_owned(),
                |variant| format!("{} - {variant}", goods.title),
            )),
            "variantTitle" => Resolved::leaf(goods.variant_title),
            "sku" => Resolved::leaf(goods.sku),
            "vendor" => Resolved::leaf(goods.vendor),
            "product" => Resolved::maybe(self.variant().and_then(|variant| variant.product())),
            "variant" => Resolved::maybe(self.variant()),
            "quantity" => Resolved::leaf(line.quantity),
            "currentQuantity" | "refundableQuantity" => Resolved::leaf(line.current_quantity()),
            "unfulfilledQuantity" => Resolved::leaf(line.unfulfilled()),
            "isGiftCard" => Resolved::leaf(line.gift_card),
            "taxable" => Resolved::leaf(line.taxable),
            "requiresShipping" => Resolved::leaf(line.requires_shipping),
            "originalUnitPriceSet" => bag(order, line.unit_price),
            "originalTotalSet" => bag(order, line.original_total()),
            "discountedTotalSet" => bag(order, self.discounted(args.flag("withCodeDiscounts"))),
            "discountedUnitPriceSet" => each(self.discounted(false)),
            "discountedUnitPriceAfterAllDiscountsSet" => each(line.discounted()),
            "totalDiscountSet" => bag(order, line.original_total() - self.discounted(false)),
            "unfulfilledOriginalTotalSet" => open(line.original_total()),
            "unfulfilledDiscountedTotalSet" => open(self.discounted(false)),
            "discountAllocations" => allocations(&self.order, &line.allocations),
            "taxLines" => {
                let taxes = super::first(args, line.tax_lines.iter())?;
                Resolved::list(taxes.into_iter().map(|tax| TaxNode {
                    order: Rc::clone(&self.order),
                    tax: *tax,
                }))
            }
            // The world knows duties of the order; the platform hangs them on a line.
            "duties" => {
                let duties = if self.at == 0 { order.duties.as_slice() } else { &[] };
                Resolved::list(duties.iter().map(|duty| DutyNode {
                    order: Rc::clone(&self.order),
                    duty: *duty,
                }))
            }
            _ => return unlisted(self.kind(), name),
        })
    }
}

/// The line that a tip has in the rows of agreements. It is not among the order's lines.
pub(crate) struct TipLineNode {
    pub(crate) order: Rc<Order>,
}

impl Object for TipLineNode {
    fn kind(&self) -> &'static str {
        "LineItem"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        let order = &*self.order;
        let (id, amount) = order.tip.map_or((0, Bag::ZERO), |tip| (tip.line_id, tip.amount));
        Ok(match name {
            "id" => gid("LineItem", id),
            "title" | "name" => Resolved::leaf("Tip"),
            "variantTitle" | "sku" | "vendor" | "product" | "variant" => Resolved::Null,
            "quantity" | "currentQuantity" => Resolved::leaf(1),
            "refundableQuantity" | "unfulfilledQuantity" => Resolved::leaf(0),
            "isGiftCard" | "taxable" | "requiresShipping" => Resolved::leaf(false),
            "totalDiscountSet" | "unfulfilledOriginalTotalSet" | "unfulfilledDiscountedTotalSet" => {
                bag(order, Bag::ZERO)
            }
            "discountAllocations" | "taxLines" | "duties" => Resolved::List(Vec::new()),
            "originalUnitPriceSet" | "originalTotalSet" | "discountedTotalSet" | "discountedUnitPriceSet" => {
                bag(order, amount)
            }
            "discountedUnitPriceAfterAllDiscountsSet" => bag(order, amount),
            _ => return unlisted(self.kind(), name),
        })
    }
}

/// A shipping charge.
pub(crate) struct ShippingNode {
    pub(crate) order: Rc<Order>,
    /// Its place in the order.
    pub(crate) at: usize,
}

impl ShippingNode {
    fn line(&self) -> &ShippingLine {
        &self.order.shipping[self.at]
    }
}

impl Object for ShippingNode {
    fn kind(&self) -> &'static str {
        "ShippingLine"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        let (line, order) = (self.line(), &*self.order);
        Ok(match name {
            "id" => gid("ShippingLine", line.id),
            "title" | "code" => Resolved::leaf(line.title),
            "source" => Resolved::leaf("shopify"),
            "carrierIdentifier" | "deliveryCategory" => Resolved::Null,
            "custom" | "isRemoved" => Resolved::leaf(false),
            "originalPriceSet" => bag(order, line.price),
            "discountedPriceSet" => bag(order, line.discounted()),
            "currentDiscountedPriceSet" => bag(order, line.discounted() - line.refunded),
            "discountAllocations" => allocations(&self.order, &line.allocations),
            "taxLines" => Resolved::list(line.tax_lines.iter().map(|tax| TaxNode {
                order: Rc::clone(&self.order),
                tax: *tax,
            })),
            _ => return unlisted(self.kind(), name),
        })
    }
}

/// A tax on a line, a charge, or a whole order.
pub(crate) struct TaxNode {
    pub(crate) order: Rc<Order>,
    pub(crate) tax: TaxLine,
}

impl Object for TaxNode {
    fn kind(&self) -> &'static str {
        "TaxLine"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        let rate = |decimals: u32| {
            float(
                &Decimal::new(i64::from(self.tax.rate_ppm), decimals)
                    .normalize()
                    .to_string(),
            )
        };
        Ok(match name {
            "title" => Resolved::leaf(self.tax.title),
            "rate" => rate(6),
            "ratePercentage" => rate(4),
            "priceSet" => bag(&self.order, self.tax.amount),
            "channelLiable" => Resolved::leaf(false),
            "source" => Resolved::leaf("Shopify"),
            _ => return unlisted(self.kind(), name),
        })
    }
}

/// The taxes of a whole order: one entry for each title and rate.
pub(crate) fn order_taxes(order: &Rc<Order>) -> Vec<TaxNode> {
    let mut taxes: Vec<TaxLine> = Vec::new();
    let parts = order
        .lines
        .iter()
        .map(|line| &line.tax_lines)
        .chain(order.shipping.iter().map(|line| &line.tax_lines));
    for tax in parts.flatten() {
        match taxes
            .iter_mut()
            .find(|known| (known.title, known.rate_ppm) == (tax.title, tax.rate_ppm))
        {
            Some(known) => known.amount += tax.amount,
            None => taxes.push(*tax),
        }
    }
    taxes
        .into_iter()
        .map(|tax| TaxNode {
            order: Rc::clone(order),
            tax,
        })
        .collect()
}

/// An import duty.
pub(crate) struct DutyNode {
    pub(crate) order: Rc<Order>,
    pub(crate) duty: Duty,
}

impl Object for DutyNode {
    fn kind(&self) -> &'static str {
        "Duty"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        Ok(match name {
            "id" => gid("Duty", self.duty.id),
            "price" => bag(&self.order, self.duty.price),
            "countryCodeOfOrigin" => Resolved::leaf(self.duty.origin),
            "harmonizedSystemCode" => Resolved::leaf(self.duty.hs_code),
            "taxLines" => Resolved::List(Vec::new()),
            _ => return unlisted(self.kind(), name),
        })
    }
}

fn allocations(order: &Rc<Order>, shares: &[Allocation]) -> Resolved {
    Resolved::list(shares.iter().map(|share| AllocationNode {
        order: Rc::clone(order),
        share: *share,
    }))
}

struct AllocationNode {
    order: Rc<Order>,
    share: Allocation,
}

impl Object for AllocationNode {
    fn kind(&self) -> &'static str {
        "DiscountAllocation"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        Ok(match name {
            "allocatedAmountSet" => bag(&self.order, self.share.amount),
            "discountApplication" => Resolved::object(DiscountNode {
                order: Rc::clone(&self.order),
                at: self.share.discount,
            }),
            _ => return unlisted(self.kind(), name),
        })
    }
}

/// A discount of an order.
pub(crate) struct DiscountNode {
    order: Rc<Order>,
    at: usize,
}

impl DiscountNode {
    /// The page of an order's discounts.
    pub(crate) fn page(order: &Rc<Order>, args: &Args) -> Answered {
        nested(
            args,
            0..order.discounts.len(),
            |at| *at as u64,
            |at| DiscountNode {
                order: Rc::clone(order),
                at,
            },
        )
    }

    fn discount(&self) -> &Discount {
        &self.order.discounts[self.at]
    }
}

impl Object for DiscountNode {
    fn kind(&self) -> &'static str {
        match self.discount().kind {
            DiscountKind::Code => "DiscountCodeApplication",
            DiscountKind::Automatic => "AutomaticDiscountApplication",
            DiscountKind::Manual => "ManualDiscountApplication",
        }
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        let discount = self.discount();
        Ok(match name {
            "index" => Resolved::leaf(self.at),
            "code" | "title" => Resolved::leaf(discount.title),
            "description" => Resolved::Null,
            "allocationMethod" => Resolved::leaf(match discount.method {
                DiscountMethod::Across => "ACROSS",
                DiscountMethod::Each => "EACH",
            }),
            "targetType" => Resolved::leaf(if discount.target == DiscountTarget::Shipping {
                "SHIPPING_LINE"
            } else {
                "LINE_ITEM"
            }),
            "targetSelection" => Resolved::leaf(match (discount.target, discount.kind) {
                (DiscountTarget::AllLines | DiscountTarget::Shipping, _) => "ALL",
                (DiscountTarget::Line(_), DiscountKind::Manual) => "EXPLICIT",
                (DiscountTarget::Line(_), _) => "ENTITLED",
            }),
            "value" => match discount.value {
                DiscountValue::Amount(amount) => money(amount.buyer, self.order.buyer_currency),
                DiscountValue::Percent(hundredths) => {
                    let percent = Decimal::new(i64::from(hundredths), 2).normalize().to_string();
                    let percent = percent.parse().map_or(Value::Null, Value::Number);
                    Resolved::object(Plain::new("PricingPercentageValue", [("percentage", percent)]))
                }
            },
            _ => return unlisted(self.kind(), name),
        })
    }
}

/// Where an order goes: country and province only.
pub(crate) struct AddressNode {
    pub(crate) id: String,
    pub(crate) country: &'static str,
    pub(crate) province: Option<&'static str>,
}

impl AddressNode {
    /// The address behind a region; `model` tells whose it is.
    pub(crate) fn new(region: crate::world::Region, owner: u64, model: &str) -> AddressNode {
        let id = gid_text("MailingAddress", format!("{owner}?model_name={model}"));
        AddressNode {
            id,
            country: region.country,
            province: region.province,
        }
    }
}

impl Object for AddressNode {
    fn kind(&self) -> &'static str {
        "MailingAddress"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        Ok(match name {
            "id" => Resolved::leaf(self.id.as_str()),
            "countryCodeV2" => Resolved::leaf(self.country),
            "provinceCode" => Resolved::leaf(self.province),
            _ => return unlisted(self.kind(), name),
        })
    }
}
