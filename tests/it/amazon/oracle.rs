//! Every daily figure equals the simulator's truth: what the simulated Amazon answers, imported, settled, counted.

use std::collections::BTreeSet;

use chrono::Days;
use countinghouse_core::api::metrics::{Question, daily};
use countinghouse_core::app::{CostPolicy, ImportOptions, Profile};
use countinghouse_core::connectors::Channel;
use countinghouse_core::metrics::{Definition, Period};
use countinghouse_core::model::{Day, Zone};
use countinghouse_core::store::{IssueFilter, NewConnection};
use countinghouse_sim::truth::{self, Book};
use countinghouse_sim::world::amazon::{AmazonOrder, Marketplace, Network, Region, Seller};
use countinghouse_sim::world::{World, WorldSpec};
use serde_json::{Value, json};

use super::ALL_DAYS;
use super::seller::{Amazon, File};
use crate::oracle::{compare, days_agree, held, spec, unlike};
use crate::rig::Rig;

/// A profile with an account that reads orders and Finances; costs hold for earlier sales too.
fn connected() -> Rig {
    let rig = Rig::new();
    rig.profile.set_cost_policy(CostPolicy::Backdate).expect("a setting");
    let account = NewConnection {
        channel: Channel::Amazon,
        name: "Account".to_owned(),
        endpoint: "https://sellingpartnerapi-na.amazon.com".to_owned(),
        // Its Finances were asked for all days, also those before the first entry.
        settings: json!({ "money_from_files": [[0, ALL_DAYS]] }),
        created_at: 0,
    };
    let made = rig.profile.store().write_blocking(move |w| {
        let id = w.add_connection(&account)?;
        let made = countinghouse_core::store::Connection {
            zone: Some("America/Los_Angeles".parse().expect("a zone")),
            currency: Some("USD".parse().expect("a currency")),
            ..w.connection(id)?
        };
        w.update_connection(&made)
    });
    made.expect("a connection");
    rig
}

fn import(rig: &Rig, files: &[File]) {
    for (name, bytes) in files {
        let report = rig
            .profile
            .import(Channel::Amazon, name, bytes, &ImportOptions::default())
            .expect("the profile takes files");
        assert_eq!(report.refused, None, "{name} is taken");
        assert!(report.set_aside.is_empty(), "{name}: {:?}", report.set_aside);
        // Money can come before its order does.
        let early = |notice: &&String| {
            !notice.contains("is kept, but not counted")
                && !notice.contains("not every record that tells of it is here yet")
        };
        let said: Vec<&String> = report.notices.iter().filter(early).collect();
        assert!(said.is_empty(), "{name}: {said:?}");
    }
}

/// What is true of a marketplace: its orders as they are known here, and its account.
pub(super) struct Truth {
    pub(super) world: World,
    pub(super) market: Marketplace,
    /// Orders whose parcels nobody tells: known by report only.
    pub(super) without_parcels: BTreeSet<String>,
}

impl Truth {
    fn seller(&self) -> Seller {
        self.world.amazon().expect("the world has an Amazon side")
    }

    pub(super) fn orders(&self) -> Vec<AmazonOrder> {
        let seller = self.seller();
        let all = (0..seller.order_count(self.market)).filter_map(|index| seller.order(self.market, index));
        let mut all: Vec<AmazonOrder> = all.collect();
        for order in all.iter_mut().filter(|o| self.without_parcels.contains(&o.id)) {
            order.parcels.clear();
        }
        all
    }

    /// The truth's answer on the days of the period.
    fn answer(&self, definition: truth::Definition, period: Period) -> Value {
        let zone = self.market.zone();
        let days = (period.from.date(), period.to.date());
        if self.without_parcels.is_empty() {
            let report = truth::amazon::report(&self.world, self.market, definition, days.0, days.1, None);
            return serde_json::to_value(&report).expect("JSON");
        }
        let seller = self.seller();
        let mut book = Book::new(definition, days.0, days.1);
        for order in self.orders() {
            book.count(&truth::amazon::tell(&seller, &order, zone));
        }
        book.count(&truth::amazon::account(&seller, self.market, days, zone));
        let currency = self.market.currency();
        let all = book.days().map(|(day, tally)| truth::DayFigures {
            day,
            figures: tally.figures(definition, currency),
        });
        let report = truth::Report {
            definition,
            currency,
            zone,
            from: days.0,
            to: days.1,
            days: all.collect(),
            totals: book.total().figures(definition, currency),
        };
        serde_json::to_value(&report).expect("JSON")
    }

    /// Postings, days and totals of the profile equal the truth under every definition. `alone`: nothing else is in the profile.
    pub(super) fn holds(&self, profile: &Profile, alone: bool) {
        self.orders_agree(profile);
        let open = profile
            .store()
            .read_blocking(|r| r.issues(&IssueFilter::default(), 0, 1_000));
        let open = open
            .expect("issues")
            .into_iter()
            .filter(|i| i.about.code == "parts_missing");
        assert_eq!(
            open.count(),
            0,
            "every order is here as a whole, so that none is said to lack something"
        );
        let seller = self.seller();
        let from = Day::from_date(seller.first_day(self.market) - Days::new(2));
        let today = Day::from_date(seller.now().day_in(self.market.zone()));
        let period = Period::new(from, today).expect("a period");
        for definition in Definition::ALL {
            let theirs = truth::Definition::named(definition.name()).expect("the same names");
            let stated = self.answer(theirs, period);
            let question = Question {
                definition,
                period,
                channels: Vec::new(),
                connection: None,
                today: today.plus(1),
            };
            let ours = profile.store().read_blocking(|r| daily(r, &question));
            let ours = serde_json::to_value(ours.expect("an answer")).expect("JSON");
            let own = |row: &&Value| row["currency"] == self.market.currency().code();
            let days: Vec<&Value> = ours["metrics"].as_array().expect("rows").iter().filter(own).collect();
            assert!(days.len() > 30, "there are days: {}", days.len());
            days_agree(definition, &days, &stated["days"], held(&ours));
            if alone {
                compare("in total", definition, &ours["totals"], &stated["totals"]);
            }
        }
    }

    fn orders_agree(&self, profile: &Profile) {
        let zone: Zone = self.market.zone().name().parse().expect("a zone");
        let unit = 10_i64.pow(6 - self.market.currency().exponent());
        let seller = self.seller();
        let mut wrong = Vec::new();
        for order in self.orders() {
            let told = truth::amazon::tell(&seller, &order, self.market.zone());
            let ours = profile.store().read_blocking(|r| {
                let connection = r.connections()?[0].id;
                r.order(connection, &order.id)
            });
            match ours.expect("a readable ledger") {
                Some(ours) => {
                    wrong.extend(unlike(&told, &ours, zone, unit));
                    if told.counts && (told.priced, told.basis_unknown) != (ours.priced, ours.basis_unknown) {
                        wrong.push(format!(
                            "{}: priced and basis unknown: truth {:?}, ours {:?}",
                            order.id,
                            (told.priced, told.basis_unknown),
                            (ours.priced, ours.basis_unknown)
                        ));
                    }
                    // The ship day of what the seller sends is its money's where nobody tells the parcel.
                    let by_money = order.network == Network::Mfn && self.without_parcels.contains(&order.id);
                    if ours.incomplete || ours.estimated != (by_money && ours.first_ship.is_some()) {
                        wrong.push(format!("{}: whether its records tell the whole story", order.id));
                    }
                }
                // What Amazon only ships for another shop is told by reports and by what shipping it cost.
                None if order.copy && told.postings.is_empty() => {}
                None => wrong.push(format!("{}: not in the ledger", order.id)),
            }
        }
        let first: Vec<&String> = wrong.iter().take(8).collect();
        assert!(wrong.is_empty(), "{} orders differ: {first:#?}", wrong.len());
    }
}

/// A history of so many days at Amazon.
fn amazon_of(seed: u64, days: u32, per_day: u64, region: Region) -> Amazon {
    // So few goods that each is sold often: Amazon tells the cost of those that something happened to.
    let goods = WorldSpec {
        products: 12,
        ..spec(seed, days, 1)
    };
    Amazon::new(goods, u64::from(days) * per_day, region)
}

fn truth_of(amazon: &Amazon, market: Marketplace) -> Truth {
    Truth {
        world: amazon.world(),
        market,
        without_parcels: BTreeSet::new(),
    }
}

/// Everything an account tells of a marketplace.
fn everything(amazon: &Amazon, market: Marketplace, days: i64) -> Vec<File> {
    let back = u64::try_from(days).expect("days");
    let parts = [
        amazon.history(market, back),
        amazon.orders(days),
        amazon.transactions(days),
        amazon.stock(market),
        amazon.listings(market),
    ];
    parts.concat()
}

#[test]
fn a_marketplace_equals_the_truth_day_by_day() {
    let amazon = amazon_of(31, 100, 12, Region::Na);
    let rig = connected();
    import(&rig, &everything(&amazon, Marketplace::Us, 103));
    truth_of(&amazon, Marketplace::Us).holds(&rig.profile, true);
    let before = rig.profile.digest().expect("a digest");
    rig.profile.rebuild().expect("rebuilt");
    assert_eq!(
        before,
        rig.profile.digest().expect("a digest"),
        "a rebuild changes nothing"
    );
}

#[test]
fn reports_in_place_of_the_interface_come_to_the_truth() {
    let amazon = &amazon_of(32, 100, 12, Region::Na);
    let mut truth = truth_of(amazon, Marketplace::Us);
    let rig = connected();
    for back in [(103, 80), (80, 50)] {
        import(&rig, &amazon.report(Marketplace::Us, back));
    }
    import(&rig, &amazon.orders(50));
    import(&rig, &amazon.transactions(103));
    import(&rig, &amazon.history(Marketplace::Us, 103));
    let boundary = amazon.seller().now().0 - 50 * 86_400;
    let old = truth.orders().into_iter().filter(|order| order.created_at.0 < boundary);
    truth.without_parcels = old.map(|order| order.id).collect();
    assert!(truth.without_parcels.len() > 100, "reports tell a part of the history");
    truth.holds(&rig.profile, true);
}

#[test]
fn it_does_not_matter_when_and_in_which_order_someone_asked() {
    let amazon = amazon_of(33, 60, 8, Region::Na);
    let truth = truth_of(&amazon, Marketplace::Us);
    let mut files = Vec::new();
    // The same account in the middle of the lives of many orders, and now.
    for days in [12, 5] {
        let earlier = amazon.before(days);
        files.extend(earlier.orders(63));
        files.extend(earlier.transactions(63));
    }
    files.extend(everything(&amazon, Marketplace::Us, 63));
    let told = |files: &[File]| {
        let rig = connected();
        import(&rig, files);
        rig
    };
    let rig = told(&files);
    truth.holds(&rig.profile, true);
    let straight = rig.profile.digest().expect("a digest");
    files.reverse();
    let back = told(&files).profile.digest().expect("a digest");
    assert_eq!(straight, back, "newest first or oldest first");
    let (even, odd): (Vec<_>, Vec<_>) = files.iter().cloned().enumerate().partition(|(at, _)| at % 2 == 0);
    let mixed: Vec<File> = odd.into_iter().chain(even).map(|(_, file)| file).collect();
    let mixed = told(&mixed).profile.digest().expect("a digest");
    assert_eq!(straight, mixed, "or mixed");
}

#[test]
fn several_marketplaces_in_one_connection_each_equal_the_truth() {
    let na = amazon_of(34, 60, 30, Region::Na);
    let rig = connected();
    import(&rig, &everything(&na, Marketplace::Us, 63));
    let mut all = vec![truth_of(&na, Marketplace::Us)];
    for (region, markets) in [
        (Region::Eu, &[Marketplace::Uk, Marketplace::De][..]),
        (Region::Fe, &[Marketplace::Jp][..]),
    ] {
        let amazon = na.abroad(region);
        import(&rig, &amazon.orders(63));
        import(&rig, &amazon.transactions(63));
        for market in markets {
            import(&rig, &amazon.history(*market, 63));
            import(&rig, &amazon.stock(*market));
            all.push(truth_of(&amazon, *market));
        }
    }
    for truth in &all {
        truth.holds(&rig.profile, false);
    }
    let kpis = rig.kpis(Definition::OrderTotals);
    assert_eq!(
        kpis["kpis"]["net_sales"],
        Value::Null,
        "no total over currencies without a rate: {kpis}"
    );
    assert!(kpis["kpis"]["orders"].is_number(), "orders need no rate");
}
