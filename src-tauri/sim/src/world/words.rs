//! The words of the invented catalogue, the places it sells to, and the names staff type.

use super::order::Region;

/// Titles that real shops have and careless programs break on.
pub(crate) const AWKWARD_TITLES: [&str; 12] = [
    "Frame \"Nordlys\" 5\" × 7\"",
    "<b>Bold</b> & Sons' Coffee",
    "<script>alert('stock')</script> Mug",
    "🌶️ Chili Oil 🔥 extra hot",
    "قهوة عربية محمصة",
    "כוס קרמיקה כחולה",
    "抹茶セット(桐箱入り)",
    "=HYPERLINK(\"http://example.invalid\",\"Poster\")",
    "Crème brûlée torch, naïve edition",
    "O'Brien's Oat\u{a0}Soap; 'plain' -- no scent",
    "+1 Dice Bag, @home",
    "\u{202e}desrever\u{202c} puzzle 👩‍👩‍👧‍👦",
];

pub(crate) const MAKES: [&str; 14] = [
    "Harbour", "Juniper", "Atlas", "Linden", "Marlow", "Copper", "Fjord", "Willow", "Ember", "Quarry", "Saffron",
    "Orchard", "Tundra", "Velvet",
];

pub(crate) const THINGS: [(&str, &str, i64); 24] = [
    ("Mug", "Kitchen", 1_650),
    ("Notebook", "Paper", 1_299),
    ("Throw Blanket", "Home", 6_900),
    ("Candle", "Home", 2_400),
    ("Tea Towel", "Kitchen", 1_499),
    ("Backpack", "Bags", 11_900),
    ("Wool Beanie", "Clothing", 2_899),
    ("T-Shirt", "Clothing", 2_999),
    ("Hoodie", "Clothing", 6_499),
    ("Water Bottle", "Outdoor", 3_250),
    ("Camp Lantern", "Outdoor", 5_795),
    ("Desk Lamp", "Home", 8_999),
    ("Pour-Over Set", "Kitchen", 4_450),
    ("Coffee Beans 1 kg", "Food", 2_175),
    ("Loose Tea 200 g", "Food", 1_085),
    ("Hand Cream", "Care", 990),
    ("Soap Bar", "Care", 799),
    ("Poster", "Art", 1_995),
    ("Jigsaw Puzzle", "Games", 3_333),
    ("Card Game", "Games", 1_799),
    ("Planter", "Garden", 2_650),
    ("Seed Box", "Garden", 1_150),
    ("Sticker Sheet", "Paper", 350),
    ("Keyring", "Bags", 599),
];

pub(crate) const SIZES: [&str; 4] = ["Small", "Medium", "Large", "X-Large"];
pub(crate) const COLOURS: [&str; 18] = [
    "Blue", "Moss", "Sand", "Black", "White", "Rust", "Plum", "Slate", "Coral", "Mint", "Navy", "Ochre", "Rose",
    "Teal", "Wine", "Lilac", "Khaki", "Cream",
];
pub(crate) const VENDORS: [&str; 5] = [
    "North & Pine",
    "Kiln Works",
    "O'Malley Goods",
    "Studio Früh",
    "Plain \"Things\" Co",
];
pub(crate) const CUSTOM_TITLES: [&str; 4] = [
    "Engraving",
    "Custom order: <i>see note</i>",
    "Repair & service",
    "مقاس خاص",
];
pub(crate) const PRODUCT_TAGS: [&str; 5] = ["new", "bestseller", "gift-idea", "sale", "eco"];
pub(crate) const CUSTOMER_TAGS: [&str; 3] = ["newsletter", "wholesale", "vip"];
pub(crate) const LOCALES: [&str; 4] = ["en", "en-GB", "fr-CA", "de"];
pub(crate) const CARRIERS: [&str; 4] = ["UPS", "FedEx", "USPS", "DHL Express"];
pub(crate) const SERVICES: [(&str, i64); 5] = [
    ("Standard", 500),
    ("Express", 1_495),
    ("Economy", 390),
    ("Tracked \"Plus\"", 795),
    ("Local delivery", 0),
];
pub(crate) const CODES: [&str; 6] = ["WELCOME10", "SUMMER", "FRIEND-5", "émigré", "VIP\"20\"", "FREESHIP"];
pub(crate) const CAMPAIGNS: [&str; 3] = ["Spring clearance", "Buy more, save more", "Loyal friends <3"];
pub(crate) const NOTES: [&str; 5] = ["", "Arrived chipped", "Changed mind", "Wrong size, sent \"M\"", "مرتجع"];
/// Tags that staff put on many orders at once.
pub(crate) const BATCH_TAGS: [&str; 4] = ["exported", "campaign-a", "checked", "q-review"];

/// A place that buys, how often (weights), and its taxes: title and rate in millionths.
pub(crate) struct Market {
    pub(crate) region: Region,
    pub(crate) weight: u64,
    pub(crate) taxes: &'static [(&'static str, u32)],
    pub(crate) abroad: bool,
    pub(crate) money: &'static str,
}

const fn home(province: &'static str, weight: u64, taxes: &'static [(&'static str, u32)]) -> Market {
    Market {
        region: Region {
            country: "US",
            province: Some(province),
        },
        weight,
        taxes,
        abroad: false,
        money: "USD",
    }
}

const fn abroad(
    country: &'static str,
    province: Option<&'static str>,
    weight: u64,
    taxes: &'static [(&'static str, u32)],
    money: &'static str,
) -> Market {
    Market {
        region: Region { country, province },
        weight,
        taxes,
        abroad: true,
        money,
    }
}

pub(crate) const MARKETS: [Market; 14] = [
    home(
        "NY",
        190,
        &[
            ("New York State Tax", 40_000),
            ("New York City Tax", 45_000),
            ("MCTD", 3_750),
        ],
    ),
    home(
        "CA",
        170,
        &[("California State Tax", 72_500), ("Los Angeles County Tax", 22_500)],
    ),
    home("TX", 110, &[("Texas State Tax", 62_500), ("Travis County Tax", 20_000)]),
    home("WA", 70, &[("Washington State Tax", 65_000)]),
    home("OR", 50, &[]),
    home("FL", 90, &[("Florida State Tax", 60_000)]),
    abroad("CA", Some("ON"), 70, &[("HST", 130_000)], "CAD"),
    abroad("CA", Some("QC"), 40, &[("GST", 50_000), ("QST", 99_750)], "CAD"),
    abroad("GB", None, 70, &[("VAT", 200_000)], "GBP"),
    abroad("DE", None, 50, &[("VAT", 190_000)], "EUR"),
    abroad("SE", None, 20, &[("VAT", 250_000)], "SEK"),
    abroad("AU", Some("NSW"), 30, &[("GST", 100_000)], "AUD"),
    abroad("JP", Some("JP-13"), 25, &[("CT", 100_000)], "JPY"),
    abroad("KW", None, 15, &[], "KWD"),
];
