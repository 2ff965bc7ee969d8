//! What one order adds to the roll-ups.

use crate::model::{Calendar, Day, Line, Order, Zone};

use super::count::{Countable, LineMarks, Tally, count};
use super::{Definition, Measures, ProductMeasures};

/// What one order adds to one day of one definition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Contribution {
    /// By which definition.
    pub definition: Definition,
    /// On which day of the active zone.
    pub day: Day,
    /// How much.
    pub measures: Measures,
}

/// What one order adds to one day, SKU and definition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProductContribution {
    /// By which definition.
    pub definition: Definition,
    /// On which day of the active zone.
    pub day: Day,
    /// SKU of the line; the variant or line id where it has none, in the form `variant:ID` or `line:TITLE`.
    pub sku: String,
    /// How much.
    pub measures: ProductMeasures,
}

/// Everything one order adds to both roll-ups in `zone`. Empty for orders that never count.
pub fn contributions(order: &Order, zone: Zone) -> (Vec<Contribution>, Vec<ProductContribution>) {
    let mut apart = Apart {
        lines: &order.lines,
        business: Vec::new(),
        products: Vec::with_capacity(order.lines.len() * 4),
    };
    count(&Countable::of(order), &mut Calendar::of_one(zone), &mut apart);
    apart.business.retain(|c| !c.measures.is_empty());
    let products = by_sku(order, &apart.products);
    (apart.business, products)
}

/// The sums of one order, by definition, day and line.
struct Apart<'a> {
    lines: &'a [Line],
    business: Vec<Contribution>,
    products: Vec<LineSum>,
}

impl Tally for Apart<'_> {
    fn marks(&self, line: u16) -> Option<LineMarks> {
        self.lines.get(usize::from(line)).map(|line| LineMarks {
            gift_card: line.gift_card,
            cost_estimated: line.cost_estimated,
        })
    }

    fn day(&mut self, definition: Definition, day: Day) -> &mut Measures {
        let found = |c: &Contribution| c.definition == definition && c.day == day;
        let at = self.business.iter().position(found).unwrap_or_else(|| {
            self.business.push(Contribution {
                definition,
                day,
                measures: Measures::default(),
            });
            self.business.len() - 1
        });
        &mut self.business[at].measures
    }

    fn line(&mut self, definition: Definition, day: Day, line: u16) -> &mut ProductMeasures {
        // Postings of a line stand together: the last one is the likely one.
        let found = |s: &LineSum| s.definition == definition && s.day == day && s.line == line;
        let at = self.products.iter().rposition(found).unwrap_or_else(|| {
            self.products.push(LineSum {
                definition,
                day,
                line,
                measures: ProductMeasures::default(),
            });
            self.products.len() - 1
        });
        &mut self.products[at].measures
    }
}

/// What one line adds to one day and definition.
struct LineSum {
    definition: Definition,
    day: Day,
    line: u16,
    measures: ProductMeasures,
}

/// Lines of one SKU summed, by definition, day and SKU.
fn by_sku(order: &Order, lines: &[LineSum]) -> Vec<ProductContribution> {
    let mut products: Vec<ProductContribution> = Vec::with_capacity(lines.len());
    for sum in lines {
        let Some(line) = order.lines.get(usize::from(sum.line)) else {
            continue;
        };
        products.push(ProductContribution {
            definition: sum.definition,
            day: sum.day,
            sku: product_key(&line.sku, line.variant.as_deref(), &line.title),
            measures: sum.measures,
        });
    }
    products.sort_by(|a, b| (a.definition, a.day, &a.sku).cmp(&(b.definition, b.day, &b.sku)));
    products.dedup_by(|later, first| {
        let same = (later.definition, later.day, &later.sku) == (first.definition, first.day, &first.sku);
        if same {
            first.measures.merge(&later.measures, 1);
        }
        same
    });
    products.retain(|p| !p.measures.is_empty());
    products
}

/// What tells products apart: the SKU, else the variant, else the title of a custom item.
pub(crate) fn product_key(sku: &str, variant: Option<&str>, title: &str) -> String {
    match variant {
        _ if !sku.is_empty() => sku.to_owned(),
        Some(variant) => format!("variant:{variant}"),
        None => format!("line:{title}"),
    }
}
