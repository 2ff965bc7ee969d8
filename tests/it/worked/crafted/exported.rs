//! Orders of the CSV export whose columns leave something to be worked out: times without offset, discounts on shipping, totals that
//! do not add up, what was sent of an order sent in part, and cancelled orders that kept money (LEDGER rulings 34 and 35).

use countinghouse_core::connectors::{Channel, Fact, RawRecord, ReadCtx, ReadError, Source, StoredRaw, reader};
use countinghouse_core::metrics::Definition;
use countinghouse_core::model::{Order, When, Zone};

use super::{figure, kinds};

/// Cells of a row by column.
type Row<'a> = &'a [(&'a str, &'a str)];

const COLUMNS: [&str; 21] = [
    "Name",
    "Financial Status",
    "Fulfillment Status",
    "Fulfilled at",
    "Currency",
    "Subtotal",
    "Shipping",
    "Taxes",
    "Total",
    "Discount Amount",
    "Created at",
    "Lineitem quantity",
    "Lineitem name",
    "Lineitem price",
    "Lineitem sku",
    "Lineitem requires shipping",
    "Lineitem fulfillment status",
    "Lineitem discount",
    "Cancelled at",
    "Refunded Amount",
    "Duties",
];

/// An order of two units at 50.00 without anything else, made on 2 March.
const PLAIN: [(&str, &str); 15] = [
    ("Name", "#1"),
    ("Financial Status", "paid"),
    ("Fulfillment Status", "unfulfilled"),
    ("Currency", "USD"),
    ("Subtotal", "100.00"),
    ("Shipping", "0.00"),
    ("Taxes", "0.00"),
    ("Total", "100.00"),
    ("Discount Amount", "0.00"),
    ("Created at", "2026-03-02 10:00:00 -0500"),
    ("Lineitem quantity", "2"),
    ("Lineitem name", "Mug"),
    ("Lineitem price", "50.00"),
    ("Lineitem requires shipping", "true"),
    ("Lineitem discount", "0.00"),
];

/// The order of a row with `cells` in the place of the plain ones, and of further rows, with what is said of it.
fn read(zone: Zone, cells: Row<'_>, further: &[Row<'_>]) -> (Order, Vec<ReadError>) {
    let first: Vec<(&str, &str)> = cells.iter().chain(&PLAIN).copied().collect();
    let mut text = format!("{}\n", COLUMNS.join(","));
    for row in [first.as_slice()].iter().chain(further) {
        let cell = |column: &&str| {
            row.iter()
                .find(|(name, _)| name == column)
                .map_or("", |(_, cell)| *cell)
        };
        text.push_str(&COLUMNS.iter().map(cell).collect::<Vec<_>>().join(","));
        text.push('\n');
    }
    let raw = StoredRaw {
        id: 7,
        fetched_at: 0,
        record: RawRecord {
            stream: "orders".into(),
            key: "1".into(),
            facet: "order".into(),
            source: Source::Export,
            version: 0,
            bytes: text.into_bytes(),
        },
    };
    let ctx = ReadCtx {
        zone,
        currency: None,
        reads_ledger: false,
    };
    let shopify = reader(Channel::Shopify);
    let facts = shopify.extract(&ctx, &raw).expect("the row is read");
    let [Fact::Order(fact)] = facts.as_slice() else {
        panic!("an order, not {facts:?}")
    };
    let settled = shopify.settle(&ctx, "1", &[fact.as_ref()]).expect("an order");
    (settled.order.expect("it counts"), settled.notes)
}

/// The same of an order that gives no reason for an issue.
fn clean(cells: Row<'_>) -> Order {
    let (order, notes) = read(Zone::UTC, cells, &[]);
    assert_eq!(notes, vec![], "nothing is wrong with it");
    assert!(!order.incomplete, "and it is whole");
    order
}

/// The same of one that gives one, with its code and words.
fn doubtful(cells: Row<'_>, further: &[Row<'_>]) -> (Order, &'static str, String) {
    let (order, notes) = read(Zone::UTC, cells, further);
    let [note] = notes.as_slice() else {
        panic!("one issue, not {notes:?}")
    };
    assert!(
        order.incomplete,
        "the order says that it is not whole: {}",
        note.message
    );
    (order, note.code, note.message.clone())
}

#[test]
fn shipping_whose_column_is_without_its_discount_already_was_charged_before_it() {
    let order = clean(&[
        ("Fulfillment Status", "fulfilled"),
        ("Fulfilled at", "2026-03-03 10:00:00 -0500"),
        ("Subtotal", "90.00"),
        ("Discount Amount", "16.00"),
        ("Shipping", "2.00"),
        ("Total", "92.00"),
    ]);
    for (metric, amount) in [
        ("gross_sales", "108.00"),
        ("discounts", "-16.00"),
        ("net_sales", "92.00"),
        ("shipping", "2.00"),
    ] {
        assert_eq!(
            figure(&order, Definition::Accounting, metric),
            amount,
            "ten off the goods, and six off the eight that shipping cost: {metric}"
        );
    }
}

#[test]
fn a_time_without_an_offset_is_what_the_shops_clock_showed() {
    let zone: Zone = "America/New_York".parse().expect("a zone");
    for (shown, second, day) in [
        // Clocks go forward at two o'clock of that night.
        ("2026-03-08 01:30:00", "2026-03-08T06:30:00Z", "2026-03-08"),
        ("2026-03-08 02:30:00", "2026-03-08T07:30:00Z", "2026-03-08"),
        ("2026-03-08 23:30:00", "2026-03-09T03:30:00Z", "2026-03-08"),
        // And back: half past one is shown twice, and the first time is as good as the second.
        ("2026-11-01 01:30:00", "2026-11-01T05:30:00Z", "2026-11-01"),
        ("2026-11-01 23:30", "2026-11-02T04:30:00Z", "2026-11-01"),
        ("2026-03-08 00:00:00", "2026-03-08T05:00:00Z", "2026-03-08"),
    ] {
        let (order, _) = read(zone, &[("Created at", shown)], &[]);
        assert_eq!(
            Some(order.placed_at),
            When::parse_rfc3339(second),
            "{shown} is that second"
        );
        assert_eq!(
            order.placed_at.day(zone).to_string(),
            day,
            "{shown} counts on its own day"
        );
    }
}

#[test]
fn a_discount_beyond_the_goods_was_on_shipping() {
    let cells = [
        ("Shipping", "6.00"),
        ("Taxes", "8.00"),
        ("Total", "108.00"),
        ("Discount Amount", "6.00"),
    ];
    let order = clean(&cells);
    let total = figure(&order, Definition::OrderTotals, "gross_sales");
    assert_eq!(total, "108.00", "what the buyer paid: {:?}", kinds(&order));
    let shipping = figure(&order, Definition::Platform, "shipping");
    assert_eq!(shipping, "0.00", "shipping was free");
    assert_eq!(
        figure(&order, Definition::Platform, "net_sales"),
        "100.00",
        "the goods kept their price"
    );
    // On goods and on shipping at once.
    let cells = [
        ("Subtotal", "90.00"),
        ("Shipping", "6.00"),
        ("Total", "92.00"),
        ("Discount Amount", "14.00"),
    ];
    let order = clean(&cells);
    assert_eq!(
        figure(&order, Definition::Platform, "net_sales"),
        "90.00",
        "ten off the goods"
    );
    assert_eq!(
        figure(&order, Definition::Platform, "shipping"),
        "2.00",
        "four off shipping"
    );
    assert_eq!(
        figure(&order, Definition::Platform, "total_sales"),
        "92.00",
        "together the total"
    );
}

#[test]
fn prices_include_tax_if_the_total_says_so_whatever_shipping_lost() {
    let vat = [
        ("Subtotal", "120.00"),
        ("Lineitem price", "60.00"),
        ("Shipping", "6.00"),
        ("Taxes", "20.00"),
        ("Total", "120.00"),
        ("Discount Amount", "6.00"),
    ];
    let order = clean(&vat);
    assert_eq!(
        figure(&order, Definition::Platform, "net_sales"),
        "100.00",
        "without the tax in the prices"
    );
    assert_eq!(
        figure(&order, Definition::Platform, "total_sales"),
        "120.00",
        "with it, the total"
    );
    let plain = [("Taxes", "8.00"), ("Total", "108.00")];
    assert_eq!(
        figure(&clean(&plain), Definition::Platform, "net_sales"),
        "100.00",
        "tax on top of the prices"
    );
    let duty = [("Duties", "7.00"), ("Total", "107.00")];
    assert_eq!(
        figure(&clean(&duty), Definition::Platform, "net_sales"),
        "100.00",
        "duties in the total"
    );
}

#[test]
fn totals_that_do_not_add_up_are_told() {
    let (order, code, words) = doubtful(&[("Total", "199.00")], &[]);
    assert_eq!(code, "totals_differ", "{words}");
    assert!(
        words.contains("100.00") && words.contains("199.00"),
        "both sums are named: {words}"
    );
    assert_eq!(
        figure(&order, Definition::Platform, "net_sales"),
        "100.00",
        "the rows count"
    );
    let (_, code, words) = doubtful(
        &[("Subtotal", "70.00"), ("Total", "70.00"), ("Discount Amount", "5.00")],
        &[],
    );
    assert_eq!(code, "totals_differ", "thirty went, and five were discounts: {words}");
    assert!(
        words.contains("30.00") && words.contains("5.00"),
        "both are named: {words}"
    );
}

#[test]
fn of_an_order_sent_in_part_the_rows_that_were_sent_count_as_sent() {
    let sent: Row<'_> = &[
        ("Name", "#1"),
        ("Lineitem quantity", "1"),
        ("Lineitem name", "Jug"),
        ("Lineitem price", "30.00"),
        ("Lineitem requires shipping", "true"),
        ("Lineitem fulfillment status", "fulfilled"),
        ("Lineitem discount", "0.00"),
    ];
    let in_part = [
        ("Fulfillment Status", "partial"),
        ("Subtotal", "130.00"),
        ("Total", "130.00"),
        ("Lineitem fulfillment status", "pending"),
    ];
    let (order, notes) = read(Zone::UTC, &in_part, &[sent]);
    assert_eq!(notes, vec![], "each row says what became of it");
    assert_eq!(
        figure(&order, Definition::Accounting, "net_sales"),
        "30.00",
        "what was sent"
    );
    assert_eq!(
        figure(&order, Definition::Platform, "net_sales"),
        "130.00",
        "of all that was sold"
    );
    // A row sent in part does not say how much of it was.
    for unsaid in ["partial", ""] {
        let cells = [in_part.as_slice(), &[("Lineitem fulfillment status", unsaid)]].concat();
        let cells: Vec<(&str, &str)> = cells.into_iter().rev().collect();
        let (order, code, words) = doubtful(&cells, &[sent]);
        assert_eq!(code, "shipment_not_shown", "{words}");
        assert!(
            words.contains("Mug") && !words.contains("Jug"),
            "the row is named: {words}"
        );
        assert_eq!(
            figure(&order, Definition::Accounting, "net_sales"),
            "30.00",
            "what surely was sent"
        );
    }
}

#[test]
fn an_order_sent_and_paid_back_whole_gives_back_goods_shipping_and_tax_as_what_they_were() {
    for (what, total, beside) in [("beside the prices", "115.00", 1), ("in the prices", "105.00", 0)] {
        let order = clean(&[
            ("Financial Status", "refunded"),
            ("Fulfillment Status", "fulfilled"),
            ("Fulfilled at", "2026-03-03 10:00:00 -0500"),
            ("Subtotal", "100.00"),
            ("Shipping", "5.00"),
            ("Taxes", "10.00"),
            ("Total", total),
            ("Refunded Amount", total),
        ]);
        for definition in [Definition::Platform, Definition::Accounting] {
            for metric in ["net_sales", "shipping", "taxes"] {
                assert_eq!(
                    figure(&order, definition, metric),
                    "0.00",
                    "tax {what}: nothing is left of {metric} by {definition:?}"
                );
            }
        }
        let (sold, back) = match beside {
            1 => ("100.00", "100.00"),
            // Tax of 10.00 is in 100.00 of goods and 5.00 of shipping.
            _ => ("90.48", "90.48"),
        };
        assert_eq!(
            (
                figure(&order, Definition::Platform, "gross_sales").as_str(),
                figure(&order, Definition::Platform, "refunds").as_str()
            ),
            (sold, back),
            "tax {what}: the goods came back, not more"
        );
        assert_eq!(
            figure(&order, Definition::Platform, "units_returned"),
            "2",
            "tax {what}: both units"
        );
        assert_eq!(
            figure(&order, Definition::OrderTotals, "orders"),
            "1",
            "tax {what}: it was sent, so that it stays an order"
        );
        let shipped = match beside {
            1 => "105.00",
            _ => "95.00",
        };
        assert_eq!(
            (
                figure(&order, Definition::Accounting, "gross_sales").as_str(),
                figure(&order, Definition::Accounting, "refunds").as_str()
            ),
            (shipped, shipped),
            "tax {what}: goods and shipping left, and came back"
        );
    }
}

#[test]
fn an_order_paid_back_whole_and_never_sent_is_withdrawn_with_its_shipping_and_tax() {
    for (what, total) in [("beside the prices", "115.00"), ("in the prices", "105.00")] {
        let order = clean(&[
            ("Financial Status", "refunded"),
            ("Fulfillment Status", "unfulfilled"),
            ("Subtotal", "100.00"),
            ("Shipping", "5.00"),
            ("Taxes", "10.00"),
            ("Total", total),
            ("Refunded Amount", total),
        ]);
        for definition in [Definition::OrderTotals, Definition::Platform, Definition::Accounting] {
            for metric in ["net_sales", "shipping", "taxes"] {
                assert_eq!(
                    figure(&order, definition, metric),
                    "0.00",
                    "tax {what}: nothing is left of {metric} by {definition:?}"
                );
            }
        }
        assert_eq!(
            figure(&order, Definition::Accounting, "gross_sales"),
            "0.00",
            "tax {what}: what never left is no sale to close a month with"
        );
    }
}

#[test]
fn a_cancelled_order_that_kept_money_is_not_reversed_whole() {
    let cancelled = |sent, back| {
        [
            ("Financial Status", "partially_refunded"),
            ("Fulfillment Status", sent),
            ("Taxes", "10.00"),
            ("Total", "110.00"),
            ("Cancelled at", "2026-03-04 10:00:00 -0500"),
            ("Refunded Amount", back),
        ]
    };
    let (order, code, words) = doubtful(&cancelled("fulfilled", "66.00"), &[]);
    assert_eq!(code, "cancelled_in_part", "{words}");
    assert!(words.contains("66.00 of 110.00"), "both sums are named: {words}");
    for (definition, refunds) in [
        (Definition::OrderTotals, "66.00"),
        (Definition::Platform, "60.00"),
        (Definition::Accounting, "60.00"),
    ] {
        assert_eq!(
            figure(&order, definition, "refunds"),
            refunds,
            "what came back by {definition:?}"
        );
    }
    assert_eq!(
        figure(&order, Definition::Platform, "net_sales"),
        "40.00",
        "what was kept"
    );
    assert_eq!(
        figure(&order, Definition::Platform, "total_sales"),
        "44.00",
        "with its tax"
    );
    assert_eq!(order.units_cancelled, 0, "what was sent was not withdrawn");
    let (order, _, _) = doubtful(&cancelled("unfulfilled", "66.00"), &[]);
    assert_eq!(order.units_cancelled, 2, "what was not sent was");
    assert_eq!(
        figure(&order, Definition::Platform, "net_sales"),
        "40.00",
        "and the same was kept"
    );
    assert_eq!(
        figure(&order, Definition::Platform, "total_sales"),
        "44.00",
        "with its tax"
    );
    let order = clean(&cancelled("unfulfilled", "110.00"));
    assert_eq!(
        figure(&order, Definition::Platform, "total_sales"),
        "0.00",
        "all of it came back"
    );
}

#[test]
fn a_cancelled_order_of_which_nothing_was_paid_back_says_so() {
    let (order, code, message) = doubtful(
        &[
            ("Financial Status", "paid"),
            ("Cancelled at", "2026-03-05 10:00:00 -0500"),
            ("Refunded Amount", "0.00"),
        ],
        &[],
    );
    assert_eq!(code, "cancelled_in_part", "100.00 of it were kept: {message}");
    assert_eq!(
        figure(&order, Definition::Platform, "net_sales"),
        "100.00",
        "what was kept is what is left of the sale"
    );
}

#[test]
fn tax_in_the_prices_of_an_export_is_in_that_of_shipping_too() {
    let cells = [
        ("Fulfillment Status", "fulfilled"),
        ("Fulfilled at", "2026-03-03 10:00:00 -0500"),
        ("Lineitem price", "60.00"),
        ("Subtotal", "120.00"),
        ("Shipping", "6.00"),
        ("Taxes", "21.00"),
        ("Total", "126.00"),
    ];
    let order = clean(&cells);
    assert_eq!(
        figure(&order, Definition::Platform, "net_sales"),
        "100.00",
        "a fifth beside 100.00 of goods and 5.00 of shipping"
    );
    assert_eq!(
        figure(&order, Definition::Accounting, "net_sales"),
        "105.00",
        "goods and shipping"
    );
    let mut back = cells.to_vec();
    back.extend([("Refunded Amount", "126.00"), ("Financial Status", "refunded")]);
    let back = clean(&back);
    for metric in ["net_sales", "shipping", "taxes"] {
        assert_eq!(
            figure(&back, Definition::Accounting, metric),
            "0.00",
            "paid back whole nothing is left of {metric}"
        );
    }
}
