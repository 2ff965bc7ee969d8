//! The seller's goods and places: made once from the seed, small enough to be held.

use std::ops::Range;

use super::instant::{DAY, Second};
use super::money::{Currency, ratio_half_up};
use super::records::{Location, Product, ProductStatus, Variant};
use super::rng::{Purpose, Rng};
use super::words::{AWKWARD_TITLES, COLOURS, CUSTOM_TITLES, MAKES, PRODUCT_TAGS, SIZES, THINGS, VENDORS};

const PRODUCT_IDS: u64 = 8_100_000_000_000;
const VARIANT_IDS: u64 = 44_000_000_000_000;
const ITEM_IDS: u64 = 46_000_000_000_000;
/// Every seventh variant and item has identifiers beyond what a float can hold.
const WIDE: u64 = (1 << 53) + 1;
/// The catalogue is older than the first order by this many days.
const OLDER_DAYS: i64 = 90;
/// Variants of the one product with many.
const MANY_VARIANTS: usize = 72;

/// The goods and places of one seller.
#[derive(Debug)]
pub(crate) struct Catalogue {
    pub(crate) products: Vec<Product>,
    pub(crate) variants: Vec<Variant>,
    pub(crate) locations: Vec<Location>,
    /// Positions of variants that need shipping, are no gift cards and are on sale.
    pub(crate) physical: Vec<u32>,
    /// Positions of digital goods.
    pub(crate) digital: Vec<u32>,
    /// Positions of gift cards.
    pub(crate) gift_cards: Vec<u32>,
}

/// Which goods a product sells.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sort {
    Physical,
    Digital,
    GiftCard,
}

/// A dollar price in cents as smallest units of a currency.
pub(crate) fn from_cents(cents: i64, currency: Currency) -> i64 {
    ratio_half_up(cents, currency.per_dollar() * currency.unit(), 100_000_000)
}

impl Catalogue {
    /// `products` products for a history that runs from `start` to `end`.
    pub(crate) fn new(seed: u64, products: u32, currency: Currency, start: Second, end: Second) -> Self {
        let mut catalogue = Self {
            products: Vec::new(),
            variants: Vec::new(),
            locations: locations(start),
            physical: Vec::new(),
            digital: Vec::new(),
            gift_cards: Vec::new(),
        };
        for index in 0..products {
            catalogue.add_product(seed, index, currency, start, end);
        }
        catalogue
    }

    fn add_product(&mut self, seed: u64, index: u32, currency: Currency, start: Second, end: Second) {
        let mut rng = Rng::of(seed, Purpose::Catalogue, u64::from(index));
        let sort = match index {
            0 | 2 => Sort::Physical,
            1 => Sort::GiftCard,
            3 => Sort::Digital,
            _ if rng.chance(40) => Sort::Digital,
            _ => Sort::Physical,
        };
        let (thing, kind, cents) = rng.pick(&THINGS);
        let title = match (sort, AWKWARD_TITLES.get(index as usize / 3)) {
            (Sort::GiftCard, _) => "Gift Card".to_owned(),
            (Sort::Digital, _) => format!("{} Pattern (PDF) {index}", rng.pick(&MAKES)),
            (Sort::Physical, Some(awkward)) if index % 3 == 2 => (*awkward).to_owned(),
            _ => format!("{} {thing} {index}", rng.pick(&MAKES)),
        };
        let created_at = start.plus(-rng.between(1, OLDER_DAYS) * DAY - rng.between(0, DAY - 1));
        // Some goods are taken off for good while orders for them exist; the first few stay.
        let removed = taken_off(index);
        let span = (end.0 - start.0).max(DAY);
        let deleted_at = removed.then(|| start.plus(span / 3 + rng.between(0, span / 2)));
        let on_sale = index < 6 || !rng.chance(60);
        let status = match on_sale {
            true => ProductStatus::Active,
            false => rng.pick(&[ProductStatus::Archived, ProductStatus::Draft]),
        };
        let first = self.variants.len() as u32;
        let base = ProductBase {
            index,
            sort,
            cents,
            created_at,
            currency,
        };
        let count = match (sort, index) {
            (Sort::GiftCard, _) => 3,
            (Sort::Digital, _) => 1,
            (_, 2) => MANY_VARIANTS,
            _ => rng.pick(&[1, 1, 1, 2, 3, 4, 6]) as usize,
        };
        for position in 0..count {
            let variant = base.variant(&mut rng, self.variants.len() as u32, position, count);
            if on_sale {
                self.shelf(sort).push(variant.index);
            }
            self.variants.push(variant);
        }
        self.products.push(Product {
            index,
            id: PRODUCT_IDS + u64::from(index) * 32,
            handle: format!("item-{index}"),
            title,
            vendor: rng.pick(&VENDORS),
            product_type: if sort == Sort::GiftCard { "Gift cards" } else { kind },
            status,
            gift_card: sort == Sort::GiftCard,
            created_at,
            deleted_at,
            variants: Range {
                start: first,
                end: self.variants.len() as u32,
            },
            tags: PRODUCT_TAGS.iter().copied().filter(|_| rng.chance(250)).collect(),
        });
    }

    fn shelf(&mut self, sort: Sort) -> &mut Vec<u32> {
        match sort {
            Sort::Physical => &mut self.physical,
            Sort::Digital => &mut self.digital,
            Sort::GiftCard => &mut self.gift_cards,
        }
    }

    /// The variant at a position.
    pub(crate) fn variant(&self, index: u32) -> &Variant {
        &self.variants[index as usize]
    }

    /// The product of a variant.
    pub(crate) fn product_of(&self, variant: &Variant) -> &Product {
        &self.products[variant.product as usize]
    }

    /// Whether the variant's product exists at a moment.
    pub(crate) fn exists(&self, variant: u32, at: Second) -> bool {
        let deleted = self.product_of(self.variant(variant)).deleted_at;
        deleted.is_none_or(|deleted| at < deleted)
    }

    /// A variant from `shelf` that can still be bought; popular ones come first. The first products stay for ever,
    /// so there always is one.
    pub(crate) fn choose(&self, shelf: &[u32], rng: &mut Rng, at: Second) -> u32 {
        let mut place = rng.skewed(shelf.len() as u64) as usize;
        while !self.exists(shelf[place], at) {
            place = (place + 1) % shelf.len();
        }
        shelf[place]
    }

    /// Title of a custom line.
    pub(crate) fn custom_title(index: u32) -> &'static str {
        CUSTOM_TITLES[index as usize % CUSTOM_TITLES.len()]
    }
}

/// What the variants of a product have in common.
struct ProductBase {
    index: u32,
    sort: Sort,
    cents: i64,
    created_at: Second,
    currency: Currency,
}

impl ProductBase {
    fn variant(&self, rng: &mut Rng, index: u32, position: usize, count: usize) -> Variant {
        let cents = match self.sort {
            Sort::GiftCard => [2_500, 5_000, 10_000][position % 3],
            Sort::Digital => 750 + i64::from(self.index % 5) * 100,
            Sort::Physical => self.cents + position as i64 * 100 % 1_500 + rng.between(-2, 2) * 50 + rng.between(0, 4),
        };
        let (name, value) = match (self.sort, count) {
            (Sort::GiftCard, _) => ("Denominations", format!("{}", cents / 100)),
            (_, 1) => ("Title", "Default Title".to_owned()),
            (_, 2..=4) => ("Size", SIZES[position % SIZES.len()].to_owned()),
            _ => {
                let size = SIZES[position % SIZES.len()];
                (
                    "Style",
                    format!("{size} / {}", COLOURS[position / SIZES.len() % COLOURS.len()]),
                )
            }
        };
        let price = from_cents(cents, self.currency);
        // What was taken off has no cost on record: nobody could ask the platform for it any more.
        let unrecorded = self.index != 0 && rng.chance(110);
        let costless = self.sort == Sort::GiftCard || unrecorded || taken_off(self.index);
        let share = if self.sort == Sort::Digital {
            50
        } else {
            rng.between(280, 610)
        };
        // One variant has no SKU; two variants of one product share theirs.
        let sku = match (self.index, position) {
            (5, 0) => None,
            (2, 1) => Some("TH-2-0".to_owned()),
            _ => Some(format!("TH-{}-{position}", self.index)),
        };
        let wide = index % 7 == 6;
        let offset = u64::from(index) * 32 + 11;
        Variant {
            index,
            id: if wide {
                WIDE + (1 << 40) + offset
            } else {
                VARIANT_IDS + offset
            },
            inventory_item_id: if wide {
                WIDE + (1 << 41) + offset
            } else {
                ITEM_IDS + offset
            },
            product: self.index,
            title: value.clone(),
            option: (name, value),
            sku,
            barcode: rng.chance(600).then(|| format!("40{:011}", rng.below(100_000_000_000))),
            price,
            compare_at_price: rng.chance(150).then(|| price + price / 5),
            unit_cost: (!costless).then(|| ratio_half_up(price, share, 1_000)),
            position: position as u32 + 1,
            taxable: self.sort != Sort::GiftCard && !(self.index != 0 && rng.chance(60)),
            requires_shipping: self.sort == Sort::Physical,
            tracked: self.sort == Sort::Physical,
            created_at: self.created_at,
        }
    }
}

/// Products that are taken off for good at some time.
fn taken_off(index: u32) -> bool {
    index > 5 && index % 17 == 6
}

/// Main store, warehouse, a closed place, the till. Orders ship from the first two; the till is the last.
fn locations(start: Second) -> Vec<Location> {
    let place = |at: u64, name, active, online, country, province| Location {
        id: 70_100_000_000 + at * 64,
        name,
        active,
        fulfills_online: online,
        service: at == 3,
        country,
        province,
        updated_at: start.plus(-OLDER_DAYS * DAY),
    };
    vec![
        place(1, "Brooklyn warehouse", true, true, "US", Some("NY")),
        place(2, "Reno \"West\"", true, true, "US", Some("NV")),
        place(3, "Third-party hub", true, true, "CA", Some("ON")),
        place(4, "Old cellar (closed)", false, false, "US", Some("NY")),
        place(5, "Till, 5th & Main", true, false, "US", Some("NY")),
    ]
}
