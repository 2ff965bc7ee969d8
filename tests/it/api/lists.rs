//! Lists for machines: filters, pages, plain decimals.

use countinghouse_core::api::lists::{ListArgs, customers, inventory, orders, products};
use countinghouse_core::api::{Class, Desk, answer};
use countinghouse_core::metrics::Definition;
use serde_json::{Value, json};

use super::Shop;
use crate::rig::Rig;

fn all() -> ListArgs {
    ListArgs {
        from: None,
        to: None,
        channel: None,
        search: None,
        definition: Definition::OrderTotals,
        limit: 50,
        page: 0,
    }
}

fn desk(shop: &Shop) -> Desk<'_> {
    Desk {
        app: &shop.rig.app,
        profile: None,
    }
}

/// A list as a program reads it.
fn json_of<T: serde::Serialize>(listed: T) -> Value {
    serde_json::to_value(listed).expect("a list is JSON")
}

#[test]
fn orders_are_filtered_and_paged() {
    let shop = Shop::open();
    let day = |text: &str| Some(text.parse().expect("a day"));
    let args = ListArgs {
        from: day("2026-05-27"),
        to: day("2026-05-27"),
        limit: 2,
        page: 1,
        ..all()
    };
    let listed = json_of(orders(desk(&shop), &args).expect("a list"));
    assert_eq!(
        (&listed["count"], &listed["pages"]),
        (&json!(3), &json!(2)),
        "three orders on two pages"
    );
    let order = &listed["rows"][0];
    assert_eq!(
        (&order["name"], &order["day"]),
        (&json!("#1002"), &json!("2026-05-27")),
        "the last of the day"
    );
    assert_eq!(order["placed_at"], "2026-05-27T15:30:00Z", "the moment in UTC");
    assert_eq!(
        (&order["gross_sales"], &order["net_sales"]),
        (&json!("40.66"), &json!("38.00")),
        "plain decimals"
    );
    assert_eq!(
        (&order["platform"], &order["sales_channel"]),
        (&json!("shopify"), &json!("Point of Sale")),
        "where"
    );
    let online = ListArgs {
        channel: Some("shopify/Online Store".into()),
        ..all()
    };
    assert_eq!(
        orders(desk(&shop), &online).expect("a list").count,
        4,
        "one sales channel"
    );
    let error = orders(
        desk(&shop),
        &ListArgs {
            channel: Some("ebay".into()),
            ..all()
        },
    )
    .expect_err("no such channel");
    assert!(
        error.message.contains("ebay"),
        "the channel is named: {}",
        error.message
    );
}

#[test]
fn products_show_their_sales_and_costs() {
    let shop = Shop::open();
    let listed = json_of(
        products(
            desk(&shop),
            &ListArgs {
                search: Some("mug-".into()),
                ..all()
            },
        )
        .expect("a list"),
    );
    assert_eq!(listed["count"], json!(1), "found by its SKU, whatever the case");
    let mug = &listed["rows"][0];
    assert_eq!(
        (&mug["title"], &mug["variant_title"]),
        (&json!("Stoneware mug"), &json!("350 ml")),
        "as it is called now"
    );
    assert_eq!(
        (&mug["price"], &mug["unit_cost"]),
        (&json!("12.50"), &json!("4.00")),
        "price and cost"
    );
    assert_eq!(
        (&mug["units"], &mug["net_sales"]),
        (&json!(7), &json!("85.00")),
        "sold in the last thirty days"
    );
    assert_eq!(mug["gross_profit"], "25.50", "over the units with a known cost");
    let everything = json_of(products(desk(&shop), &all()).expect("a list"));
    let apron = &everything["rows"][0];
    assert_eq!(
        (&apron["sku"], &apron["units"]),
        (&json!("APR-OCH"), &json!(3)),
        "by title"
    );
    assert_eq!(
        (&apron["unit_cost"], &apron["gross_profit"]),
        (&Value::Null, &Value::Null),
        "unknown is null, not zero"
    );
    let platform = ListArgs {
        definition: Definition::Platform,
        search: Some("mug".into()),
        ..all()
    };
    let platform = json_of(products(desk(&shop), &platform).expect("a list"));
    assert_eq!(
        platform["rows"][0]["net_sales"], "72.50",
        "the platform's definition takes the returned mug off"
    );
}

/// A shop whose blue and red mugs have one SKU, under which two were sold, and a jug with its own.
fn sharing() -> Rig {
    let rig = Rig::new();
    let variant = |id: u32, title: &str, sku: &str| {
        json!({
            "id": format!("gid://shopify/ProductVariant/{id}"), "title": title, "sku": sku, "barcode": "", "price": "10.00",
            "inventoryItem": {"id": format!("gid://shopify/InventoryItem/{id}")}
        })
    };
    let product = |id: u32, title: &str, variants: Value| {
        json!({
            "id": format!("gid://shopify/Product/{id}"), "title": title, "vendor": "", "productType": "", "status": "ACTIVE",
            "updatedAt": "2026-05-01T00:00:00Z", "variants": {"nodes": variants}
        })
    };
    let products = json!([
        product(1, "Mug", json!([variant(12, "Blue", "M"), variant(11, "Red", "M")])),
        product(2, "Jug", json!([variant(21, "Default Title", "J")]))
    ]);
    let products = json!({"data": {"products": {"nodes": products, "pageInfo": {"hasNextPage": false}}}});
    rig.import(Some("products"), "products.json", products.to_string().as_bytes());
    let line = |id: u32, sku: &str, variant: u32| {
        json!({
            "id": id, "title": sku, "sku": sku, "variant_id": variant, "quantity": 1, "price": "10.00", "tax_lines": []
        })
    };
    let order = json!([{
        "id": 1, "name": "#1", "created_at": "2026-05-27T12:00:00Z", "currency": "USD", "financial_status": "paid",
        "taxes_included": false, "test": false, "shipping_lines": [], "refunds": [], "fulfillments": [],
        "line_items": [line(1, "M", 11), line(2, "M", 12), line(3, "J", 21)]
    }]);
    rig.import(Some("orders"), "orders.json", order.to_string().as_bytes());
    rig
}

#[test]
fn what_variants_of_one_sku_sold_stands_once_and_says_why() {
    let rig = sharing();
    let desk = Desk {
        app: &rig.app,
        profile: None,
    };
    let listed = json_of(products(desk, &all()).expect("a list"));
    let rows = listed["rows"].as_array().expect("rows");
    let row = |title: &str| {
        let found = rows.iter().find(|row| row["variant_title"] == title);
        found.unwrap_or_else(|| panic!("{title} is listed: {listed}"))
    };
    let amounts = rows.iter().chain(listed["shared_skus"].as_array().expect("SKUs"));
    let amounts = amounts.filter_map(|row| row["net_sales"].as_str()?.parse::<f64>().ok());
    assert_eq!(amounts.sum::<f64>(), 30.0, "together they are what was sold: {listed}");
    for title in ["Blue", "Red"] {
        let row = row(title);
        assert_eq!(
            (&row["units"], &row["net_sales"]),
            (&Value::Null, &Value::Null),
            "nobody knows what each of them sold"
        );
        let note = row["note"].as_str().expect("each of them says why");
        assert!(
            note.contains("SKU “M” is shared by 2 variants"),
            "which and how many: {note}"
        );
    }
    let sku = json!([{
        "platform": "shopify", "connection": "Shopify files", "sku": "M", "variants": 2, "currency": "USD", "units": 2,
        "net_sales": "20.00", "gross_profit": null
    }]);
    assert_eq!(listed["shared_skus"], sku, "what was sold under the SKU stands once");
    let jug = row("Default Title");
    assert_eq!(
        (&jug["net_sales"], &jug["note"]),
        (&json!("10.00"), &Value::Null),
        "a SKU of its own needs no word"
    );
    let only = ListArgs {
        search: Some("mug".to_owned()),
        ..all()
    };
    let only = json_of(products(desk, &only).expect("a list"));
    assert_eq!(only["shared_skus"], sku, "also beside a part of the list: {only}");
    let board = answer(
        desk,
        Class::Read,
        "dashboard",
        json!({
            "from": "2026-05-22", "to": "2026-05-28", "compare": "none", "definition": "order_totals", "channels": []
        }),
    )
    .expect("the overview");
    let best = board["best_products"][0]["title"].as_str().expect("a title");
    assert!(
        best.starts_with("Mug · ") && best.ends_with("and 1 more with this SKU"),
        "the window says it, too: {best}"
    );
}

#[test]
fn stock_is_told_by_location() {
    let shop = Shop::open();
    let listed = json_of(inventory(desk(&shop), &all()).expect("a list"));
    let rows = listed["rows"].as_array().expect("rows");
    assert_eq!(rows.len(), 2, "one item at two locations");
    assert_eq!(rows[0]["location"], "Market stall", "locations have names");
    assert_eq!(rows[0]["quantities"], json!({"available": -2}), "stock may be negative");
    assert_eq!(
        rows[1]["quantities"],
        json!({"available": 17, "on_hand": 20}),
        "by the platform's own names"
    );
    assert_eq!(rows[1]["title"], "Stoneware mug", "the product that sells it");
    let one = ListArgs {
        search: Some("workshop".into()),
        ..all()
    };
    assert_eq!(
        inventory(desk(&shop), &one).expect("a list").count,
        1,
        "found by location"
    );
}

#[test]
fn customers_are_told_apart_without_personal_data() {
    let shop = Shop::open();
    let listed = json_of(customers(desk(&shop), &all()).expect("a list"));
    let rows = listed["rows"].as_array().expect("rows");
    assert_eq!(
        (&rows[0]["key"], &rows[0]["country"]),
        (&json!("1184"), &json!("CA")),
        "newest first"
    );
    assert_eq!(
        (&rows[1]["orders"], &rows[1]["spent"]),
        (&json!(2), &json!("64.30")),
        "as the platform counts"
    );
    let canada = ListArgs {
        search: Some("ca".into()),
        ..all()
    };
    assert_eq!(customers(desk(&shop), &canada).expect("a list").count, 1, "by country");
    let january = ListArgs {
        to: Some("2026-01-31".parse().expect("a day")),
        ..all()
    };
    assert_eq!(
        customers(desk(&shop), &january).expect("a list").count,
        1,
        "by their first day"
    );
}

#[test]
fn a_sku_that_two_connections_sell_shows_each_its_own_sales() {
    let rig = crate::rig::Rig::new();
    let product = json!({"product": {"id": 5, "title": "Mug", "product_type": "", "variants": [{"id": 6, "product_id": 5, "sku": "M", "title": "Default Title", "price": "10.00", "inventory_item_id": 7}]}});
    for (name, units) in [("East", 1), ("West", 3)] {
        let order = json!({"order": {
            "id": units, "name": "#1", "created_at": "2026-03-02T12:00:00Z", "currency": "USD", "financial_status": "paid",
            "taxes_included": false, "shipping_lines": [], "refunds": [], "fulfillments": [],
            "line_items": [{"id": 1, "title": "Mug", "sku": "M", "quantity": units, "price": "10.00", "tax_lines": []}]
        }});
        let options = countinghouse_core::app::ImportOptions {
            connection: Some(name.to_owned()),
            ..countinghouse_core::app::ImportOptions::default()
        };
        for body in [&product, &order] {
            let channel = countinghouse_core::connectors::Channel::Shopify;
            let report = rig
                .profile
                .import(channel, "a.json", body.to_string().as_bytes(), &options);
            assert_eq!(report.expect("a report").refused, None, "{name} is taken");
        }
    }
    let args = ListArgs {
        from: "2026-03-01".parse().ok(),
        to: "2026-03-31".parse().ok(),
        ..all()
    };
    let desk = Desk {
        app: &rig.app,
        profile: None,
    };
    let listed = json_of(products(desk, &args).expect("a list"));
    let mut sold: Vec<(String, String)> = Vec::new();
    for row in listed["rows"].as_array().expect("rows") {
        let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
        sold.push((text("connection"), text("net_sales")));
    }
    sold.sort();
    assert_eq!(
        sold,
        [
            ("East".to_owned(), "10.00".to_owned()),
            ("West".to_owned(), "30.00".to_owned())
        ],
        "no row shows what the other sold: {listed}"
    );
    let twin = product.to_string().replace("\"id\":6", "\"id\":8");
    let twin = twin
        .replace("\"id\":5", "\"id\":9")
        .replace("\"inventory_item_id\":7", "\"inventory_item_id\":10");
    let options = countinghouse_core::app::ImportOptions {
        connection: Some("West".to_owned()),
        ..countinghouse_core::app::ImportOptions::default()
    };
    let channel = countinghouse_core::connectors::Channel::Shopify;
    rig.profile
        .import(channel, "twin.json", twin.as_bytes(), &options)
        .expect("a report");
    let listed = json_of(products(desk, &args).expect("a list"));
    let rows = listed["rows"].as_array().expect("rows");
    let west: Vec<&Value> = rows.iter().filter(|row| row["connection"] == json!("West")).collect();
    assert_eq!(west.len(), 2, "two variants of one SKU: {listed}");
    for row in west {
        assert_eq!(
            (&row["net_sales"], &row["units"]),
            (&Value::Null, &Value::Null),
            "nobody knows which of the two was sold, and neither shows the sales of both"
        );
    }
}
