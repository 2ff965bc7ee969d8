use std::sync::Mutex;

use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::auth::Browser;
use crate::clock::SteppedClock;
use crate::net::Transport;
use crate::net::entropy::SeededEntropy;
use crate::net::scripted::{Scripted, answer};

const NOW: i64 = 1_800_000_000;

/// A browser that remembers what it was shown.
#[derive(Default)]
struct Shown(Mutex<Vec<String>>);

impl Browser for Shown {
    fn open(&self, page: &str) -> Result<(), NetError> {
        self.0.lock().expect("no panic").push(page.to_owned());
        Ok(())
    }
}

fn world(transport: &Arc<Scripted>) -> World {
    World {
        transport: Arc::clone(transport) as Arc<dyn Transport>,
        clock: Arc::new(SteppedClock::standing(NOW)),
        entropy: Arc::new(SeededEntropy::new(4)),
        browser: Arc::new(Shown::default()),
        spent: Default::default(),
    }
}

fn asked(access: Access) -> Asked {
    Asked {
        shop: "my-shop".parse().expect("a shop"),
        endpoint: None,
        version: "2026-10".into(),
        access,
    }
}

fn shop(scopes: &[&str]) -> Value {
    json!({ "data": {
        "shop": { "id": "gid://shopify/Shop/1", "name": "My shop", "myshopifyDomain": "my-shop.myshopify.com", "currencyCode": "EUR", "ianaTimezone": "Europe/Berlin" },
        "currentAppInstallation": { "accessScopes": scopes.iter().map(|scope| json!({ "handle": scope })).collect::<Vec<_>>() },
        "publicApiVersions": [{ "handle": "2026-10", "supported": true }]
    } })
}

fn ours(access: Access) -> (Arc<Scripted>, Asked) {
    let transport = Arc::new(Scripted::by(|request| {
        if request.uri().path().ends_with("access_token") {
            return answer(
                200,
                r#"{"access_token":"tok","scope":"read_orders","expires_in":86399}"#,
            );
        }
        match request
            .headers()
            .get("x-shopify-access-token")
            .and_then(|value| value.to_str().ok())
        {
            Some("tok" | "shpat_1") => answer(200, shop(&["read_orders", "write_products"]).to_string()),
            _ => answer(401, r#"{"errors":"[API] Invalid API key or access token"}"#),
        }
    }));
    (transport, asked(access))
}

#[tokio::test]
async fn route_a_gets_a_token_by_id_and_secret_and_says_what_is_missing() {
    let access = Access::ClientCredentials {
        client_id: " id ".into(),
        client_secret: " planted\n".into(),
    };
    let (transport, asked) = ours(access);
    let connected = connect(&world(&transport), asked, None, |_| {})
        .await
        .expect("connected");
    assert_eq!(connected.identity.currency.code(), "EUR", "the shop said who it is");
    assert_eq!(
        connected.tokens.expires_at,
        Some(NOW + 86_399),
        "the token ends in a day"
    );
    let missing: Vec<&str> = connected.missing.iter().map(|right| right.scope).collect();
    assert!(
        missing.contains(&"read_all_orders") && !missing.contains(&"read_products"),
        "write_products includes reading: {missing:?}"
    );
    let form = String::from_utf8_lossy(transport.asked()[0].body()).into_owned();
    assert!(
        form.contains("client_id=id&client_secret=planted") || form.ends_with("client_secret=planted"),
        "blanks around are cut: {form}"
    );
    assert!(
        !format!("{connected:?}").contains("planted"),
        "and no secret is printed"
    );
}

#[tokio::test]
async fn route_c_takes_a_pasted_token_and_refuses_a_wrong_one() {
    let (transport, asked) = ours(Access::Token(" shpat_1 ".into()));
    let connected = connect(&world(&transport), asked, None, |_| {})
        .await
        .expect("connected");
    assert_eq!(
        (connected.tokens.expires_at, connected.credentials.route),
        (None, Route::Pasted),
        "it lasts"
    );
    let (transport, asked) = ours(Access::Token("wrong".into()));
    let error = connect(&world(&transport), asked, None, |_| {})
        .await
        .expect_err("refused");
    assert!(error.code == Code::Invalid && error.hint.contains("shpat_"), "{error}");
}

#[tokio::test]
async fn route_b_goes_through_the_browser_and_the_pasted_address_works_too() {
    let access = Access::Browser {
        client_id: "id".into(),
        client_secret: "hush".into(),
        expiring: true,
        all_orders: false,
    };
    let (transport, asked) = ours(access);
    let world = world(&transport);
    let (paste, pasted) = oneshot::channel();
    let paste = Mutex::new(Some(paste));
    let tell = move |telling: Telling| {
        let Telling::Consent { page, by_hand } = telling;
        assert!(!by_hand, "the browser started");
        let page = Url::parse(&page).expect("a page");
        let get = |name: &str| {
            page.query_pairs()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
                .unwrap_or_default()
        };
        assert!(!get("scope").contains("read_all_orders"), "not asked for: {page}");
        assert!(
            redirect_addresses().contains(&get("redirect_uri")),
            "one of the registered addresses: {page}"
        );
        let parts = format!(
            "code=c1&shop=my-shop.myshopify.com&state={}&timestamp={NOW}",
            get("state")
        );
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"hush");
        let hmac: String = ring::hmac::sign(&key, parts.as_bytes())
            .as_ref()
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        let address = format!("{}?{parts}&hmac={hmac}", get("redirect_uri"));
        if let Some(paste) = paste.lock().expect("no panic").take() {
            paste.send(address).expect("awaited");
        }
    };
    let connected = connect(&world, asked, Some(pasted), tell).await.expect("connected");
    assert_eq!(connected.credentials.route, Route::AuthorizationCode, "by consent");
    let exchange: Value = serde_json::from_slice(transport.asked()[0].body()).expect("JSON");
    assert_eq!(
        (exchange["code"].as_str(), exchange["expiring"].as_str()),
        (Some("c1"), Some("1")),
        "the code and the wish: {exchange}"
    );
}

#[tokio::test]
async fn a_shop_that_is_down_or_asks_to_slow_down_is_told_apart_from_a_wrong_one() {
    for (status, code) in [
        (404, Code::NotFound),
        (402, Code::RefusedByChannel),
        (301, Code::NeedsReconnect),
    ] {
        let transport = Arc::new(Scripted::by(move |_| answer(status, Bytes::new())));
        let world = World {
            clock: Arc::new(SteppedClock::running(NOW)),
            ..world(&transport)
        };
        let error = connect(&world, asked(Access::Token("t".into())), None, |_| {})
            .await
            .expect_err("refused");
        assert_eq!(error.code, code, "{status}: {error}");
    }
    let transport = Arc::new(Scripted::of([
        answer(503, ""),
        answer(200, shop(&["read_orders"]).to_string()),
    ]));
    let world = World {
        clock: Arc::new(SteppedClock::running(NOW)),
        ..world(&transport)
    };
    connect(&world, asked(Access::Token("t".into())), None, |_| {})
        .await
        .expect("a passing fault is asked again");
}

#[test]
fn an_endpoint_is_this_machine_or_secure() {
    let shop: ShopName = "my-shop".parse().expect("a shop");
    let base = |text: &str| base_address(&shop, Some(text)).map(|base| base.to_string());
    assert_eq!(
        base_address(&shop, None).map(String::from),
        Ok("https://my-shop.myshopify.com/".into()),
        "the shop's own host"
    );
    assert_eq!(
        base("http://127.0.0.1:8080/shopify/demo"),
        Ok("http://127.0.0.1:8080/shopify/demo/".into()),
        "a simulator, its path kept"
    );
    assert_eq!(
        base("https://proxy.example"),
        Ok("https://proxy.example/".into()),
        "a proxy"
    );
    for wrong in [
        "http://proxy.example",
        "http://127.0.0.1.evil.example/",
        "ftp://127.0.0.1/",
        "https://user:pass@proxy.example/",
        "https://proxy.example/?x=1",
        "file:///etc/passwd",
    ] {
        assert_eq!(base(wrong).map_err(|error| error.code), Err(Code::Invalid), "{wrong}");
    }
}
