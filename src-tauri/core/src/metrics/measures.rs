//! Sums over postings and counts of orders: what the daily roll-ups hold and every formula starts from.

use crate::model::{Day, Flags, Kind, Order, When, Zone};

use super::Definition;

/// Number of posting kinds; the first measures are one sum per kind, in the order of [`Kind::ALL`].
const KINDS: usize = Kind::ALL.len();

macro_rules! measures {
    ($($(#[$doc:meta])* $variant:ident $name:literal $label:literal,)*) => {
        /// A count or sum beside the sums per kind.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(usize)]
        pub enum Measure { $($(#[$doc])* $variant,)* }

        impl Measure {
            /// Every measure, in stored order.
            pub const ALL: &'static [Measure] = &[$(Measure::$variant,)*];

            /// The measure's name, also its SQL column.
            pub fn name(self) -> &'static str {
                match self { $(Measure::$variant => $name,)* }
            }

            /// The name on screens.
            pub fn label(self) -> &'static str {
                match self { $(Measure::$variant => $label,)* }
            }
        }
    };
}

measures! {
    /// Rows counted.
    Rows "row_count" "Ledger rows",
    /// Orders: by order day (order totals, platform) or first ship day (accounting).
    Orders "orders" "Orders",
    /// Orders with a stated price, by order day.
    OrdersWithPrice "orders_with_price" "Orders with a price",
    /// Orders by order day that the fulfilment rate divides by.
    OrdersToFulfil "orders_to_fulfil" "Orders placed",
    /// Of these, the completely shipped ones.
    OrdersFulfilled "orders_fulfilled" "Orders completely shipped",
    /// Orders whose amounts the platform has not stated yet.
    OrdersUnpriced "orders_unpriced" "Orders without a price",
    /// Units sold, on the definition's own day.
    Units "units" "Units",
    /// Units that came back or were withdrawn.
    UnitsReturned "units_returned" "Units returned or withdrawn",
    /// Of `Units`, those with a known cost.
    UnitsWithCost "units_with_cost" "Units with a known cost",
    /// Of `UnitsWithCost`, those whose cost was taken from a later day by the user's leave.
    UnitsCostEstimated "units_cost_estimated" "Units with an estimated cost",
    /// Item price of rows of the original order (no edits), for the platform's average order value.
    ItemPricePlaced "item_price_placed" "Item price of the original orders",
    /// Discounts of the same rows.
    DiscountPlaced "discount_placed" "Discounts of the original orders",
    /// Item kinds over lines with a known cost.
    ItemsCosted "items_costed" "Items with a known cost, less discounts and returns",
    /// Number of such rows.
    RowsCosted "rows_costed" "Item rows with a known cost",
    /// Number of item rows without a known cost.
    RowsUncosted "rows_uncosted" "Item rows without a known cost",
    /// Rows whose amounts include an unknown share of tax.
    RowsBasisUnknown "rows_basis_unknown" "Rows with an unknown share of tax",
    /// Rows whose amount or date was derived.
    RowsEstimated "rows_estimated" "Derived rows",
}

impl Measure {
    /// Whether it is an amount in millionths; the others count things.
    pub fn is_money(self) -> bool {
        matches!(
            self,
            Measure::ItemPricePlaced | Measure::DiscountPlaced | Measure::ItemsCosted
        )
    }
}

/// Length of a measure vector.
const WIDTH: usize = KINDS + Measure::ALL.len();

/// One sum per kind and one number per [`Measure`]; adding two vectors is adding two sets of rows. Sums are wider than the
/// amounts they add up, so that no number of rows can make one wrap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Measures([i128; WIDTH]);

impl Default for Measures {
    fn default() -> Self {
        Measures([0; WIDTH])
    }
}

impl Measures {
    /// The sum of a kind, in millionths.
    pub fn kind(&self, kind: Kind) -> i128 {
        self.0[kind as usize]
    }

    /// A count.
    pub fn get(&self, measure: Measure) -> i64 {
        let exact = self.sum(measure);
        // Counts grow by one order at a time and stay far within the range.
        i64::try_from(exact).unwrap_or(if exact < 0 { i64::MIN } else { i64::MAX })
    }

    /// A count or sum, in millionths where it is money.
    pub fn sum(&self, measure: Measure) -> i128 {
        self.0[KINDS + measure as usize]
    }

    /// Adds `amount` to a measure.
    pub fn add(&mut self, measure: Measure, amount: i64) {
        self.0[KINDS + measure as usize] += i128::from(amount);
    }

    /// Adds `amount` to the sum of a kind.
    pub fn add_kind(&mut self, kind: Kind, amount: i64) {
        self.0[kind as usize] += i128::from(amount);
    }

    /// Adds `factor` (1 or −1) times every number of `other`.
    pub fn merge(&mut self, other: &Measures, factor: i64) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine += theirs * i128::from(factor);
        }
    }

    /// Whether nothing counts here any more.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|n| *n == 0)
    }

    /// Names of the stored columns, in the order of [`Measures::values`].
    pub fn columns() -> impl Iterator<Item = &'static str> {
        Kind::ALL
            .iter()
            .map(|k| k.name())
            .chain(Measure::ALL.iter().map(|m| m.name()))
    }

    /// Number of stored columns.
    pub const COLUMNS: usize = WIDTH;

    /// The numbers, in the order of [`Measures::columns`]; `None` where one is beyond what a column holds.
    pub fn values(&self) -> Option<[i64; WIDTH]> {
        narrowed(&self.0)
    }

    /// Measures from stored numbers.
    pub fn from_values(values: &[i64; WIDTH]) -> Measures {
        Measures(values.map(i128::from))
    }
}

/// The numbers as a column holds them.
fn narrowed<const N: usize>(wide: &[i128; N]) -> Option<[i64; N]> {
    let mut values = [0; N];
    for (value, wide) in values.iter_mut().zip(wide) {
        *value = i64::try_from(*wide).ok()?;
    }
    Some(values)
}

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

/// The eight numbers of the product roll-up; sums in millionths.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct ProductMeasures {
    /// Units sold.
    pub units: i64,
    /// Item price before discounts.
    pub item_price: i128,
    /// Discounts (negative).
    pub discounts: i128,
    /// Reversals, refunds and adjustments of items (negative).
    pub returns: i128,
    /// Units that came back or were withdrawn.
    pub units_returned: i64,
    /// Cost of goods, returns taken off (negative).
    pub cogs: i128,
    /// Item kinds over lines with a known cost.
    pub items_costed: i128,
    /// Units with a known cost.
    pub units_with_cost: i64,
}

impl ProductMeasures {
    /// Column names, in the order of [`ProductMeasures::values`].
    pub const COLUMNS: [&'static str; 8] = [
        "units",
        "item_price",
        "discounts",
        "returns",
        "units_returned",
        "cogs",
        "items_costed",
        "units_with_cost",
    ];

    /// The numbers in stored order; `None` where one is beyond what a column holds.
    pub fn values(&self) -> Option<[i64; 8]> {
        narrowed(&[
            self.units.into(),
            self.item_price,
            self.discounts,
            self.returns,
            self.units_returned.into(),
            self.cogs,
            self.items_costed,
            self.units_with_cost.into(),
        ])
    }

    /// Measures from stored numbers.
    pub fn from_values(v: [i64; 8]) -> Self {
        ProductMeasures {
            units: v[0],
            item_price: v[1].into(),
            discounts: v[2].into(),
            returns: v[3].into(),
            units_returned: v[4],
            cogs: v[5].into(),
            items_costed: v[6].into(),
            units_with_cost: v[7],
        }
    }

    /// Adds `factor` times `other`.
    pub fn merge(&mut self, other: &ProductMeasures, factor: i64) {
        let wide = i128::from(factor);
        self.units += other.units * factor;
        self.item_price += other.item_price * wide;
        self.discounts += other.discounts * wide;
        self.returns += other.returns * wide;
        self.units_returned += other.units_returned * factor;
        self.cogs += other.cogs * wide;
        self.items_costed += other.items_costed * wide;
        self.units_with_cost += other.units_with_cost * factor;
    }

    /// Whether nothing counts here any more.
    pub fn is_empty(&self) -> bool {
        *self == ProductMeasures::default()
    }
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
    let mut business: Vec<Contribution> = Vec::new();
    if !order.status.posts() {
        return (business, Vec::new());
    }
    let mut products: Vec<LineSum> = Vec::with_capacity(order.lines.len() * 4);
    let mut days = Days {
        zone,
        known: Vec::with_capacity(4),
    };
    for definition in Definition::ALL {
        count_order(order, definition, zone, &mut business);
        for posting in &order.postings {
            let Some(moment) = definition.moment_of(order, posting) else {
                continue;
            };
            let day = days.day_of(moment);
            let line = posting.line.and_then(|index| order.lines.get(usize::from(index)));
            let units = if line.is_some_and(|l| l.gift_card) {
                0
            } else {
                i64::from(posting.quantity)
            };
            let costed = posting.flags.has(Flags::COSTED);
            let m = day_of(&mut business, definition, day);
            m.add_kind(posting.kind, posting.micros);
            m.add(Measure::Rows, 1);
            if posting.flags.has(Flags::ESTIMATED) {
                m.add(Measure::RowsEstimated, 1);
            }
            if order.basis_unknown {
                m.add(Measure::RowsBasisUnknown, 1);
            }
            if posting.kind == Kind::ItemPrice {
                m.add(Measure::Units, units);
                if costed {
                    m.add(Measure::UnitsWithCost, units);
                    if line.is_some_and(|l| l.cost_estimated) {
                        m.add(Measure::UnitsCostEstimated, units);
                    }
                }
            }
            if posting.kind.is_return() {
                m.add(Measure::UnitsReturned, -units);
            }
            if !posting.flags.has(Flags::EDIT) {
                match posting.kind {
                    Kind::ItemPrice => m.add(Measure::ItemPricePlaced, posting.micros),
                    Kind::ItemDiscountSeller | Kind::ItemDiscountPlatform => {
                        m.add(Measure::DiscountPlaced, posting.micros)
                    }
                    _ => {}
                }
            }
            if posting.kind.is_item() {
                if costed {
                    m.add(Measure::ItemsCosted, posting.micros);
                    m.add(Measure::RowsCosted, 1);
                } else {
                    m.add(Measure::RowsUncosted, 1);
                }
            }
            let Some(index) = posting.line else { continue };
            let p = sum_of(&mut products, definition, day, index);
            match posting.kind {
                Kind::ItemPrice => {
                    p.item_price += i128::from(posting.micros);
                    p.units += units;
                    p.units_with_cost += if costed { units } else { 0 };
                }
                Kind::ItemDiscountSeller | Kind::ItemDiscountPlatform => p.discounts += i128::from(posting.micros),
                Kind::ReversalItem | Kind::RefundItem | Kind::RefundAdjustment => {
                    p.returns += i128::from(posting.micros);
                    p.units_returned -= units;
                }
                Kind::Cogs | Kind::CogsReturned => p.cogs += i128::from(posting.micros),
                _ => {}
            }
            if costed && posting.kind.is_item() {
                p.items_costed += i128::from(posting.micros);
            }
        }
    }
    business.retain(|c| !c.measures.is_empty());
    let products = by_sku(order, &products);
    (business, products)
}

/// Counts of the order itself (LEDGER ruling 7).
fn count_order(order: &Order, definition: Definition, zone: Zone, business: &mut Vec<Contribution>) {
    if !order.status.counts() {
        return;
    }
    let placed = order.placed_at.day(zone);
    let in_base = definition == Definition::Platform || !order.wholly_cancelled();
    if in_base {
        let m = day_of(business, definition, placed);
        m.add(Measure::OrdersToFulfil, 1);
        m.add(Measure::OrdersFulfilled, i64::from(order.fulfilled));
        m.add(Measure::OrdersWithPrice, i64::from(order.priced));
        m.add(Measure::OrdersUnpriced, i64::from(!order.priced));
    }
    match definition {
        Definition::Accounting => {
            if let Some(ship) = order.first_ship {
                day_of(business, definition, ship.day(zone)).add(Measure::Orders, 1);
            }
        }
        _ if in_base => {
            let m = day_of(business, definition, placed);
            m.add(Measure::Orders, 1);
            if !order.priced {
                let withdrawn = if definition == Definition::Platform {
                    0
                } else {
                    order.units_cancelled
                };
                m.add(Measure::Units, i64::from(order.units_placed - withdrawn));
            }
        }
        _ => {}
    }
}

/// The vector of a definition's day, made on first use.
fn day_of(business: &mut Vec<Contribution>, definition: Definition, day: Day) -> &mut Measures {
    let at = match business.iter().position(|c| c.definition == definition && c.day == day) {
        Some(at) => at,
        None => {
            business.push(Contribution {
                definition,
                day,
                measures: Measures::default(),
            });
            business.len() - 1
        }
    };
    &mut business[at].measures
}

/// Days of an order's few moments, each worked out once: the zone's rules cost more than all the sums.
struct Days {
    zone: Zone,
    known: Vec<(When, Day)>,
}

impl Days {
    fn day_of(&mut self, moment: When) -> Day {
        if let Some((_, day)) = self.known.iter().find(|(known, _)| *known == moment) {
            return *day;
        }
        let day = moment.day(self.zone);
        // An order refunded a hundred times is no reason to search long.
        if self.known.len() < 16 {
            self.known.push((moment, day));
        }
        day
    }
}

/// What one line adds to one day and definition.
struct LineSum {
    definition: Definition,
    day: Day,
    line: u16,
    measures: ProductMeasures,
}

/// The sum of a definition's day and line, made on first use. Postings of a line stand together: the last one is the likely one.
fn sum_of(sums: &mut Vec<LineSum>, definition: Definition, day: Day, line: u16) -> &mut ProductMeasures {
    let found = sums
        .iter()
        .rposition(|s| s.definition == definition && s.day == day && s.line == line);
    let at = found.unwrap_or(sums.len());
    if found.is_none() {
        sums.push(LineSum {
            definition,
            day,
            line,
            measures: ProductMeasures::default(),
        });
    }
    &mut sums[at].measures
}

/// Lines of one SKU summed, by definition, day and SKU; gift cards have no place among products.
fn by_sku(order: &Order, lines: &[LineSum]) -> Vec<ProductContribution> {
    let mut products: Vec<ProductContribution> = Vec::with_capacity(lines.len());
    for sum in lines {
        let Some(line) = order.lines.get(usize::from(sum.line)).filter(|l| !l.gift_card) else {
            continue;
        };
        products.push(ProductContribution {
            definition: sum.definition,
            day: sum.day,
            sku: product_key(line),
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
fn product_key(line: &crate::model::Line) -> String {
    match (&line.sku, &line.variant) {
        (sku, _) if !sku.is_empty() => sku.clone(),
        (_, Some(variant)) => format!("variant:{variant}"),
        _ => format!("line:{}", line.title),
    }
}
