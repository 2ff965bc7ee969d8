//! The applications that the simulated platform knows, and how the face is set up.

use crate::world::amazon::Region;

/// What an application may do (contract section 2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// Orders and stock at Amazon.
    InventoryAndOrders,
    /// Listings and catalogue.
    ProductListing,
    /// Transactions and settlements.
    Finance,
    /// Amazon's fulfilment.
    Fulfillment,
    /// Sales and Traffic, Data Kiosk.
    BrandAnalytics,
    /// The account's marketplaces.
    SellingPartnerInsights,
    /// Names and addresses of buyers; restricted.
    DirectToConsumerShipping,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 7] = [
        Self::InventoryAndOrders,
        Self::ProductListing,
        Self::Finance,
        Self::Fulfillment,
        Self::BrandAnalytics,
        Self::SellingPartnerInsights,
        Self::DirectToConsumerShipping,
    ];

    /// The platform's name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::InventoryAndOrders => "Inventory and Order Tracking",
            Self::ProductListing => "Product Listing",
            Self::Finance => "Finance and Accounting",
            Self::Fulfillment => "Amazon Fulfillment",
            Self::BrandAnalytics => "Brand Analytics",
            Self::SellingPartnerInsights => "Selling Partner Insights",
            Self::DirectToConsumerShipping => "Direct-to-Consumer Shipping",
        }
    }

    /// The role with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.name() == name)
    }
}

/// An application of the platform's developer console.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// `amzn1.sp.solution.…`, named by the consent page.
    pub application_id: String,
    /// Public identifier at the token endpoint.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The secret before, until it ends: with the second since 1970 from which it is wrong.
    pub former_secret: Option<(String, i64)>,
    /// Second since 1970 from which the secret has expired: the API refuses then.
    pub secret_expires: Option<i64>,
    /// Name on the consent page.
    pub name: String,
    /// Registered return addresses; a request must name one of them letter for letter.
    pub redirect_uris: Vec<String>,
    /// Whether it is a draft: consent needs `version=beta` then.
    pub draft: bool,
    /// Its roles.
    pub roles: Vec<Role>,
    /// Refresh tokens of self-authorisation, one for each region.
    pub refresh_tokens: Vec<(Region, String)>,
}

impl App {
    /// Application id of the app that every simulated seller has.
    pub const DEMO_APPLICATION: &'static str = "amzn1.sp.solution.c0de5170-c0de-4c0d-8c0d-c0de5170c0de";
    /// Its client id.
    pub const DEMO_ID: &'static str = "amzn1.application-oa2-client.c0de5170c0de5170c0de5170c0de5170";
    /// Its client secret.
    pub const DEMO_SECRET: &'static str = "amzn1.oa2-cs.v1.51ed51ed51ed51ed51ed51ed51ed51ed51ed51ed51ed51ed";
    /// Where its consent leads back to.
    pub const DEMO_REDIRECT: &'static str = "https://countinghouse.example/amazon/callback";

    /// The refresh token of the demo app's self-authorisation in a region.
    pub fn demo_token(region: Region) -> String {
        format!("Atzr|IwEBI7041E47041E47041E47041E4-{}", region.name())
    }

    /// The private application that every simulated seller has: all roles of a ledger, no personal data,
    /// self-authorised in all regions.
    pub fn demo() -> App {
        App {
            application_id: Self::DEMO_APPLICATION.to_owned(),
            client_id: Self::DEMO_ID.to_owned(),
            client_secret: Self::DEMO_SECRET.to_owned(),
            former_secret: None,
            secret_expires: None,
            name: "Countinghouse".to_owned(),
            redirect_uris: vec![Self::DEMO_REDIRECT.to_owned()],
            draft: true,
            roles: Role::ALL[..6].to_vec(),
            refresh_tokens: Region::ALL.map(|region| (region, Self::demo_token(region))).to_vec(),
        }
    }
}

/// How the face is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The seller's number, the same in all regions.
    pub seller_id: String,
    /// The name of the store.
    pub store: String,
    /// The applications that the platform knows.
    pub apps: Vec<App>,
    /// How many times faster than real all buckets fill, and what the rate header tells then; with 0 they never empty.
    pub speed: u64,
    /// Seconds by which single orders may appear late in lists; none where the world stands still.
    pub late: i64,
    /// Seconds that a report waits, and seconds that it is made.
    pub report_times: (i64, i64),
    /// Seconds that a Data Kiosk query waits, and seconds that it runs.
    pub kiosk_times: (i64, i64),
    /// Rows in one part of a Data Kiosk document.
    pub kiosk_rows: usize,
    /// Transactions on one page.
    pub page: usize,
    /// Where documents are fetched, without a trailing slash. It is another host than the API's.
    pub storage: String,
    /// Source of tokens.
    pub seed: u64,
}

impl Options {
    /// Number of the seller that the simulator has by default.
    pub const DEMO_SELLER: &'static str = "A1SIMHARBORPINE";
}

impl Default for Options {
    /// The demo seller with the demo app, at the platform's real pace.
    fn default() -> Options {
        Options {
            seller_id: Self::DEMO_SELLER.to_owned(),
            store: "Harbor & Pine".to_owned(),
            apps: vec![App::demo()],
            speed: 1,
            late: 0,
            report_times: (20, 45),
            kiosk_times: (10, 30),
            kiosk_rows: 1_000,
            page: 100,
            storage: "https://tortuga-prod.s3.invalid".to_owned(),
            seed: 1,
        }
    }
}
