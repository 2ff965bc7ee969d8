//! The marketplaces: what each one's answers mean (`Reader`) and how they are fetched (`fetch`).
//!
//! A connector computes; it performs no I/O and reads no clock. Adding one means a folder here, an entry in [`reader`], and
//! its simulated face in the package `countinghouse-sim`.

use std::borrow::Cow;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::model::{
    ControlTotal, Currency, Customer, Location, Order, PathRef, Payout, Product, StockLevel, When, Zone,
};

pub mod amazon;
pub mod fetch;
pub(crate) mod intervals;
mod places;
pub mod shopify;

/// A place a seller sells or keeps books. The number is part of the stored form.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Channel {
    /// Shopify.
    Shopify = 0,
    /// Amazon Seller Central.
    Amazon = 1,
}

impl Channel {
    /// Every channel, in the order of screens.
    pub const ALL: &'static [Channel] = &[Channel::Shopify, Channel::Amazon];

    /// The name in answers, options and addresses.
    pub fn name(self) -> &'static str {
        match self {
            Channel::Shopify => "shopify",
            Channel::Amazon => "amazon",
        }
    }

    /// The name on screens.
    pub fn label(self) -> &'static str {
        match self {
            Channel::Shopify => "Shopify",
            Channel::Amazon => "Amazon",
        }
    }
}

impl FromStr for Channel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Channel::ALL.iter().copied().find(|c| c.name() == text).ok_or_else(|| {
            let known: Vec<&str> = Channel::ALL.iter().map(|c| c.name()).collect();
            format!("“{text}” is no channel; use one of: {}", known.join(", "))
        })
    }
}

/// By which way a record came. A record of a higher source wins over one of the same version from a lower source.
/// The number is part of the stored form.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[repr(u8)]
pub enum Source {
    /// The platform's own file export.
    Export = 0,
    /// An answer of an older interface of the platform (Shopify REST).
    Legacy = 1,
    /// A bulk or report file of the current interface.
    Bulk = 2,
    /// A paged answer of the current interface.
    Page = 3,
}

impl Source {
    /// The source of a stored number.
    pub fn from_code(code: u8) -> Option<Source> {
        [Source::Export, Source::Legacy, Source::Bulk, Source::Page]
            .get(usize::from(code))
            .copied()
    }
}

/// One record as the platform sent it: the slice of an answer or file that tells about one thing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawRecord {
    /// Stream it belongs to (`orders`, `products`, …).
    pub stream: Cow<'static, str>,
    /// The platform's id of the thing without its prefix; records of one thing share it.
    pub key: String,
    /// Which part of the thing it tells (`order`, `agreements`, `details`, `lines:2`); records of one facet replace one another.
    pub facet: Cow<'static, str>,
    /// By which way it came.
    pub source: Source,
    /// The platform's own version: UTC second of the last change the record states, 0 where it states none.
    pub version: i64,
    /// Exactly the bytes that came; where a platform's policy forbids keeping something, a mark stands in its place.
    pub bytes: Vec<u8>,
}

/// Begins the keys of records that state no id that can be read; the rest is a hash of their bytes.
pub const NAMELESS: &str = "unreadable:";

impl RawRecord {
    /// Whether nobody knows what thing it tells of: it is kept, and set aside.
    pub fn is_nameless(&self) -> bool {
        self.key.starts_with(NAMELESS)
    }
}

/// A record with its place in the store.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredRaw {
    /// Row id, stable; postings point to it.
    pub id: i64,
    /// When it was fetched or imported, UTC second.
    pub fetched_at: i64,
    /// The record.
    pub record: RawRecord,
}

/// What a reader must know about the connection a record came by.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ReadCtx {
    /// The connection's zone (Shopify: the shop's), for dates written without one.
    pub zone: Zone,
    /// The connection's currency, for amounts written without one; `None` while unknown.
    pub currency: Option<Currency>,
    /// The connection reads the marketplace's own ledger of money: what that does not show has not happened yet. It does not while
    /// the right to read it is missing.
    pub reads_ledger: bool,
}

/// A statement of one record about one thing.
#[derive(Clone, PartialEq, Debug)]
pub enum Fact {
    /// About an order; orders are settled from all their facts.
    Order(Box<OrderFact>),
    /// A product with its variants, complete.
    Product(Product),
    /// A product as an offer of it names it: nothing of its maker and its kind, which [`Fact::Described`] tells.
    Listed(Product),
    /// A product as the platform's catalogue names it: who makes it and what kind of thing it is; its name and state where no offer
    /// of it tells them.
    Described(Product),
    /// A product with variants that a record of something else names in passing: it stands only where no record of its own tells
    /// of the product, or of the variant.
    Mention(Product),
    /// Variants of a product beyond those its own record held: product id and variants.
    Variants(String, Vec<crate::model::Variant>),
    /// Stock of one item at its locations.
    Stock(Vec<StockLevel>),
    /// What a unit costs now: stock item id, the variants that sell it, and the cost (`None`: stated as unset).
    Cost {
        /// The platform's stock item id.
        item: String,
        /// Variant ids that draw on it.
        variants: Vec<String>,
        /// The cost in millionths and its currency.
        cost: Option<(i64, Currency)>,
    },
    /// A unit cost whose currency nobody has named: it is none until somebody does.
    CostWithoutCurrency,
    /// A location.
    Location(Location),
    /// A customer.
    Customer(Customer),
    /// A payout.
    Payout(Payout),
    /// What the platform itself says a span of days came to.
    Control(ControlTotal),
    /// A product is gone from the platform.
    ProductGone(String),
    /// Nothing the ledger needs (kept raw only).
    Nothing,
}

/// A statement about an order with what is needed to rank it among others.
#[derive(Clone, PartialEq, Debug)]
pub struct OrderFact {
    /// The order's key.
    pub key: String,
    /// Raw record it rests on.
    pub raw: i64,
    /// Rank: the platform's version, then source, then when it was fetched.
    pub rank: (i64, Source, i64),
    /// What it says, in the channel's own terms.
    pub body: OrderBody,
}

/// Order facts by channel.
#[derive(Clone, PartialEq, Debug)]
pub enum OrderBody {
    /// Shopify.
    Shopify(shopify::OrderPart),
    /// Amazon.
    Amazon(amazon::OrderPart),
}

/// A record that cannot be read. Names the record and the place, carries no secret; the record stays raw and the run goes on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ReadError {
    /// A short code for grouping (`broken_json`, `not_an_amount`, `missing_field`, `unknown_shape`).
    pub code: &'static str,
    /// What is wrong, with the JSON path or column.
    pub message: String,
}

/// What settling an order yields.
#[derive(Clone, PartialEq, Debug)]
pub struct Settled {
    /// The order, or `None` while its own record is missing (only parts are known).
    pub order: Option<Order>,
    /// What is missing to count it, or to count it with its amounts, where its records show too few fields; the records are kept.
    pub partial: Option<&'static str>,
    /// What to tell the user about it (unknown enum values, parts that disagree), each once per order.
    pub notes: Vec<ReadError>,
}

/// The meaning of a channel's records. Pure.
pub trait Reader: Send + Sync {
    /// Which channel.
    fn channel(&self) -> Channel;

    /// What a record says.
    ///
    /// # Errors
    /// [`ReadError`] where the record is broken: nothing of it is used, never a guessed zero.
    fn extract(&self, ctx: &ReadCtx, raw: &StoredRaw) -> Result<Vec<Fact>, ReadError>;

    /// The order that all its facts together tell. A function of the set: the order of the slice does not matter.
    /// Costs are not applied yet ([`crate::ledger::apply_costs`]).
    ///
    /// # Errors
    /// [`ReadError`] where the facts contradict each other beyond repair.
    fn settle(&self, ctx: &ReadCtx, key: &str, facts: &[&OrderFact]) -> Result<Settled, ReadError>;

    /// When what a record tells of an order began, as far as the record says so though it is broken or tells too little otherwise:
    /// what figures lack is told for the days that lack it.
    fn placed(&self, ctx: &ReadCtx, record: &RawRecord) -> Option<When>;

    /// From when to when a record of the platform's own ledger of money tells; `None` for any other record, and for every record of a
    /// platform whose orders tell of their money themselves.
    fn money_told(&self, _record: &RawRecord) -> Option<(When, When)> {
        None
    }

    /// Streams beside `orders` whose records tell about orders: the key of such a record is the order's, a slash, and its own.
    fn tellers(&self) -> &'static [&'static str] {
        &[]
    }

    /// The keys under which the records that an entry of the ledger rests on are stored: first its own, which is another one where
    /// one record tells of several entries; then those of others that may tell the same again.
    fn stored_under<'k>(&self, key: &'k str) -> Vec<Cow<'k, str>> {
        vec![Cow::Borrowed(key)]
    }

    /// Whether earlier versions of an order's own records tell what later ones leave out.
    fn remembers(&self) -> bool {
        false
    }

    /// Every stream but `orders`, in the order in which everything is read again.
    fn others(&self) -> &'static [&'static str];

    /// A posting's place in its raw record as a JSON path (or column) a person can follow.
    fn path(&self, path: PathRef) -> String;
}

/// The reader of a channel.
pub fn reader(channel: Channel) -> &'static dyn Reader {
    match channel {
        Channel::Shopify => &shopify::ShopifyReader,
        Channel::Amazon => &amazon::AmazonReader,
    }
}
