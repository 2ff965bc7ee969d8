//! Orders for tests: arbitrary ones for the codec, plausible ones for the rest.

use proptest::prelude::*;

use crate::model::{Currency, Day, Flags, Kind, Line, Money, Order, PathRef, Posting, Status, When};

fn when() -> impl Strategy<Value = When> {
    prop_oneof![
        4 => (1_600_000_000_i64..1_900_000_000).prop_map(When::Instant),
        1 => any::<i64>().prop_map(When::Instant),
        1 => any::<i32>().prop_map(|day| When::Day(Day(day))),
    ]
}

fn id() -> impl Strategy<Value = String> {
    prop_oneof![
        (0_u64..u64::MAX).prop_map(|n| n.to_string()),
        "[0-9]{1,22}",
        "[a-z:/]{0,12}",
        any::<String>(),
    ]
}

fn currency() -> impl Strategy<Value = Currency> {
    "[A-Z]{3}".prop_map(|code| code.parse().expect("three letters are a currency code"))
}

fn line() -> impl Strategy<Value = Line> {
    let text = (
        id(),
        any::<String>(),
        any::<String>(),
        proptest::option::of(id()),
        proptest::option::of(id()),
    );
    let numbers = (
        any::<i32>(),
        prop_oneof![Just(0), any::<i32>()],
        any::<bool>(),
        any::<bool>(),
    );
    let cost = (proptest::option::of(any::<i64>()), any::<bool>());
    (text, numbers, cost).prop_map(
        |((key, sku, title, product, variant), (quantity, cancelled, gift_card, ships), cost)| {
            let (unit_cost, cost_estimated) = cost;
            Line {
                key,
                sku,
                title,
                product,
                variant,
                quantity,
                cancelled,
                gift_card,
                ships,
                unit_cost,
                cost_estimated,
            }
        },
    )
}

fn posting() -> impl Strategy<Value = Posting> {
    let kind = (0..Kind::ALL.len()).prop_map(|index| Kind::ALL[index]);
    let moments = (when(), proptest::option::of(when()));
    let amounts = (
        prop_oneof![Just(0), any::<i32>()],
        prop_oneof![(-99_999_i64..99_999).prop_map(|c| c * 10_000), any::<i64>()],
    );
    let place = (proptest::option::of(any::<u16>()), any::<u8>(), 0_u8..4);
    let path = (
        any::<u16>(),
        prop_oneof![Just([0; 3]), any::<[u16; 3]>(), any::<u16>().prop_map(|n| [n, 0, 0])],
    );
    (kind, moments, amounts, place, path).prop_map(|(kind, moments, amounts, place, path)| Posting {
        kind,
        event_at: moments.0,
        ship_at: moments.1,
        quantity: amounts.0,
        micros: amounts.1,
        line: place.0,
        flags: Flags(place.1),
        raw: place.2,
        path: PathRef {
            template: path.0,
            at: path.1,
        },
    })
}

/// Any order the type can hold.
pub(super) fn any_order() -> impl Strategy<Value = Order> {
    let texts = (id(), any::<String>(), any::<String>(), any::<String>(), any::<String>());
    let options = (
        proptest::option::of(id()),
        proptest::option::of(any::<String>()),
        proptest::option::of(any::<i64>()),
    );
    let moments = (
        when(),
        when(),
        proptest::option::of(when()),
        proptest::option::of(when()),
    );
    let numbers = (any::<i32>(), any::<i32>(), 0_u8..7, currency(), any::<[bool; 5]>());
    let presentment = proptest::option::of((any::<i64>(), currency()).prop_map(|(n, c)| Money::new(n, c)));
    let lists = (
        proptest::collection::vec(line(), 0..5),
        proptest::collection::vec(posting(), 0..12),
        proptest::collection::vec(prop_oneof![0_i64..9_999_999, any::<i64>()], 0..5),
    );
    (texts, options, moments, numbers, presentment, lists).prop_map(
        |(texts, options, moments, numbers, presentment, lists)| Order {
            key: texts.0,
            name: texts.1,
            status: Status::from_code(numbers.2).expect("a status"),
            placed_at: moments.0,
            updated_at: moments.1,
            cancelled_at: moments.2,
            currency: numbers.3,
            presentment,
            sales_channel: texts.2,
            customer: options.0,
            country: options.1,
            payment: texts.3,
            fulfilment: texts.4,
            units_placed: numbers.0,
            units_cancelled: numbers.1,
            fulfilled: numbers.4[0],
            first_ship: moments.3,
            priced: numbers.4[1],
            basis_unknown: numbers.4[2],
            estimated: numbers.4[3],
            incomplete: numbers.4[4],
            stated_total: options.2,
            lines: lists.0,
            postings: lists.1,
            raws: lists.2,
        },
    )
}

/// An order as shops have them: two lines, paid, shipped a day later, all in cents. `number` tells it from others.
pub(super) fn plain_order(number: i64, placed: i64) -> Order {
    let cents = |n: i64| n * 10_000;
    let ship_at = Some(When::Instant(placed + 86_400));
    let posting = |kind, line, quantity, micros| Posting {
        kind,
        event_at: When::Instant(placed),
        ship_at,
        quantity,
        micros,
        line,
        flags: Flags::NONE,
        raw: 0,
        path: PathRef {
            template: kind as u16,
            at: [line.unwrap_or(0), 0, 0],
        },
    };
    let line = |at: i64| Line {
        key: (number * 10 + at).to_string(),
        sku: format!("SKU-{}", (number + at) % 50),
        title: format!("Item {}", (number + at) % 50),
        product: Some(((number + at) % 50 + 7_000).to_string()),
        variant: Some(((number + at) % 50 + 9_000).to_string()),
        quantity: 1 + at as i32,
        ships: true,
        ..Line::default()
    };
    let price = cents(1_000 + number % 977);
    Order {
        key: (5_000_000_000_000 + number).to_string(),
        name: format!("#{}", 1_000 + number),
        status: Status::Sale,
        placed_at: When::Instant(placed),
        updated_at: When::Instant(placed + 90_000),
        cancelled_at: None,
        currency: Currency::USD,
        presentment: None,
        sales_channel: if number % 4 == 0 {
            "Point of Sale"
        } else {
            "Online Store"
        }
        .to_owned(),
        customer: Some((6_000_000_000_000 + number / 3).to_string()),
        country: Some("US".to_owned()),
        payment: "paid".to_owned(),
        fulfilment: "fulfilled".to_owned(),
        units_placed: 3,
        units_cancelled: 0,
        fulfilled: true,
        first_ship: ship_at,
        priced: true,
        basis_unknown: false,
        estimated: false,
        incomplete: false,
        stated_total: Some(price + cents(500)),
        lines: vec![line(0), line(1)],
        postings: vec![
            posting(Kind::ItemPrice, Some(0), 1, price),
            posting(Kind::TaxItem, Some(0), 0, price / 10),
            posting(Kind::ItemPrice, Some(1), 2, price * 2),
            posting(Kind::ItemDiscountSeller, Some(1), 0, -cents(150)),
            posting(Kind::TaxItem, Some(1), 0, price / 5),
            posting(Kind::Shipping, None, 0, cents(500)),
        ],
        raws: vec![number, number + 1],
    }
}
