//! Reports and pages by themselves: stock, products, shipments, refunds, and what is no report.

use countinghouse_core::connectors::Channel;
use countinghouse_core::metrics::Definition;
use countinghouse_core::model::{Flags, Kind};
use serde_json::{Value, json};

use super::{NUMBER, US, day, figure, import_well, item, ledger, order, page, the, transaction};
use crate::rig::Rig;
use crate::shared::material;

/// Stock by SKU and place: what is available there.
fn stock(rig: &Rig) -> Vec<(String, String, Option<i64>)> {
    let (mut levels, places) = rig
        .profile
        .store()
        .read_blocking(|r| {
            let connection = r.connections()?[0].id;
            Ok((r.stock(Some(connection), 0, 1000)?, r.locations(connection)?))
        })
        .expect("read");
    levels.sort_by(|a, b| (&a.1.sku, &a.1.location).cmp(&(&b.1.sku, &b.1.location)));
    let name = |key: &str| {
        places
            .iter()
            .find(|p| p.key == key)
            .map_or_else(String::new, |p| p.name.clone())
    };
    let available = |of: &[(String, i64)]| of.iter().find(|(name, _)| name == "available").map(|(_, n)| *n);
    levels
        .into_iter()
        .map(|(_, level)| (level.sku.clone(), name(&level.location), available(&level.quantities)))
        .collect()
}

#[test]
fn stock_is_told_by_sku_and_place_and_blank_is_unknown() {
    let Some(folder) = material("fixtures/amazon") else {
        return;
    };
    let file = folder.join("report.GET_FBA_MYI_UNSUPPRESSED_INVENTORY_DATA.us.tsv");
    let rig = Rig::new();
    import_well(&rig, "stock.tsv", std::fs::read(file).expect("the file"));
    let own = |sku: &str, place: &str, n| (sku.to_owned(), place.to_owned(), Some(n));
    assert_eq!(
        stock(&rig),
        [
            own("BOT-750-SS", "Amazon FBA", 205),
            own("LID-BAM-4", "Amazon FBA", 40),
            own("LID-BAM-4", "Merchant", 14),
            own("SEAL-10", "Merchant", 120)
        ],
        "a SKU that Amazon does not hold has no level there, not a level of zero"
    );
}

#[test]
fn summaries_name_the_marketplace_and_unstated_quantities_are_not_there() {
    let text = json!({"payload": {"granularity": {"granularityType": "Marketplace", "granularityId": US}, "inventorySummaries": [
        {"asin": "B1", "sellerSku": "A/B+1", "productName": "Thing", "totalQuantity": 9, "lastUpdatedTime": "",
         "inventoryDetails": {"fulfillableQuantity": 5, "inboundShippedQuantity": 3}},
        {"asin": "B2", "sellerSku": "C", "inventoryDetails": {}}]}});
    let rig = Rig::new();
    import_well(&rig, "stock.json", text.to_string());
    let found = stock(&rig);
    assert_eq!(
        found[0],
        ("A/B+1".to_owned(), "Amazon FBA (US)".to_owned(), Some(5)),
        "any sign may be in a SKU"
    );
    assert_eq!(found[1].2, None, "nothing is known of the other");
}

#[test]
fn listings_are_products_with_their_own_stock_in_any_language() {
    let german = "Artikelbezeichnung\tHändler-SKU\tPreis\tMenge\tASIN 1\tVersender\nRegal 24\" breit\tR-1\t19,90\t4\tB00000000R\tDEFAULT\nTopf\tT-1\t7,50\t\tB00000000T\tAMAZON_EU\n";
    let cp1252: Vec<u8> = german
        .chars()
        .map(|c| u8::try_from(u32::from(c)).expect("a letter of Western Europe"))
        .collect();
    let rig = Rig::new();
    let report = import_well(&rig, "listings.txt", cp1252);
    assert_eq!(
        report.streams,
        [("listings".to_owned(), 2)],
        "both rows, the lone inch mark swallows none"
    );
    assert_eq!(
        stock(&rig),
        [("R-1".to_owned(), "Merchant".to_owned(), Some(4))],
        "Amazon's own stock is not told here"
    );
    let titles = rig
        .profile
        .store()
        .read_blocking(|r| r.titles_by_sku(&["R-1", "T-1"]))
        .expect("read");
    assert_eq!(titles["R-1"], "Regal 24\" breit", "titles come whole");
    let lost = "Titel\tNummer\nRegal\t1\n";
    let report = rig.import_of(Channel::Amazon, None, "lost.txt", lost.as_bytes());
    assert!(
        report.refused.is_some(),
        "without a column of SKUs it is refused, not read as no listings"
    );
    assert_eq!(stock(&rig).len(), 1, "and nothing is wiped");
}

#[test]
fn what_is_listed_has_the_brand_of_the_catalogue_and_the_name_of_the_listing() {
    let listed =
        "item-name\tseller-sku\tprice\tquantity\tasin1\tstatus\nOur bottle\tBOT-1\t19.90\t4\tB00000000R\tActive\n"
            .to_owned();
    let item = json!({"numberOfResults": 1, "pagination": {}, "items": [{"asin": "B00000000R", "productTypes": [{"productType": "BOTTLE"}],
        "summaries": [{"marketplaceId": US, "brand": "Northwind", "itemName": "Bottle, steel"}]}]})
    .to_string();
    let stock = json!({"payload": {"granularity": {"granularityType": "Marketplace", "granularityId": US}, "inventorySummaries": [
        {"asin": "B00000000R", "sellerSku": "BOT-1", "productName": "bottle", "inventoryDetails": {"fulfillableQuantity": 5}}]}})
    .to_string();
    let files = [("listings.txt", listed), ("item.json", item), ("stock.json", stock)];
    for order in [[0, 1, 2], [1, 0, 2], [2, 1, 0]] {
        let rig = Rig::new();
        for at in order {
            import_well(&rig, files[at].0, &files[at].1);
        }
        for round in ["imported", "made again"] {
            let read = |r: &countinghouse_core::store::Read<'_>| r.product(r.connections()?[0].id, "B00000000R");
            let product = rig
                .profile
                .store()
                .read_blocking(read)
                .expect("read")
                .expect("a product");
            assert_eq!(
                (
                    product.title.as_str(),
                    product.vendor.as_str(),
                    product.category.as_str()
                ),
                ("Our bottle", "Northwind", "BOTTLE"),
                "{round} in the order {order:?}"
            );
            assert_eq!(product.variants.len(), 1, "its SKU is there");
            rig.profile.rebuild().expect("made again from the raw records");
        }
    }
}

#[test]
fn units_ship_when_finances_says_and_a_guess_is_marked() {
    let line = item("1", "SKU-A", 3, "USD", Some("29.97"), Some("0"));
    let sold = order(NUMBER, US, "SHIPPED", "2026-03-09T10:00:00Z", &[line]);
    let rig = Rig::new();
    import_well(&rig, "page.json", page(&[sold]));
    let guessed = the(&rig, NUMBER);
    assert!(
        guessed.estimated,
        "the last change of an order is no shipment: its day is a guess"
    );
    let row = guessed
        .postings
        .iter()
        .find(|p| p.kind == Kind::ItemPrice)
        .expect("a price");
    assert!(row.flags.has(Flags::SHIP_ESTIMATED), "and the row says so");
    let parcel = |id: &str, at: &str, units: i32| {
        transaction(
            Some(NUMBER),
            "Shipment",
            id,
            "RELEASED",
            at,
            &[("SKU-A", units, &[("Commission", "-1.00")])],
        )
    };
    let both = [
        parcel("T-1", "2026-03-03T20:00:00Z", 2),
        parcel("T-2", "2026-03-05T20:00:00Z", 1),
    ];
    import_well(&rig, "ledger.json", ledger(&both));
    let told = the(&rig, NUMBER);
    assert!(!told.estimated, "Finances tells the days");
    let parts: Vec<(String, i32, i64)> = told
        .postings
        .iter()
        .filter(|p| p.kind == Kind::ItemPrice)
        .map(|p| (p.ship_at.map(day).unwrap_or_default(), p.quantity, p.micros))
        .collect();
    assert_eq!(
        parts,
        [
            ("2026-03-03".to_owned(), 2, 19_980_000),
            ("2026-03-05".to_owned(), 1, 9_990_000)
        ],
        "two parcels"
    );
}

#[test]
fn what_the_seller_sends_is_dated_by_its_parcel_and_by_its_money_only_marked() {
    let header = "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tfulfillment-channel\tsales-channel\tsku\titem-status\tquantity\tcurrency\titem-price\titem-tax";
    let row = |by: &str| {
        format!(
            "{header}\n{NUMBER}\t2026-03-02T18:00:00+00:00\t2026-03-05T10:00:00+00:00\tShipped\t{by}\tAmazon.com\tSKU-A\tShipped\t1\tUSD\t25.00\t2.00\n"
        )
    };
    let money = transaction(
        Some(NUMBER),
        "Shipment",
        "T-1",
        "RELEASED",
        "2026-03-04T09:00:00Z",
        &[("SKU-A", 1, &[("Commission", "-1.00")])],
    );
    let estimated = |rig: &Rig, definition: Definition| rig.kpis(definition)["completeness"]["rows_estimated"].clone();
    for (by, rows) in [("Amazon", 0), ("Merchant", 2)] {
        let rig = Rig::new();
        import_well(&rig, "report.tsv", row(by));
        import_well(&rig, "ledger.json", ledger(std::slice::from_ref(&money)));
        let told = the(&rig, NUMBER);
        assert_eq!(
            told.first_ship.map(day).as_deref(),
            Some("2026-03-04"),
            "{by}: it left by its money"
        );
        assert_eq!(told.estimated, rows > 0, "{by}: which is its day where Amazon sends it");
        assert_eq!(
            (
                estimated(&rig, Definition::Accounting),
                estimated(&rig, Definition::OrderTotals)
            ),
            (json!(rows), json!(0)),
            "{by}: what counts by the day of shipping is estimated, and nothing else: its price and its tax"
        );
    }
    let mut sold = order(
        NUMBER,
        US,
        "SHIPPED",
        "2026-03-05T10:00:00Z",
        &[item("1", "SKU-A", 1, "USD", Some("25.00"), Some("2.00"))],
    );
    sold["fulfillment"]["fulfilledBy"] = json!("MERCHANT");
    sold["packages"] = json!([{"packageReferenceId": "1", "packageStatus": {"status": "SHIPPED"}, "shipTime": "2026-03-03T20:00:00Z"}]);
    let rig = Rig::new();
    import_well(&rig, "ledger.json", ledger(&[money]));
    import_well(&rig, "report.tsv", row("Merchant"));
    import_well(&rig, "page.json", page(&[sold]));
    let told = the(&rig, NUMBER);
    assert_eq!(
        told.first_ship.map(day).as_deref(),
        Some("2026-03-03"),
        "its parcel tells when it left"
    );
    assert!(!told.estimated, "and nothing is estimated any more");
    assert_eq!(estimated(&rig, Definition::Accounting), json!(0), "in no figure");
}

#[test]
fn a_refund_counts_units_only_where_their_price_is_paid_back() {
    let sold = order(
        NUMBER,
        US,
        "SHIPPED",
        "2026-03-05T10:00:00Z",
        &[item("1", "SKU-A", 2, "USD", Some("60.00"), Some("4.80"))],
    );
    let back = |id: &str, amount: &str| {
        let amounts = [("OurPricePrincipal", amount)];
        transaction(
            Some(NUMBER),
            "Refund",
            id,
            "RELEASED",
            "2026-03-12T20:00:00Z",
            &[("SKU-A", 1, &amounts)],
        )
    };
    let rig = Rig::new();
    import_well(&rig, "page.json", page(&[sold]));
    import_well(&rig, "part.json", ledger(&[back("T-1", "-5.00")]));
    assert_eq!(figure(&rig, "refunds"), json!("5.00"), "money for a complaint");
    assert_eq!(figure(&rig, "units_returned"), json!(0), "brings no unit back");
    import_well(&rig, "whole.json", ledger(&[back("T-2", "-30.00")]));
    assert_eq!(figure(&rig, "units_returned"), json!(1), "the price of one does");
    assert_eq!(
        rig.kpi(Definition::Platform, "net_sales"),
        json!("25.00"),
        "60.00 − 5.00 − 30.00"
    );
}

#[test]
fn amazon_failure_22_the_document_of_a_failed_report_tells_why() {
    let rig = Rig::new();
    let document = json!({"errorDetails": "Error in Report Request: The report data for the requested date range is not yet available"});
    let report = rig.import_of(Channel::Amazon, None, "document.json", document.to_string().as_bytes());
    let refused = report.refused.expect("it holds no rows");
    assert!(
        refused.message.contains("not yet available"),
        "its reason is shown: {refused}"
    );
}

#[test]
fn amazon_failure_23_the_answer_of_a_dead_address_is_no_data() {
    let rig = Rig::new();
    let answer =
        "<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>";
    let report = rig.import_of(Channel::Amazon, None, "report.txt", answer.as_bytes());
    assert!(
        report.refused.is_some(),
        "an error of the store is not read as an empty report"
    );
}

#[test]
fn what_is_no_report_of_amazon_is_refused_with_its_reason() {
    let rig = Rig::new();
    for (text, words) in [
        (
            "settlement-id\torder-id\tprice-type\tprice-amount\n1\t2\tPrincipal\t5\n",
            "first version",
        ),
        ("a,b,c\n1,2,3\n", "no tabs"),
        ("a\tb\n1\t2\n", "columns begin with a, b"),
        ("amazon-order-id\tsku\n1\t2\n", "lacks the column"),
        ("<html>sign in</html>", "web page"),
        ("", "empty"),
        (
            "{\"errors\":[{\"code\":\"QuotaExceeded\",\"message\":\"You exceeded your quota\"}]}",
            "QuotaExceeded",
        ),
        (
            "{\"error\":\"invalid_grant\",\"error_description\":\"The token is gone\"}",
            "invalid_grant",
        ),
        ("{\"hello\":1}", "holds none of Amazon's"),
        ("{\"orders\":[", "not JSON"),
    ] {
        let report = rig.import_of(Channel::Amazon, None, "x", text.as_bytes());
        let refused = report.refused.as_ref().unwrap_or_else(|| panic!("refused: {text}"));
        assert!(refused.message.contains(words), "“{words}”: {refused}");
        assert!(refused.hint.is_some(), "and what to do next");
    }
    let connections = rig.profile.store().read_blocking(|r| r.connections()).expect("read");
    assert_eq!(connections.len(), 0, "nothing was made for them");
    let orders = json!({"orders": []}).to_string();
    assert_eq!(
        import_well(&rig, "empty.json", orders).read,
        0,
        "an empty page is no error"
    );
    let wrong = rig.import_of(
        Channel::Amazon,
        Some("inventory"),
        "page.json",
        page(&[order(NUMBER, US, "UNSHIPPED", "2026-03-03T10:00:00Z", &[])]).as_bytes(),
    );
    assert!(
        wrong
            .refused
            .is_some_and(|e| e.message.contains("holds no inventory, but orders")),
        "another stream is named"
    );
    assert_eq!(
        figure(&rig, "orders"),
        Value::Null,
        "nothing counts, and of no day are orders known"
    );
}

#[test]
fn returns_and_reimbursements_are_refused_with_the_reason_so_that_no_cent_counts_twice() {
    let rig = Rig::new();
    let fba = "return-date\torder-id\tsku\tasin\tfnsku\tproduct-name\tquantity\tfulfillment-center-id\tdetailed-disposition\treason\tstatus\tlicense-plate-number\tcustomer-comments\n\
        2026-03-02T08:00:00+00:00\t112-4400001-1000001\tSKU-A\tB1\tX1\tThing\t1\tPHX3\tSELLABLE\tUNWANTED_ITEM\tUnit returned to inventory\tLPN1\tsmells\n";
    let own = "Order ID\tOrder date\tReturn request date\tReturn request status\tAmazon RMA ID\tASIN\tMerchant SKU\tItem Name\tReturn quantity\tReturn Reason\tRefunded Amount\n\
        112-4400001-1000001\t01-Mar-2026\t02-Mar-2026\tApproved\tR1\tB1\tSKU-A\tThing\t1\tCR-UNWANTED_ITEM\t20.00\n";
    let paid = "approval-date\treimbursement-id\tcase-id\tamazon-order-id\treason\tsku\tfnsku\tasin\tproduct-name\tcondition\tcurrency-unit\tamount-per-unit\tamount-total\tquantity-reimbursed-cash\tquantity-reimbursed-inventory\tquantity-reimbursed-total\n\
        2026-03-02T08:00:00+00:00\t9\t\t\tLost_Warehouse\tSKU-A\tX1\tB1\tThing\tSellable\tUSD\t5.00\t5.00\t1\t0\t1\n";
    for (text, words) in [
        (fba, "which units came back"),
        (own, "which units came back"),
        (paid, "transactions and settlement reports too"),
    ] {
        let report = rig.import_of(Channel::Amazon, None, "x.tsv", text.as_bytes());
        let refused = report.refused.as_ref().unwrap_or_else(|| panic!("refused: {text}"));
        assert!(refused.message.contains(words), "why: {refused}");
        let hint = refused.hint.as_deref().unwrap_or_default();
        assert!(hint.contains("connect the account"), "and what to do instead: {hint}");
    }
    let connections = rig.profile.store().read_blocking(|r| r.connections()).expect("read");
    assert_eq!(connections.len(), 0, "nothing was stored, no comment of a buyer either");
}
