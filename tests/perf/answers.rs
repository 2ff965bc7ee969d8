//! Orders as the simulated shop answers them, kept in a file so that the process measured does not hold them.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use chrono::{TimeZone, Utc};
use countinghouse_core::connectors::{RawRecord, Source};
use countinghouse_sim::shopify::{App, Options, Shop, ShopPlan};
use countinghouse_sim::world::{Second, World, WorldSpec};
use countinghouse_sim::{Setup, Sim};
use serde_json::{Value, json};

/// The present of the simulated shop.
pub(crate) const NOW: i64 = 1_795_000_000;

/// Days of its history.
const DAYS: u32 = 730;

/// Orders that are the shop's own answers; more are told from them again under other ids.
const OWN: u64 = 12_000;

/// The shop's answers, one order each, until `enough` says so.
fn answers(mut take: impl FnMut(&Value) -> bool) {
    let spec = WorldSpec {
        orders: OWN,
        ..WorldSpec::new(5, Second(NOW), DAYS, 0)
    };
    let shop = Shop {
        plan: ShopPlan::Enterprise,
        ..Shop::demo()
    };
    let clock = Arc::new(AtomicI64::new(NOW));
    let time = Arc::clone(&clock);
    let sim = Sim::new(Setup {
        shopify: Options {
            shop,
            ..Options::default()
        },
        ..Setup::new(
            World::new(spec),
            Arc::new(move || Utc.timestamp_opt(time.load(Ordering::Relaxed), 0).unwrap()),
        )
    });
    let post = |path: &str, token: &str, body: Value| {
        let request = http::Request::post(format!("https://{}.myshopify.com{path}", Shop::DEMO_HANDLE))
            .header("content-type", "application/json")
            .header("x-shopify-access-token", token)
            .body(Bytes::from(body.to_string()))
            .unwrap();
        let bytes = sim.handle(request).into_body();
        serde_json::from_slice::<Value>(&bytes).unwrap()
    };
    let app = json!({"grant_type": "client_credentials", "client_id": App::DEMO_ID, "client_secret": App::DEMO_SECRET});
    let token = post("/admin/oauth/access_token", "", app)["access_token"]
        .as_str()
        .unwrap()
        .to_owned();
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src-tauri/core/src/connectors/shopify/queries/"
    );
    let query: String = ["orders", "order_parts", "later_parts", "parts"]
        .iter()
        .map(|n| std::fs::read_to_string(format!("{folder}{n}.graphql")).unwrap())
        .collect();
    let mut variables = json!({"n": 1, "q": "", "sort": "UPDATED_AT", "down": true, "agreed": true, "lines": 100, "shipping": 5,
        "agreements": 10, "sales": 100, "fulfilled": 100, "refunded": 100, "refundShipping": 5, "adjustments": 5});
    loop {
        // The bucket fills while time goes on; the token lasts a day.
        clock.fetch_add(1, Ordering::Relaxed);
        let body = json!({"query": query, "variables": variables});
        let answer = post("/admin/api/2026-10/graphql.json", &token, body);
        let page = &answer["data"]["orders"];
        assert!(page.is_object(), "the shop answers: {answer}");
        if !page["nodes"].as_array().unwrap().iter().all(&mut take) || page["pageInfo"]["hasNextPage"] != true {
            return;
        }
        variables["after"] = page["pageInfo"]["endCursor"].clone();
    }
}

/// Order records in a file, a line each.
pub(crate) struct Spool {
    path: PathBuf,
    pub(crate) count: usize,
    /// Bytes of a record in the mean.
    pub(crate) mean: usize,
    /// How many of them the shop itself answered.
    pub(crate) own: usize,
}

impl Spool {
    /// `count` orders of about `size` bytes in the mean (the smallest of the shop's until their mean is that); of any size if 0.
    pub(crate) fn fill(path: &Path, count: usize, size: usize) {
        let mut own: Vec<String> = Vec::new();
        answers(|node| {
            own.push(node.to_string());
            size > 0 || own.len() < count
        });
        if size > 0 {
            let mut by_size: Vec<usize> = own.iter().map(String::len).collect();
            by_size.sort_unstable();
            let mut sum = 0;
            let within = |(index, bytes): &(usize, &usize)| {
                sum += **bytes;
                sum <= size * (index + 1)
            };
            let most = by_size.iter().enumerate().take_while(within).last();
            let most = *most.expect("orders as small as asked for").1;
            own.retain(|text| text.len() <= most);
        }
        let own: Vec<&String> = own.iter().take(count).collect();
        let mut file = BufWriter::new(File::create(path).unwrap());
        let mut bytes = 0;
        for index in 0..count {
            let (round, sample) = (index / own.len(), own[index % own.len()]);
            let text = if round == 0 {
                (*sample).clone()
            } else {
                retold(sample, round as u64)
            };
            bytes += text.len();
            file.write_all(text.as_bytes()).unwrap();
            file.write_all(b"\n").unwrap();
        }
        file.flush().unwrap();
        let about = format!("{count} {} {}", bytes / count, own.len().min(count));
        std::fs::write(path.with_extension("about"), about).unwrap();
    }

    /// A spool that was filled.
    pub(crate) fn open(path: &Path) -> Spool {
        let about = std::fs::read_to_string(path.with_extension("about")).unwrap();
        let mut about = about.split(' ').map(|n| n.parse().unwrap());
        let mut next = || about.next().unwrap();
        Spool {
            path: path.to_owned(),
            count: next(),
            mean: next(),
            own: next(),
        }
    }

    /// The records, some at a time.
    pub(crate) fn batches(&self, size: usize) -> impl Iterator<Item = Vec<RawRecord>> + use<> {
        let mut lines = BufReader::with_capacity(1 << 20, File::open(&self.path).unwrap()).lines();
        std::iter::from_fn(move || {
            let batch: Vec<RawRecord> = lines.by_ref().take(size).map(|line| record(line.unwrap())).collect();
            (!batch.is_empty()).then_some(batch)
        })
    }
}

fn record(text: String) -> RawRecord {
    let own = "\"id\":\"gid://shopify/Order/";
    let at = text.find(own).unwrap() + own.len();
    let key: String = text[at..].chars().take_while(char::is_ascii_digit).collect();
    RawRecord {
        stream: "orders".into(),
        key,
        facet: "order".into(),
        source: Source::Page,
        version: 1_790_000_000,
        bytes: text.into_bytes(),
    }
}

/// The same order again under a number and ids of its own; products, variants, customers and places keep theirs.
fn retold(sample: &str, round: u64) -> String {
    let mut out = String::with_capacity(sample.len() + 64);
    let mut rest = sample;
    while let Some(at) = rest.find("gid://shopify/") {
        let (before, from) = rest.split_at(at + "gid://shopify/".len());
        out.push_str(before);
        let kind = from.find('/').unwrap_or(0);
        out.push_str(&from[..=kind]);
        let digits = from[kind + 1..].bytes().take_while(u8::is_ascii_digit).count();
        let (id, after) = from[kind + 1..].split_at(digits);
        match (&from[..kind], id.parse::<u64>()) {
            ("Product" | "ProductVariant" | "Customer" | "Location", _) | (_, Err(_)) => out.push_str(id),
            (_, Ok(id)) => out.push_str(&(id + round * 1_000_000_000_000).to_string()),
        }
        rest = after;
    }
    out.push_str(rest);
    out.replacen("\"name\":\"#", &format!("\"name\":\"#{round}-"), 1)
}
