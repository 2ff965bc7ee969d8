//! Lists, filters and the small tables.

use serde_json::json;

use super::orders::plain_order;
use super::rollups::take;
use super::{Folder, key, shop};
use crate::connectors::Source;
use crate::metrics::Definition;
use crate::model::{Currency, Customer, Day, KnownCost, Payout, Product, StockLevel, Variant};
use crate::store::*;

fn open(folder: &Folder) -> (Store, ConnectionId) {
    let store = Store::open(&folder.file(), &key()).expect("a new file");
    let connection = store
        .write_blocking(|w| w.add_connection(&shop()))
        .expect("a connection");
    (store, connection)
}

const fn rank(version: i64, source: Source) -> Rank {
    Rank { version, source }
}

#[test]
fn orders_are_listed_newest_first_by_pages_and_filters() {
    let folder = Folder::new("order-list");
    let (store, connection) = open(&folder);
    let other = store
        .write_blocking(|w| w.add_connection(&shop()))
        .expect("another connection");
    store
        .write_blocking(move |w| {
            for n in 0..30 {
                let mut order = plain_order(n, 20_600 * 86_400 + n * 43_200);
                order.currency = if n % 10 == 0 {
                    "EUR".parse().expect("a currency")
                } else {
                    Currency::USD
                };
                order.payment = if n % 5 == 0 { "pending" } else { "paid" }.to_owned();
                order.priced = n != 29;
                take(
                    w,
                    if n % 3 == 0 { other } else { connection },
                    &order,
                    &mut RollupDelta::default(),
                )?;
            }
            Ok(())
        })
        .expect("stored");
    let list = |filter: OrderFilter, skip, limit| {
        let rows = store.read_blocking(|r| r.orders(&filter, skip, limit)).expect("read");
        rows.into_iter().map(|row| row.name).collect::<Vec<_>>()
    };
    let all = OrderFilter::default();
    assert_eq!(list(all.clone(), 0, 3), ["#1029", "#1028", "#1027"], "newest first");
    assert_eq!(
        list(all.clone(), 3, 2),
        ["#1026", "#1025"],
        "the next page goes on where the first ended"
    );
    assert_eq!(list(all.clone(), 29, 5), ["#1000"], "the last page is short");
    let of_other = OrderFilter {
        connection: Some(other),
        ..all.clone()
    };
    assert_eq!(list(of_other.clone(), 0, 2), ["#1027", "#1024"], "of one connection");
    assert_eq!(
        store.read_blocking(|r| r.count_orders(&of_other)).expect("read"),
        10,
        "counted by the same filter"
    );
    let placed = OrderFilter {
        placed: Some(Day(20_602)..Day(20_604)),
        ..all.clone()
    };
    assert_eq!(
        list(placed, 0, 9),
        ["#1007", "#1006", "#1005", "#1004"],
        "of two days, the last one left out"
    );
    let touches = OrderFilter {
        touches: Some(Day(20_601)),
        ..all.clone()
    };
    assert_eq!(
        list(touches, 0, 9),
        ["#1003", "#1002", "#1001", "#1000"],
        "placed or shipped that day"
    );
    let euro = OrderFilter {
        currency: Some("EUR".parse().expect("a currency")),
        ..all.clone()
    };
    assert_eq!(list(euro, 0, 9), ["#1020", "#1010", "#1000"], "in one currency");
    let pending = OrderFilter {
        payment: Some("pending".into()),
        sales_channel: Some("Point of Sale".into()),
        ..all.clone()
    };
    assert_eq!(list(pending, 0, 9), ["#1020", "#1000"], "two conditions hold at once");
    let unknown = OrderFilter {
        payment: Some("no such state".into()),
        ..all.clone()
    };
    assert!(list(unknown, 0, 9).is_empty(), "a word nobody used finds nothing");
    let named = OrderFilter {
        name: Some("101".into()),
        ..all.clone()
    };
    assert_eq!(list(named, 0, 99).len(), 10, "a part of the number people see");
    let customer = OrderFilter {
        customer: Some("6000000000001".into()),
        ..all
    };
    assert_eq!(list(customer, 0, 9), ["#1005", "#1004", "#1003"], "of one customer");
    let unpriced = store
        .read_blocking(|r| r.orders(&OrderFilter::default(), 0, 1))
        .expect("read")
        .remove(0);
    assert_eq!(
        (unpriced.gross, unpriced.net),
        (None, None),
        "an order without a stated price has no amounts, not zero"
    );
}

#[test]
fn newer_statements_win_in_any_order_of_arrival() {
    let variant = |key: &str, title: &str| Variant {
        key: key.into(),
        item: None,
        sku: format!("S{key}"),
        title: title.into(),
        barcode: String::new(),
        price: Some(1),
    };
    let product = |title: &str, variants: Vec<Variant>| Product {
        key: "1".into(),
        title: title.into(),
        vendor: String::new(),
        category: String::new(),
        status: "active".into(),
        updated_at: 0,
        deleted: false,
        variants,
    };
    let statements = [
        (
            rank(10, Source::Page),
            product("old", vec![variant("1", "a"), variant("2", "b")]),
        ),
        (rank(20, Source::Export), product("newer", vec![variant("1", "c")])),
        (
            rank(20, Source::Page),
            product("newest", vec![variant("1", "d"), variant("3", "e")]),
        ),
    ];
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [2, 0, 1]] {
        let folder = Folder::new("newer-wins");
        let (store, connection) = open(&folder);
        for index in order {
            let (rank, product) = statements[index].clone();
            store
                .write_blocking(move |w| w.put_product(connection, rank, &product, true))
                .expect("stored");
        }
        let found = store
            .read_blocking(|r| r.product(connection, "1"))
            .expect("read")
            .expect("there");
        assert_eq!(
            found.title, "newest",
            "arrival {order:?}: a higher source of the same version wins"
        );
        let told: Vec<_> = found
            .variants
            .iter()
            .map(|v| (v.key.as_str(), v.title.as_str()))
            .collect();
        assert_eq!(
            told,
            [("1", "d"), ("3", "e")],
            "arrival {order:?}: variants follow their product, older ones are gone"
        );
    }
}

#[test]
fn products_customers_stock_and_payouts_are_listed() {
    let folder = Folder::new("things");
    let (store, connection) = open(&folder);
    let product = |key: &str, title: &str, deleted| Product {
        key: key.into(),
        title: title.into(),
        vendor: String::new(),
        category: String::new(),
        status: "active".into(),
        updated_at: 0,
        deleted,
        variants: Vec::new(),
    };
    let products = [
        product("1", "Belt", false),
        product("2", "Apron", false),
        product("3", "Cap", true),
    ];
    let customer = Customer {
        key: "9".into(),
        created_at: 5,
        updated_at: 6,
        country: Some("JP".into()),
        province: None,
        orders: Some(2),
        spent: Some(-1),
        currency: "JPY".parse().ok(),
    };
    let payout = Payout {
        key: "p".into(),
        day: Day(20_000),
        status: "paid".into(),
        net: -5,
        fees: None,
        currency: Currency::USD,
    };
    let level = StockLevel {
        item: "1".into(),
        location: "2".into(),
        sku: "A".into(),
        active: false,
        quantities: vec![("available".into(), -3), ("on_hand".into(), 4)],
        updated_at: 8,
    };
    let (given, paid, stocked) = (customer.clone(), payout.clone(), level.clone());
    store
        .write_blocking(move |w| {
            let now = rank(1, Source::Page);
            for product in &products {
                w.put_product(connection, now, product, false)?;
            }
            w.product_gone(connection, "1")?;
            w.put_customer(connection, now, &given)?;
            w.put_payout(connection, now, &paid)?;
            w.put_stock(connection, now, &[stocked])
        })
        .expect("stored");
    let titles = |filter: ProductFilter| {
        let found = store.read_blocking(|r| r.products(&filter, 0, 9)).expect("read");
        assert_eq!(
            found.len() as u64,
            store.read_blocking(|r| r.count_products(&filter)).expect("read"),
            "the count is of the same list"
        );
        found.into_iter().map(|(_, p)| p.title).collect::<Vec<_>>()
    };
    assert_eq!(
        titles(ProductFilter::default()),
        ["Apron"],
        "products that are gone are left out"
    );
    let all = ProductFilter {
        deleted: true,
        ..ProductFilter::default()
    };
    assert_eq!(
        titles(all.clone()),
        ["Apron", "Belt", "Cap"],
        "unless asked for, by title"
    );
    assert_eq!(
        titles(ProductFilter {
            text: Some("AP".into()),
            ..all
        }),
        ["Apron", "Cap"],
        "by a part of the title"
    );
    let one = store.read_blocking(|r| r.customer(connection, "9")).expect("read");
    assert_eq!(one.as_ref(), Some(&customer), "a customer comes back whole");
    let listed = store
        .read_blocking(|r| r.customers(Some(connection), 0, 9))
        .expect("read");
    assert_eq!(listed, [(connection, customer)], "and in the list");
    let payouts = |from: i32, to: i32| {
        store
            .read_blocking(|r| r.payouts(None, Day(from)..Day(to)))
            .expect("read")
    };
    assert_eq!(payouts(20_000, 20_001), [(connection, payout)], "a payout on its day");
    assert!(payouts(19_000, 20_000).is_empty(), "not on the days before it");
    let stock = store.read_blocking(|r| r.stock(Some(connection), 0, 9)).expect("read");
    assert_eq!(
        stock,
        [(connection, level)],
        "stock comes back whole, negative units too"
    );
}

#[test]
fn a_cost_holds_from_its_first_sighting() {
    let folder = Folder::new("costs");
    let (store, connection) = open(&folder);
    let learn = |since: i32, micros: i64, origin| {
        let cost = KnownCost {
            since: Day(since),
            micros,
            currency: Currency::USD,
        };
        store
            .write_blocking(move |w| w.learn_cost(connection, "7", cost, origin))
            .expect("stored")
    };
    assert!(learn(100, 5, CostOrigin::Platform), "the first sighting");
    assert!(
        !learn(110, 5, CostOrigin::Platform),
        "seeing the same cost later records nothing"
    );
    assert!(learn(120, 6, CostOrigin::Platform), "another cost holds from then on");
    assert!(learn(120, 9, CostOrigin::User), "the user's word replaces it");
    assert!(!learn(120, 6, CostOrigin::Platform), "and a sync never takes it back");
    let costs = store.read_blocking(|r| r.costs_of(connection, "7")).expect("read");
    let told: Vec<_> = costs
        .iter()
        .map(|(cost, origin)| (cost.since.0, cost.micros, *origin))
        .collect();
    assert_eq!(
        told,
        [(100, 5, CostOrigin::Platform), (120, 9, CostOrigin::User)],
        "the history, earliest first"
    );
    let book = store.read_blocking(|r| r.cost_book(connection)).expect("read");
    assert_eq!(
        book.on("7", Day(119), Currency::USD),
        Some((5, false)),
        "the day before the change"
    );
    assert_eq!(
        book.on("7", Day(99), Currency::USD),
        None,
        "unknown before the first sighting"
    );
}

#[test]
fn one_issue_is_open_per_record_and_code() {
    let folder = Folder::new("issues");
    let (store, connection) = open(&folder);
    let report = |record: &str, code: &str, message: &str, at| {
        let issue = NewIssue {
            connection,
            stream: "orders".into(),
            record: record.into(),
            raw: None,
            code: code.into(),
            message: message.into(),
            lacks: Lacks::Nothing,
            span: None,
        };
        store
            .write_blocking(move |w| w.report_issue(&issue, at))
            .expect("stored");
    };
    report("1", "broken_json", "first", 10);
    report("1", "broken_json", "again", 20);
    report("1", "missing_field", "another", 20);
    report("2", "broken_json", "elsewhere", 30);
    let list = |filter: IssueFilter| store.read_blocking(|r| r.issues(&filter, 0, 99)).expect("read");
    let of_one = IssueFilter {
        record: Some("1".into()),
        ..IssueFilter::default()
    };
    let open = list(of_one.clone());
    assert_eq!(open.len(), 2, "one per code");
    let broken = open.iter().find(|i| i.about.code == "broken_json").expect("the issue");
    assert_eq!(
        (broken.first_at, broken.last_at, broken.count),
        (10, 20, 2),
        "counted, not repeated"
    );
    assert_eq!(broken.about.message, "again", "with the latest words");
    let gone = store.write_blocking(move |w| w.resolve_issues(connection, "orders", "1", &["missing_field"], 40));
    assert_eq!(gone.expect("stored"), 1, "the code that still holds stays open");
    assert_eq!(list(of_one.clone()).len(), 1, "resolved ones are out of the list");
    report("1", "broken_json", "back", 50);
    let all = IssueFilter {
        resolved: true,
        ..of_one
    };
    assert_eq!(
        list(all.clone()).len(),
        3,
        "an issue that comes back is a new one beside the resolved one"
    );
    assert_eq!(
        store.read_blocking(|r| r.count_issues(&all)).expect("read"),
        3,
        "counted by the same filter"
    );
    assert_eq!(list(IssueFilter::default())[0].about.message, "back", "latest first");
}

#[test]
fn a_lease_admits_one_owner_at_a_time() {
    let folder = Folder::new("lease");
    let (store, connection) = open(&folder);
    let take = |owner: &'static str, now, until| {
        store
            .write_blocking(move |w| w.take_lease(connection, owner, now, until))
            .expect("stored")
    };
    assert!(take("window", 100, 160), "free");
    assert!(!take("cli", 159, 220), "taken");
    assert!(take("window", 150, 210), "its owner renews it");
    assert!(!take("cli", 209, 270), "the renewed time counts");
    assert!(take("cli", 210, 270), "expired: anyone may take it");
    let release = |owner: &'static str| {
        store
            .write_blocking(move |w| w.release_lease(connection, owner))
            .expect("stored")
    };
    assert!(!release("window"), "who lost it cannot give it up");
    assert!(release("cli"), "its owner can");
    assert_eq!(
        store.read_blocking(|r| r.lease(connection)).expect("read"),
        None,
        "free again"
    );
}

#[test]
fn runs_states_limiters_settings_and_restatements_come_back() {
    let folder = Folder::new("progress");
    let (store, connection) = open(&folder);
    let first = store
        .write_blocking(move |w| w.start_run(connection, 10))
        .expect("stored");
    let second = store
        .write_blocking(move |w| w.start_run(connection, 20))
        .expect("stored");
    let cut = store.read_blocking(|r| r.run(first)).expect("read");
    assert_eq!(
        (cut.state, cut.finished_at),
        (RunState::Interrupted, Some(20)),
        "a run without an end was cut off"
    );
    let mut run = store.read_blocking(|r| r.run(second)).expect("read");
    run.state = RunState::Failed;
    run.finished_at = Some(30);
    run.counts = json!({ "requests": 3 });
    run.error = Some(json!({ "code": "offline" }));
    let given = run.clone();
    store.write_blocking(move |w| w.update_run(&given)).expect("stored");
    let runs = store.read_blocking(|r| r.runs(Some(connection), 9)).expect("read");
    assert_eq!(runs[0], run, "the latest first, as it was stored");

    let advance = |state: serde_json::Value, good| {
        store
            .write_blocking(move |w| w.set_stream_state(connection, "orders", &state, good))
            .expect("stored");
    };
    advance(json!({ "page": 1 }), Some(50));
    advance(json!({ "page": 2 }), None);
    let state = store
        .read_blocking(|r| r.stream_state(connection, "orders"))
        .expect("read")
        .expect("there");
    assert_eq!(
        (state.state, state.last_good_at),
        (json!({ "page": 2 }), Some(50)),
        "moving on keeps the last good time"
    );

    store
        .write_blocking(move |w| w.set_limiter(connection, &json!({ "left": 990 })))
        .expect("stored");
    assert_eq!(
        store.read_blocking(|r| r.limiter(connection)).expect("read"),
        Some(json!({ "left": 990 })),
        "the limiter"
    );

    store
        .write_blocking(|w| w.set_setting("zone", &"Asia/Tokyo"))
        .expect("stored");
    let zone: Option<String> = store.read_blocking(|r| r.setting("zone")).expect("read");
    assert_eq!(zone.as_deref(), Some("Asia/Tokyo"), "a setting");
    assert_eq!(
        store.read_blocking(|r| r.setting::<i64>("never set")).expect("read"),
        None,
        "unset is not an error"
    );
    assert!(
        store.read_blocking(|r| r.setting::<i64>("zone")).is_err(),
        "a setting of another form is told"
    );

    let change = Restatement {
        at: 70,
        day: Day(20_000),
        definition: Definition::Platform,
        connection,
        order: "1".into(),
        deltas: vec![("net_sales".into(), -5_000_000), ("orders".into(), 0)],
        reason: "refunded".into(),
    };
    let given = change.clone();
    store
        .write_blocking(move |w| w.add_restatement(&given))
        .expect("stored");
    let told = |definition, from: i32| {
        store
            .read_blocking(|r| r.restatements(definition, Day(from)..Day(from + 1)))
            .expect("read")
    };
    assert_eq!(told(Definition::Platform, 20_000), [change], "on its day");
    assert!(
        told(Definition::Accounting, 20_000).is_empty(),
        "not under another definition"
    );
    assert!(told(Definition::Platform, 20_001).is_empty(), "not on another day");
}

#[test]
fn staged_lines_wait_for_their_parents_and_are_taken_once() {
    let folder = Folder::new("staged");
    let (store, connection) = open(&folder);
    store
        .write_blocking(move |w| {
            for (parent, line) in [("9", "a"), ("10", "b"), ("9", "c"), ("gid", "d"), ("10", "e")] {
                w.stage(connection, "orders", parent, line.as_bytes())?;
            }
            w.stage(connection, "products", "9", b"other stream")
        })
        .expect("stored");
    let take = |parents| {
        store
            .write_blocking(move |w| w.take_staged(connection, "orders", parents, 1 << 20))
            .expect("taken")
    };
    let lines = |lines: &[&str]| lines.iter().map(|l| l.as_bytes().to_vec()).collect::<Vec<_>>();
    assert_eq!(
        take(2),
        [("gid".to_owned(), lines(&["d"])), ("10".to_owned(), lines(&["b", "e"]))],
        "whole parents, highest ids first, lines in their order"
    );
    assert_eq!(
        store
            .read_blocking(|r| r.count_staged(connection, "orders"))
            .expect("read"),
        2,
        "the rest waits"
    );
    assert_eq!(take(9), [("9".to_owned(), lines(&["a", "c"]))], "the last parent");
    assert!(take(9).is_empty(), "nothing is taken twice");
    assert_eq!(
        store
            .read_blocking(|r| r.count_staged(connection, "products"))
            .expect("read"),
        1,
        "other streams stay"
    );
    store
        .write_blocking(move |w| w.clear_staged(connection, "products"))
        .expect("cleared");
    assert_eq!(
        store
            .read_blocking(|r| r.count_staged(connection, "products"))
            .expect("read"),
        0,
        "thrown away"
    );
}
