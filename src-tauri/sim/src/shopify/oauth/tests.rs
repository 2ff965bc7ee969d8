use axum::http::header;
use serde_json::Value;

use super::authorize::sign;
use super::*;
use crate::reply::{Answer, Fields};

const CALLBACK: &str = "http://127.0.0.1:4850/auth/callback";

struct Desk {
    apps: Vec<App>,
    tokens: Tokens,
}

impl Desk {
    fn new() -> Desk {
        let apps = vec![App::demo(&[4850])];
        Desk {
            tokens: Tokens::new(1, &apps),
            apps,
        }
    }

    fn consent(&mut self, query: &str, now: i64) -> Answer {
        authorize(
            "harbor",
            &mut self.apps,
            &mut self.tokens,
            &Fields::form(query.as_bytes()),
            now,
        )
    }

    fn code(&mut self, now: i64) -> String {
        let query = format!(
            "client_id={}&scope=read_orders,read_products&redirect_uri={CALLBACK}&state=s&auto=approve",
            App::DEMO_ID
        );
        returned(&self.consent(&query, now)).text("code").to_owned()
    }

    fn post(&mut self, form: &str, now: i64) -> (u16, Value) {
        let form = format!("client_id={}&client_secret={}&{form}", App::DEMO_ID, App::DEMO_SECRET);
        self.post_raw(&form, now)
    }

    fn post_raw(&mut self, form: &str, now: i64) -> (u16, Value) {
        let answer = exchange(&self.apps, &mut self.tokens, &Fields::form(form.as_bytes()), true, now);
        let status = answer.status().as_u16();
        (
            status,
            serde_json::from_slice(&answer.into_body().collect().0).expect("token answers are JSON here"),
        )
    }

    fn alive(&self, token: &Value, now: i64) -> bool {
        self.tokens
            .access(token.as_str().expect("a token is a text"), now)
            .is_some()
    }
}

fn returned(answer: &Answer) -> Fields {
    assert_eq!(answer.status().as_u16(), 302, "consent leads back to the app");
    let place = answer.headers()[header::LOCATION].to_str().expect("a location is text");
    let (base, query) = place.split_once('?').expect("the way back carries parameters");
    assert_eq!(base, CALLBACK, "the way back is the registered address");
    Fields::form(query.as_bytes())
}

#[test]
fn the_signature_is_that_of_the_published_vector() {
    let parameters = [
        ("timestamp", "1337178173"),
        ("shop", "some-shop.myshopify.com"),
        ("code", "0907a61c0c8d55e99db179b68161bc00"),
        ("hmac", "ignored"),
        ("signature", "ignored"),
    ];
    assert_eq!(
        sign("hush", parameters.into_iter()),
        "4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20",
        "contract section 2.3, step 5"
    );
    let spaced = sign("hush", [("a", "x y+z")].into_iter());
    let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, b"hush");
    let by_hand: String = ring::hmac::sign(&key, b"a=x%20y%2Bz")
        .as_ref()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(spaced, by_hand, "spaces become %20 and plus signs stay plus signs");
}

#[test]
fn consent_asks_and_then_leads_back_signed() {
    let mut desk = Desk::new();
    let query = format!(
        "client_id={}&scope=read_orders,%3Cb%3E&redirect_uri={CALLBACK}&state=a%20b",
        App::DEMO_ID
    );
    let page = desk.consent(&query, 1000);
    assert_eq!(page.status().as_u16(), 200, "without a decision there is a page");
    let text = String::from_utf8(page.into_body().collect().0.to_vec()).expect("the page is text");
    assert!(
        text.contains("id=\"approve\"") && text.contains("id=\"decline\""),
        "with two buttons: {text}"
    );
    assert!(
        text.contains("&lt;b&gt;") && !text.contains("<b>"),
        "and what was asked is shown as text"
    );

    let back = returned(&desk.consent(&format!("{query}&decision=approve"), 1000));
    assert_eq!(back.text("state"), "a b", "the state comes back as it was");
    assert_eq!(
        (back.text("shop"), back.text("timestamp")),
        ("harbor.myshopify.com", "1000"),
        "shop and time are named"
    );
    assert_eq!(
        back.text("hmac"),
        sign(App::DEMO_SECRET, back.iter()),
        "all of it is signed"
    );

    let refused = returned(&desk.consent(&format!("{query}&decision=decline"), 1000));
    assert_eq!(
        (refused.text("error"), refused.get("code")),
        ("access_denied", None),
        "a refusal carries no code"
    );
}

#[test]
fn a_callback_address_must_match_letter_for_letter() {
    let mut desk = Desk::new();
    for address in [
        "http://127.0.0.1:4850/auth/callback/",
        "http://localhost:4850/auth/callback",
        "http://127.0.0.1:4851/auth/callback",
        "",
    ] {
        let answer = desk.consent(
            &format!(
                "client_id={}&scope=read_orders&redirect_uri={address}&state=s&auto=approve",
                App::DEMO_ID
            ),
            0,
        );
        assert_eq!(answer.status().as_u16(), 400, "{address:?} is not registered");
    }
    let unknown = desk.consent(&format!("client_id=nobody&redirect_uri={CALLBACK}&auto=approve"), 0);
    assert_eq!(unknown.status().as_u16(), 400, "nor is an unknown app shown a page");
}

#[test]
fn a_code_works_once_and_gives_the_kind_of_token_asked_for() {
    let mut desk = Desk::new();
    let code = desk.code(0);
    let (status, lasting) = desk.post(&format!("code={code}"), 10);
    assert_eq!(status, 200, "a fresh code is exchanged");
    assert_eq!(lasting["scope"], "read_orders,read_products", "the scopes are told");
    assert!(
        lasting.get("expires_in").is_none() && lasting.get("refresh_token").is_none(),
        "a lasting token has no end: {lasting}"
    );
    assert!(desk.alive(&lasting["access_token"], 1_000_000_000), "and lives on");
    assert_eq!(desk.post(&format!("code={code}"), 11).0, 400, "a code works once");

    let code = desk.code(100);
    let (_, expiring) = desk.post(&format!("code={code}&expiring=1"), 100);
    assert_eq!(
        (&expiring["expires_in"], &expiring["refresh_token_expires_in"]),
        (&3600.into(), &7_776_000.into()),
        "an hour and 90 days"
    );
    assert!(desk.alive(&expiring["access_token"], 3699), "alive to the last second");
    assert!(!desk.alive(&expiring["access_token"], 3700), "and then no more");

    let code = desk.code(0);
    assert_eq!(
        desk.post(&format!("code={code}"), 600).0,
        400,
        "a code is good for ten minutes"
    );
}

#[test]
fn fewer_scopes_may_be_granted_than_asked_for() {
    let mut desk = Desk::new();
    desk.apps[0].withheld.push("read_products".to_owned());
    let code = desk.code(0);
    let (_, token) = desk.post(&format!("code={code}"), 0);
    assert_eq!(token["scope"], "read_orders", "the answer says what was granted");
}

#[test]
fn refreshing_rotates_and_forgives_a_lost_answer() {
    let mut desk = Desk::new();
    let code = desk.code(0);
    let (_, first) = desk.post(&format!("code={code}&expiring=1"), 0);
    let refresh = |desk: &mut Desk, pair: &Value, now: i64| {
        let token = pair["refresh_token"]
            .as_str()
            .expect("a pair has a refresh token")
            .to_owned();
        desk.post(&format!("grant_type=refresh_token&refresh_token={token}"), now)
    };
    let (status, second) = refresh(&mut desk, &first, 4000);
    assert_eq!(status, 200, "the refresh token gives a new pair");
    assert_ne!(
        first["refresh_token"], second["refresh_token"],
        "with a new refresh token"
    );

    // The answer got lost: the same refresh token still works, and retires the pair that nobody received.
    let (status, third) = refresh(&mut desk, &first, 5000);
    assert_eq!(status, 200, "the refresh token just used still works");
    assert!(
        !desk.alive(&second["access_token"], 5000),
        "its first result is retired"
    );
    assert_eq!(refresh(&mut desk, &second, 5000).0, 401, "with its refresh token");

    let (status, fourth) = refresh(&mut desk, &third, 6000);
    assert_eq!(status, 200, "the newer token is used");
    assert_eq!(refresh(&mut desk, &first, 6000).0, 401, "which ends the older one");

    assert_eq!(
        refresh(&mut desk, &third, 6000 + 30 * 86_400).0,
        401,
        "30 days after its first use it ends too"
    );
    assert_eq!(
        refresh(&mut desk, &fourth, 6000 + 7_776_000).0,
        401,
        "and after 90 days without use the connection is lost"
    );
}

#[test]
fn acquiring_a_token_another_way_ends_the_forgiveness() {
    let mut desk = Desk::new();
    let code = desk.code(0);
    let (_, first) = desk.post(&format!("code={code}&expiring=1"), 0);
    let token = first["refresh_token"]
        .as_str()
        .expect("a pair has a refresh token")
        .to_owned();
    assert_eq!(
        desk.post(&format!("grant_type=refresh_token&refresh_token={token}"), 10)
            .0,
        200,
        "first use"
    );
    assert_eq!(
        desk.post("grant_type=client_credentials", 20).0,
        200,
        "another acquisition"
    );
    assert_eq!(
        desk.post(&format!("grant_type=refresh_token&refresh_token={token}"), 30)
            .0,
        401,
        "the used one is over"
    );
}

#[test]
fn client_credentials_follow_the_rules_of_the_organization() {
    let mut desk = Desk::new();
    let (status, token) = desk.post("grant_type=client_credentials", 0);
    assert_eq!((status, &token["expires_in"]), (200, &86_399.into()), "a day's token");
    assert!(token.get("refresh_token").is_none(), "without a refresh token");
    assert!(
        desk.alive(&token["access_token"], 86_398) && !desk.alive(&token["access_token"], 86_399),
        "for a day"
    );

    desk.apps[0].installed = false;
    assert_eq!(
        desk.post("grant_type=client_credentials", 0).1["error"],
        "app_not_installed",
        "not installed"
    );
    desk.apps[0].same_organization = false;
    let (status, refused) = desk.post("grant_type=client_credentials", 0);
    assert_eq!(
        (status, &refused["error"]),
        (400, &"shop_not_permitted".into()),
        "another organization"
    );

    let (status, wrong) = desk.post_raw(
        &format!(
            "client_id={}&client_secret=guess&grant_type=client_credentials",
            App::DEMO_ID
        ),
        0,
    );
    assert_eq!(
        (status, &wrong["error"]),
        (400, &"invalid_client".into()),
        "a wrong secret"
    );
    let page = exchange(&desk.apps, &mut desk.tokens, &Fields::form(b"client_id=x"), false, 0);
    let text = String::from_utf8(page.into_body().collect().0.to_vec()).expect("the page is text");
    assert!(
        text.contains("<h1>Oauth error application_cannot_be_found</h1>"),
        "a browser gets a page: {text}"
    );
}

#[test]
fn revoking_and_losing_scopes_take_effect_at_once() {
    let mut desk = Desk::new();
    let read = |desk: &Desk| desk.tokens.access(App::DEMO_TOKEN, 0);
    assert!(
        read(&desk).is_some_and(|access| access.scopes.iter().any(|scope| scope == "read_all_orders")),
        "the old token has all scopes"
    );
    desk.tokens.set_scope("read_all_orders", false);
    assert!(
        read(&desk).is_some_and(|access| !access.scopes.iter().any(|scope| scope == "read_all_orders")),
        "a scope taken away is gone"
    );
    desk.tokens.set_scope("read_all_orders", true);
    assert!(
        read(&desk).is_some_and(|access| access.scopes.iter().any(|scope| scope == "read_all_orders")),
        "and comes back"
    );
    desk.tokens.revoke(App::DEMO_TOKEN);
    assert!(read(&desk).is_none(), "a revoked token is dead");
}
