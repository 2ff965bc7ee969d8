//! What answers bring: records, and the state behind them.

use serde_json::value::RawValue;

use super::{Left, MOST, MOST_DETAILS, MOST_WIDE, Orders, Survey, Turn, listed, push_new, rows};
use crate::connectors::RawRecord;
use crate::connectors::fetch::StreamCtx;
use crate::connectors::intervals::Intervals;
use crate::connectors::shopify::fetch::envelope::Envelope;
use crate::connectors::shopify::fetch::order_group::Group;
use crate::connectors::shopify::fetch::proof::{self, Held};
use crate::connectors::shopify::fetch::slices::{self, Head};
use crate::connectors::shopify::fetch::{flow, parts};
use crate::net::NetError;

impl Orders {
    /// The orders of one answer: whole ones as records, others to be read wide (`narrow`) or continued. Gives the last change and
    /// key of each.
    pub(super) fn take(
        &mut self,
        nodes: &[&RawValue],
        narrow: bool,
        records: &mut Vec<RawRecord>,
    ) -> Vec<(i64, String)> {
        let mut met = Vec::with_capacity(nodes.len());
        let facet = self.agreed.came(nodes.iter().any(|node| node.get() != "null"));
        for node in nodes {
            if node.get() == "null" {
                continue;
            }
            let record = slices::record("orders", facet, node);
            met.push((record.version, record.key.clone()));
            if record.version > 0 {
                self.saw(record.version);
            }
            let missing = parts::missing(node, record.version);
            if missing.is_empty() || record.version == 0 {
                records.push(record);
            } else if narrow {
                push_new(&mut self.wide, record.key);
            } else {
                self.parts.extend(missing);
                records.push(record);
            }
        }
        met
    }

    pub(super) fn read_list(
        &mut self,
        ctx: &StreamCtx<'_>,
        envelope: &Envelope<'_>,
        seconds: u64,
    ) -> Result<Vec<RawRecord>, NetError> {
        let rows = rows(envelope, "orders")?;
        let mut records = Vec::new();
        let met = self.take(&rows.nodes, true, &mut records);
        let last = met.iter().rev().find(|(version, _)| *version > 0).cloned();
        self.done += rows.nodes.len() as u64;
        self.size.came(seconds, MOST);
        let (agreed, mut read) = (self.agreed.is_asked(), Intervals::default());
        if let Some(list) = &mut self.list {
            let (bottom, top, down) = (list.from, list.to, list.down);
            list.hear(envelope, &listed(agreed));
            met.iter()
                .for_each(|(version, key)| list.tally.met(*version, key, down));
            let left = list.came(rows.nodes.len(), last, &rows.page_info, &mut read)?;
            self.cover(&read, agreed);
            if left == Left::Ended {
                self.whole |= down && bottom == 0;
                if !down {
                    self.forwarded_at = top;
                    if std::mem::take(&mut self.rereading) {
                        self.reread_at = top;
                    }
                }
                if let Some(list) = self.list.take() {
                    self.proof.close(&list);
                }
                self.whole |= self.covered.start_of_last() == Some(0);
                self.plan(ctx);
            }
        }
        Ok(records)
    }

    /// The answer about several orders by id, wide or only their details.
    pub(super) fn read_ids(
        &mut self,
        ctx: &StreamCtx<'_>,
        envelope: &Envelope<'_>,
        seconds: u64,
        wide: bool,
    ) -> Result<Vec<RawRecord>, NetError> {
        let nodes: Vec<&RawValue> = envelope
            .root("nodes")
            .and_then(|root| serde_json::from_str(root.get()).ok())
            .ok_or_else(|| flow::misshapen("nodes"))?;
        let mut records = Vec::new();
        if wide {
            let asked = self.wide_size.plain().min(self.wide.len());
            self.wide.drain(..asked);
            let met = self.take(&nodes, false, &mut records);
            for (version, _) in met.into_iter().filter(|(version, _)| *version > 0) {
                if !self.agreed.is_asked() {
                    self.agreed.read(version, version + 1, false);
                }
            }
            self.wide_size.came(seconds, MOST_WIDE);
        } else {
            let asked = self.details_size.plain().min(self.details.len());
            self.details.drain(..asked);
            for node in nodes.iter().filter(|node| node.get() != "null") {
                let record = slices::record("orders", "details", node);
                self.parts.extend(parts::missing(node, record.version));
                records.push(record);
            }
            self.details_size.came(seconds, MOST_DETAILS);
        }
        self.plan(ctx);
        Ok(records)
    }

    pub(super) fn read_survey(&mut self, ctx: &StreamCtx<'_>, envelope: &Envelope<'_>) -> Result<(), NetError> {
        let counted = proof::count(envelope, "ordersCount").ok_or_else(|| flow::misshapen("ordersCount"))?;
        let rows = rows(envelope, "orders")?;
        let oldest = rows
            .nodes
            .first()
            .and_then(|node| serde_json::from_str::<Head<'_>>(node.get()).ok())
            .and_then(|head| head.version());
        self.reread_at = self.target;
        self.forwarded_at = self.target;
        self.survey = Some(Survey {
            count: counted.found,
            oldest: oldest.unwrap_or(self.target),
        });
        self.plan(ctx);
        Ok(())
    }

    /// The count of the span in doubt.
    pub(super) fn read_doubt(&mut self, ctx: &StreamCtx<'_>, envelope: &Envelope<'_>) -> Result<(), NetError> {
        let counted = proof::count(envelope, "ordersCount").ok_or_else(|| flow::misshapen("ordersCount"))?;
        let oldest = self.survey.map(|survey| survey.oldest);
        let held = self.proof.counted(Some(counted), oldest, ctx.now, &mut self.covered);
        self.whole = (self.whole && held == Held::Proved) || self.covered.start_of_last() == Some(0);
        self.plan(ctx);
        Ok(())
    }

    pub(super) fn turn(&mut self, ctx: &StreamCtx<'_>, turn: Turn) {
        let Some(bulk) = &self.bulk else { return };
        let (from, to, bare, came) = (bulk.from, bulk.to, bulk.bare, bulk.brought());
        match turn {
            Turn::On => return,
            Turn::Empty => {
                let mut read = Intervals::default();
                read.insert(from, to);
                self.cover(&read, !bare);
                self.proof.ended(from, to, came, None);
            }
            Turn::Shorter => self.bulk_span = ((to - from) / 2).max(1),
            // One that was asked for with agreements before they were refused is asked for again without.
            Turn::Never => self.bulk_refused = bare || self.agreed.is_asked(),
        }
        self.bulk = None;
        self.plan(ctx);
    }

    pub(super) fn read_groups(
        &mut self,
        ctx: &StreamCtx<'_>,
        from: u64,
        groups: Vec<Vec<u8>>,
        last: bool,
    ) -> Vec<RawRecord> {
        let until = from + groups.len() as u64;
        let mut records = Vec::with_capacity(groups.len());
        let bare = self.bulk.as_ref().is_some_and(|bulk| bulk.bare);
        for lines in groups {
            let group = Group::of(lines, bare);
            if group.suspicious {
                push_new(&mut self.wide, group.record.key.clone());
            }
            if group.details {
                push_new(&mut self.details, group.record.key.clone());
            }
            if group.record.version > 0 {
                self.saw(group.record.version);
            }
            records.push(group.record);
        }
        self.done += records.len() as u64;
        let turn = self.bulk.as_mut().map_or(Turn::On, |bulk| bulk.drained(until, last));
        self.turn(ctx, turn);
        records
    }

    pub(super) fn read_part(
        &mut self,
        ctx: &StreamCtx<'_>,
        envelope: &Envelope<'_>,
    ) -> Result<Option<RawRecord>, NetError> {
        let Some(part) = self.parts.pop() else { return Ok(None) };
        let read = part.read(envelope)?;
        if read.stale {
            // The order changed between two of its pages: it is read anew, and its other pages with it.
            self.parts.retain(|other| other.owner != part.owner);
            push_new(&mut self.wide, part.owner);
        }
        self.parts.extend(read.next);
        self.plan(ctx);
        Ok(read.record)
    }
}
