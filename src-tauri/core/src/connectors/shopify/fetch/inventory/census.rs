//! A pass over every item of stock, in the order of their ids, held against the number of variants: nothing counts items, but each
//! variant is the variant of one item.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Inventory;
use crate::connectors::fetch::StreamCtx;
use crate::connectors::shopify::fetch::envelope::Envelope;
use crate::connectors::shopify::fetch::proof::{self, Short, Words};
use crate::connectors::shopify::fetch::slices::PageInfo;

/// What is told where items name fewer variants than there are.
pub(super) const FEW: Words = Words {
    code: "stock_short",
    things: "variants there are",
    hint: "Stock and unit costs of the others are lacking here.",
};

/// A list of items in the order of their ids.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Items {
    pub(super) after: Option<String>,
    /// Everything up to this id is read.
    pub(super) last: u64,
    /// Ids have only grown so far, so that the list can be begun anew behind the last one.
    pub(super) ordered: bool,
    /// The list was begun behind this id.
    pub(super) above: u64,
    pub(super) read: u32,
    /// Pages in a row that said “more” and not from where.
    #[serde(default)]
    pub(super) stalls: u32,
}

/// What a pass over every item brought, beside what the platform counts: each variant is the variant of one item.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(super) struct Census {
    /// Variants that the platform counted when the pass began; it does not count items.
    pub(super) counted: Option<u64>,
    /// Variants that the items named.
    pub(super) named: u64,
    /// The count is to be asked for again.
    pub(super) asking: bool,
    /// How often the items were gone on with or read anew.
    pub(super) tries: u32,
    /// Highest id of the list that ended.
    pub(super) last: u64,
}

impl Items {
    pub(super) fn new(above: u64) -> Self {
        Items {
            after: None,
            last: above,
            ordered: true,
            above,
            read: 0,
            stalls: 0,
        }
    }

    /// Whether nothing of it was asked for yet, and nothing before it either.
    pub(super) fn is_new(&self) -> bool {
        self.above == 0 && self.after.is_none()
    }
}

impl Inventory {
    /// The count of variants after fewer of them came with their items: the list is gone on with, then read anew, then told.
    pub(super) fn read_census(&mut self, ctx: &StreamCtx<'_>, envelope: &Envelope<'_>) {
        let Some(census) = &mut self.census else { return };
        census.asking = false;
        let counted = proof::count(envelope, "productVariantsCount").map_or(0, |count| count.found);
        census.counted = Some(counted);
        if counted <= census.named {
            return;
        }
        census.tries += 1;
        match census.tries {
            1 => self.items = Some(Items::new(census.last)),
            2 => {
                census.named = 0;
                self.items = Some(Items::new(0));
            }
            _ => {
                let runs = self.few.as_ref().map_or(0, Short::runs);
                self.few = Some(Short::new((0, self.target), counted, census.named, runs, ctx.now));
            }
        }
    }
}

/// Variants that an item's node names. Where it names more than fit, nothing can be counted, and so many that none is missed.
pub(super) fn variants_of(node: &RawValue) -> u64 {
    #[derive(Deserialize)]
    struct Item {
        variants: Named,
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Named {
        #[serde(default)]
        page_info: PageInfo,
        #[serde(default)]
        nodes: Vec<serde::de::IgnoredAny>,
    }
    match serde_json::from_str::<Item>(node.get()) {
        Ok(item) if item.variants.page_info.has_next_page => u64::from(u32::MAX),
        Ok(item) => item.variants.nodes.len() as u64,
        Err(_) => 0,
    }
}
