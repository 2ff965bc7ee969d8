use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::*;
use crate::auth::vault::MemoryVault;
use crate::auth::{Browser, access_standing};
use crate::clock::SteppedClock;
use crate::net::Transport;
use crate::net::entropy::SeededEntropy;
use crate::net::scripted::{Scripted, answer};

const NOW: i64 = 1_800_000_000;

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

fn asked() -> Asked {
    Asked {
        region: None,
        marketplaces: Vec::new(),
        endpoint: None,
        seller: None,
        secret_since: None,
        access: Access::Private {
            client_id: " amzn1.application-oa2-client.1 ".into(),
            client_secret: " planted-secret\n".into(),
            refresh_token: " Atzr|planted ".into(),
        },
    }
}

fn entry(id: &str, participates: bool) -> Value {
    json!({ "marketplace": { "id": id, "countryCode": "XX", "name": "x" },
        "participation": { "isParticipating": participates, "hasSuspendedListings": false }, "storeName": "Tidy Goods" })
}

/// Amazon, where the account is in `region`.
fn amazon(region: Region) -> Arc<Scripted> {
    let home = base_of(region, None).expect("an address");
    Arc::new(Scripted::by(move |request| {
        let path = request.uri().path();
        if path == "/auth/o2/token" {
            assert_eq!(
                request.uri().host(),
                Some("api.amazon.com"),
                "one host for every region"
            );
            let form = String::from_utf8_lossy(request.body()).into_owned();
            let good =
                form.contains("grant_type=refresh_token") && form.contains("planted-secret") && !form.contains("%0A")
                    || form.contains("new-secret");
            return match good {
                true => answer(
                    200,
                    r#"{"access_token":"Atza|1","refresh_token":"Atzr|planted","token_type":"bearer","expires_in":3600}"#,
                ),
                false => answer(
                    400,
                    r#"{"error":"invalid_client","error_description":"Client authentication failed"}"#,
                ),
            };
        }
        let token = request
            .headers()
            .get("x-amz-access-token")
            .and_then(|v| v.to_str().ok());
        assert_eq!(token, Some("Atza|1"), "signed");
        assert!(request.headers().contains_key("x-amz-date"), "dated");
        if request.uri().host() != home.host_str() {
            return answer(
                403,
                r#"{"errors":[{"code":"Unauthorized","message":"Access to requested resource is denied.","details":""}]}"#,
            );
        }
        match path {
            "/sellers/v1/marketplaceParticipations" => answer(
                200,
                json!({ "payload": [
                    entry("A2ZV50J4W1RKNI", true), entry("A1PA6795UKMFR9", true), entry("A1F83G8C2ARO7P", true),
                    entry("A13V1IB3VIYZZH", false), entry("UNHEARD", true)
                ] })
                .to_string(),
            ),
            "/finances/2024-06-19/transactions" => answer(
                200,
                json!({ "payload": { "transactions": [{ "sellingPartnerMetadata": { "sellingPartnerId": "A2SELLER" } }] } }).to_string(),
            ),
            other => panic!("{other} was not to be asked"),
        }
    }))
}

#[tokio::test]
async fn amazon_failure_41_region_and_marketplaces_are_found_without_pseudo_ones() {
    let transport = amazon(Region::Europe);
    let connected = connect(&world(&transport), asked(), None, |_| {})
        .await
        .expect("connected");
    assert_eq!(connected.region, Region::Europe, "the region that lets the account in");
    assert_eq!(
        connected.remote.outlets,
        ["A1F83G8C2ARO7P", "A1PA6795UKMFR9"],
        "where it takes part, in the order of the list: no pseudo marketplace, none it left"
    );
    assert_eq!(
        connected.identity.account, "eu:A2SELLER",
        "the seller, within the region"
    );
    assert_eq!(
        connected.identity.zone.name(),
        "Europe/London",
        "days of the home marketplace"
    );
    assert_eq!(
        connected.credentials.client_secret.as_ref().map(Secret::expose),
        Some("planted-secret"),
        "trimmed"
    );
    let hosts: Vec<String> = transport
        .asked()
        .iter()
        .filter_map(|request| request.uri().host().map(str::to_owned))
        .collect();
    assert_eq!(
        hosts,
        [
            "api.amazon.com",
            "sellingpartnerapi-na.amazon.com",
            "sellingpartnerapi-eu.amazon.com",
            "sellingpartnerapi-eu.amazon.com"
        ],
        "a token, two regions, the seller's id"
    );
}

#[tokio::test]
async fn chosen_marketplaces_are_read_and_name_the_region() {
    let transport = amazon(Region::Europe);
    let chosen = Asked {
        marketplaces: vec!["DE".into()],
        seller: Some(" A9 ".into()),
        ..asked()
    };
    let connected = connect(&world(&transport), chosen, None, |_| {})
        .await
        .expect("connected");
    assert_eq!(connected.remote.outlets, ["A1PA6795UKMFR9"], "only the chosen one");
    assert_eq!(connected.identity.account, "eu:A9", "as the user says");
    assert_eq!(
        connected.identity.zone.name(),
        "Europe/Berlin",
        "the chosen one is home"
    );
    assert_eq!(transport.asked().len(), 2, "no other region is asked");
    for (wrong, word) in [
        (vec!["FR".to_owned()], "does not sell"),
        (vec!["DE".to_owned(), "US".to_owned()], "one region"),
        (vec!["Atlantis".to_owned()], "no marketplace"),
    ] {
        let chosen = Asked {
            marketplaces: wrong,
            ..asked()
        };
        let error = connect(&world(&transport), chosen, None, |_| {}).await.expect_err(word);
        assert!(error.message.contains(word), "{error} should say “{word}”");
    }
}

#[tokio::test]
async fn an_account_that_nobody_lets_in_is_told_with_every_cause() {
    let transport = amazon(Region::Europe);
    let elsewhere = Asked {
        region: Some(Region::FarEast),
        ..asked()
    };
    let error = connect(&world(&transport), elsewhere, None, |_| {})
        .await
        .expect_err("another region");
    assert!(
        error.message.contains("for Europe, not for Far East") && error.hint.contains("let it be found"),
        "the region that lets it in is named: {error}"
    );
    let nobody = Arc::new(Scripted::by(|request| match request.uri().path() {
        "/auth/o2/token" => answer(
            200,
            r#"{"access_token":"Atza|1","refresh_token":"Atzr|2","token_type":"bearer","expires_in":3600}"#,
        ),
        _ => answer(
            403,
            r#"{"errors":[{"code":"Unauthorized","message":"Access to requested resource is denied.","details":""}]}"#,
        ),
    }));
    for region in [Some(Region::FarEast), None] {
        let error = connect(&world(&nobody), Asked { region, ..asked() }, None, |_| {})
            .await
            .expect_err("no region");
        assert!(
            error.message.contains("Far East") && error.hint.contains("role Selling Partner Insights"),
            "{region:?}: what was asked, and what may be missing: {error}"
        );
    }
    let wrong = Asked {
        access: Access::Private {
            client_id: "1".into(),
            client_secret: "other".into(),
            refresh_token: "Atzr|planted".into(),
        },
        ..asked()
    };
    let error = connect(&world(&transport), wrong, None, |_| {})
        .await
        .expect_err("a wrong secret");
    assert!(error.message.contains("secret"), "{error}");
    assert!(
        error.hint.contains("LWA credentials") && !error.hint.contains("stays"),
        "there is no connection yet that could stay: {error}"
    );
    assert!(!error.to_string().contains("planted"), "no secret in a message");
}

#[tokio::test]
async fn a_consent_is_finished_by_the_pasted_address() {
    let transport = Arc::new(Scripted::by(|request| match request.uri().path() {
        "/auth/o2/token" => {
            let form = String::from_utf8_lossy(request.body()).into_owned();
            assert!(
                form.contains("grant_type=authorization_code") && form.contains("code=ANcode"),
                "{form}"
            );
            answer(
                200,
                r#"{"access_token":"Atza|1","refresh_token":"Atzr|2","token_type":"bearer","expires_in":3600}"#,
            )
        }
        _ => answer(200, json!({ "payload": [entry("ATVPDKIKX0DER", true)] }).to_string()),
    }));
    let consent = Asked {
        region: Some(Region::NorthAmerica),
        access: Access::Consent {
            application: "amzn1.sp.solution.1".into(),
            client_id: "1".into(),
            client_secret: "planted".into(),
            redirect: "https://relay.example/back".into(),
            draft: false,
        },
        ..asked()
    };
    let (sender, receiver) = oneshot::channel();
    let sender = Mutex::new(Some(sender));
    let tell = move |telling: Telling| {
        let Telling::Consent { page, .. } = telling;
        let page = url::Url::parse(&page).expect("a page");
        let state = page
            .query_pairs()
            .find(|(name, _)| name == "state")
            .expect("a state")
            .1
            .into_owned();
        let back = format!("https://relay.example/back?state={state}&selling_partner_id=A7&spapi_oauth_code=ANcode");
        let sender = sender.lock().expect("no panic").take().expect("told once");
        sender.send(back).expect("someone waits");
    };
    let connected = connect(&world(&transport), consent, Some(receiver), tell)
        .await
        .expect("connected");
    assert_eq!(connected.identity.account, "na:A7", "the seller who consented");
    assert_eq!(
        connected.tokens.refresh.as_ref().map(Secret::expose),
        Some("Atzr|2"),
        "tokens of the code"
    );
}

#[tokio::test]
async fn amazon_failure_20_a_secret_is_replaced_without_connecting_again() {
    let transport = amazon(Region::NorthAmerica);
    let outside = world(&transport);
    let connected = connect(&outside, asked(), None, |_| {}).await.expect("connected");
    let vault = Arc::new(MemoryVault::default());
    let tokens = Tokens::new(
        "c1".into(),
        grant_spec(&connected.remote.base).expect("a grant"),
        Arc::clone(&outside.transport),
        Arc::clone(&vault) as Arc<dyn crate::auth::vault::Vault>,
        Arc::clone(&outside.clock),
        Arc::clone(&outside.entropy),
    );
    tokens
        .keep(&connected.credentials, &connected.tokens)
        .await
        .expect("kept");
    let since = |vault: &MemoryVault| {
        let standing = access_standing(vault, "c1").expect("readable").expect("kept");
        (standing.secret_since, standing.ends_at)
    };
    assert_eq!(
        since(&vault),
        (Some(NOW), None),
        "its age is known, and the token does not end by age"
    );
    let refused = tokens.replace_secret(&"typo".into(), NOW + 9).await;
    assert!(refused.is_err(), "a wrong secret is not kept");
    assert_eq!(since(&vault).0, Some(NOW), "the old one stays");
    tokens
        .replace_secret(&"new-secret".into(), NOW + 9)
        .await
        .expect("replaced");
    assert_eq!(since(&vault).0, Some(NOW + 9), "the new one's age counts");
    let forms: Vec<String> = transport
        .asked()
        .iter()
        .filter(|request| request.uri().path() == "/auth/o2/token")
        .map(|request| String::from_utf8_lossy(request.body()).into_owned())
        .collect();
    let last = forms.last().expect("asked");
    assert!(
        last.contains("new-secret") && last.contains("refresh_token=Atzr%7Cplanted"),
        "the same refresh token with the new secret: {last}"
    );
}

#[tokio::test]
async fn amazon_failure_44_every_account_has_an_application_of_its_own() {
    // An application authorises at most ten accounts: each connection keeps and uses its own.
    let transport = Arc::new(Scripted::by(|request| {
        let form = String::from_utf8_lossy(request.body()).into_owned();
        let whose = if form.contains("client_id=one") { "1" } else { "2" };
        answer(
            200,
            json!({ "access_token": whose, "token_type": "bearer", "expires_in": 3600 }).to_string(),
        )
    }));
    let outside = world(&transport);
    let vault = Arc::new(MemoryVault::default());
    let base = base_of(Region::Europe, None).expect("an address");
    for (connection, client, whose) in [("c1", "one", "1"), ("c2", "two", "2"), ("c1", "one", "1")] {
        let tokens = Tokens::new(
            connection.into(),
            grant_spec(&base).expect("a grant"),
            Arc::clone(&outside.transport),
            Arc::clone(&vault) as Arc<dyn crate::auth::vault::Vault>,
            Arc::clone(&outside.clock),
            Arc::clone(&outside.entropy),
        );
        let ended = TokenSet {
            refresh: Some("Atzr|1".into()),
            expires_at: Some(NOW - 1),
            ..TokenSet::lasting("old".into())
        };
        tokens
            .keep(&own_app(client, &"secret".into(), NOW), &ended)
            .await
            .expect("kept");
        let token = tokens.current().await.expect("a new token");
        assert_eq!(token.expose(), whose, "{connection} asks as its own application");
    }
}

#[test]
fn a_secret_that_is_yet_to_be_made_is_refused() {
    assert_eq!(made(None, NOW).ok(), Some(NOW), "made today, as far as nobody says");
    assert_eq!(made(Some(NOW - 9), NOW).ok(), Some(NOW - 9), "as stated");
    assert!(
        made(Some(NOW + 86_400), NOW).is_ok(),
        "where the user is it may be tomorrow"
    );
    assert!(
        made(Some(NOW + 200 * 86_400), NOW).is_err(),
        "a reminder before its end would never come"
    );
}
