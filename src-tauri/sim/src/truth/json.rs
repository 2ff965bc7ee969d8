//! The truth as JSON: amounts are strings with the currency's decimals, rates are numbers with four decimals, days are
//! `YYYY-MM-DD`, and what is unknown is null.

use rust_decimal::Decimal;
use serde::Serialize;
use serde::ser::{Error, SerializeMap, Serializer};
use serde_json::value::RawValue;

use super::figures::Figures;
use super::{DayFigures, GoodsReport, GoodsRow, Report};

/// A decimal that is written as a JSON number, digit by digit.
struct Number(Decimal);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.to_string())
            .map_err(S::Error::custom)?
            .serialize(serializer)
    }
}

fn put_figures<M: SerializeMap>(map: &mut M, figures: &Figures) -> Result<(), M::Error> {
    let text = |amount: Option<i64>| amount.map(|amount| figures.currency.text(amount));
    map.serialize_entry("gross_sales", &text(figures.gross_sales))?;
    map.serialize_entry("discounts", &text(figures.discounts))?;
    map.serialize_entry("refunds", &text(figures.refunds))?;
    map.serialize_entry("net_sales", &text(figures.net_sales))?;
    map.serialize_entry("orders", &figures.orders)?;
    map.serialize_entry("units", &figures.units)?;
    map.serialize_entry("aov", &text(figures.aov))?;
    map.serialize_entry("refund_rate", &figures.refund_rate.map(Number))?;
    map.serialize_entry("fulfillment_rate", &figures.fulfillment_rate.map(Number))?;
    map.serialize_entry("gross_profit", &text(figures.gross_profit))?;
    map.serialize_entry("contribution", &text(figures.contribution))?;
    map.serialize_entry("contribution_after_ads", &text(figures.contribution_after_ads))?;
    map.serialize_entry("fees", &text(Some(figures.fees)))?;
    map.serialize_entry("reimbursements", &text(Some(figures.reimbursements)))?;
    map.serialize_entry("ad_spend", &text(figures.ad_spend))?;
    map.serialize_entry("tax_withheld", &text(Some(figures.tax_withheld)))?;
    map.serialize_entry("shipping", &text(figures.shipping))?;
    map.serialize_entry("taxes", &text(figures.taxes))?;
    map.serialize_entry("duties", &text(figures.duties))?;
    map.serialize_entry("tips", &text(figures.tips))?;
    map.serialize_entry("gift_cards_sold", &text(figures.gift_cards_sold))?;
    map.serialize_entry("total_sales", &text(figures.total_sales))?;
    map.serialize_entry("units_returned", &figures.units_returned)?;
    map.serialize_entry("units_with_cost", &figures.units_with_cost)?;
    map.serialize_entry("cost_coverage", &figures.cost_coverage.map(Number))?;
    map.serialize_entry("orders_placed", &figures.orders_placed)?;
    map.serialize_entry("orders_fulfilled", &figures.orders_fulfilled)?;
    map.serialize_entry("orders_with_price", &figures.orders_with_price)
}

impl Serialize for Figures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        put_figures(&mut map, self)?;
        map.end()
    }
}

impl Serialize for DayFigures {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("date", &self.day.to_string())?;
        put_figures(&mut map, &self.figures)?;
        map.end()
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("definition", self.definition.name())?;
        map.serialize_entry("currency", self.currency.code())?;
        map.serialize_entry("time_zone", self.zone.name())?;
        map.serialize_entry("from", &self.from.to_string())?;
        map.serialize_entry("to", &self.to.to_string())?;
        map.serialize_entry("days", &self.days)?;
        map.serialize_entry("totals", &self.totals)?;
        map.end()
    }
}

impl Serialize for GoodsRow {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let text = |amount: i64| self.currency.text(amount);
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("date", &self.day.to_string())?;
        map.serialize_entry("sku", &self.sku)?;
        map.serialize_entry("units", &self.tally.units)?;
        map.serialize_entry("item_price", &text(self.tally.item_price))?;
        map.serialize_entry("discounts", &text(self.tally.discounts))?;
        map.serialize_entry("returns", &text(self.tally.returns))?;
        map.serialize_entry("net_sales", &text(self.tally.net_sales(self.definition)))?;
        map.serialize_entry("units_returned", &self.tally.units_returned)?;
        map.serialize_entry("cogs", &text(self.tally.cogs))?;
        map.serialize_entry("items_costed", &text(self.tally.items_costed))?;
        map.serialize_entry("units_with_cost", &self.tally.units_with_cost)?;
        map.end()
    }
}

impl Serialize for GoodsReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("definition", self.definition.name())?;
        map.serialize_entry("currency", self.currency.code())?;
        map.serialize_entry("rows", &self.rows)?;
        map.end()
    }
}
