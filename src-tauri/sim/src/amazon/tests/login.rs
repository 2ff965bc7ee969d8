//! Tokens, consent, regions, roles and limits.

use serde_json::Value;

use super::rig::Rig;
use crate::amazon::{App, Role};
use crate::world::amazon::Region;

const PARTICIPATIONS: &str = "/sellers/v1/marketplaceParticipations";

fn details(answer: &axum::http::Response<bytes::Bytes>) -> String {
    let body: Value = serde_json::from_slice(answer.body()).expect("an error is JSON");
    let error = &body["errors"][0];
    format!("{} {} {}", error["code"], error["message"], error["details"])
}

#[test]
fn the_token_endpoint_says_what_is_wrong() {
    let rig = Rig::new(Region::Na);
    let refresh = App::demo_token(Region::Na);
    let (status, body) = rig.lwa(&[("grant_type", "refresh_token"), ("refresh_token", &refresh)]);
    assert_eq!((status, &body["expires_in"]), (200, &3600.into()), "an hour's token");
    assert_eq!(
        body["refresh_token"],
        refresh.as_str(),
        "the refresh token comes back as it was"
    );
    assert!(
        body["access_token"]
            .as_str()
            .is_some_and(|token| token.starts_with("Atza|")),
        "in its form"
    );
    let cases: [(&str, &[(&str, &str)]); 6] = [
        (
            "invalid_grant",
            &[("grant_type", "refresh_token"), ("refresh_token", "Atzr|wrong")],
        ),
        (
            "invalid_client",
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", &refresh),
                ("client_secret", "x"),
            ],
        ),
        (
            "invalid_client",
            &[
                ("grant_type", "refresh_token"),
                ("refresh_token", &refresh),
                ("client_id", "x"),
            ],
        ),
        ("unsupported_grant_type", &[("grant_type", "password")]),
        ("invalid_request", &[]),
        (
            "invalid_scope",
            &[("grant_type", "client_credentials"), ("scope", "everything")],
        ),
    ];
    for (code, fields) in cases {
        let (status, body) = rig.lwa(fields);
        assert_eq!((status, &body["error"]), (400, &code.into()), "{fields:?}: {body}");
    }
    let own = [
        ("grant_type", "client_credentials"),
        ("scope", "sellingpartnerapi::notifications"),
    ];
    let (status, body) = rig.lwa(&own);
    assert_eq!(status, 200, "the application itself gets a token: {body}");
    assert!(body.get("refresh_token").is_none(), "without a refresh token");
    let token = body["access_token"].as_str().expect("a token");
    assert_eq!(
        rig.call_with("GET", PARTICIPATIONS, token, "").status(),
        403,
        "which opens no seller's account"
    );
    rig.sim.revoke_amazon(Some(&refresh));
    let (status, body) = rig.lwa(&[("grant_type", "refresh_token"), ("refresh_token", &refresh)]);
    assert_eq!(
        (status, &body["error"]),
        (400, &"invalid_grant".into()),
        "consent was withdrawn"
    );
}

#[test]
fn access_has_an_hour_a_region_and_roles() {
    let mut rig = Rig::new(Region::Eu);
    assert_eq!(
        rig.call("GET", PARTICIPATIONS, "").status(),
        200,
        "a fresh token opens its region"
    );
    rig.region = Region::Na;
    assert_eq!(rig.call("GET", PARTICIPATIONS, "").status(), 403, "and no other");
    rig.region = Region::Eu;
    rig.pass(3_599);
    assert_eq!(rig.call("GET", PARTICIPATIONS, "").status(), 200, "to its last second");
    rig.pass(1);
    let answer = rig.call("GET", PARTICIPATIONS, "");
    assert_eq!(answer.status(), 403, "then it has expired");
    assert!(
        details(&answer).contains("has expired"),
        "and the answer says so: {}",
        details(&answer)
    );
    rig.log_in();
    rig.sim.set_amazon_role(Role::Finance, false);
    let path = "/finances/2024-06-19/transactions?postedAfter=2026-11-01T00:00:00Z";
    let answer = rig.call("GET", path, "");
    assert_eq!(answer.status(), 403, "without the role");
    assert!(
        !details(&answer).contains("expired"),
        "which is another thing: {}",
        details(&answer)
    );
    rig.sim.set_amazon_role(Role::Finance, true);
    assert_eq!(rig.call("GET", path, "").status(), 200, "with it");
    rig.sim.set_amazon_secret_expiry(Some(rig.now()));
    let answer = rig.call("GET", PARTICIPATIONS, "");
    assert!(
        details(&answer).contains("LWA secret"),
        "an expired secret is named: {}",
        details(&answer)
    );
    rig.sim.set_amazon_secret_expiry(None);
    let address = format!("https://sellingpartnerapi-eu.amazon.com{PARTICIPATIONS}");
    assert_eq!(
        rig.send("GET", &address, &[], "").status(),
        400,
        "who calls must say who they are"
    );
    let agent = [("user-agent", "Countinghouse/1.0 (Language=Rust)")];
    assert_eq!(rig.send("GET", &address, &agent, "").status(), 403, "and bring a token");
    let address = format!("http://127.0.0.1:4900/amazon/eu{PARTICIPATIONS}");
    assert_eq!(
        rig.send("GET", &address, &agent, "").status(),
        403,
        "the same on loopback"
    );
}

#[test]
fn consent_leads_back_with_a_code_of_five_minutes() {
    let rig = Rig::new(Region::Na);
    let base = format!(
        "https://sellercentral.amazon.com/apps/authorize/consent?application_id={}&state=s1",
        App::DEMO_APPLICATION
    );
    let page = |more: &str| rig.send("GET", &format!("{base}{more}"), &[], "");
    let text = |more: &str| String::from_utf8_lossy(page(more).body()).into_owned();
    assert!(text("").contains("MD1000"), "a draft needs version=beta");
    assert!(
        text("&version=beta").contains("Finance and Accounting"),
        "the page names the roles"
    );
    let local = "&version=beta&auto=approve&redirect_uri=http%3A%2F%2Flocalhost%3A4850%2Fcallback";
    assert!(text(local).contains("MD5101"), "a desktop's own address is refused");
    assert!(
        text("&version=beta&redirect_uri=https%3A%2F%2Fx.example%2F%23a").contains("MD5110"),
        "no fragment"
    );
    let code = || {
        let answer = page("&version=beta&auto=approve");
        assert_eq!(answer.status(), 302, "consent leads back");
        let to = url::Url::parse(answer.headers()["location"].to_str().expect("an address")).expect("an address");
        assert!(to.as_str().starts_with(App::DEMO_REDIRECT), "to the registered address");
        let pairs: std::collections::BTreeMap<_, _> = to.query_pairs().into_owned().collect();
        assert_eq!(pairs["state"], "s1", "with the state");
        assert!(pairs.contains_key("selling_partner_id"), "and the seller");
        pairs["spapi_oauth_code"].clone()
    };
    let exchange = |code: &str| {
        rig.lwa(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", App::DEMO_REDIRECT),
        ])
    };
    let good = code();
    rig.pass(299);
    let (status, body) = exchange(&good);
    assert_eq!(status, 200, "within five minutes: {body}");
    assert!(
        body["refresh_token"]
            .as_str()
            .is_some_and(|token| token.starts_with("Atzr|")),
        "for a refresh token"
    );
    assert_eq!(exchange(&good).1["error"], "invalid_grant", "once");
    let late = code();
    rig.pass(300);
    assert_eq!(exchange(&late).1["error"], "invalid_grant", "and not later");
}

#[test]
fn buckets_hold_what_the_contract_says() {
    let rig = Rig::with(Region::Na, |setup| setup.amazon.speed = 1);
    let path = "/orders/2026-01-01/orders?lastUpdatedAfter=2026-11-20T00:00:00Z&maxResultsPerPage=1";
    let statuses = (0..21).map(|_| rig.call("GET", path, ""));
    let answers: Vec<_> = statuses.collect();
    assert!(
        answers[..20].iter().all(|answer| answer.status() == 200),
        "twenty calls at once"
    );
    assert_eq!(
        answers[19].headers()["x-amzn-ratelimit-limit"],
        "0.0056",
        "at the rate told"
    );
    let refused = &answers[20];
    assert_eq!(refused.status(), 429, "the next is too many");
    assert_eq!(
        refused.headers()["x-amzn-errortype"],
        "TooManyRequestsException",
        "as recorded"
    );
    assert!(
        !refused.headers().contains_key("retry-after"),
        "nobody says when to try again"
    );
    assert!(details(refused).contains("QuotaExceeded"), "{}", details(refused));
    assert_eq!(
        rig.call("GET", PARTICIPATIONS, "").status(),
        200,
        "other operations have buckets of their own"
    );
    rig.pass(178);
    assert_eq!(rig.call("GET", path, "").status(), 429, "not after 178 seconds");
    rig.pass(1);
    assert_eq!(rig.call("GET", path, "").status(), 200, "but after 179");
}

#[test]
fn participations_hold_more_than_the_seller_trades_in() {
    let rig = Rig::new(Region::Eu);
    let body = rig.get(PARTICIPATIONS);
    let list = body["payload"].as_array().expect("a list");
    let ids: Vec<&str> = list
        .iter()
        .filter_map(|row| row["marketplace"]["id"].as_str())
        .collect();
    assert!(
        ids.contains(&"A1F83G8C2ARO7P") && ids.contains(&"A1PA6795UKMFR9"),
        "UK and DE: {ids:?}"
    );
    assert!(ids.contains(&"AZMDEXL2RVFNN"), "a pseudo marketplace");
    let idle = list.iter().find(|row| row["participation"]["isParticipating"] == false);
    assert_eq!(
        idle.expect("one of them")["marketplace"]["countryCode"],
        "FR",
        "one without trade"
    );
}

#[test]
fn a_running_simulator_is_told_what_to_do() {
    let rig = Rig::new(Region::Na);
    let control = |method: &str, path: &str| {
        let answer = rig.send(method, &format!("http://127.0.0.1/__sim/{path}"), &[], "");
        let body: Value = serde_json::from_slice(answer.body()).unwrap_or(Value::Null);
        (answer.status().as_u16(), body)
    };
    assert!(
        control("GET", "state").1["amazon_orders"]
            .as_u64()
            .is_some_and(|count| count > 4_000),
        "what there is"
    );
    let money = "/finances/2024-06-19/transactions?postedAfter=2026-11-01T00:00:00Z";
    assert_eq!(
        control("POST", "amazon/roles?lose=Finance+and+Accounting").0,
        200,
        "a role is lost"
    );
    assert_eq!(rig.call("GET", money, "").status(), 403, "really");
    assert_eq!(
        control("POST", "amazon/roles?give=Finance+and+Accounting").0,
        200,
        "and comes back"
    );
    assert_eq!(rig.call("GET", money, "").status(), 200, "really");
    assert_eq!(
        control("POST", "amazon/roles?lose=Everything").0,
        400,
        "an unknown one is refused"
    );
    assert_eq!(control("POST", "amazon/secret?expired=yes").0, 200, "secrets expire");
    assert_eq!(rig.call("GET", money, "").status(), 403, "really");
    assert_eq!(control("POST", "amazon/secret?expired=no").0, 200, "and are rotated");
    let truth = |more: &str| control("GET", &format!("truth?definition=order_totals{more}")).1;
    let (shop, all) = (truth(""), truth("&marketplace=total"));
    let here = truth("&marketplace=ATVPDKIKX0DER");
    assert_eq!(
        here["time_zone"], "America/Los_Angeles",
        "a marketplace has its own days"
    );
    let orders = |report: &Value| report["totals"]["orders"].as_i64().expect("a count");
    assert!(
        orders(&all) > orders(&shop) && orders(&shop) > 0,
        "the whole is more than the shop"
    );
    assert_eq!(
        truth("&marketplace=A1VC38T7YXB528")["currency"],
        "JPY",
        "and its own money"
    );
    assert_eq!(control("POST", "amazon/tokens/revoke").0, 200, "consent is withdrawn");
    assert_eq!(rig.call("GET", money, "").status(), 403, "from everybody");
}
