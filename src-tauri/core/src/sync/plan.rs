//! In which order streams are read.

use std::collections::BTreeSet;

use crate::connectors::fetch::StreamSpec;

/// The streams of a run that have not begun, and those that have ended.
#[derive(Debug)]
pub(super) struct Plan {
    queued: Vec<StreamSpec>,
    ended: BTreeSet<&'static str>,
    running: usize,
    /// The gate has not ended well yet: nothing else begins.
    gated: bool,
}

impl Plan {
    /// All of `streams`.
    pub(super) fn new(streams: &[StreamSpec]) -> Self {
        Plan {
            queued: streams.to_vec(),
            ended: BTreeSet::new(),
            running: 0,
            gated: streams.iter().any(|stream| stream.gate),
        }
    }

    /// The next stream that may begin while `lanes` may run at a time.
    pub(super) fn next(&mut self, lanes: usize) -> Option<StreamSpec> {
        if self.running >= lanes.max(1) {
            return None;
        }
        let ready = |stream: &StreamSpec| {
            stream.after.iter().all(|name| self.ended.contains(name)) && (stream.gate || !self.gated)
        };
        let at = self.queued.iter().position(ready)?;
        self.running += 1;
        Some(self.queued.remove(at))
    }

    /// Takes note that a stream has ended, well or not: what comes after it does not need it to be complete.
    pub(super) fn end(&mut self, stream: &StreamSpec) {
        self.running = self.running.saturating_sub(1);
        self.ended.insert(stream.name);
        self.gated &= !stream.gate;
    }

    /// Whether nothing runs and nothing is left.
    pub(super) fn is_over(&self) -> bool {
        self.running == 0 && self.queued.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn spec(name: &'static str, after: &'static [&'static str], gate: bool) -> StreamSpec {
        StreamSpec {
            name,
            label: name,
            after,
            gate,
        }
    }

    #[test]
    fn streams_begin_after_what_they_need_and_never_before_the_gate() {
        let streams = [
            spec("shop", &[], true),
            spec("orders", &[], false),
            spec("stock", &["products"], false),
            spec("products", &[], false),
        ];
        let mut plan = Plan::new(&streams);
        let name = |spec: Option<StreamSpec>| spec.map(|spec| spec.name);
        let gate = plan.next(2).expect("the gate");
        assert_eq!(
            (gate.name, name(plan.next(2))),
            ("shop", None),
            "nothing beside the gate"
        );
        plan.end(&gate);
        let (orders, products) = (plan.next(2).expect("a stream"), plan.next(2).expect("another"));
        assert_eq!(
            (orders.name, products.name),
            ("orders", "products"),
            "two lanes, stock waits for products"
        );
        assert_eq!(name(plan.next(2)), None, "both lanes are taken");
        plan.end(&orders);
        assert_eq!(name(plan.next(2)), None, "stock still waits");
        plan.end(&products);
        let stock = plan.next(2).expect("stock");
        assert!(stock.name == "stock" && !plan.is_over(), "now it runs");
        plan.end(&stock);
        assert!(plan.is_over(), "all have ended");
    }
}
