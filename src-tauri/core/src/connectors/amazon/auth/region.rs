//! Amazon's three regions: hosts, consent pages, marketplaces (contract sections 2.2 and 2.4).

use std::fmt;
use std::str::FromStr;

use url::Url;

use crate::connectors::amazon::markets::{MARKETS, Market};
use crate::net::{Code, NetError, is_loopback};

/// A region: an account and its tokens are of one.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Region {
    /// North America and Brazil.
    NorthAmerica,
    /// Europe, the Middle East, Africa and India.
    Europe,
    /// Japan, Australia, Singapore.
    FarEast,
}

impl Region {
    /// All of them.
    pub const ALL: [Region; 3] = [Region::NorthAmerica, Region::Europe, Region::FarEast];

    /// Its short name.
    pub fn code(self) -> &'static str {
        match self {
            Region::NorthAmerica => "na",
            Region::Europe => "eu",
            Region::FarEast => "fe",
        }
    }

    /// Its name for people.
    pub fn label(self) -> &'static str {
        match self {
            Region::NorthAmerica => "North America",
            Region::Europe => "Europe",
            Region::FarEast => "Far East",
        }
    }

    /// Where its interface is.
    fn host(self) -> &'static str {
        match self {
            Region::NorthAmerica => "sellingpartnerapi-na.amazon.com",
            Region::Europe => "sellingpartnerapi-eu.amazon.com",
            Region::FarEast => "sellingpartnerapi-fe.amazon.com",
        }
    }

    /// The region of an address made by [`base_of`].
    pub fn at(base: &Url) -> Option<Region> {
        let last = base.path().trim_end_matches('/').rsplit('/').next();
        let named = |r: &Region| base.host_str() == Some(r.host()) || !is_amazons(base) && last == Some(r.code());
        Region::ALL.into_iter().find(named)
    }

    /// The region a marketplace lies in.
    pub fn of(market: &Market) -> Region {
        match market.country {
            "US" | "CA" | "MX" | "BR" => Region::NorthAmerica,
            "JP" | "AU" | "SG" => Region::FarEast,
            _ => Region::Europe,
        }
    }

    /// Its marketplaces.
    pub fn markets(self) -> impl Iterator<Item = &'static Market> {
        MARKETS.iter().filter(move |market| Region::of(market) == self)
    }

    /// Where a seller consents to an application; `market` is the one the seller is at home in.
    pub(super) fn consent_host(self, market: Option<&Market>) -> &'static str {
        match market.map(|m| m.country) {
            Some("CA") => "sellercentral.amazon.ca",
            Some("MX") => "sellercentral.amazon.com.mx",
            Some("BR") => "sellercentral.amazon.com.br",
            Some("NL") => "sellercentral.amazon.nl",
            Some("SE") => "sellercentral.amazon.se",
            Some("PL") => "sellercentral.amazon.pl",
            Some("BE") => "sellercentral.amazon.com.be",
            Some("TR") => "sellercentral.amazon.com.tr",
            Some("AE") => "sellercentral.amazon.ae",
            Some("SA") => "sellercentral.amazon.sa",
            Some("EG") => "sellercentral.amazon.eg",
            Some("IN") => "sellercentral.amazon.in",
            Some("ZA") => "sellercentral.amazon.co.za",
            Some("AU") => "sellercentral.amazon.com.au",
            Some("SG") => "sellercentral.amazon.sg",
            _ => match self {
                Region::NorthAmerica => "sellercentral.amazon.com",
                Region::Europe => "sellercentral-europe.amazon.com",
                Region::FarEast => "sellercentral.amazon.co.jp",
            },
        }
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}

impl FromStr for Region {
    type Err = NetError;

    fn from_str(text: &str) -> Result<Region, NetError> {
        let text = text.trim();
        let is = |r: &Region| text.eq_ignore_ascii_case(r.code()) || text.eq_ignore_ascii_case(r.label());
        Region::ALL.into_iter().find(is).ok_or_else(|| {
            NetError::connection(
                Code::Invalid,
                format!(
                    "“{}” is no region of Amazon.",
                    text.chars().take(40).collect::<String>()
                ),
                "Use na (North America), eu (Europe, Middle East, Africa, India) or fe (Japan, Australia, Singapore).",
            )
        })
    }
}

/// Whether an address is one of Amazon's own hosts.
pub(super) fn is_amazons(base: &Url) -> bool {
    Region::ALL.iter().any(|r| base.host_str() == Some(r.host()))
}

/// Where the interface of `region` is: Amazon's own host, or below `endpoint` by the region's short name. Ends with a slash.
///
/// # Errors
/// `Invalid` for an endpoint without https that is not on this machine, or with credentials or a query in it.
pub fn base_of(region: Region, endpoint: Option<&str>) -> Result<Url, NetError> {
    let invalid = |message: &str| {
        NetError::connection(
            Code::Invalid,
            message,
            "Use https://…, or http://127.0.0.1:PORT/amazon for a simulator on this machine.",
        )
    };
    let Some(endpoint) = endpoint else {
        let address = format!("https://{}/", region.host());
        return Url::parse(&address).map_err(|error| NetError::defect(error.to_string()));
    };
    let mut base = Url::parse(endpoint.trim()).map_err(|_| invalid("The endpoint is no address."))?;
    let host = base.host_str().unwrap_or_default();
    if host.is_empty() || !(base.scheme() == "https" || base.scheme() == "http" && is_loopback(host)) {
        return Err(invalid("The endpoint has no secure connection."));
    }
    if !base.username().is_empty() || base.password().is_some() || base.query().is_some() || base.fragment().is_some() {
        return Err(invalid(
            "The endpoint must be a plain address, without name, password or query.",
        ));
    }
    let path = format!("{}/{}/", base.path().trim_end_matches('/'), region.code());
    base.set_path(&path);
    Ok(base)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_marketplace_has_its_region_and_every_region_its_address() {
        let counts: Vec<usize> = Region::ALL.iter().map(|r| r.markets().count()).collect();
        assert_eq!(counts, [4, 16, 3], "as the contract lists them");
        for region in Region::ALL {
            let own = base_of(region, None).expect("an address");
            assert_eq!(Region::at(&own), Some(region), "{own} is told by its host");
            let simulated = base_of(region, Some("http://127.0.0.1:9/amazon")).expect("an address");
            assert_eq!(
                simulated.as_str(),
                format!("http://127.0.0.1:9/amazon/{}/", region.code()),
                "below the endpoint"
            );
            assert_eq!(Region::at(&simulated), Some(region), "{simulated} is told by its path");
        }
        for wrong in [
            "http://example.com/",
            "https://a:b@example.com/",
            "https://example.com/?x=1",
            "nonsense",
        ] {
            assert!(base_of(Region::Europe, Some(wrong)).is_err(), "{wrong} is no endpoint");
        }
        assert_eq!(
            "EU".parse::<Region>().ok(),
            Some(Region::Europe),
            "short names in any case"
        );
        assert!("moon".parse::<Region>().is_err(), "others are told");
    }
}
