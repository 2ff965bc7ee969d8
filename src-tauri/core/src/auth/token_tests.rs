use std::sync::atomic::{AtomicUsize, Ordering};

use super::*;
use crate::auth::grants::Encoding;
use crate::auth::vault::MemoryVault;
use crate::clock::SteppedClock;
use crate::net::TransportError;
use crate::net::entropy::SeededEntropy;
use crate::net::scripted::{Scripted, answer};

const NOW: i64 = 1_800_000_000;

fn explain(status: u16, body: &[u8]) -> NetError {
    let text = String::from_utf8_lossy(body).into_owned();
    match status {
        401 => NetError::connection(Code::NeedsReconnect, text, "connect again"),
        500..=599 => NetError::connection(Code::Offline, text, "later"),
        _ => NetError::connection(Code::Invalid, text, "check"),
    }
}

fn tokens(vault: &Arc<MemoryVault>, clock: &Arc<SteppedClock>, transport: &Arc<Scripted>) -> Tokens {
    let spec = GrantSpec {
        token: "https://shop.example/token".parse().expect("an address"),
        encoding: Encoding::Json,
        margin: Duration::from_secs(600),
        explain,
    };
    let (transport, vault, clock) = (Arc::clone(transport), Arc::clone(vault), Arc::clone(clock));
    Tokens::new(
        "c1".into(),
        spec,
        transport,
        vault,
        clock,
        Arc::new(SeededEntropy::new(1)),
    )
}

fn credentials(route: Route) -> Credentials {
    Credentials {
        route,
        client_id: "id".into(),
        client_secret: Some("planted-client-secret".into()),
        secret_since: None,
    }
}

fn pair(access: &str, refresh: &str, expires_at: i64) -> TokenSet {
    TokenSet {
        access: access.into(),
        expires_at: Some(expires_at),
        refresh: Some(refresh.into()),
        refresh_expires_at: Some(expires_at + 7_776_000),
        granted_at: None,
    }
}

fn given(access: &str, refresh: &str) -> String {
    format!(
        r#"{{"access_token":"{access}","scope":"read_orders","expires_in":3600,"refresh_token":"{refresh}","refresh_token_expires_in":7776000}}"#
    )
}

#[tokio::test]
async fn a_token_is_renewed_before_it_ends_and_not_earlier() {
    let (vault, clock) = (Arc::new(MemoryVault::default()), Arc::new(SteppedClock::running(NOW)));
    let transport = Arc::new(Scripted::of([answer(
        200,
        r#"{"access_token":"second","scope":"read_orders","expires_in":86399}"#,
    )]));
    let tokens = tokens(&vault, &clock, &transport);
    let first = TokenSet {
        expires_at: Some(NOW + 86_399),
        ..TokenSet::lasting("first".into())
    };
    tokens
        .keep(&credentials(Route::ClientCredentials), &first)
        .await
        .expect("kept");
    clock.advance(Duration::from_secs(86_399 - 601));
    assert_eq!(
        tokens.current().await.expect("a token").expose(),
        "first",
        "601 s are left"
    );
    clock.advance(Duration::from_secs(1));
    assert_eq!(
        tokens.current().await.expect("a token").expose(),
        "second",
        "600 s are left: a new one"
    );
    assert_eq!(
        tokens.current().await.expect("a token").expose(),
        "second",
        "which is kept"
    );
    let asked = transport.asked();
    assert_eq!(asked.len(), 1, "one request");
    let body = String::from_utf8_lossy(asked[0].body()).into_owned();
    assert_eq!(
        body, "grant_type=client_credentials&client_id=id&client_secret=planted-client-secret",
        "the grant's own form"
    );
}

#[tokio::test]
async fn a_new_pair_is_in_the_vault_before_it_is_used_and_the_old_one_stays_until_it_worked() {
    let (vault, clock) = (Arc::new(MemoryVault::default()), Arc::new(SteppedClock::running(NOW)));
    let transport = Arc::new(Scripted::of([answer(200, given("a2", "r2"))]));
    let tokens = tokens(&vault, &clock, &transport);
    tokens
        .keep(&credentials(Route::AuthorizationCode), &pair("a1", "r1", NOW + 100))
        .await
        .expect("kept");
    let token = tokens.current().await.expect("a token");
    let stored = vault.get("c1", TOKENS).expect("readable").expect("there");
    assert!(
        stored.expose().contains("a2") && stored.expose().contains("r2"),
        "the new pair is stored"
    );
    assert!(stored.expose().contains("r1"), "the old refresh token too");
    tokens.worked(&token).await.expect("noted");
    let stored = vault.get("c1", TOKENS).expect("readable").expect("there");
    assert!(!stored.expose().contains("r1"), "and goes once the new one has worked");
    let body: serde_json::Value = serde_json::from_slice(transport.asked()[0].body()).expect("JSON");
    assert_eq!(body["refresh_token"], "r1", "the refresh names the old token");
    assert_eq!(body["grant_type"], "refresh_token", "and the grant");
}

#[tokio::test]
async fn a_superseded_refresh_token_falls_back_to_the_one_before() {
    let (vault, clock) = (Arc::new(MemoryVault::default()), Arc::new(SteppedClock::running(NOW)));
    let transport = Arc::new(Scripted::of([
        answer(200, given("a2", "r2")),
        answer(401, r#"{"error":"invalid_grant"}"#),
        answer(200, given("a3", "r3")),
    ]));
    let first = tokens(&vault, &clock, &transport);
    first
        .keep(&credentials(Route::AuthorizationCode), &pair("a1", "r1", NOW))
        .await
        .expect("kept");
    let rejected = first.current().await.expect("a token");
    let after_restart = tokens(&vault, &clock, &transport);
    assert_eq!(
        after_restart.renewed(&rejected).await.expect("a token").expose(),
        "a3",
        "by the refresh token that is still good"
    );
    let bodies: Vec<String> = transport
        .asked()
        .iter()
        .map(|r| String::from_utf8_lossy(r.body()).into_owned())
        .collect();
    assert!(
        bodies[1].contains("r2") && bodies[2].contains("r1"),
        "first the new one, then the one before"
    );
}

#[tokio::test]
async fn two_who_need_a_new_token_cause_one_renewal() {
    let (vault, clock) = (Arc::new(MemoryVault::default()), Arc::new(SteppedClock::running(NOW)));
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let transport = Arc::new(Scripted::by(move |_| {
        let number = counted.fetch_add(1, Ordering::SeqCst);
        answer(200, given(&format!("new{number}"), "r"))
    }));
    let tokens = tokens(&vault, &clock, &transport);
    tokens
        .keep(&credentials(Route::AuthorizationCode), &pair("old", "r1", NOW + 9_000))
        .await
        .expect("kept");
    let rejected = tokens.current().await.expect("a token");
    let (one, two) = tokio::join!(tokens.renewed(&rejected), tokens.renewed(&rejected));
    assert_eq!(one.expect("a token"), two.expect("a token"), "both get the same");
    assert_eq!(count.load(Ordering::SeqCst), 1, "and the platform was asked once");
}

#[tokio::test]
async fn a_failing_endpoint_is_asked_again_and_a_revoked_access_needs_the_user() {
    let (vault, clock) = (Arc::new(MemoryVault::default()), Arc::new(SteppedClock::running(NOW)));
    let transport = Arc::new(Scripted::of([
        answer(503, "busy"),
        Err(TransportError::Timeout {
            host: "shop.example".into(),
        }),
        answer(200, given("a2", "r2")),
        answer(401, "gone"),
        answer(401, "gone"),
    ]));
    let tokens = tokens(&vault, &clock, &transport);
    tokens
        .keep(&credentials(Route::AuthorizationCode), &pair("a1", "r1", NOW))
        .await
        .expect("kept");
    let token = tokens.current().await.expect("the third attempt");
    assert!(
        clock.slept() >= Duration::from_secs(6),
        "with growing pauses: {:?}",
        clock.slept()
    );
    let error = tokens.renewed(&token).await.expect_err("revoked");
    assert_eq!(error.code, Code::NeedsReconnect, "{error}");
    assert_eq!(error.reach, Reach::Connection, "no further request makes sense");
}

#[tokio::test]
async fn a_pasted_token_cannot_be_renewed_and_a_missing_one_needs_the_user() {
    let (vault, clock) = (Arc::new(MemoryVault::default()), Arc::new(SteppedClock::running(NOW)));
    let transport = Arc::new(Scripted::of([]));
    let tokens = tokens(&vault, &clock, &transport);
    assert_eq!(
        tokens.current().await.expect_err("nothing kept yet").code,
        Code::NeedsReconnect,
        "no token"
    );
    let pasted = Credentials {
        route: Route::Pasted,
        client_id: String::new(),
        client_secret: None,
        secret_since: None,
    };
    tokens
        .keep(&pasted, &TokenSet::lasting("shpat_1".into()))
        .await
        .expect("kept");
    let token = tokens.current().await.expect("a token");
    clock.advance(Duration::from_secs(10 * 365 * 86_400));
    assert_eq!(tokens.current().await.expect("still").expose(), "shpat_1", "it lasts");
    assert_eq!(
        tokens.renewed(&token).await.expect_err("rejected").code,
        Code::NeedsReconnect,
        "only the user can help"
    );
    tokens.forget().await.expect("forgotten");
    assert!(
        vault.get("c1", TOKENS).expect("readable").is_none(),
        "nothing stays in the vault"
    );
    assert_eq!(format!("{token:?}"), "AccessToken(•••)", "and it is not printed");
}

#[tokio::test]
async fn a_process_killed_with_an_unsaved_token_still_has_the_old_refresh_token() {
    let (vault, clock) = (Arc::new(MemoryVault::default()), Arc::new(SteppedClock::running(NOW)));
    let transport = Arc::new(Scripted::of([
        answer(200, given("lost", "lost")),
        answer(200, given("a3", "r3")),
    ]));
    let killed = tokens(&vault, &clock, &transport).with_checkpoint(Checkpoint::new(|name| panic!("killed at {name}")));
    killed
        .keep(&credentials(Route::AuthorizationCode), &pair("a1", "r1", NOW))
        .await
        .expect("kept");
    let ended = tokio::spawn(async move { killed.current().await }).await;
    assert!(ended.is_err(), "the process ends there");
    let again = tokens(&vault, &clock, &transport);
    assert_eq!(
        again.current().await.expect("a token").expose(),
        "a3",
        "the next process refreshes by what the vault holds"
    );
    let body: serde_json::Value = serde_json::from_slice(transport.asked()[1].body()).expect("JSON");
    assert_eq!(body["refresh_token"], "r1", "the one that was not lost");
}
