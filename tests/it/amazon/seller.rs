//! The simulated Amazon as a file maker: every answer that a seller could save, as it came.

use std::io::Read;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use chrono::{Days, NaiveDate, TimeZone, Utc};
use countinghouse_sim::amazon::App;
use countinghouse_sim::world::amazon::{AmazonSpec, Marketplace, Region, Seller};
use countinghouse_sim::world::{Second, World, WorldSpec};
use countinghouse_sim::{Setup, Sim};
use flate2::read::GzDecoder;
use serde_json::{Value, json};

/// What the product asks orders for.
const INCLUDED: &str = "PROCEEDS,EXPENSE,PROMOTION,CANCELLATION,FULFILLMENT,PACKAGES";

/// A file: its name and bytes.
pub(crate) type File = (String, Vec<u8>);

/// The seller's account, asked with the demo application's token. The seller's life stands still; the platform's clock moves
/// when somebody waits.
pub(crate) struct Amazon {
    sim: Sim,
    clock: Arc<AtomicI64>,
    region: Region,
}

impl Amazon {
    pub(crate) fn new(spec: WorldSpec, orders: u64, region: Region) -> Amazon {
        let world = World::new(spec).with_amazon(AmazonSpec::new(orders));
        Amazon::of(world, region)
    }

    fn of(world: World, region: Region) -> Amazon {
        // Three days on, so that every list has caught up with the standing seller.
        let clock = Arc::new(AtomicI64::new(world.now().0 + 3 * 86_400));
        let shown = Arc::clone(&clock);
        let now = move || {
            let second = shown.load(Ordering::Relaxed);
            Utc.timestamp_opt(second, 0).single().expect("a moment")
        };
        let mut setup = Setup {
            held: true,
            ..Setup::new(world, Arc::new(now))
        };
        setup.amazon.speed = 0;
        Amazon {
            sim: Sim::new(setup),
            clock,
            region,
        }
    }

    /// The same account so many days ago.
    pub(crate) fn before(&self, days: i64) -> Amazon {
        let world = self.world();
        let then = Second(world.now().0 - days * 86_400);
        Amazon::of(world.at(then), self.region)
    }

    /// The same seller in another region.
    pub(crate) fn abroad(&self, region: Region) -> Amazon {
        Amazon::of(self.world(), region)
    }

    pub(crate) fn world(&self) -> World {
        self.sim.world()
    }

    pub(crate) fn seller(&self) -> Seller {
        self.world().amazon().expect("the world has an Amazon side")
    }

    fn send(&self, method: &str, address: &str, headers: &[(&str, &str)], body: String) -> http::Response<Bytes> {
        let mut request = http::Request::builder().method(method).uri(address);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.sim.handle(request.body(Bytes::from(body)).expect("a request"))
    }

    fn token(&self) -> String {
        let refresh = App::demo_token(self.region);
        let body = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs([("grant_type", "refresh_token"), ("refresh_token", &refresh)])
            .extend_pairs([("client_id", App::DEMO_ID), ("client_secret", App::DEMO_SECRET)])
            .finish();
        let form = [("content-type", "application/x-www-form-urlencoded;charset=UTF-8")];
        let answer = self.send("POST", "https://api.amazon.com/auth/o2/token", &form, body);
        let answer: Value = serde_json::from_slice(answer.body()).expect("JSON");
        answer["access_token"].as_str().expect("a token").to_owned()
    }

    fn call(&self, method: &str, path: &str, body: &Value) -> Bytes {
        let address = format!("https://sellingpartnerapi-{}.amazon.com{path}", self.region.name());
        let token = self.token();
        let headers = [
            ("x-amz-access-token", token.as_str()),
            ("user-agent", "Countinghouse/1.0 (Language=Rust; Platform=Test)"),
        ];
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let answer = self.send(method, &address, &headers, body);
        assert!(
            answer.status().is_success(),
            "{method} {path} is answered: {} {:?}",
            answer.status(),
            answer.body()
        );
        answer.into_body()
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Value {
        serde_json::from_slice(&self.call(method, path, body)).expect("JSON")
    }

    /// The pages of a list as they came; `next`: where the token of the next one stands, `parameter`: how it is sent.
    fn pages(&self, name: &str, query: &str, next: &str, parameter: &str) -> Vec<File> {
        let mut pages = Vec::new();
        let mut more = String::new();
        loop {
            let body = self.call("GET", &format!("{query}{more}"), &Value::Null);
            let value: Value = serde_json::from_slice(&body).expect("JSON");
            pages.push((format!("{name}-{}.json", pages.len()), body.to_vec()));
            let Some(token) = value.pointer(next).and_then(Value::as_str) else {
                return pages;
            };
            let token: String = url::form_urlencoded::byte_serialize(token.as_bytes()).collect();
            more = format!("&{parameter}={token}");
        }
    }

    fn since(&self, days: i64) -> String {
        Second(self.seller().now().0 - days * 86_400).iso()
    }

    /// Pages of Orders 2026-01-01: orders placed in the last so many days, of all marketplaces of the region.
    pub(crate) fn orders(&self, days: i64) -> Vec<File> {
        let query = format!(
            "/orders/2026-01-01/orders?createdAfter={}&includedData={INCLUDED}&maxResultsPerPage=50",
            self.since(days)
        );
        self.pages("orders", &query, "/pagination/nextToken", "paginationToken")
    }

    /// Pages of Finances.
    pub(crate) fn transactions(&self, days: i64) -> Vec<File> {
        let query = format!("/finances/2024-06-19/transactions?postedAfter={}", self.since(days));
        self.pages("finances", &query, "/payload/nextToken", "nextToken")
    }

    /// Stock in Amazon's warehouses.
    pub(crate) fn stock(&self, market: Marketplace) -> Vec<File> {
        let id = market.id();
        let query = format!(
            "/fba/inventory/v1/summaries?details=true&granularityType=Marketplace&granularityId={id}&marketplaceIds={id}"
        );
        self.pages("inventory", &query, "/pagination/nextToken", "nextToken")
    }

    /// Listings with price and the seller's own stock.
    pub(crate) fn listings(&self, market: Marketplace) -> Vec<File> {
        let query = format!(
            "/listings/2021-08-01/items/{}?marketplaceIds={}&includedData=summaries,offers,fulfillmentAvailability",
            countinghouse_sim::amazon::Options::DEMO_SELLER,
            market.id()
        );
        self.pages("listings", &query, "/pagination/nextToken", "pageToken")
    }

    /// Data Kiosk's economics by day and SKU.
    pub(crate) fn economics(&self, market: Marketplace, from: NaiveDate, to: NaiveDate) -> Vec<File> {
        let query = format!(
            "query {{ analytics_economics_2024_03_15 {{ economics(startDate: \"{from}\", endDate: \"{to}\", \
             marketplaceIds: [\"{}\"], aggregateBy: {{ date: DAY, productId: MSKU }}) {{ marketplaceId startDate endDate \
             parentAsin childAsin msku fnsku sales {{ orderedProductSales {{ amount currencyCode }} unitsOrdered }} \
             fees {{ feeTypeName charges {{ aggregatedDetail {{ totalAmount {{ amount currencyCode }} }} }} }} \
             ads {{ adTypeName charge {{ totalAmount {{ amount currencyCode }} }} }} \
             cost {{ costOfGoodsSold {{ amount currencyCode }} }} \
             netProceeds {{ total {{ amount currencyCode }} }} }} }} }}",
            market.id()
        );
        let mut documents = Vec::new();
        let mut token = Value::Null;
        loop {
            let mut body = json!({ "query": query });
            if token.is_string() {
                body["paginationToken"] = token;
            }
            let made = self.ask("POST", "/dataKiosk/2023-11-15/queries", &body);
            self.wait(60);
            let id = made["queryId"].as_str().expect("a query");
            let done = self.ask("GET", &format!("/dataKiosk/2023-11-15/queries/{id}"), &Value::Null);
            let id = done["dataDocumentId"].as_str().expect("a document");
            let document = self.ask("GET", &format!("/dataKiosk/2023-11-15/documents/{id}"), &Value::Null);
            let text = self.fetch(document["documentUrl"].as_str().expect("an address"));
            documents.push((
                format!("economics-{}-{}.jsonl", market.country(), documents.len()),
                text,
            ));
            token = done["pagination"]["nextToken"].clone();
            if token.is_null() {
                return documents;
            }
        }
    }

    /// The all-orders report by purchase date of the days `back.1 .. back.0` before the seller's present, at most 30.
    pub(crate) fn report(&self, market: Marketplace, back: (i64, i64)) -> Vec<File> {
        let body = json!({
            "reportType": "GET_FLAT_FILE_ALL_ORDERS_DATA_BY_ORDER_DATE_GENERAL", "marketplaceIds": [market.id()],
            "dataStartTime": self.since(back.0), "dataEndTime": self.since(back.1),
        });
        let made = self.ask("POST", "/reports/2021-06-30/reports", &body);
        self.wait(120);
        let id = made["reportId"].as_str().expect("a report");
        let done = self.ask("GET", &format!("/reports/2021-06-30/reports/{id}"), &Value::Null);
        let id = done["reportDocumentId"].as_str().expect("a document");
        let document = self.ask("GET", &format!("/reports/2021-06-30/documents/{id}"), &Value::Null);
        let bytes = self.fetch(document["url"].as_str().expect("an address"));
        vec![(format!("report-{}.txt", back.0), bytes)]
    }

    /// A document of the storage, unpacked.
    fn fetch(&self, address: &str) -> Vec<u8> {
        let answer = self.send("GET", address, &[], String::new());
        let bytes = answer.into_body().to_vec();
        if !bytes.starts_with(&[0x1F, 0x8B]) {
            return bytes;
        }
        let mut plain = Vec::new();
        GzDecoder::new(bytes.as_slice())
            .read_to_end(&mut plain)
            .expect("it unpacks");
        plain
    }

    fn wait(&self, seconds: i64) {
        self.clock.fetch_add(seconds, Ordering::Relaxed);
    }

    /// Advertising and costs of the whole history, in spans a query can hold.
    pub(crate) fn history(&self, market: Marketplace, days: u64) -> Vec<File> {
        let today = self.seller().now().day_in(market.zone());
        self.economics(market, today - Days::new(days), today)
    }
}
