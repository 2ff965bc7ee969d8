//! Places in Amazon's records, as templates: postings keep a number and positions, a person reads the path.

use crate::model::PathRef;

macro_rules! places {
    ($($(#[$doc:meta])* $name:ident $text:literal,)*) => {
        /// The templates' texts by number; numbers are stored, so only append.
        const TEXTS: &[&str] = &[$($text,)*];
        /// The templates.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u16)]
        pub(super) enum Place { $($(#[$doc])* $name,)* }
    };
}

places! {
    /// The whole record.
    Root "$",
    /// An order of the current interface.
    Item "$.orderItems[{}]",
    Proceeds "$.orderItems[{}].proceeds.breakdowns[{}]",
    ProceedsTotal "$.orderItems[{}].proceeds.proceedsTotal",
    GrandTotal "$.proceeds.grandTotal",
    Breakdown "$.proceeds.breakdowns[{}]",
    Package "$.packages[{}]",
    /// The older interface.
    OrderTotal "$.OrderTotal",
    OldItem "$.OrderItems[{}]",
    /// A row of a report's record, counted from the row after the header.
    Row "row {}",
    /// A transaction.
    Leaf1 "$.breakdowns[{}]",
    Leaf2 "$.breakdowns[{}].breakdowns[{}]",
    Leaf3 "$.breakdowns[{}].breakdowns[{}].breakdowns[{}]",
    ItemLeaf1 "$.items[{}].breakdowns[{}]",
    ItemLeaf2 "$.items[{}].breakdowns[{}].breakdowns[{}]",
    Total "$.totalAmount",
    /// An amount of an event of the older interface, counted in the order they stand in.
    EventAmount "amount {}",
    Ad "$.ads[{}].charge",
}

impl Place {
    /// This place with positions filled in.
    pub(super) fn at(self, positions: &[usize]) -> PathRef {
        let mut at = [0; 3];
        for (slot, position) in at.iter_mut().zip(positions) {
            *slot = u16::try_from(*position).unwrap_or(u16::MAX);
        }
        PathRef {
            template: self as u16,
            at,
        }
    }
}

/// The path as text.
pub(super) fn render(path: PathRef) -> String {
    let template = TEXTS.get(usize::from(path.template)).copied().unwrap_or("$");
    let mut text = String::with_capacity(template.len() + 6);
    let mut positions = path.at.iter();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{}") {
        text.push_str(before);
        text.push_str(&positions.next().copied().unwrap_or(0).to_string());
        rest = after;
    }
    text.push_str(rest);
    text
}
