//! The shop itself, read first in every run: whose account this is, what may be read, which version answers
//! (failures 27, 30 and 32); and its locations.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::classify;
use super::documents::{LOCATIONS, SHOP};
use super::flow::{self, Flow};
use super::page_size::MOST;
use super::slices::{self, PageInfo, Rows, number, second_of};
use crate::connectors::fetch::{Batch, Coverage, Identity, Measure, Note, Page, Step, StreamCtx};
use crate::connectors::shopify::auth::words;
use crate::connectors::{RawRecord, Source};
use crate::model::{Currency, Zone};
use crate::net::{Code, NetError};

/// The shop's own stream.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Shop {
    /// When it was last read, UTC second.
    read_at: Option<i64>,
    asked: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ShopNode {
    id: String,
    #[serde(default)]
    name: String,
    myshopify_domain: String,
    currency_code: String,
    iana_timezone: String,
    #[serde(default)]
    updated_at: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Installation {
    access_scopes: Vec<Handle>,
}

#[derive(Deserialize)]
struct Handle {
    handle: String,
    #[serde(default)]
    supported: bool,
}

impl Flow for Shop {
    fn begin(&mut self, _ctx: &StreamCtx<'_>) {
        self.asked = true;
    }

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        if self.asked {
            SHOP.call(ctx.remote, json!({}), &[])
        } else {
            Ok(Step::Done)
        }
    }

    fn read(&mut self, ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        let (answer, _) = flow::answer(&batch)?;
        let envelope = flow::envelope(answer)?;
        let shop: ShopNode = envelope
            .root("shop")
            .and_then(|root| serde_json::from_str(root.get()).ok())
            .ok_or_else(|| flow::misshapen("shop"))?;
        let installation: Installation = envelope
            .root("currentAppInstallation")
            .and_then(|root| serde_json::from_str(root.get()).ok())
            .ok_or_else(|| flow::misshapen("currentAppInstallation"))?;
        let scopes: Vec<String> = installation
            .access_scopes
            .into_iter()
            .map(|scope| scope.handle)
            .collect();
        if ctx.remote.account.as_ref().is_some_and(|known| *known != shop.id) {
            return Err(NetError::connection(
                Code::Invalid,
                format!(
                    "Another shop answers than the one this connection belongs to ({}).",
                    clean(&shop.name)
                ),
                "Nothing of it was stored. Connect that shop separately, or connect this one again under its present name.",
            ));
        }
        let unknown = |what: &str, text: &str| {
            NetError::connection(
                Code::RefusedByChannel,
                format!(
                    "The shop states the {what} “{}”, which this program does not know.",
                    clean(text)
                ),
                "Update Countinghouse, or set another one in Shopify under Settings.",
            )
        };
        let zone: Zone = shop
            .iana_timezone
            .parse()
            .map_err(|_| unknown("time zone", &shop.iana_timezone))?;
        let currency: Currency = shop
            .currency_code
            .parse()
            .map_err(|_| unknown("currency", &shop.currency_code))?;
        let mut notes = classify::notes(&envelope);
        notes.extend(scope_notes(&ctx.remote.scopes, &scopes));
        let versions: Vec<Handle> = envelope
            .root("publicApiVersions")
            .and_then(|root| serde_json::from_str(root.get()).ok())
            .unwrap_or_default();
        if !versions.is_empty() && !versions.iter().any(|v| v.supported && v.handle == ctx.remote.version) {
            notes.push(Note {
                code: "api_version".into(),
                message: format!(
                    "Shopify no longer serves version {} of its interface.",
                    ctx.remote.version
                ),
                hint: classify::OTHER_VERSION.into(),
            });
        }
        let bytes = envelope
            .data
            .map(|data| data.get().as_bytes().to_vec())
            .unwrap_or_default();
        let record = RawRecord {
            stream: "shop".into(),
            key: number(&shop.id).to_owned(),
            facet: "shop".into(),
            source: Source::Page,
            version: shop.updated_at.as_deref().and_then(second_of).unwrap_or(0),
            bytes,
        };
        self.asked = false;
        self.read_at = Some(ctx.now);
        Ok(Page {
            records: vec![record],
            notes,
            identity: Some(Identity {
                account: shop.id,
                name: shop.name,
                domain: shop.myshopify_domain,
                zone,
                currency,
                scopes,
            }),
            measure: Measure::of(1, Some(1)),
            ..Page::default()
        })
    }

    fn coverage(&self) -> Coverage {
        Coverage {
            since: None,
            until: self.read_at,
            whole: self.read_at.is_some(),
        }
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

/// What changed in the rights since last time, and what the present ones leave out (failure 27).
fn scope_notes(before: &[String], now: &[String]) -> Vec<Note> {
    let lost: Vec<&str> = before
        .iter()
        .filter(|scope| !words::includes(now, scope))
        .map(String::as_str)
        .collect();
    let mut notes = Vec::new();
    if !lost.is_empty() {
        notes.push(Note {
            code: "scope_lost".into(),
            message: format!("The app has lost rights it had: {}.", lost.join(", ")),
            hint: "Give them back in the Dev Dashboard and approve them in the shop. What was fetched before is kept."
                .into(),
        });
    }
    for right in words::missing(now) {
        notes.push(Note {
            code: format!("without_{}", right.scope),
            message: right.without.into(),
            hint: format!(
                "Give the app the right {} in the Dev Dashboard and approve it in the shop.",
                right.scope
            ),
        });
    }
    notes
}

fn clean(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(80).collect()
}

/// How often a page of locations may not bring what must be there.
const BARREN: u32 = 3;

/// Locations: few, read whole in every run, inactive ones too (failure 28). Every shop has at least one: none is no answer.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Locations {
    after: Option<String>,
    open: bool,
    /// How often the page at hand did not bring what must be there.
    barren: u32,
    done: u64,
    read_at: Option<i64>,
}

impl Flow for Locations {
    fn begin(&mut self, _ctx: &StreamCtx<'_>) {
        self.after = None;
        self.open = true;
        self.barren = 0;
        self.done = 0;
    }

    fn next(&self, ctx: &StreamCtx<'_>) -> Result<Step, NetError> {
        if self.open {
            LOCATIONS.call(ctx.remote, json!({ "after": self.after }), &[("n", MOST)])
        } else {
            Ok(Step::Done)
        }
    }

    fn read(&mut self, ctx: &StreamCtx<'_>, batch: Batch<'_>) -> Result<Page, NetError> {
        let (answer, _) = flow::answer(&batch)?;
        let envelope = flow::envelope(answer)?;
        let rows: Rows<'_> = envelope
            .root("locations")
            .and_then(|root| serde_json::from_str(root.get()).ok())
            .ok_or_else(|| flow::misshapen("locations"))?;
        let records: Vec<RawRecord> = rows
            .nodes
            .iter()
            .map(|node| slices::record("locations", "location", node))
            .collect();
        self.done += records.len() as u64;
        let PageInfo {
            has_next_page,
            end_cursor,
        } = rows.page_info;
        let leads_nowhere = has_next_page && (end_cursor.is_none() || end_cursor == self.after);
        if leads_nowhere || self.done == 0 {
            self.barren += 1;
            if self.barren >= BARREN {
                return Err(NetError::stream(
                    Code::RefusedByChannel,
                    "Shopify does not show the shop's locations.",
                    "The next sync asks for them again; what was fetched before is kept.",
                ));
            }
        } else {
            self.barren = 0;
            self.open = has_next_page;
            self.after = end_cursor;
            if !self.open {
                self.read_at = Some(ctx.now);
            }
        }
        let measure = Measure::of(self.done, None);
        Ok(Page {
            records,
            notes: classify::notes(&envelope),
            measure,
            ..Page::default()
        })
    }

    fn coverage(&self) -> Coverage {
        Coverage {
            since: None,
            until: self.read_at,
            whole: self.read_at.is_some(),
        }
    }

    fn save(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}
