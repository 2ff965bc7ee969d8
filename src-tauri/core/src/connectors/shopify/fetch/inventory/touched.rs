//! Products that changed, asked only for their items: a product's change is the sure sign of a movement of stock (contract 3.4).

use serde::Deserialize;

use super::{Inventory, rows};
use crate::connectors::fetch::StreamCtx;
use crate::connectors::shopify::fetch::change_list::{ChangeList, Counted, Left, Listed};
use crate::connectors::shopify::fetch::documents::{INVENTORY_TOUCHED, INVENTORY_TOUCHED_COUNTED, PRODUCTS_COUNT};
use crate::connectors::shopify::fetch::envelope::Envelope;
use crate::connectors::shopify::fetch::flow;
use crate::connectors::shopify::fetch::page_size::MOST;
use crate::connectors::shopify::fetch::proof::{self, Words};
use crate::connectors::shopify::fetch::slices::{self, PageInfo, Rows, number};
use crate::net::NetError;

/// What is told where less comes than is counted.
pub(super) const WORDS: Words = Words {
    code: "stock_short",
    things: "products last changed",
    hint: "Stock of those products may be out of date.",
};

/// Nested sizes of a product that is only asked for its items.
pub(super) const TOUCHED: &[(&str, i64)] = &[("variants", MOST)];

pub(super) fn listed() -> Listed {
    Listed {
        document: &INVENTORY_TOUCHED,
        counted: Some(Counted {
            beside: &INVENTORY_TOUCHED_COUNTED,
            alone: &PRODUCTS_COUNT,
            root: "productsCount",
            words: WORDS,
        }),
        field: "updated_at",
        sort: "UPDATED_AT",
        prefix: "",
        open: false,
        switch: None,
    }
}

impl Inventory {
    /// Takes on the next span of changed products: one of which not all came, or a gap.
    pub(super) fn plan(&mut self, ctx: &StreamCtx<'_>) {
        if self.products.is_some() || self.proof.doubt().is_some() {
            return;
        }
        let again = self.proof.next_span(ctx.now, &mut self.met);
        self.products = again.map(|(from, to)| ChangeList::new(from, to, false));
    }

    pub(super) fn read_doubt(&mut self, ctx: &StreamCtx<'_>, envelope: &Envelope<'_>) {
        let count = proof::count(envelope, "productsCount");
        self.proof.counted(count, None, ctx.now, &mut self.met);
        self.plan(ctx);
    }

    pub(super) fn read_products(
        &mut self,
        ctx: &StreamCtx<'_>,
        envelope: &Envelope<'_>,
        seconds: u64,
    ) -> Result<(), NetError> {
        let rows: Rows<'_> = rows(envelope, "products")?;
        let mut last = None;
        if let Some(list) = &mut self.products {
            list.hear(envelope, &listed());
        }
        for node in &rows.nodes {
            let head = slices::record("products", "touched", node);
            if let Some(list) = &mut self.products {
                list.tally.met(head.version, &head.key, false);
            }
            if head.version > 0 {
                last = Some((head.version, head.key.clone()));
                self.newest = self.newest.max(last.as_ref().map(|(second, _)| *second));
            }
            if self.recent.contains(&(head.key.clone(), head.version)) {
                continue;
            }
            self.recent.push((head.key.clone(), head.version));
            let product: Touched = serde_json::from_str(node.get()).map_err(|_| flow::misshapen("products"))?;
            if product.variants.page_info.has_next_page {
                self.variants
                    .push((head.key, product.variants.page_info.end_cursor.clone()));
            }
            self.touch(product.variants);
        }
        self.products_size.came(seconds, MOST);
        if let Some(list) = &mut self.products
            && list.came(rows.nodes.len(), last, &rows.page_info, &mut self.met)? == Left::Ended
            && let Some(list) = self.products.take()
        {
            self.proof.close(&list);
            self.plan(ctx);
        }
        Ok(())
    }

    fn touch(&mut self, variants: Variants) {
        for variant in variants.nodes {
            let item = number(&variant.inventory_item.id).to_owned();
            if !self.touched.contains(&item) {
                self.touched.push(item);
            }
        }
    }

    pub(super) fn read_variants(&mut self, envelope: &Envelope<'_>) {
        let product: Option<Touched> = envelope
            .root("product")
            .and_then(|root| serde_json::from_str(root.get()).ok());
        let Some((id, asked)) = self.variants.pop() else { return };
        // Gone meanwhile.
        let Some(product) = product else { return };
        let info = product.variants.page_info.clone();
        if info.has_next_page && info.end_cursor.is_some() && info.end_cursor != asked {
            self.variants.push((id, info.end_cursor));
        }
        self.touch(product.variants);
    }
}

#[derive(Deserialize)]
struct Touched {
    variants: Variants,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Variants {
    #[serde(default)]
    page_info: PageInfo,
    #[serde(default)]
    nodes: Vec<VariantNode>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct VariantNode {
    inventory_item: ItemRef,
}

#[derive(Deserialize)]
struct ItemRef {
    id: String,
}
