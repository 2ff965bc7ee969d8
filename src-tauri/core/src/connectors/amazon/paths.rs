//! Places in Amazon's records, as templates: postings keep a number and positions, a person reads the path.

use crate::connectors::places::places;

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
