//! Answers that say too little without saying so: an empty list, a page that is said to be the last, a file without rows. Nothing is
//! lost by one of them, and where Amazon stays with it, that is told and does not count as complete.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use countinghouse_core::connectors::amazon::AmazonFetcher;
use countinghouse_core::connectors::amazon::auth::Region;
use countinghouse_core::connectors::fetch::{Fetcher, StreamState};
use countinghouse_core::store::{ListFilter, Read};
use countinghouse_sim::amazon::Options as Account;
use countinghouse_sim::world::amazon::{AmazonSpec, Marketplace};

use crate::market::{Market, Seller};
use crate::oracle::spec;

fn options() -> Account {
    Account {
        speed: 10_000,
        report_times: (0, 0),
        kiosk_times: (0, 0),
        page: 20,
        ..Account::default()
    }
}

fn market() -> Arc<Market> {
    Market::selling_held(spec(3, 120, 2), AmazonSpec::new(400), options())
}

fn connected(market: &Arc<Market>, region: Region) -> Seller {
    let mut seller = Seller::disconnected(Arc::clone(market));
    seller.connect_amazon(region).expect("the account lets its app in");
    seller
}

/// Codes of what a run told.
fn run(seller: &Seller, plan: &str) -> BTreeSet<String> {
    seller.market.faults(plan);
    let report = seller.run();
    seller.market.faults("");
    report.notes.into_iter().map(|note| note.code).collect()
}

/// Streams about which health has a doubt.
fn doubted(seller: &Seller) -> Vec<&'static str> {
    let connection = seller.connection;
    let read = move |r: &Read<'_>| r.stream_states(connection);
    let states = seller.profile().store().read_blocking(read).expect("states");
    let doubt = |name: &str| {
        let state = states.iter().find(|state| state.stream == name)?;
        AmazonFetcher.doubt(name, &StreamState(state.state.clone()))
    };
    let streams = AmazonFetcher.streams().iter().map(|spec| spec.name);
    streams.filter(|name| doubt(name).is_some()).collect()
}

/// Orders of the account that are not here.
fn missing(seller: &Seller) -> Vec<String> {
    let held: BTreeSet<String> = seller.orders().into_iter().map(|order| order.key).collect();
    let world = seller.market.sim.world();
    let life = world.amazon().expect("a seller at Amazon");
    let all = (0..life.order_count(Marketplace::Us)).filter_map(|index| life.order(Marketplace::Us, index));
    let ids = all.map(|order| order.id);
    // What Amazon only ships for another shop is none of its sales.
    ids.filter(|id| !id.starts_with("S01-") && !held.contains(id)).collect()
}

/// Keys of what is stored of a stream.
fn keys(seller: &Seller, stream: &'static str) -> Vec<String> {
    let connection = seller.connection;
    let read = move |r: &Read<'_>| r.keys_of(connection, stream);
    seller.profile().store().read_blocking(read).expect("keys")
}

/// Units of each SKU at Amazon; nothing where it is not stocked or not known.
fn stock(seller: &Seller) -> BTreeMap<String, BTreeMap<String, i64>> {
    let read = |r: &Read<'_>| r.stock_lines(&ListFilter::default(), 0, 1_000);
    let lines = seller.profile().store().read_blocking(read).expect("stock");
    let own = lines
        .into_iter()
        .filter(|line| line.active && line.location.starts_with("fba"));
    own.map(|line| (line.sku, line.quantities)).collect()
}

#[test]
fn one_empty_answer_for_orders_or_one_lost_page_loses_no_order() {
    for plan in [
        "empty-list:searchOrders@1",
        "last-page:searchOrders@1",
        "last-page:searchOrders@2",
    ] {
        let seller = connected(&market(), Region::NorthAmerica);
        let told = run(&seller, plan);
        assert_eq!(missing(&seller), Vec::<String>::new(), "{plan}: every order is here");
        assert!(!told.contains("answer_lacking"), "{plan}: nothing lacked in the end");
        assert_eq!(doubted(&seller), Vec::<&str>::new(), "{plan}: nothing is doubted");
    }
    // Where the interface stays silent, a report brings them.
    let seller = connected(&market(), Region::NorthAmerica);
    let told = run(&seller, "empty-list:searchOrders@*");
    assert!(told.contains("answer_lacking"), "it is told: {told:?}");
    assert_eq!(missing(&seller), Vec::<String>::new(), "the report has every order");
    assert_eq!(doubted(&seller), Vec::<&str>::new(), "and dispels the doubt");
}

#[test]
fn files_without_rows_do_not_count_as_read_and_their_days_come_later() {
    let market = market();
    let seller = connected(&market, Region::NorthAmerica);
    let told = run(&seller, "empty-file@*");
    assert!(told.contains("answer_lacking"), "it is told: {told:?}");
    assert!(!missing(&seller).is_empty(), "the older orders are in files only");
    let doubted_now = doubted(&seller);
    for stream in ["orders", "listings", "sales_and_traffic", "economics"] {
        assert!(
            doubted_now.contains(&stream),
            "{stream} is not complete: {doubted_now:?}"
        );
    }
    assert_eq!(keys(&seller, "listings"), Vec::<String>::new(), "no listing came");
    market.wait(Duration::from_secs(26 * 3_600));
    run(&seller, "");
    market.wait(Duration::from_secs(26 * 3_600));
    run(&seller, "");
    assert_eq!(missing(&seller), Vec::<String>::new(), "every order is here");
    assert_eq!(doubted(&seller), Vec::<&str>::new(), "nothing is doubted any more");
    let clean = connected(&market, Region::NorthAmerica);
    run(&clean, "");
    for stream in ["listings", "settlements", "economics", "sales_and_traffic"] {
        let lost: Vec<String> = keys(&clean, stream)
            .into_iter()
            .filter(|key| !keys(&seller, stream).contains(key))
            .collect();
        assert_eq!(lost, Vec::<String>::new(), "{stream}: nothing is lost for good");
    }
}

#[test]
fn money_that_does_not_come_is_missed_and_comes_by_the_next_sync() {
    let market = market();
    let clean = connected(&market, Region::NorthAmerica);
    run(&clean, "");
    let wanted = keys(&clean, "finances");
    // A page that is said to be the last is believed only where nothing lies before and behind what came.
    for plan in [
        "empty-list:listTransactions@1",
        "last-page:listTransactions@1",
        "last-page:listTransactions@3",
        "last-page:listTransactions@9",
        "last-page:listTransactions@*",
    ] {
        let seller = connected(&market, Region::NorthAmerica);
        let told = run(&seller, plan);
        assert_eq!(
            keys(&seller, "finances").len(),
            wanted.len(),
            "{plan}: every transaction is here"
        );
        assert!(
            told.iter().all(|code| code != "answer_lacking"),
            "{plan}: nothing lacked in the end"
        );
    }
    let seller = connected(&market, Region::NorthAmerica);
    let told = run(&seller, "empty-list:listTransactions@*");
    assert!(told.contains("answer_lacking"), "it is told: {told:?}");
    assert_eq!(doubted(&seller), ["finances"], "and does not count as complete");
    run(&seller, "");
    assert_eq!(keys(&seller, "finances").len(), wanted.len(), "the next sync brings it");
    assert_eq!(doubted(&seller), Vec::<&str>::new(), "nothing is doubted any more");
}

#[test]
fn a_lost_part_of_a_file_of_economics_is_missed_and_comes_later() {
    let market = || {
        let account = Account {
            kiosk_rows: 100,
            ..options()
        };
        Market::selling_held(spec(3, 120, 2), AmazonSpec::new(400), account)
    };
    let clean = connected(&market(), Region::NorthAmerica);
    let told = run(&clean, "");
    assert!(!told.contains("answer_lacking"), "whole files are believed: {told:?}");
    let wanted = keys(&clean, "economics");
    let seller = connected(&market(), Region::NorthAmerica);
    let told = run(&seller, "last-page:getQuery@1");
    assert!(!told.contains("answer_lacking"), "nothing lacked in the end");
    assert_eq!(keys(&seller, "economics"), wanted, "the file was asked for again");
    let market = market();
    let seller = connected(&market, Region::NorthAmerica);
    let told = run(&seller, "last-page:getQuery@*");
    assert!(told.contains("answer_lacking"), "it is told: {told:?}");
    assert!(keys(&seller, "economics").len() < wanted.len(), "rows are lost");
    assert_eq!(
        doubted(&seller),
        ["economics"],
        "and health does not say that all is well"
    );
    market.wait(Duration::from_secs(26 * 3_600));
    run(&seller, "");
    let lost: Vec<String> = wanted
        .into_iter()
        .filter(|key| !keys(&seller, "economics").contains(key))
        .collect();
    assert_eq!(lost, Vec::<String>::new(), "the next sync brings them");
    assert_eq!(doubted(&seller), Vec::<&str>::new(), "nothing is doubted any more");
}

#[test]
fn an_item_that_the_catalogue_leaves_out_is_missed_and_comes_later() {
    let clean = connected(&market(), Region::NorthAmerica);
    run(&clean, "");
    let wanted = keys(&clean, "catalog");
    assert!(wanted.len() > 3, "there are items: {wanted:?}");
    for plan in ["lost-record:searchCatalogItems@1", "empty-list:searchCatalogItems@1"] {
        let seller = connected(&market(), Region::NorthAmerica);
        let told = run(&seller, plan);
        assert_eq!(keys(&seller, "catalog"), wanted, "{plan}: every item is here");
        assert!(!told.contains("catalog_lacking"), "{plan}: nothing lacked in the end");
    }
    for plan in ["lost-record:searchCatalogItems@*", "empty-list:searchCatalogItems@*"] {
        let market = market();
        let seller = connected(&market, Region::NorthAmerica);
        let told = run(&seller, plan);
        assert!(told.contains("catalog_lacking"), "{plan}: it is told: {told:?}");
        assert_eq!(doubted(&seller), ["catalog"], "{plan}: and does not count as complete");
        market.wait(Duration::from_secs(26 * 3_600));
        run(&seller, "");
        assert_eq!(keys(&seller, "catalog"), wanted, "{plan}: the next sync brings it");
        assert_eq!(
            doubted(&seller),
            Vec::<&str>::new(),
            "{plan}: nothing is doubted any more"
        );
    }
}

#[test]
fn stock_stays_known_through_an_empty_sweep_and_a_sku_that_has_gone_is_not_stocked() {
    let market = market();
    let seller = connected(&market, Region::NorthAmerica);
    run(&seller, "");
    let before = stock(&seller);
    assert!(before.len() > 3, "Amazon keeps stock: {before:?}");
    let later = || market.wait(Duration::from_secs(2 * 3_600));
    later();
    let told = run(&seller, "empty-list:getInventorySummaries@*");
    assert!(told.contains("stock_lacking"), "it is told: {told:?}");
    assert_eq!(stock(&seller), before, "every level is as it was");
    assert_eq!(
        doubted(&seller),
        ["inventory"],
        "and health does not say that all is well"
    );
    later();
    run(&seller, "lost-record:getInventorySummaries@*");
    let now = stock(&seller);
    let gone: Vec<&String> = before.keys().filter(|sku| !now.contains_key(*sku)).collect();
    let pages = before.len().div_ceil(50);
    assert_eq!(
        gone.len(),
        pages,
        "the SKUs that are named no more are not stocked: {gone:?}"
    );
    assert_eq!(doubted(&seller), Vec::<&str>::new(), "a whole sweep dispels the doubt");
    seller.profile().rebuild().expect("made again from the raw records");
    assert_eq!(stock(&seller), now, "a rebuild says the same");
    later();
    run(&seller, "");
    assert_eq!(stock(&seller), before, "named again it is stocked again");
    seller.profile().rebuild().expect("made again from the raw records");
    assert_eq!(stock(&seller), before, "a rebuild says the same");
}

#[test]
fn what_is_listed_in_each_marketplace_is_known_and_prices_are_the_home_ones() {
    let seller = connected(&market(), Region::Europe);
    seller.sync();
    let connection = seller.connection;
    let read = move |r: &Read<'_>| {
        let keys = r.keys_of(connection, "listings")?;
        let first = keys.first().cloned().unwrap_or_default();
        Ok((
            keys.len(),
            r.raws_of(connection, "listings", &first)?,
            r.variants(connection)?,
        ))
    };
    let (count, rows, variants) = seller.profile().store().read_blocking(read).expect("listings");
    assert!(count > 3, "goods are listed");
    let facets: BTreeSet<String> = rows.iter().map(|raw| raw.record.facet.to_string()).collect();
    let german = format!("listing_report:{}", Marketplace::De.id());
    assert_eq!(
        facets,
        BTreeSet::from(["listing_report".to_owned(), german]),
        "in the United Kingdom and in Germany"
    );
    let world = seller.market.sim.world();
    let life = world.amazon().expect("a seller at Amazon");
    let listings = life
        .listed()
        .iter()
        .map(|variant| life.listing(Marketplace::Uk, *variant));
    let mut stored = 0;
    for listing in listings {
        stored += usize::from(listing.afn);
        let own = variants
            .iter()
            .find(|row| row.variant.sku == listing.sku)
            .expect("it is known");
        let text = Marketplace::Uk.currency().text(listing.price);
        let price = own
            .variant
            .price
            .map(|micros| format!("{}.{:02}", micros / 1_000_000, micros % 1_000_000 / 10_000));
        assert_eq!(price, Some(text), "{}: its price in pounds", listing.sku);
    }
    assert!(
        stored > 0,
        "some of them lie at Amazon, whose record of stock changed later and tells no price"
    );
    let again = seller.run();
    let listings = crate::market::stream(&again, "listings");
    assert_eq!(
        (listings.new, listings.changed),
        (0, 0),
        "nothing changes from sync to sync"
    );
}
