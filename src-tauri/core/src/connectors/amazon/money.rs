//! Finances: transactions of the current interface (2024-06-19) and events of the older one, each with its leaves.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::broken;
use super::leaf::{family, what};
use super::markets::market;
use super::parse::{MoneyNode, moment, moment_at, units};
use super::part::{Entry, Family, Leaf, Ledger, What};
use super::paths::Place;
use super::record::said;
use crate::connectors::ReadError;
use crate::model::{Currency, PathRef, Payout, When, Zone};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Transaction<'a> {
    transaction_type: Option<String>,
    transaction_id: Option<String>,
    transaction_status: Option<String>,
    description: Option<String>,
    posted_date: Option<String>,
    #[serde(borrow)]
    total_amount: Option<MoneyNode<'a>>,
    marketplace_details: Option<Marketplace>,
    selling_partner_metadata: Option<Marketplace>,
    related_identifiers: Option<Vec<Related>>,
    #[serde(borrow)]
    items: Option<Vec<Item<'a>>>,
    #[serde(borrow)]
    breakdowns: Option<Vec<Breakdown<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Marketplace {
    marketplace_id: Option<String>,
    marketplace_name: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Related {
    related_identifier_name: Option<String>,
    related_identifier_value: Option<String>,
}

#[derive(Deserialize)]
struct Item<'a> {
    description: Option<String>,
    #[serde(borrow)]
    breakdowns: Option<Vec<Breakdown<'a>>>,
    #[serde(borrow)]
    contexts: Option<Vec<Context<'a>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Context<'a> {
    sku: Option<String>,
    #[serde(borrow)]
    quantity_shipped: Option<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Breakdown<'a> {
    breakdown_type: Option<String>,
    #[serde(borrow)]
    breakdown_amount: Option<MoneyNode<'a>>,
    #[serde(borrow)]
    breakdowns: Option<Vec<Breakdown<'a>>>,
}

/// A walk over a tree of breakdowns that keeps its leaves: a parent repeats their sum (failure 31).
struct Walk<'t> {
    family: Family,
    word: &'t str,
    currency: Option<Currency>,
    leaves: Vec<Leaf>,
}

impl<'t> Walk<'t> {
    fn go(
        &mut self,
        nodes: &'t [Breakdown<'_>],
        path: &mut Vec<&'t str>,
        at: &mut Vec<usize>,
        item: Option<usize>,
        about: &Leaf,
    ) -> Result<(), ReadError> {
        for (index, node) in nodes.iter().enumerate() {
            path.push(node.breakdown_type.as_deref().unwrap_or_default());
            at.push(index);
            match node
                .breakdowns
                .as_deref()
                .filter(|inner| !inner.is_empty() && path.len() < 32)
            {
                Some(inner) => self.go(inner, path, at, item, about)?,
                None => {
                    let place = place(item, at);
                    if let Some(read) = node.breakdown_amount.map(|m| m.read(place)).transpose()?.flatten() {
                        self.currency = self.currency.or(read.currency);
                        let words: Vec<&str> = std::iter::once(self.word).chain(path.iter().copied()).collect();
                        self.leaves.push(Leaf {
                            what: what(self.family, &words),
                            micros: read.micros,
                            place,
                            ..about.clone()
                        });
                    }
                }
            }
            path.pop();
            at.pop();
        }
        Ok(())
    }
}

fn place(item: Option<usize>, at: &[usize]) -> PathRef {
    let positions: Vec<usize> = item.into_iter().chain(at.iter().copied()).take(3).collect();
    match (item, at.len()) {
        (Some(_), 1) => Place::ItemLeaf1.at(&positions),
        (Some(_), _) => Place::ItemLeaf2.at(&positions),
        (None, 1) => Place::Leaf1.at(&positions),
        (None, 2) => Place::Leaf2.at(&positions),
        (None, _) => Place::Leaf3.at(&positions),
    }
}

impl Transaction<'_> {
    fn related(&self, name: &str) -> Option<&str> {
        let all = self.related_identifiers.iter().flatten();
        all.filter(|r| r.related_identifier_name.as_deref() == Some(name))
            .find_map(|r| r.related_identifier_value.as_deref())
    }
}

/// What a transaction says, and the payout it is, if it moves money to the bank.
pub(super) fn transaction(id: &str, bytes: &[u8]) -> Result<(Entry, Option<Payout>), ReadError> {
    let t: Transaction<'_> = serde_json::from_slice(bytes).map_err(|e| broken(&e))?;
    let root = Place::Root.at(&[]);
    let word = t.transaction_type.clone().unwrap_or_default();
    let family = family(&word);
    let about = t.description.clone().unwrap_or_default();
    let of = |m: &Option<Marketplace>| {
        let m = m.as_ref()?;
        market(m.marketplace_id.as_deref(), m.marketplace_name.as_deref())
    };
    let total = t
        .total_amount
        .map(|m| m.read(Place::Total.at(&[])))
        .transpose()?
        .flatten();
    let mut walk = Walk {
        family,
        word: &word,
        currency: total.and_then(|t| t.currency),
        leaves: Vec::new(),
    };
    let items: Vec<&Item<'_>> = t
        .items
        .iter()
        .flatten()
        .filter(|i| i.breakdowns.as_ref().is_some_and(|b| !b.is_empty()))
        .collect();
    // Units that left and cost nothing, as of a free replacement, have no amounts.
    let mut unpriced: Vec<Leaf> = Vec::new();
    for (at, item) in t.items.iter().flatten().enumerate() {
        let (mut sku, mut count) = (None, 0);
        for context in item.contexts.iter().flatten() {
            sku = sku.or_else(|| context.sku.clone());
            count = units(context.quantity_shipped, root)?.unwrap_or(0).max(count);
        }
        let leaf = Leaf {
            what: What::Fee,
            sku,
            units: count,
            title: item.description.clone(),
            micros: 0,
            place: root,
        };
        let before = walk.leaves.len();
        if count > 0 && item.breakdowns.as_ref().is_none_or(Vec::is_empty) {
            unpriced.push(Leaf {
                what: What::Movement,
                ..leaf.clone()
            });
        }
        walk.go(
            item.breakdowns.as_deref().unwrap_or_default(),
            &mut Vec::new(),
            &mut Vec::new(),
            Some(at),
            &leaf,
        )?;
        // The units stand on the first amount of the item only.
        for leaf in walk.leaves.iter_mut().skip(before + 1) {
            leaf.units = 0;
        }
    }
    let none = Leaf {
        what: What::Fee,
        sku: None,
        units: 0,
        title: None,
        micros: 0,
        place: root,
    };
    if items.is_empty() {
        walk.go(
            t.breakdowns.as_deref().unwrap_or_default(),
            &mut Vec::new(),
            &mut Vec::new(),
            None,
            &none,
        )?;
    }
    // What names no transaction is told by what it says, under whatever key it is stored.
    let said = || std::str::from_utf8(bytes).map_or_else(|_| id.to_owned(), said);
    let id = t
        .transaction_id
        .clone()
        .filter(|id| !id.is_empty())
        .unwrap_or_else(said);
    let moves = word.eq_ignore_ascii_case("Transfer");
    if let (true, Some(total)) = (walk.leaves.is_empty(), total) {
        // No tree at all: the total is the one amount there is.
        walk.leaves.push(Leaf {
            what: what(family, &[&word, &about]),
            micros: total.micros,
            place: Place::Total.at(&[]),
            ..none
        });
    }
    walk.leaves.append(&mut unpriced);
    let at = t
        .posted_date
        .as_deref()
        .map(|text| moment_at(text, "postedDate", root))
        .transpose()?;
    let market = of(&t.marketplace_details).or_else(|| of(&t.selling_partner_metadata));
    let releases = t.related("DEFERRED_TRANSACTION_ID").map(str::to_owned);
    let released = t.transaction_status.as_deref() == Some("RELEASED");
    let payout = match (moves, total, at) {
        (true, Some(total), Some(at)) => total.currency.map(|currency| Payout {
            // A settlement report tells of the same payout by the settlement's number.
            key: t.related("SETTLEMENT_ID").unwrap_or(&id).to_owned(),
            day: at.day(market.map_or(Zone::UTC, |m| m.zone())),
            status: "paid".to_owned(),
            net: total.micros.saturating_neg(),
            fees: None,
            currency,
        }),
        _ => None,
    };
    let entry = Entry {
        ledger: Ledger::Transactions,
        id,
        beside: false,
        family,
        at,
        market,
        currency: walk.currency,
        counts: !(released && releases.is_some()),
        releases,
        moves,
        leaves: walk.leaves,
        total: total.map(|t| t.micros),
    };
    Ok((entry, payout))
}

/// What an event of the older interface says. `list` is the list it stood in; `id` ends with the number that tells it from others
/// in its answer that say the same.
pub(super) fn event(id: &str, list: &str, bytes: &[u8]) -> Result<Entry, ReadError> {
    let value: &RawValue = serde_json::from_slice(bytes).map_err(|e| broken(&e))?;
    let mut walk = EventWalk {
        family: family(list),
        leaves: Vec::new(),
        currency: None,
        dated: None,
        market: None,
        kinds: Vec::new(),
        count: 0,
    };
    walk.go(value, &mut vec![list.to_owned()], None)?;
    let twin = id.rsplit(':').next().unwrap_or_default();
    Ok(Entry {
        ledger: Ledger::Events,
        id: format!("{list}:{}:{twin}", said(value.get())),
        beside: false,
        family: walk.family,
        at: walk
            .dated
            .as_deref()
            .map(|text| moment_at(text, "PostedDate", Place::Root.at(&[])))
            .transpose()?,
        market: walk.market.as_deref().and_then(|name| market(None, Some(name))),
        currency: walk.currency,
        counts: true,
        releases: None,
        moves: false,
        leaves: walk.leaves,
        total: None,
    })
}

/// Amounts of the older interface that state the sum of what stands beside them (failure 31).
const TOTALS: [&str; 4] = ["totalamount", "totalexpense", "transactionvalue", "recoveryamount"];

/// … of the items below them, which tell their goods.
const TOTALS_OF_ITEMS: [&str; 2] = ["adjustmentamount", "reimbursedamount"];

/// Amounts that say how another came about, and move no money.
const UNMOVED: [&str; 3] = ["perunitamount", "baseamount", "rentalinitialvalue"];

struct EventWalk {
    family: Family,
    leaves: Vec<Leaf>,
    currency: Option<Currency>,
    dated: Option<String>,
    market: Option<String>,
    /// Types named on the way to where the walk is.
    kinds: Vec<String>,
    count: usize,
}

impl EventWalk {
    /// Every amount in an object or list; its words are the members that lead to it and the type named beside it.
    fn go(
        &mut self,
        value: &RawValue,
        path: &mut Vec<String>,
        about: Option<&(Option<String>, i32)>,
    ) -> Result<(), ReadError> {
        let root = Place::Root.at(&[]);
        if path.len() > 32 {
            return Ok(());
        }
        if value.get().starts_with('[') {
            let items: Vec<&RawValue> = serde_json::from_str(value.get()).map_err(|e| broken(&e))?;
            return items.into_iter().try_for_each(|item| self.go(item, path, about));
        }
        if !value.get().starts_with('{') {
            return Ok(());
        }
        let members: Vec<(String, &RawValue)> = super::record::members(value.get());
        let text = |name: &str| {
            let found = members.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
            found.and_then(|(_, v)| serde_json::from_str::<String>(v.get()).ok())
        };
        self.dated = self.dated.take().or_else(|| text("PostedDate"));
        self.market = self.market.take().or_else(|| text("MarketplaceName"));
        let own = match text("SellerSKU") {
            Some(sku) => {
                let quantity = members.iter().find(|(n, _)| n == "QuantityShipped").map(|(_, v)| *v);
                Some((Some(sku), units(quantity, root)?.unwrap_or(0)))
            }
            None => about.cloned(),
        };
        let before = self.leaves.len();
        // The types of fees and charges name their amounts; the kind of the event itself does not.
        let kind = ["ChargeType", "FeeType", "PromotionType", "AdjustmentType"]
            .iter()
            .find_map(|name| text(name));
        let named = self.kinds.len();
        self.kinds.extend(kind);
        let mut total = None;
        for (name, member) in &members {
            if !member.get().starts_with(['{', '[']) {
                continue;
            }
            let amount = serde_json::from_str::<MoneyNode<'_>>(member.get())
                .ok()
                .filter(|_| member.get().contains("CurrencyAmount"));
            let direct = amount.is_some()
                && super::record::members(member.get())
                    .iter()
                    .any(|(n, _)| n == "CurrencyAmount");
            path.push(name.clone());
            match amount.filter(|_| direct) {
                Some(amount) => {
                    let place = Place::EventAmount.at(&[self.count + 1]);
                    self.count += 1;
                    let name = name.to_lowercase();
                    let moved = !UNMOVED.contains(&name.as_str());
                    if let Some(read) = amount.read(place)?.filter(|_| moved) {
                        if TOTALS.contains(&name.as_str()) || TOTALS_OF_ITEMS.contains(&name.as_str()) {
                            total = Some((self.leaves.len(), TOTALS_OF_ITEMS.contains(&name.as_str())));
                        }
                        self.currency = self.currency.or(read.currency);
                        let mut words: Vec<&str> = path.iter().map(String::as_str).collect();
                        words.extend(self.kinds.iter().map(String::as_str));
                        self.leaves.push(Leaf {
                            what: what(self.family, &words),
                            sku: own.as_ref().and_then(|(sku, _)| sku.clone()),
                            units: own.as_ref().map_or(0, |(_, units)| *units),
                            title: None,
                            micros: read.micros,
                            place,
                        });
                    }
                }
                None => self.go(member, path, own.as_ref())?,
            }
            path.pop();
        }
        self.kinds.truncate(named);
        if let Some((at, of_items)) = total {
            self.once(before, at, of_items);
        }
        if text("SellerSKU").is_some() {
            for leaf in self.leaves.iter_mut().skip(before + 1) {
                leaf.units = 0;
            }
        }
        Ok(())
    }
}

impl EventWalk {
    /// Keeps a total, or the items that come to it, of the leaves of an object, which begin at `from`.
    fn once(&mut self, from: usize, total: usize, of_items: bool) {
        let whole = self.leaves.remove(total);
        let parts = &self.leaves[from..];
        let sum = parts.iter().fold(0_i64, |sum, leaf| sum.saturating_add(leaf.micros));
        if parts.is_empty() || !of_items || sum != whole.micros {
            self.leaves.truncate(from);
            self.leaves.push(whole);
        }
    }
}

/// The moment an event or transaction states, for its key.
pub(super) fn dated(text: Option<&str>) -> Option<When> {
    text.and_then(moment)
}
