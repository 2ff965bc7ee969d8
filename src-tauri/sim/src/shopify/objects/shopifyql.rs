//! The platform's own sales report in its report language (contract section 7): the figures of a period or by the day.

use std::collections::BTreeMap;
use std::rc::Rc;

use chrono::{Days, NaiveDate, TimeZone};
use serde_json::{Map, Value};

use super::money::decimal;
use super::{Answered, Cx, Plain, texts, unlisted};
use crate::shopify::graphql::execute::{Object, Resolved};
use crate::shopify::graphql::variables::Args;
use crate::world::{AgreementKind, LIFE_DAYS, Order, Sale, SaleAction, Second, Subject};

/// What can be shown, and whether it is money.
const FIGURES: [(&str, bool); 8] = [
    ("orders", false),
    ("gross_sales", true),
    ("discounts", true),
    ("sales_reversals", true),
    ("net_sales", true),
    ("shipping_charges", true),
    ("taxes", true),
    ("total_sales", true),
];

/// Answers a report query; what is wrong with it stands in `parseErrors`.
pub(crate) fn answer(cx: &Rc<Cx>, text: &str) -> Resolved {
    match Report::parse(cx, text) {
        Ok(report) => Resolved::object(ReportNode {
            errors: Vec::new(),
            rows: report.rows(cx),
            report: Some(report),
        }),
        Err(error) => Resolved::object(ReportNode {
            errors: vec![error],
            rows: Vec::new(),
            report: None,
        }),
    }
}

/// A report that was understood.
struct Report {
    figures: Vec<(&'static str, bool)>,
    by_day: bool,
    first: NaiveDate,
    last: NaiveDate,
}

impl Report {
    fn parse(cx: &Cx, text: &str) -> Result<Report, String> {
        let words: Vec<&str> = text
            .split(|letter: char| letter.is_whitespace() || letter == ',')
            .filter(|word| !word.is_empty())
            .collect();
        let place = |keyword: &str| words.iter().position(|word| word.eq_ignore_ascii_case(keyword));
        let after = |keyword: &str| place(keyword).and_then(|at| words.get(at + 1)).copied();
        match after("FROM") {
            Some(table) if table.eq_ignore_ascii_case("sales") => {}
            Some(table) => return Err(format!("Line 1 Column 6: Table '{table}' not found.")),
            None => return Err("Line 1 Column 1: Missing FROM clause.".to_owned()),
        }
        let show = place("SHOW").ok_or("Line 1 Column 1: Missing SHOW clause.")?;
        let keywords = [
            "TIMESERIES",
            "SINCE",
            "UNTIL",
            "GROUP",
            "ORDER",
            "WHERE",
            "LIMIT",
            "WITH",
        ];
        let shown = words[show + 1..]
            .iter()
            .take_while(|word| !keywords.iter().any(|keyword| word.eq_ignore_ascii_case(keyword)));
        let figures = shown
            .map(|name| {
                FIGURES
                    .iter()
                    .find(|(known, _)| known == name)
                    .copied()
                    .ok_or(format!("Column '{name}' not found."))
            })
            .collect::<Result<Vec<_>, String>>()?;
        let by_day = match after("TIMESERIES") {
            None => false,
            Some("day") => true,
            Some(other) => return Err(format!("TIMESERIES {other} is not supported.")),
        };
        let today = cx.world.now().day_in(cx.zone());
        let date = |keyword: &str| match after(keyword) {
            None | Some("today") => Ok(today),
            Some(text) => text.parse::<NaiveDate>().map_err(|_| format!("'{text}' is no date.")),
        };
        Ok(Report {
            figures,
            by_day,
            first: date("SINCE")?,
            last: date("UNTIL")?,
        })
    }

    fn rows(&self, cx: &Cx) -> Vec<Value> {
        let mut days: BTreeMap<NaiveDate, Figures> = BTreeMap::new();
        let mut day = self.first;
        while day <= self.last {
            days.insert(day, Figures::default());
            day = day.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX);
        }
        let start = |day: NaiveDate| {
            let local = day
                .and_hms_opt(0, 0, 0)
                .and_then(|midnight| cx.zone().from_local_datetime(&midnight).earliest());
            local.map_or(Second(0), |local| Second(local.timestamp()))
        };
        // All of an order's rows lie within its life.
        let from = start(self.first).plus(-LIFE_DAYS * 86_400);
        let until = start(self.last).plus(5 * 86_400);
        for index in cx.world.created_between(from, until) {
            if let Some(order) = cx.world.order(index).filter(|order| !order.test) {
                add(&order, cx, &mut days);
            }
        }
        let row = |day: Option<NaiveDate>, figures: &Figures| {
            let mut row = Map::new();
            if let Some(day) = day {
                row.insert("day".to_owned(), Value::from(day.to_string()));
            }
            for (name, money) in &self.figures {
                let figure = figures.get(name);
                let text = if *money {
                    decimal(figure, cx.world.spec().currency)
                } else {
                    figure.to_string()
                };
                row.insert((*name).to_owned(), Value::from(text));
            }
            Value::Object(row)
        };
        if self.by_day {
            return days.iter().map(|(day, figures)| row(Some(*day), figures)).collect();
        }
        vec![row(None, &days.values().fold(Figures::default(), Figures::plus))]
    }
}

/// The figures of a period, money in smallest units of the shop's currency.
#[derive(Debug, Clone, Default)]
struct Figures {
    orders: i64,
    gross: i64,
    discounts: i64,
    reversals: i64,
    shipping: i64,
    taxes: i64,
    others: i64,
}

impl Figures {
    fn plus(mut self, other: &Figures) -> Figures {
        self.orders += other.orders;
        self.gross += other.gross;
        self.discounts += other.discounts;
        self.reversals += other.reversals;
        self.shipping += other.shipping;
        self.taxes += other.taxes;
        self.others += other.others;
        self
    }

    fn get(&self, name: &str) -> i64 {
        let net = self.gross + self.discounts + self.reversals;
        match name {
            "orders" => self.orders,
            "gross_sales" => self.gross,
            "discounts" => self.discounts,
            "sales_reversals" => self.reversals,
            "net_sales" => net,
            "shipping_charges" => self.shipping,
            "taxes" => self.taxes,
            _ => net + self.shipping + self.taxes + self.others,
        }
    }

    fn sale(&mut self, sale: &Sale) {
        let ex_tax = sale.total.shop - sale.tax.shop;
        match (sale.subject, sale.action) {
            // Gift cards and tips have reports of their own, with their taxes.
            (Subject::GiftCard(_) | Subject::Tip, _) => return,
            (Subject::Product(_), SaleAction::Return) | (Subject::Adjustment, _) => self.reversals += ex_tax,
            (Subject::Product(_), _) => {
                self.gross += ex_tax + sale.discount_before_tax.shop;
                self.discounts -= sale.discount_before_tax.shop;
            }
            (Subject::Shipping(_), _) => self.shipping += ex_tax,
            (Subject::Duty(_) | Subject::ReturnFee(_) | Subject::AdditionalFee(_), _) => self.others += ex_tax,
        }
        self.taxes += sale.tax.shop;
    }
}

fn add(order: &Order, cx: &Cx, days: &mut BTreeMap<NaiveDate, Figures>) {
    for agreement in &order.agreements {
        let Some(figures) = days.get_mut(&agreement.happened_at.day_in(cx.zone())) else {
            continue;
        };
        let goods = |sale: &Sale| matches!(sale.subject, Subject::Product(_));
        if agreement.kind == AgreementKind::Order && agreement.sales.iter().any(goods) {
            figures.orders += 1;
        }
        agreement.sales.iter().for_each(|sale| figures.sale(sale));
    }
}

/// The answer to a report query. Its rows are read once.
struct ReportNode {
    errors: Vec<String>,
    rows: Vec<Value>,
    report: Option<Report>,
}

impl Object for ReportNode {
    fn kind(&self) -> &'static str {
        "ShopifyqlQueryResponse"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        Ok(match name {
            "parseErrors" => texts(self.errors.iter().cloned()),
            "parseWarnings" => texts(Vec::<String>::new()),
            "tableData" => Resolved::maybe(self.report.as_ref().map(|report| {
                TableNode {
                    columns: report
                        .by_day
                        .then_some(("day", "DAY_TIMESTAMP"))
                        .into_iter()
                        .chain(report.figures.iter().map(column))
                        .collect(),
                    rows: Value::Array(self.rows.clone()),
                }
            })),
            _ => return unlisted(self.kind(), name),
        })
    }
}

fn column((name, money): &(&'static str, bool)) -> (&'static str, &'static str) {
    (name, if *money { "MONEY" } else { "INTEGER" })
}

struct TableNode {
    columns: Vec<(&'static str, &'static str)>,
    rows: Value,
}

impl Object for TableNode {
    fn kind(&self) -> &'static str {
        "ShopifyqlTableData"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        Ok(match name {
            "columns" => Resolved::list(self.columns.iter().map(|(name, kind)| {
                let label = name.replace('_', " ");
                Plain::new(
                    "ShopifyqlTableDataColumn",
                    [
                        ("name", (*name).into()),
                        ("dataType", (*kind).into()),
                        ("displayName", label.into()),
                    ],
                )
            })),
            "rows" => Resolved::Leaf(self.rows.clone()),
            _ => return unlisted(self.kind(), name),
        })
    }
}
