//! Invented orders in the size and shape of a shop's: a header with its many amounts, two or three lines, dated sale rows.

use countinghouse_core::connectors::{RawRecord, Source};
use countinghouse_core::model::{Currency, Flags, Kind, Line, Order, PathRef, Posting, Status, When};

/// Days over which the orders are spread.
pub(crate) const DAYS: i64 = 1_095;
/// First second of the oldest day.
pub(crate) const FIRST: i64 = 1_672_531_200;
/// Variants in the catalogue.
const VARIANTS: u64 = 800;

/// A number that looks random and is a function of `seed` and `salt`.
pub(crate) fn mix(seed: u64, salt: u64) -> u64 {
    let mut z = seed
        .wrapping_mul(0x9E37_79B9_7F4A_7C15)
        .wrapping_add(salt.wrapping_mul(0xD1B5_4A32_D192_ED03));
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// When order `index` of `total` was placed; newest first, as a first sync brings them.
pub(crate) fn placed(index: u64, total: u64) -> i64 {
    let span = (DAYS * 86_400) as u64;
    FIRST + (span - 1 - index * span / total.max(1)) as i64
}

const CENT: i64 = 10_000;

fn noun(n: u64) -> &'static str {
    const NOUNS: [&str; 16] = [
        "Linen Shirt",
        "Wool Beanie",
        "Canvas Tote",
        "Enamel Mug",
        "Oak Tray",
        "Cotton Throw",
        "Leather Belt",
        "Rain Jacket",
        "Trail Bottle",
        "Desk Lamp",
        "Clay Planter",
        "Silk Scarf",
        "Felt Slipper",
        "Notebook Set",
        "Candle Trio",
        "Brass Hook",
    ];
    NOUNS[(n % 16) as usize]
}

fn colour(n: u64) -> &'static str {
    ["Sand / S", "Moss / M", "Indigo / L", "Rust / XL", "Ecru / M"][(n % 5) as usize]
}

/// Order `index` as settled.
pub(crate) fn order(index: u64, total: u64) -> Order {
    let at = placed(index, total);
    let number = total - index;
    let r = |salt| mix(number, salt);
    let count = 1 + (r(1) % 4).min(r(2) % 4) as u16 + u16::from(r(3) % 3 == 0);
    let ships = r(4) % 20 != 0;
    let ship_at = ships.then(|| When::Instant(at + 20_000 + (r(5) % 300_000) as i64));
    let mut postings = Vec::new();
    let mut lines = Vec::new();
    let mut posting = |kind: Kind, line: Option<u16>, quantity: i32, micros: i64, event_at: i64, flags: Flags| {
        let path = PathRef {
            template: kind as u16,
            at: [line.unwrap_or(0), 0, 0],
        };
        let event_at = When::Instant(event_at);
        postings.push(Posting {
            kind,
            event_at,
            ship_at,
            quantity,
            micros,
            line,
            flags,
            raw: 0,
            path,
        });
    };
    let mut total_price = 0;
    for at_line in 0..count {
        let pick = r(10 + u64::from(at_line));
        // A few variants sell most.
        let variant = (pick % VARIANTS).min((pick >> 20) % VARIANTS);
        let quantity = 1 + (pick >> 40) as i32 % 7 / 5;
        let price = (900 + (mix(variant, 7) % 120) as i64 * 100 - 5) * CENT;
        let amount = price * i64::from(quantity);
        posting(Kind::ItemPrice, Some(at_line), quantity, amount, at, Flags::COSTED);
        if pick % 3 == 0 {
            posting(
                Kind::ItemDiscountSeller,
                Some(at_line),
                0,
                -(amount / CENT / 10) * CENT,
                at,
                Flags::COSTED,
            );
        }
        posting(
            Kind::TaxItem,
            Some(at_line),
            0,
            amount / CENT * 7 / 100 * CENT,
            at,
            Flags::NONE,
        );
        posting(
            Kind::Cogs,
            Some(at_line),
            0,
            -(amount / CENT * 2 / 5) * CENT,
            at,
            Flags::NONE,
        );
        if number.is_multiple_of(13) && at_line == 0 {
            let back = at + 600_000 + (pick % 1_000_000) as i64;
            posting(
                Kind::RefundItem,
                Some(at_line),
                -quantity,
                -amount,
                back,
                Flags::SHIPPED.with(Flags::COSTED),
            );
            posting(
                Kind::RefundTax,
                Some(at_line),
                0,
                -(amount / CENT * 7 / 100) * CENT,
                back,
                Flags::SHIPPED,
            );
        }
        total_price += amount;
        lines.push(Line {
            key: (13_000_000_000_000 + number * 8 + u64::from(at_line)).to_string(),
            sku: format!(
                "{}-{:04}",
                ["LIN", "WOL", "CAN", "ENA"][(variant % 4) as usize],
                variant
            ),
            title: format!("{} {} – {}", noun(variant), variant / 16, colour(variant)),
            product: Some((8_000_000_000_000 + variant / 5 * 32_768).to_string()),
            variant: Some((45_000_000_000_000 + variant * 32_768).to_string()),
            quantity,
            ships: true,
            unit_cost: Some(price / CENT * 2 / 5 * CENT),
            ..Line::default()
        });
    }
    if r(6) % 3 != 0 {
        posting(Kind::Shipping, None, 0, 595 * CENT, at, Flags::NONE);
        posting(Kind::TaxShipping, None, 0, 42 * CENT, at, Flags::NONE);
        total_price += 595 * CENT;
    }
    let units: i32 = lines.iter().map(|l| l.quantity).sum();
    Order {
        key: (5_400_000_000_000 + number * 32_768 + r(8) % 32_000).to_string(),
        name: format!("#{}", 1_000 + number),
        status: Status::Sale,
        placed_at: When::Instant(at),
        updated_at: When::Instant(at + 400_000),
        cancelled_at: None,
        currency: Currency::USD,
        presentment: None,
        sales_channel: ["Online Store", "Online Store", "Point of Sale", "Shop"][(r(9) % 4) as usize].to_owned(),
        customer: (r(11) % 8 != 0).then(|| (6_900_000_000_000 + r(11) % (total / 2 + 1) * 32_768).to_string()),
        country: Some(["US", "US", "CA", "GB"][(r(12) % 4) as usize].to_owned()),
        payment: if number.is_multiple_of(13) {
            "partially_refunded"
        } else {
            "paid"
        }
        .to_owned(),
        fulfilment: if ships { "fulfilled" } else { "unfulfilled" }.to_owned(),
        units_placed: units,
        units_cancelled: 0,
        fulfilled: ships,
        first_ship: ship_at,
        priced: true,
        basis_unknown: false,
        estimated: false,
        incomplete: false,
        stated_total: Some(total_price),
        lines,
        postings,
        raws: vec![index as i64 + 1],
    }
}

fn bag(out: &mut String, name: &str, micros: i64) {
    use std::fmt::Write as _;
    let amount = Currency::USD.format(micros);
    let _ = write!(
        out,
        ",\"{name}\":{{\"shopMoney\":{{\"amount\":\"{amount}\",\"currencyCode\":\"USD\"}}}}"
    );
}

/// The record order `index` was settled from, about five kilobytes of JSON.
pub(crate) fn record(order: &Order) -> RawRecord {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(8_192);
    let time = |when: When| {
        chrono::DateTime::from_timestamp(when.sort_key(), 0)
            .map_or_else(String::new, |at| at.format("%FT%TZ").to_string())
    };
    let placed = time(order.placed_at);
    let total = order.stated_total.unwrap_or(0);
    let _ = write!(
        out,
        "{{\"id\":\"gid://shopify/Order/{}\",\"legacyResourceId\":\"{}\",\"name\":\"{}\",\"createdAt\":\"{placed}\",\"processedAt\":\"{placed}\",\"updatedAt\":\"{}\",\"closedAt\":null,\"cancelledAt\":null,\"cancelReason\":null,\"test\":false,\"edited\":false,\"confirmed\":true,\"taxesIncluded\":false,\"dutiesIncluded\":false,\"currencyCode\":\"USD\",\"presentmentCurrencyCode\":\"USD\",\"displayFinancialStatus\":\"{}\",\"displayFulfillmentStatus\":\"{}\",\"returnStatus\":\"NO_RETURN\",\"sourceName\":\"web\",\"sourceIdentifier\":null,\"tags\":[],\"discountCodes\":[],\"paymentGatewayNames\":[\"shopify_payments\"],\"app\":{{\"id\":\"gid://shopify/App/580111\",\"name\":\"{}\"}},\"customer\":{{\"id\":\"gid://shopify/Customer/{}\"}}",
        order.key,
        order.key,
        order.name,
        time(order.updated_at),
        order.payment.to_uppercase(),
        order.fulfilment.to_uppercase(),
        order.sales_channel,
        order.customer.as_deref().unwrap_or("0"),
    );
    for (name, micros) in [
        ("totalPriceSet", total),
        ("currentTotalPriceSet", total),
        ("originalTotalPriceSet", total),
        ("subtotalPriceSet", total - 595 * CENT),
        ("totalDiscountsSet", 0),
        ("totalTaxSet", total / CENT * 7 / 100 * CENT),
        ("totalShippingPriceSet", 595 * CENT),
        ("totalRefundedSet", 0),
    ] {
        bag(&mut out, name, micros);
    }
    out.push_str(",\"lineItems\":{\"nodes\":[");
    for (index, line) in order.lines.iter().enumerate() {
        let price = line.unit_cost.unwrap_or(0) * 5 / 2;
        let _ = write!(
            out,
            "{}{{\"id\":\"gid://shopify/LineItem/{}\",\"title\":\"{}\",\"variantTitle\":\"{}\",\"sku\":\"{}\",\"vendor\":\"Harbour & Pine\",\"quantity\":{q},\"currentQuantity\":{q},\"refundableQuantity\":{q},\"unfulfilledQuantity\":0,\"isGiftCard\":false,\"taxable\":true,\"requiresShipping\":true,\"product\":{{\"id\":\"gid://shopify/Product/{}\"}},\"variant\":{{\"id\":\"gid://shopify/ProductVariant/{}\"}}",
            if index > 0 { "," } else { "" },
            line.key,
            line.title.split(" – ").next().unwrap_or_default(),
            line.title.split(" – ").nth(1).unwrap_or_default(),
            line.sku,
            line.product.as_deref().unwrap_or_default(),
            line.variant.as_deref().unwrap_or_default(),
            q = line.quantity,
        );
        bag(&mut out, "originalUnitPriceSet", price);
        bag(&mut out, "originalTotalSet", price * i64::from(line.quantity));
        bag(&mut out, "discountedTotalSet", price * i64::from(line.quantity));
        out.push_str(",\"discountAllocations\":[],\"taxLines\":[{\"title\":\"State Tax\",\"rate\":0.07");
        bag(&mut out, "priceSet", price / CENT * 7 / 100 * CENT);
        out.push_str("}]}");
    }
    out.push_str(
        "]},\"agreements\":{\"nodes\":[{\"__typename\":\"OrderAgreement\",\"id\":\"gid://shopify/SalesAgreement/",
    );
    let _ = write!(
        out,
        "{}\",\"happenedAt\":\"{placed}\",\"reason\":\"ORDER\",\"sales\":{{\"nodes\":[",
        mix(total as u64, 3) >> 20
    );
    for (index, posting) in order.postings.iter().filter(|p| p.kind == Kind::ItemPrice).enumerate() {
        let line = posting.line.and_then(|l| order.lines.get(usize::from(l)));
        let _ = write!(
            out,
            "{}{{\"__typename\":\"ProductSale\",\"id\":\"gid://shopify/ProductSale/{}\",\"actionType\":\"ORDER\",\"lineType\":\"PRODUCT\",\"quantity\":{},\"lineItem\":{{\"id\":\"gid://shopify/LineItem/{}\"}}",
            if index > 0 { "," } else { "" },
            mix(posting.micros as u64, index as u64) >> 20,
            posting.quantity,
            line.map_or("0", |l| l.key.as_str()),
        );
        bag(
            &mut out,
            "totalAmount",
            posting.micros + posting.micros / CENT * 7 / 100 * CENT,
        );
        bag(&mut out, "totalTaxAmount", posting.micros / CENT * 7 / 100 * CENT);
        bag(&mut out, "totalDiscountAmountBeforeTaxes", 0);
        out.push('}');
    }
    let _ = write!(
        out,
        "]}}}}]}},\"fulfillments\":[{{\"id\":\"gid://shopify/Fulfillment/{}\",\"status\":\"SUCCESS\",\"createdAt\":\"{}\",\"totalQuantity\":{},\"trackingInfo\":[{{\"company\":\"UPS\",\"number\":\"1Z{:016}\"}}]}}],\"transactions\":[{{\"id\":\"gid://shopify/OrderTransaction/{}\",\"kind\":\"SALE\",\"status\":\"SUCCESS\",\"gateway\":\"shopify_payments\",\"processedAt\":\"{placed}\"",
        mix(total as u64, 1) >> 20,
        time(order.first_ship.unwrap_or(order.placed_at)),
        order.units_placed,
        mix(total as u64, 2) >> 12,
        mix(total as u64, 4) >> 20,
    );
    bag(&mut out, "amountSet", total);
    out.push_str("}]}");
    RawRecord {
        stream: "orders".into(),
        key: order.key.clone(),
        facet: "order".into(),
        source: Source::Page,
        version: order.updated_at.sort_key(),
        bytes: out.into_bytes(),
    }
}
