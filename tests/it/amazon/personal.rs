//! Personal data never reaches the file, whatever record it comes in.

use countinghouse_core::connectors::Channel;
use serde_json::json;

use super::{NUMBER, US, import, item, order, page};
use crate::rig::Rig;

/// What must not be found anywhere afterwards.
pub(crate) const SECRET: &str = "Zaphod-Q-Beeblebrox";

/// Every kind of file with personal data wherever it has been seen.
pub(crate) fn files() -> Vec<(&'static str, String)> {
    let s = SECRET;
    let mut current = order(
        NUMBER,
        US,
        "SHIPPED",
        "2026-03-05T10:00:00Z",
        &[item("1", "SKU-A", 1, "USD", Some("9.99"), None)],
    );
    let address = json!({"name": s, "addressLine1": s, "city": s, "postalCode": s, "phone": s, "countryCode": "US"});
    current["buyer"] = json!({"buyerName": s, "buyerEmail": format!("{s}@example.com"), "buyerPurchaseOrderNumber": s});
    current["recipient"] = json!({"deliveryAddress": address, "deliveryPreference": {"addressInstruction": s}});
    current["payment"] = json!({"paymentExecutions": [{"acquirerId": s}]});
    current["tax"] = json!({"taxRegistrations": [{"registrationId": s}]});
    current["orderItems"][0]["fulfillment"]["packing"] =
        json!({"giftOption": {"giftMessage": s, "giftWrapLevel": "PREMIUM"}});
    current["orderItems"][0]["product"]["customization"] = json!({"customizedUrl": format!("https://example.com/{s}")});
    current["orderItems"][0]["cancellation"] =
        json!({"cancellationRequest": {"requester": "BUYER", "cancelReason": s}});
    current["packages"] = json!([{"shipTime": "2026-03-04T10:00:00Z", "shipFromAddress": address}]);
    let old = json!({"payload": {"Orders": [{
        "AmazonOrderId": "902-1", "PurchaseDate": "2026-03-02T18:00:00Z", "LastUpdateDate": "2026-03-05T10:00:00Z",
        "OrderStatus": "Shipped", "MarketplaceId": US, "BuyerInfo": {"BuyerName": s, "BuyerEmail": s}, "ShippingAddress": address,
        "BuyerTaxInformation": {"BuyerLegalCompanyName": s}, "DefaultShipFromLocationAddress": {"Phone": s},
        "PaymentMethodDetails": [s]}]}});
    let items = json!({"payload": {"AmazonOrderId": "902-1", "OrderItems": [{
        "OrderItemId": "1", "QuantityOrdered": 1, "BuyerInfo": {"GiftMessageText": s, "BuyerCustomizedInfo": {"CustomizedURL": s}},
        "BuyerRequestedCancel": {"IsBuyerRequestedCancel": "true", "BuyerCancelReason": s}}]}});
    let header = "amazon-order-id\tpurchase-date\tlast-updated-date\torder-status\tsku\tquantity\tcurrency\titem-price\tship-city\tship-state\tship-postal-code\tship-country\tship-address-1\tbuyer-name\tbuyer-email\trecipient-name\tcpf\tpurchase-order-number\tcustomized-url\tgift-message-text\tcustomer-comments";
    let report = format!(
        "{header}\n902-2\t2026-03-02T18:00:00+00:00\t2026-03-02T18:00:00+00:00\tShipped\tA\t1\tUSD\t5.00\t{s}\t{s}\t{s}\tUS{}\n",
        format!("\t{s}").repeat(9)
    );
    let listing = json!({"items": [{"sku": "A", "summaries": [], "attributes": {"buyer": s}}], "numberOfResults": 1});
    let ledger = json!({"payload": {"transactions": [{
        "transactionType": "Shipment", "transactionId": "T", "postedDate": "2026-03-04T10:00:00Z",
        "totalAmount": {"currencyAmount": 1, "currencyCode": "USD"}, "buyerName": s, "shippingAddress": {"name": s},
        "relatedIdentifiers": [{"relatedIdentifierName": "ORDER_ID", "relatedIdentifierValue": NUMBER}]}]}});
    let events = json!({"payload": {"FinancialEvents": {"ShipmentEventList": [{
        "AmazonOrderId": "902-3", "PostedDate": "2026-03-04T10:00:00Z", "BuyerInfo": {"BuyerName": s}}]}}});
    vec![
        ("page.json", page(std::slice::from_ref(&current))),
        ("one.json", json!({"order": current}).to_string()),
        ("line.jsonl", format!("{current}\n{current}\n")),
        ("old.json", old.to_string()),
        ("items.json", items.to_string()),
        ("report.tsv", report),
        ("listing.json", listing.to_string()),
        ("ledger.json", ledger.to_string()),
        ("events.json", events.to_string()),
    ]
}

#[test]
fn what_is_taken_out_of_a_record_leaves_its_mark() {
    let rig = Rig::new();
    for (name, text) in files() {
        let times = text.matches(SECRET).count();
        assert!(times > 0, "{name}: there is something to lose");
        let report = import(&rig, name, &text);
        assert!(report.new > 0 || report.unchanged > 0, "{name}: its records are kept");
        assert!(
            !format!("{report:?}").contains(SECRET),
            "{name}: the report does not tell it"
        );
    }
    let marked = rig
        .profile
        .store()
        .read_blocking(|r| {
            let connection = r.connections()?[0].id;
            Ok(r.raws_of(connection, "orders", NUMBER)?.remove(0).record.bytes)
        })
        .expect("read");
    let marked = String::from_utf8(marked).expect("text");
    assert!(
        marked.contains("\"buyer\":\"(removed)\"") && marked.contains("\"orderId\""),
        "the record says itself what was taken out: {marked}"
    );
}

#[test]
fn a_refused_file_leaves_no_byte() {
    let rig = Rig::new();
    let token = json!({"access_token": format!("Atza|{SECRET}"), "refresh_token": "Atzr|x", "token_type": "bearer"});
    let notification = json!({"NotificationType": "ORDER_CHANGE", "Payload": {"AmazonOrderId": SECRET}});
    for value in [token, notification] {
        let report = rig.import_of(Channel::Amazon, None, "x.json", value.to_string().as_bytes());
        let refused = report.refused.as_ref().expect("it is refused");
        assert!(!refused.message.contains(SECRET), "and not repeated: {refused}");
    }
    let connections = rig.profile.store().read_blocking(|r| r.connections()).expect("read");
    assert!(connections.is_empty(), "nothing was made for it");
}
