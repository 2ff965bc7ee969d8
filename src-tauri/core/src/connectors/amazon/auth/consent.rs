//! The web consent of a public application (contract section 2.2). Amazon sends the browser to a registered https address and to no
//! address on this machine; whoever runs such an application pastes the address that the browser ended on.

use oauth2::RedirectUrl;
use url::{Url, form_urlencoded};

use super::region::{Region, is_amazons};
use crate::auth::vault::Secret;
use crate::connectors::amazon::markets::Market;
use crate::net::entropy::Entropy;
use crate::net::{Code, NetError};

/// How long the whole consent may take, seconds.
pub const PATIENCE: i64 = 600;

/// One attempt to get the seller's consent. Its state is random, used once and short-lived.
#[derive(Debug)]
pub struct Consent {
    state: Secret,
    page: Url,
    redirect: RedirectUrl,
    started_at: i64,
}

impl Consent {
    /// Prepares an attempt. `base` is where the interface answers; `draft`: the application is not published yet; `now` in UTC
    /// seconds.
    ///
    /// # Errors
    /// `Invalid` for a redirect address that Amazon does not take; [`NetError`] if the system has no randomness.
    pub fn new(
        base: &Url,
        market: Option<&Market>,
        application: &str,
        redirect: &str,
        draft: bool,
        entropy: &dyn Entropy,
        now: i64,
    ) -> Result<Self, NetError> {
        let address = Url::parse(redirect.trim()).ok().filter(|address| {
            address.scheme() == "https" && address.fragment().is_none() && address.host_str().is_some()
        });
        let Some(address) = address else {
            return Err(NetError::connection(
                Code::Invalid,
                "The redirect address is none that Amazon takes.",
                "Give the https address that is registered for the application as OAuth Redirect URI, without a part behind “#”.",
            ));
        };
        let mut random = [0; 24];
        entropy
            .fill(&mut random)
            .map_err(|error| NetError::defect(error.to_string()))?;
        let state: String = random.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut page = match (is_amazons(base), Region::at(base)) {
            (true, Some(region)) => Url::parse(&format!(
                "https://{}/apps/authorize/consent",
                region.consent_host(market)
            )),
            _ => base.join("apps/authorize/consent"),
        }
        .map_err(|error| NetError::defect(error.to_string()))?;
        page.query_pairs_mut()
            .append_pair("application_id", application.trim())
            .append_pair("state", &state)
            .append_pair("redirect_uri", address.as_str());
        if draft {
            page.query_pairs_mut().append_pair("version", "beta");
        }
        Ok(Consent {
            state: Secret::new(state),
            page,
            redirect: RedirectUrl::new(address.to_string()).map_err(|error| NetError::defect(error.to_string()))?,
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

    /// Checks the address the browser ended on: the code for tokens, and the seller's id.
    ///
    /// # Errors
    /// Why the address is not the answer to this attempt.
    pub fn check(&self, pasted: &str, now: i64) -> Result<(Secret, Option<String>), NetError> {
        let query = pasted.trim().split_once('?').map_or("", |(_, query)| query);
        let query = query.split('#').next().unwrap_or_default();
        let pairs: Vec<(String, String)> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let only = |name: &str| {
            let mut values = pairs
                .iter()
                .filter(|(key, _)| key == name)
                .map(|(_, value)| value.as_str());
            match (values.next(), values.next()) {
                (Some(value), None) => value,
                _ => "",
            }
        };
        let refused = |code, message: &str, hint: &str| Err(NetError::connection(code, message, hint));
        if Secret::from(only("state")) != self.state {
            return refused(
                Code::Invalid,
                "This address does not belong to this attempt.",
                "Paste the whole address that the browser ended on after this consent.",
            );
        }
        if now - self.started_at > PATIENCE || now < self.started_at {
            return refused(
                Code::Cancelled,
                "The answer came too late: a consent lasts ten minutes, its code five.",
                "Start connecting again.",
            );
        }
        match (only("spapi_oauth_code"), only("selling_partner_id")) {
            ("", _) => refused(
                Code::RefusedByChannel,
                "The address carries no code: the consent was not given.",
                "Start again and confirm Amazon's page as the account's primary user.",
            ),
            (code, seller) => Ok((
                Secret::from(code),
                Some(seller.to_owned()).filter(|seller| !seller.is_empty()),
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::base_of;
    use super::*;
    use crate::net::entropy::SeededEntropy;

    const NOW: i64 = 1_800_000_000;

    fn consent(redirect: &str) -> Result<Consent, NetError> {
        let base = base_of(Region::Europe, None)?;
        Consent::new(
            &base,
            None,
            "amzn1.sp.solution.1",
            redirect,
            true,
            &SeededEntropy::new(1),
            NOW,
        )
    }

    #[test]
    fn the_page_is_the_regions_and_only_its_own_answer_is_taken() {
        let asked = consent("https://relay.example/amazon").expect("a consent");
        assert!(
            asked
                .page()
                .as_str()
                .starts_with("https://sellercentral-europe.amazon.com/apps/authorize/consent?application_id=amzn1.sp.solution.1&state="),
            "{}",
            asked.page()
        );
        assert!(asked.page().as_str().ends_with("&version=beta"), "a draft says so");
        let state = asked.state.expose().to_owned();
        let back = |state: &str| {
            format!("https://relay.example/amazon?state={state}&selling_partner_id=A1&spapi_oauth_code=ANc%2B1")
        };
        let (code, seller) = asked.check(&back(&state), NOW + 200).expect("the answer");
        assert_eq!(
            (code.expose(), seller.as_deref()),
            ("ANc+1", Some("A1")),
            "code and seller"
        );
        let wrong = [
            (back("0000"), NOW, "attempt"),
            (back(&state), NOW + 601, "too late"),
            (format!("https://relay.example/amazon?state={state}"), NOW, "no code"),
        ];
        for (address, now, word) in wrong {
            let error = asked.check(&address, now).expect_err(word);
            assert!(error.message.contains(word), "{error} should speak of “{word}”");
        }
    }

    #[test]
    fn addresses_that_amazon_refuses_are_refused_before() {
        for wrong in ["http://127.0.0.1:4850/", "https://relay.example/#x", "relay.example"] {
            assert!(consent(wrong).is_err(), "{wrong}");
        }
    }
}
