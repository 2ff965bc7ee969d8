//! The authorization code grant's way through the browser (contract 2.3): the page to show, and the checks on what comes back.

use oauth2::RedirectUrl;
use ring::hmac;
use url::{Url, form_urlencoded};

use super::shop::ShopName;
use crate::auth::authorize_address;
use crate::auth::vault::Secret;
use crate::net::entropy::Entropy;
use crate::net::{Code, NetError};

/// How long the user may take, seconds.
pub const PATIENCE: i64 = 600;
/// How far the platform's time stamp may be from ours, seconds.
const SKEW: i64 = 90;

/// One attempt to get the user's consent. Its state is random, used once and short-lived.
#[derive(Debug)]
pub struct Consent {
    shop: ShopName,
    state: Secret,
    secret: Secret,
    page: Url,
    redirect: RedirectUrl,
    started_at: i64,
}

/// Why an answer is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejected {
    /// It is not the answer to this attempt; the right one may still come.
    Stray(String),
    /// It is the answer, and it ends the attempt.
    Final(NetError),
}

impl Consent {
    /// Prepares an attempt. `base` is where the shop answers, `redirect` the listener's address, `now` in UTC seconds.
    ///
    /// # Errors
    /// [`NetError`] if the system has no randomness or the addresses do not fit together.
    pub fn new(
        shop: &ShopName,
        base: &Url,
        (client_id, secret): (&str, &Secret),
        scopes: &[&str],
        redirect: &str,
        entropy: &dyn Entropy,
        now: i64,
    ) -> Result<Self, NetError> {
        let mut random = [0; 24];
        entropy
            .fill(&mut random)
            .map_err(|error| NetError::defect(error.to_string()))?;
        let state: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let at = base
            .join("admin/oauth/authorize")
            .map_err(|error| NetError::defect(error.to_string()))?;
        let redirect = RedirectUrl::new(redirect.to_owned()).map_err(|error| NetError::defect(error.to_string()))?;
        let page = authorize_address(&at, client_id, &scopes.join(","), &redirect, &state);
        let (shop, secret, state) = (shop.clone(), secret.clone(), Secret::new(state));
        Ok(Consent {
            shop,
            state,
            secret,
            page,
            redirect,
            started_at: now,
        })
    }

    /// The page to show.
    pub fn page(&self) -> &Url {
        &self.page
    }

    /// The address it comes back to.
    pub fn redirect(&self) -> &RedirectUrl {
        &self.redirect
    }

    /// Checks what came back, in the order of the contract: state, shop, signature, time.
    ///
    /// # Errors
    /// [`Rejected`].
    pub fn check(&self, query: &[(String, String)], now: i64) -> Result<Secret, Rejected> {
        let only = |name: &str| {
            let mut values = query
                .iter()
                .filter(|(key, _)| key == name)
                .map(|(_, value)| value.as_str());
            match (values.next(), values.next()) {
                (Some(value), None) => value,
                _ => "",
            }
        };
        if Secret::from(only("state")) != self.state {
            return Err(Rejected::Stray(
                "This answer belongs to another attempt. Go back to Countinghouse and start again.".into(),
            ));
        }
        let again = "Start connecting again.";
        let end = |code, message: String, hint: &str| Err(Rejected::Final(NetError::connection(code, message, hint)));
        if now - self.started_at > PATIENCE || now < self.started_at {
            return end(Code::Cancelled, "The answer came too late.".into(), again);
        }
        if only("shop").parse::<ShopName>().ok().as_ref() != Some(&self.shop) || only("shop") != self.shop.domain() {
            return end(
                Code::RefusedByChannel,
                "Another shop answered than the one asked for.".into(),
                again,
            );
        }
        if !self.signed(query, only("hmac")) {
            let hint = "Check that client id and client secret belong to the same app, then start connecting again.";
            return end(
                Code::RefusedByChannel,
                "The answer is not signed with this app's secret.".into(),
                hint,
            );
        }
        match only("timestamp").parse::<i64>() {
            Ok(stamp) if (now - stamp).abs() <= SKEW => {}
            Ok(stamp) => {
                let off = (now - stamp).abs();
                let message = format!("The answer is stamped {off} seconds away from this machine's time.");
                return end(
                    Code::RefusedByChannel,
                    message,
                    "Set the machine's date, time and time zone right, and start again.",
                );
            }
            Err(_) => return end(Code::RefusedByChannel, "The answer carries no time.".into(), again),
        }
        match (only("error"), only("code")) {
            ("", "") => end(Code::RefusedByChannel, "The answer carries no code.".into(), again),
            ("", code) => Ok(Secret::from(code)),
            ("access_denied", _) => {
                let hint = "Start again and choose Install on Shopify's page, or ask the shop's owner to do it.";
                end(
                    Code::NotPermitted,
                    "The consent was refused in the browser.".into(),
                    hint,
                )
            }
            (other, _) => {
                let shown: String = other.chars().filter(|c| c.is_ascii_graphic()).take(60).collect();
                end(Code::RefusedByChannel, format!("Shopify refused: {shown}."), again)
            }
        }
    }

    /// Whether `given` is the HMAC of the other parameters (contract 2.3.5), compared in constant time.
    fn signed(&self, query: &[(String, String)], given: &str) -> bool {
        let given: Option<Vec<u8>> = (given.len() == 64)
            .then(|| {
                given
                    .as_bytes()
                    .chunks(2)
                    .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok())
                    .collect()
            })
            .flatten();
        let Some(given) = given else { return false };
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.secret.expose().as_bytes());
        hmac::verify(&key, message(query).as_bytes(), &given).is_ok()
    }
}

/// The text that is signed: sorted `key=value` pairs, form-encoded with `%20` for blanks.
fn message(query: &[(String, String)]) -> String {
    let encode = |text: &str| {
        form_urlencoded::byte_serialize(text.as_bytes())
            .collect::<String>()
            .replace('+', "%20")
    };
    let mut pairs: Vec<(&str, String)> = query
        .iter()
        .filter(|(key, _)| key != "hmac" && key != "signature")
        .map(|(key, value)| (key.as_str(), format!("{}={}", encode(key), encode(value))))
        .collect();
    pairs.sort();
    pairs.into_iter().map(|(_, pair)| pair).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::entropy::SeededEntropy;

    const NOW: i64 = 1_337_178_173;

    fn consent() -> Consent {
        Consent::new(
            &"some-shop".parse().expect("a shop"),
            &"https://some-shop.myshopify.com/".parse().expect("an address"),
            ("id", &"hush".into()),
            &["read_orders", "read_products"],
            "http://127.0.0.1:17391/auth/callback",
            &SeededEntropy::new(1),
            NOW,
        )
        .expect("an attempt")
    }

    fn pairs(text: &str) -> Vec<(String, String)> {
        form_urlencoded::parse(text.as_bytes()).into_owned().collect()
    }

    /// The answer Shopify would give, signed with `secret`.
    fn answer(parts: &str, secret: &str) -> Vec<(String, String)> {
        let mut query = pairs(parts);
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        let signature: String = hmac::sign(&key, message(&query).as_bytes())
            .as_ref()
            .iter()
            .map(|b| format!("{b:02x}"))
            .collect();
        query.push(("hmac".into(), signature));
        query
    }

    fn good(state: &str) -> String {
        format!("code=0907a61c&host=YWRtaW4&shop=some-shop.myshopify.com&state={state}&timestamp={NOW}")
    }

    #[test]
    fn the_signature_of_the_published_example_holds() {
        let example = pairs("code=0907a61c0c8d55e99db179b68161bc00&shop=some-shop.myshopify.com&timestamp=1337178173");
        let hmac = "4712bf92ffc2917d15a2f5a273e39f0116667419aa4b6ac0b3baaf26fa3c4d20";
        assert!(consent().signed(&example, hmac), "contract 2.3.5 gives this vector");
        assert!(
            !consent().signed(&example, &hmac.replace('4', "5")),
            "another signature does not hold"
        );
        assert!(
            !consent().signed(&pairs("code=1&shop=a&timestamp=2"), hmac),
            "nor does it hold for other parameters"
        );
        assert!(!consent().signed(&example, ""), "no signature");
        assert!(!consent().signed(&example, &"é".repeat(32)), "no hexadecimal");
        assert_eq!(
            message(&pairs("b=x+y&a=1%262&hmac=0&signature=1")),
            "a=1%262&b=x%20y",
            "sorted, encoded, without signatures"
        );
    }

    #[test]
    fn the_page_asks_for_exactly_what_is_needed() {
        let consent = consent();
        let page = consent.page();
        assert_eq!(page.host_str(), Some("some-shop.myshopify.com"), "{page}");
        let query: Vec<(String, String)> = page.query_pairs().into_owned().collect();
        let get = |name: &str| {
            query
                .iter()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.as_str())
                .unwrap_or_default()
        };
        assert_eq!(get("scope"), "read_orders,read_products", "separated by commas");
        assert_eq!(
            get("redirect_uri"),
            "http://127.0.0.1:17391/auth/callback",
            "exactly as registered"
        );
        assert_eq!(get("state").len(), 48, "192 random bits");
        assert!(!page.as_str().contains("grant_options"), "never a token of one person");
        assert!(!page.as_str().contains("hush"), "the secret stays here");
    }

    #[test]
    fn a_right_answer_gives_the_code() {
        let consent = consent();
        let state = consent.state.expose().to_owned();
        let code = consent
            .check(&answer(&good(&state), "hush"), NOW + 30)
            .expect("all checks hold");
        assert_eq!(code.expose(), "0907a61c", "the code");
    }

    #[test]
    fn every_wrong_answer_is_told_apart() {
        let consent = consent();
        let state = consent.state.expose().to_owned();
        let stray = |query: Vec<(String, String)>, why: &str| {
            assert!(matches!(consent.check(&query, NOW), Err(Rejected::Stray(_))), "{why}");
        };
        stray(answer(&good("wrong"), "hush"), "a wrong state");
        stray(answer(&good(""), "hush"), "an empty state");
        stray(
            answer(&format!("{}&state={state}", good(&state)), "hush"),
            "the state twice",
        );
        stray(Vec::new(), "nothing at all");
        let ended = |query: Vec<(String, String)>, now: i64, code: Code, word: &str| match consent.check(&query, now) {
            Err(Rejected::Final(error)) => {
                assert_eq!(error.code, code, "{error}");
                assert!(error.to_string().contains(word), "{error} should speak of “{word}”");
            }
            other => panic!("{word}: {other:?}"),
        };
        ended(answer(&good(&state), "other"), NOW, Code::RefusedByChannel, "signed");
        ended(pairs(&good(&state)), NOW, Code::RefusedByChannel, "signed");
        ended(
            answer(&good(&state).replace("some-shop", "evil-shop"), "hush"),
            NOW,
            Code::RefusedByChannel,
            "Another shop",
        );
        ended(
            answer(&good(&state).replace("some-shop.myshopify.com", "some-shop"), "hush"),
            NOW,
            Code::RefusedByChannel,
            "Another shop",
        );
        ended(
            answer(&good(&state), "hush"),
            NOW + 91,
            Code::RefusedByChannel,
            "91 seconds",
        );
        ended(
            answer(&good(&state).replace(&NOW.to_string(), "soon"), "hush"),
            NOW,
            Code::RefusedByChannel,
            "no time",
        );
        ended(answer(&good(&state), "hush"), NOW + 601, Code::Cancelled, "too late");
        ended(
            answer(&good(&state).replace("code=0907a61c&", ""), "hush"),
            NOW,
            Code::RefusedByChannel,
            "no code",
        );
        let refused = good(&state).replace("code=0907a61c", "error=access_denied");
        ended(
            answer(&refused, "hush"),
            NOW,
            Code::NotPermitted,
            "refused in the browser",
        );
        let strange = good(&state).replace("code=0907a61c", "error=%3Cb%3Einvalid_scope");
        ended(answer(&strange, "hush"), NOW, Code::RefusedByChannel, "invalid_scope");
    }
}
