//! Identifiers: arithmetic both ways, so that an id leads back to its order without an index. One order in 64 and all
//! its parts have identifiers above 2^53, which no float can hold.

const WIDE: u64 = (1 << 53) + 1;
const ORDERS: u64 = 5_400_000_000_000;
const PARTS: u64 = 14_500_000_000_000;
/// Distance between the ids of neighbouring orders.
const ORDER_STEP: u64 = 1_024;
/// Numbers that one order's parts can have.
const PART_STEP: u64 = 4_096;
/// Parts above 2^53 begin here, after the orders above 2^53.
const WIDE_PARTS: u64 = WIDE + (1 << 50);

fn wide(index: u64) -> bool {
    index % 64 == 63
}

/// Identifier of an order.
pub(super) fn order(index: u64) -> u64 {
    index * ORDER_STEP + if wide(index) { WIDE } else { ORDERS }
}

/// The order with an identifier, if it is one that the world gives out.
pub(super) fn order_index(id: u64) -> Option<u64> {
    let index = id.checked_sub(if id >= WIDE { WIDE } else { ORDERS })? / ORDER_STEP;
    (order(index) == id).then_some(index)
}

/// Identifier of the part with this number (from 1) of an order: line, payment, refund, agreement and the like.
pub(super) fn part(index: u64, number: u64) -> u64 {
    index * PART_STEP + number + if wide(index) { WIDE_PARTS } else { PARTS }
}

/// The order that owns a part.
pub(super) fn part_owner(id: u64) -> Option<u64> {
    let index = id.checked_sub(if id >= WIDE_PARTS { WIDE_PARTS } else { PARTS })? / PART_STEP;
    (wide(index) == (id >= WIDE_PARTS)).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_lead_back_to_their_order() {
        let mut seen = std::collections::HashSet::new();
        for index in 0..5_000 {
            let id = order(index);
            assert!(seen.insert(id), "id {id} is given twice");
            assert_eq!(order_index(id), Some(index), "order {index}");
            assert_eq!(order_index(id + 1), None, "an id between two orders belongs to none");
            for number in [1, 77, PART_STEP - 1] {
                assert_eq!(
                    part_owner(part(index, number)),
                    Some(index),
                    "part {number} of order {index}"
                );
            }
            assert_eq!(id > 1 << 53, index % 64 == 63, "ids beyond 2^53 are the 64th ones");
        }
    }
}
