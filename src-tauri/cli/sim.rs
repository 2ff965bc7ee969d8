//! `sim`: the simulated marketplaces on loopback, and the truth about them.

use std::collections::BTreeMap;
use std::sync::Arc;

use clap::Args;
use countinghouse::clock;
use countinghouse::demo::{LONGEST, Pace, Seller, amazon_endpoint};
use countinghouse_core::app::{ApiError, Code};
use countinghouse_core::clock::{Clock, SystemClock};
use countinghouse_core::connectors::Channel;
use countinghouse_core::metrics::Definition;
use countinghouse_core::model::Day;
use countinghouse_sim::faults::{Of, Plan, WORDS, Word};
use countinghouse_sim::shopify::{App, Shop, ShopPlan};
use countinghouse_sim::world::amazon::{Marketplace, Region};
use countinghouse_sim::world::{LIFE_DAYS, Second, World};
use countinghouse_sim::{Server, amazon, truth};
use serde::Serialize;

use super::{Context, Done};

#[derive(Args)]
pub(crate) struct Arguments {
    /// Port on 127.0.0.1
    #[arg(long, default_value_t = 4870)]
    port: u16,
    #[command(flatten)]
    seller: SellerArguments,
    /// What goes wrong, and when: throttled@5;html@9-12
    #[arg(long, value_name = "PLAN", long_help = faults_help())]
    faults: Option<String>,
    /// The shop's plan, which sets how much may be asked for: standard, advanced, plus or enterprise
    #[arg(long, default_value = "standard")]
    plan: ShopPlan,
    /// How many times faster than real Amazon lets itself be asked and makes its files
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    amazon_speed: u64,
    /// Print the true daily figures instead, computed without any connector
    #[arg(long)]
    truth: bool,
    /// First day of the truth
    #[arg(long, requires = "truth")]
    from: Option<Day>,
    /// Last day of the truth
    #[arg(long, requires = "truth")]
    to: Option<Day>,
    /// Definition of the truth: order_totals, platform or accounting
    #[arg(long, requires = "truth", default_value = "order_totals")]
    definition: Definition,
}

/// How a plan of faults is written, with every kind by marketplace.
fn faults_help() -> String {
    let kinds = Of::ALL.map(|of| {
        let whose = match of {
            Of::All => "Kinds for every marketplace",
            Of::Shopify => "Kinds for Shopify alone",
            Of::Amazon => "Kinds for Amazon alone",
        };
        let own: Vec<&Word> = WORDS.iter().filter(|word| word.of == of).collect();
        let width = own.iter().map(|word| word.form().len()).max().unwrap_or(0);
        let lines = own
            .iter()
            .map(|word| format!("  {:width$}  {}", word.form(), word.what));
        format!("{whose}:\n{}", lines.collect::<Vec<_>>().join("\n"))
    });
    format!(
        "What goes wrong, and when: throttled@5;html@9-12\n\n\
         Faults joined by “;”, each written KIND[=VALUE][:TARGET][@WHEN]. WHEN counts the requests that TARGET names: 3 (the third), \
         3-5, 3+ (from the third on), 3/4 (the third and every fourth after it), * (every one), ~25 (25 of 1000); the first one if \
         left out. TARGET is a root field of Shopify such as orders or products, an operation of Amazon such as searchOrders or \
         createReport, token, download, or api (any request). Left out, it is where the kind belongs, mostly api.\n\n{}\n\n\
         For example: 429=4.0@2;cut-body:orders@3-4;lose-scope=read_orders@20",
        kinds.join("\n\n")
    )
}

/// Which seller is invented.
#[derive(Args, Clone)]
pub(crate) struct SellerArguments {
    /// Source of everything random: the same seed is the same seller
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Days of history, today included
    #[arg(long, default_value_t = 365, value_parser = clap::value_parser!(u32).range(1..=i64::from(LONGEST)))]
    days: u32,
    /// Orders of the shop on each day, on an average; Amazon's marketplaces together have as many
    #[arg(long, default_value_t = 12)]
    orders_per_day: u64,
    /// Exactly so many orders in the shop up to now instead, and as many in Amazon's marketplaces together; test orders are among
    /// them, and those removed or cancelled since
    #[arg(long, value_name = "N", conflicts_with = "orders_per_day")]
    orders: Option<u64>,
}

impl SellerArguments {
    pub(crate) fn days(&self) -> u32 {
        self.days
    }

    pub(crate) fn seller(&self) -> Seller {
        Seller {
            seed: self.seed,
            days: self.days,
            orders: self
                .orders
                .unwrap_or_else(|| self.orders_per_day.saturating_mul(u64::from(self.days))),
            exact: self.orders.is_some(),
        }
    }
}

pub(crate) fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let seller = arguments.seller.seller();
    if arguments.truth {
        return tell(context, &seller, arguments);
    }
    let plan = match &arguments.faults {
        Some(text) => text.parse::<Plan>().map_err(|e| {
            context.out.usage(ApiError::invalid(
                e.to_string(),
                "Write KIND[=VALUE][:TARGET][@WHEN], joined by “;”, such as throttled@5;html@9-12. “countinghouse sim --help” lists the kinds.",
            ))
        })?,
        None => Plan::default(),
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    super::block_on(async {
        let taken = |e: std::io::Error| {
            ApiError::new(
                Code::Busy,
                format!("port {} cannot be used: {e}", arguments.port),
                "Choose another with --port.",
            )
        };
        let listener = Server::bind(arguments.port).await.map_err(taken)?;
        let storage = Server::storage(&listener).map_err(taken)?;
        let pace = Pace {
            plan: arguments.plan,
            amazon: arguments.amazon_speed,
        };
        let sim = Arc::new(seller.marketplaces_at(&clock, plan, storage, pace));
        let server = Server::serve(listener, Arc::clone(&sim)).map_err(taken)?;
        let (endpoint, regions) = (server.shopify(Shop::DEMO_HANDLE), amazon_endpoint(&server));
        let accounts: BTreeMap<&str, serde_json::Value> = Region::ALL.into_iter().map(account).collect();
        let (placed, removed, at_amazon) = orders(&sim.world());
        let answer = serde_json::json!({
            "address": format!("http://{}", server.address()),
            "orders": placed, "orders_removed": removed, "orders_at_amazon": at_amazon,
            "shopify": {
                "shop": Shop::demo().domain(), "endpoint": endpoint, "client_id": App::DEMO_ID, "client_secret": App::DEMO_SECRET,
            },
            "amazon": {
                "endpoint": regions, "client_id": amazon::App::DEMO_ID, "client_secret": amazon::App::DEMO_SECRET,
                "application": amazon::App::DEMO_APPLICATION, "seller": amazon::Options::DEMO_SELLER, "regions": accounts,
            },
        });
        context.out.answer(&answer, || {
            format!(
                "The simulated marketplaces listen on http://{address} until you press Ctrl-C. Controls: http://{address}/__sim/\n\
                 Orders placed: {placed} in the shop, {removed} of them removed since; {at_amazon} at Amazon.\n\n\
                 Shopify: connect with\n  countinghouse connect shopify {shop} --endpoint {endpoint} --client-id {id}\n\
                 and the client secret {secret}\n\n\
                 Amazon: connect with\n  countinghouse connect amazon --endpoint {regions} --region na --client-id {amazon_id}\n\
                 and the client secret {amazon_secret}\n\
                 and the refresh token of the region:\n{tokens}",
                address = server.address(),
                shop = Shop::DEMO_HANDLE,
                id = App::DEMO_ID,
                secret = App::DEMO_SECRET,
                amazon_id = amazon::App::DEMO_ID,
                amazon_secret = amazon::App::DEMO_SECRET,
                tokens = tokens(),
            )
        })?;
        tokio::select! {
            ended = server.wait() => ended.map_err(|e| ApiError::internal(format!("the simulator stopped listening: {e}"))),
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    })
}

/// Orders placed so far in the shop, how many of them it has removed since, and those placed in Amazon's marketplaces.
fn orders(world: &World) -> (u64, usize, u64) {
    // A demonstration that goes on trading is older than its history of days, but a world that is served here is not.
    let begun = Second(world.now().0 - (i64::from(world.spec().days) + LIFE_DAYS) * 86_400);
    let removed = world.deleted_between(begun, world.now().plus(1)).len();
    let seller = world.amazon();
    let at_amazon = seller.map_or(0, |seller| {
        Marketplace::ALL.map(|market| seller.order_count(market)).iter().sum()
    });
    (world.order_count(), removed, at_amazon)
}

/// A region's account: its refresh token, and where it sells.
fn account(region: Region) -> (&'static str, serde_json::Value) {
    let sells: Vec<&str> = region.marketplaces().map(Marketplace::country).collect();
    let told = serde_json::json!({ "refresh_token": amazon::App::demo_token(region), "marketplaces": sells });
    (region.name(), told)
}

/// A line for each region's refresh token.
fn tokens() -> String {
    let line = |region: Region| {
        let sells: Vec<&str> = region.marketplaces().map(Marketplace::country).collect();
        let token = amazon::App::demo_token(region);
        format!("  {} ({}): {token}", region.name(), sells.join(", "))
    };
    Region::ALL.map(line).join("\n")
}

/// The truth over the shop and Amazon's marketplace in the shop's currency, and each of the two.
#[derive(Serialize)]
struct Truth {
    #[serde(flatten)]
    total: truth::Report,
    by_platform: BTreeMap<&'static str, truth::Report>,
}

/// The truth as JSON, days and totals.
fn tell(context: &Context<'_>, seller: &Seller, arguments: &Arguments) -> Done {
    let world = seller.world(clock::now());
    let first = world.first_day();
    let from = arguments.from.map_or(first, Day::date);
    let to = arguments.to.map_or_else(
        || first + chrono::Days::new(u64::from(world.spec().days) - 1),
        Day::date,
    );
    if from > to {
        return Err(context.out.usage(ApiError::invalid(
            format!("the days end ({to}) before they begin ({from})"),
            "Give the earlier day as --from; the seller's history has the days of --days.",
        )));
    }
    let definition = truth::Definition::named(arguments.definition.name())
        .ok_or_else(|| ApiError::internal("the simulator names its definitions otherwise"))?;
    let amazon = truth::amazon::report(&world, Marketplace::Us, definition, from, to, None);
    let by_platform = [
        (Channel::Shopify, truth::report(&world, definition, from, to, None)),
        (Channel::Amazon, amazon),
    ];
    let truth = Truth {
        total: truth::amazon::total(&world, definition, from, to),
        by_platform: by_platform.map(|(channel, report)| (channel.name(), report)).into(),
    };
    context
        .out
        .answer(&truth, || serde_json::to_string_pretty(&truth).unwrap_or_default())
}
