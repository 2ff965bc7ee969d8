//! The shop, the app that asks, and the versions of the API.

use std::rc::Rc;

use chrono::Offset;
use serde_json::json;

use super::{Answered, Cx, Plain, gid, gid_text, moment, texts, unlisted};
use crate::shopify::graphql::execute::{Object, Resolved};
use crate::shopify::graphql::variables::Args;
use crate::shopify::limits::ShopPlan;
use crate::shopify::shop::Shop;
use crate::shopify::versions::Version;
use crate::world::{Currency, Second};

/// The shop.
pub(crate) struct ShopNode {
    pub(crate) cx: Rc<Cx>,
}

impl Object for ShopNode {
    fn kind(&self) -> &'static str {
        "Shop"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        let (shop, world) = (&self.cx.shop, &self.cx.world);
        let local = world.now().utc().with_timezone(&self.cx.zone());
        let minutes = local.offset().fix().local_minus_utc() / 60;
        Ok(match name {
            "id" => gid("Shop", shop.id),
            "name" => Resolved::leaf(shop.name.as_str()),
            "myshopifyDomain" => Resolved::leaf(shop.domain()),
            "url" => Resolved::leaf(format!("https://{}", shop.domain())),
            "currencyCode" => Resolved::leaf(world.spec().currency.code()),
            "enabledPresentmentCurrencies" => texts(Currency::all().map(Currency::code)),
            "ianaTimezone" => Resolved::leaf(self.cx.zone().name()),
            "timezoneAbbreviation" => Resolved::leaf(local.format("%Z").to_string()),
            "timezoneOffset" => Resolved::leaf(local.format("%z").to_string()),
            "timezoneOffsetMinutes" => Resolved::leaf(minutes),
            "taxesIncluded" => Resolved::leaf(world.spec().taxes_included),
            "taxShipping" => Resolved::leaf(true),
            "weightUnit" => Resolved::leaf("KILOGRAMS"),
            "unitSystem" => Resolved::leaf("METRIC_SYSTEM"),
            "orderNumberFormatPrefix" => Resolved::leaf("#"),
            "orderNumberFormatSuffix" => Resolved::leaf(""),
            "createdAt" | "updatedAt" => moment(world.created_at(0).plus(-90 * 86_400)),
            "plan" => Resolved::object(Plain::new(
                "ShopPlan",
                [
                    ("displayName", shop.plan.name().into()),
                    ("publicDisplayName", shop.plan.name().into()),
                    (
                        "shopifyPlus",
                        matches!(shop.plan, ShopPlan::Plus | ShopPlan::Enterprise).into(),
                    ),
                    ("partnerDevelopment", false.into()),
                ],
            )),
            _ => return unlisted(self.kind(), name),
        })
    }
}

/// The installation of the app that asks.
pub(crate) struct InstallationNode {
    pub(crate) cx: Rc<Cx>,
}

impl Object for InstallationNode {
    fn kind(&self) -> &'static str {
        "AppInstallation"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        Ok(match name {
            "id" => gid("AppInstallation", self.cx.shop.id + 11),
            "accessScopes" => Resolved::list(self.cx.permit.scopes().iter().map(|scope| {
                let what = scope.replace('_', " ");
                Plain::new(
                    "AccessScope",
                    [("handle", scope.as_str().into()), ("description", what.into())],
                )
            })),
            "app" => Resolved::object(AppNode {
                id: self.cx.shop.id + 13,
                handle: "countinghouse".to_owned(),
                title: "Countinghouse".to_owned(),
                key: self.cx.client_id.clone(),
            }),
            _ => return unlisted(self.kind(), name),
        })
    }
}

/// An app.
pub(crate) struct AppNode {
    id: u64,
    handle: String,
    title: String,
    key: String,
}

impl AppNode {
    /// The app that stands behind agreements.
    pub(crate) fn online_store(shop: &Shop) -> AppNode {
        AppNode {
            id: 580_111,
            handle: "online_store".to_owned(),
            title: "Online Store".to_owned(),
            key: format!("{:032x}", shop.id),
        }
    }
}

impl Object for AppNode {
    fn kind(&self) -> &'static str {
        "App"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        Ok(match name {
            "id" => gid("App", self.id),
            "handle" => Resolved::leaf(self.handle.as_str()),
            "title" => Resolved::leaf(self.title.as_str()),
            "apiKey" => Resolved::leaf(self.key.as_str()),
            _ => return unlisted(self.kind(), name),
        })
    }
}

/// What `publicApiVersions` lists.
pub(crate) fn versions(cx: &Cx) -> Resolved {
    Resolved::list(
        Version::listed(Second(cx.time).utc())
            .into_iter()
            .map(|(version, supported, name)| {
                Plain::new(
                    "ApiVersion",
                    [
                        ("handle", version.to_string().into()),
                        ("supported", supported.into()),
                        ("displayName", json!(name)),
                    ],
                )
            }),
    )
}

/// The gid of the installation, to look it up by node.
pub(crate) fn installation_gid(shop: &Shop) -> String {
    gid_text("AppInstallation", shop.id + 11)
}
