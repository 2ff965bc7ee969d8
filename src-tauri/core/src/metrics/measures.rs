//! Sums over postings and counts of orders: what the daily roll-ups hold and every formula starts from.

use crate::model::Kind;

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
    /// Orders by order day of which not everything could be read, or whose parts do not add up; withdrawn ones too.
    OrdersIncomplete "orders_incomplete" "Orders counted in part",
    /// Rows of such orders, each on its own day.
    RowsIncomplete "rows_incomplete" "Rows of orders counted in part",
    /// Orders by order day of which no record shows what was ordered: in no figure of units or fulfilment.
    OrdersUntold "orders_untold" "Orders that do not show what was ordered",
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

/// Counts that charges alone leave at zero.
const TRADES: [Measure; 7] = [
    Measure::Orders,
    Measure::OrdersWithPrice,
    Measure::OrdersUnpriced,
    Measure::OrdersUntold,
    Measure::OrdersIncomplete,
    Measure::Units,
    Measure::UnitsReturned,
];

fn is_trade(kind: Kind) -> bool {
    kind.is_sale() || kind.is_return()
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
        let factor = i128::from(factor);
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            // Most numbers of an order are nothing.
            if *theirs != 0 {
                *mine += theirs * factor;
            }
        }
    }

    /// Whether nothing counts here any more.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|n| *n == 0)
    }

    /// Whether an order was placed, shipped or left open here, or something of one was sold or came back. Charges alone are none of
    /// that.
    pub fn trades(&self) -> bool {
        let moved = |kind: &Kind| is_trade(*kind) && self.kind(*kind) != 0;
        TRADES.into_iter().any(|measure| self.sum(measure) != 0) || Kind::ALL.iter().any(moved)
    }

    /// Names of the stored columns one of which is not zero where sums [`trade`](Measures::trades).
    pub fn trading_columns() -> impl Iterator<Item = &'static str> {
        let kinds = Kind::ALL.iter().filter(|kind| is_trade(**kind)).map(|kind| kind.name());
        kinds.chain(TRADES.into_iter().map(Measure::name))
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

    /// What takes these away.
    pub fn negated(&self) -> ProductMeasures {
        let mut negated = ProductMeasures::default();
        negated.merge(self, -1);
        negated
    }

    /// Whether nothing counts here any more.
    pub fn is_empty(&self) -> bool {
        *self == ProductMeasures::default()
    }
}
