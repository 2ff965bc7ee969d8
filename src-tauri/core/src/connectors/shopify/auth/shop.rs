//! Names of shops (contract 2.3.1): what a person types or pastes becomes a host, or is refused.

use std::fmt;
use std::str::FromStr;

use crate::net::{Code, NetError};

/// The end of every shop's own host.
const DOMAIN: &str = ".myshopify.com";
/// Longest label of a host name.
const LABEL: usize = 63;

/// A shop's handle: the first label of its `myshopify.com` host, lower case.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct ShopName(String);

impl ShopName {
    /// The handle (`my-shop`).
    pub fn handle(&self) -> &str {
        &self.0
    }

    /// The host (`my-shop.myshopify.com`).
    pub fn domain(&self) -> String {
        format!("{}{DOMAIN}", self.0)
    }
}

impl fmt::Display for ShopName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{DOMAIN}", self.0)
    }
}

impl FromStr for ShopName {
    type Err = NetError;

    /// Takes `my-shop`, `my-shop.myshopify.com`, either with `https://` and a path, and `admin.shopify.com/store/my-shop`.
    fn from_str(text: &str) -> Result<Self, NetError> {
        let shown: String = text.chars().filter(|c| !c.is_control()).take(80).collect();
        let refuse = || {
            NetError::connection(
                Code::Invalid,
                format!("“{shown}” is not the name of a Shopify shop."),
                "Enter the name in front of .myshopify.com, for example my-shop. It is in Shopify under Settings > Domains; \
                 the shop's own domain does not work here.",
            )
        };
        let lower = text.trim().to_ascii_lowercase();
        let bare = lower
            .strip_prefix("https://")
            .or_else(|| lower.strip_prefix("http://"))
            .unwrap_or(&lower);
        let (host, rest) = match bare.find(['/', '?', '#']) {
            Some(at) => bare.split_at(at),
            None => (bare, ""),
        };
        let handle = if host == "admin.shopify.com" {
            let path = rest.strip_prefix("/store/").ok_or_else(refuse)?;
            path.split(['/', '?', '#']).next().unwrap_or_default()
        } else if let Some(handle) = host.strip_suffix(DOMAIN) {
            handle
        } else if rest.is_empty() || rest == "/" {
            host
        } else {
            return Err(refuse());
        };
        let starts_well = handle.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric());
        let all_well = handle
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        if starts_well && all_well && handle.len() <= LABEL {
            Ok(ShopName(handle.to_owned()))
        } else {
            Err(refuse())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_write_a_shop_gives_its_host() {
        for text in [
            "my-shop",
            "My-Shop",
            " my-shop.myshopify.com ",
            "my-shop.myshopify.com/",
            "https://my-shop.myshopify.com",
            "http://my-shop.myshopify.com/admin/orders?x=1",
            "HTTPS://MY-SHOP.MYSHOPIFY.COM#top",
            "admin.shopify.com/store/my-shop",
            "https://admin.shopify.com/store/my-shop/settings/domains",
        ] {
            let shop: ShopName = text.parse().expect(text);
            assert_eq!(shop.domain(), "my-shop.myshopify.com", "{text:?}");
        }
        assert_eq!(
            "7up_store"
                .parse::<ShopName>()
                .expect("digits and underscores occur")
                .handle(),
            "7up_store",
            "as it is"
        );
    }

    #[test]
    fn nothing_else_becomes_a_host() {
        let long = "a".repeat(64);
        for text in [
            "",
            " ",
            "-shop",
            "shop.example.com",
            "shop.myshopify.com.evil.example",
            "shop.myshopify.com@evil.example",
            "https://shop.myshopify.com@evil.example/",
            "evil.example/shop.myshopify.com",
            "evil.example#.myshopify.com",
            "evil.example?.myshopify.com",
            "evil.example\\.myshopify.com",
            "shop.myshopify.com:8080",
            "a.b.myshopify.com",
            ".myshopify.com",
            "shop myshopify.com",
            "shop\r\nHost: evil",
            "shop\0",
            "shöp",
            "ѕhop.myshopify.com",
            "javascript:alert(1)",
            "ftp://shop.myshopify.com",
            "//shop.myshopify.com",
            "admin.shopify.com",
            "admin.shopify.com/store/",
            "admin.shopify.com/store/a.b",
            "admin.shopify.com/stores/shop",
            "shop%2emyshopify.com",
            "127.0.0.1",
            long.as_str(),
        ] {
            let error = text
                .parse::<ShopName>()
                .expect_err(&format!("{text:?} must be refused"));
            assert_eq!(error.code, Code::Invalid, "{text:?}: {error}");
            assert!(
                !error.message.contains(['\r', '\n', '\0']),
                "{text:?}: what is shown holds no control characters"
            );
        }
    }
}
