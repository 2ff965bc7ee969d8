//! The apps that the simulated platform knows.

/// An app of the platform's developer dashboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct App {
    /// Public identifier.
    pub client_id: String,
    /// Secret; also the key of the callback's HMAC.
    pub client_secret: String,
    /// Name on the consent page.
    pub name: String,
    /// Callback addresses; a request must name one of them letter for letter.
    pub redirect_urls: Vec<String>,
    /// Scopes of the released version, which client credentials get.
    pub scopes: Vec<String>,
    /// Scopes that the shop does not grant even when they are asked for.
    pub withheld: Vec<String>,
    /// Whether app and shop belong to one organization: only then are client credentials allowed.
    pub same_organization: bool,
    /// Whether the shop installed it. Consent installs it.
    pub installed: bool,
    /// A token from before 2026 that never expires, if the app is that old.
    pub legacy_token: Option<String>,
}

impl App {
    /// Client id of the app that every simulated shop has.
    pub const DEMO_ID: &'static str = "c0de5170c0de5170c0de5170c0de5170";
    /// Its client secret.
    pub const DEMO_SECRET: &'static str = "shpss_51ed51ed51ed51ed51ed51ed51ed51ed";
    /// Its never-expiring token.
    pub const DEMO_TOKEN: &'static str = "shpat_7041e47041e47041e47041e47041e470";

    /// What a ledger asks for (contract section 2.5).
    pub const LEDGER_SCOPES: [&'static str; 11] = [
        "read_orders",
        "read_all_orders",
        "read_products",
        "read_inventory",
        "read_locations",
        "read_customers",
        "read_returns",
        "read_shopify_payments_accounts",
        "read_shopify_payments_payouts",
        "read_reports",
        "read_gift_cards",
    ];

    /// The app that every simulated shop has: installed, in the shop's organization, all scopes of a ledger, callbacks
    /// on the loopback ports given.
    pub fn demo(callback_ports: &[u16]) -> App {
        App {
            client_id: Self::DEMO_ID.to_owned(),
            client_secret: Self::DEMO_SECRET.to_owned(),
            name: "Countinghouse".to_owned(),
            redirect_urls: callback_ports
                .iter()
                .map(|port| format!("http://127.0.0.1:{port}/auth/callback"))
                .collect(),
            scopes: Self::LEDGER_SCOPES.iter().map(|scope| (*scope).to_owned()).collect(),
            withheld: Vec::new(),
            same_organization: true,
            installed: true,
            legacy_token: Some(Self::DEMO_TOKEN.to_owned()),
        }
    }

    /// What is granted of the scopes asked for; a write scope contains its read scope.
    pub(crate) fn grant<'s>(&self, asked: impl Iterator<Item = &'s str>) -> Vec<String> {
        let mut granted: Vec<String> = Vec::new();
        for scope in asked.map(str::trim).filter(|scope| !scope.is_empty()) {
            let known = !self.withheld.iter().any(|withheld| withheld == scope);
            if known && !granted.iter().any(|own| own == scope) {
                granted.push(scope.to_owned());
            }
        }
        granted
    }
}
