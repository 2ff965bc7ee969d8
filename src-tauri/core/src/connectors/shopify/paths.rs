//! Places in Shopify records, as templates: postings keep a number and positions, a person reads the path.

use crate::connectors::places::places;

places! {
    /// The whole record.
    Root "$",
    Sale "$.agreements.nodes[{}].sales.nodes[{}]",
    SaleEdge "$.agreements.edges[{}].node.sales.edges[{}].node",
    Line "$.lineItems.nodes[{}]",
    LineEdge "$.lineItems.edges[{}].node",
    Shipping "$.shippingLines.nodes[{}]",
    ShippingEdge "$.shippingLines.edges[{}].node",
    RefundLine "$.refunds[{}].refundLineItems.nodes[{}]",
    RefundLineEdge "$.refunds[{}].refundLineItems.edges[{}].node",
    RefundShipping "$.refunds[{}].refundShippingLines.nodes[{}]",
    RefundShippingEdge "$.refunds[{}].refundShippingLines.edges[{}].node",
    Adjustment "$.refunds[{}].orderAdjustments.nodes[{}]",
    AdjustmentEdge "$.refunds[{}].orderAdjustments.edges[{}].node",
    Refund "$.refunds[{}]",
    Total "$.totalPriceSet",
    Tip "$.totalTipReceivedSet",
    Duty "$.originalTotalDutiesSet",
    /// A line of a bulk file's slice, counted from 1.
    BulkRow "line {}",
    RestLine "$.line_items[{}]",
    RestShipping "$.shipping_lines[{}]",
    RestRefundLine "$.refunds[{}].refund_line_items[{}]",
    RestRefundShipping "$.refunds[{}].refund_shipping_lines[{}]",
    RestAdjustment "$.refunds[{}].order_adjustments[{}]",
    RestTotal "$.total_price",
    RestTip "$.total_tip_received",
    RestDuty "$.original_total_duties_set",
    RestRefund "$.refunds[{}]",
    CsvPrice "row {}, “Lineitem price”",
    CsvShipping "row {}, “Shipping”",
    CsvTotal "row {}, “Total”",
    CsvTaxes "row {}, “Taxes”",
    CsvRefunded "row {}, “Refunded Amount”",
    CsvDuties "row {}, “Duties”",
    CsvDiscount "row {}, “Discount Amount”",
    Fee "$.transactions[{}].fees[{}]",
    Payment "$.transactions[{}]",
    Parcel "$.fulfillments[{}]",
    RestFee "$.original_total_additional_fees_set",
    RestTax "$.total_tax",
    RestDiscounts "$.total_discounts",
    RestRefundDuty "$.refunds[{}].duties[{}]",
    RestRefundFee "$.refunds[{}].additional_fees[{}]",
    RestRefundMoney "$.refunds[{}].transactions",
    RefundDuty "$.refunds[{}].duties[{}]",
    Tax "$.totalTaxSet",
    Discounts "$.totalDiscountsSet",
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PathRef;

    #[test]
    fn a_place_reads_as_a_json_path() {
        assert_eq!(
            render(Place::Sale.at(&[1, 4])),
            "$.agreements.nodes[1].sales.nodes[4]",
            "positions in order"
        );
        assert_eq!(render(Place::BulkRow.at(&[7])), "line 7", "bulk rows are counted lines");
        assert_eq!(
            render(PathRef {
                template: 60_000,
                at: [0; 3]
            }),
            "$",
            "an unknown template still names the record"
        );
    }
}
