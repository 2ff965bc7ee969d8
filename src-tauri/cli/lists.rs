//! `orders list`, `products list`, `inventory list`, `customers list`.

use clap::{Args, Subcommand};
use countinghouse_core::api::Desk;
use countinghouse_core::api::lists::{self, ListArgs, Listed};
use countinghouse_core::app::ApiError;
use countinghouse_core::metrics::Definition;
use countinghouse_core::model::Day;

use super::out::table;
use super::{Context, Done};

/// What is listed.
#[derive(Clone, Copy)]
pub(crate) enum Thing {
    Orders,
    Products,
    Inventory,
    Customers,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// A page of the list, newest or best first
    List(Arguments),
}

#[derive(Args)]
pub(crate) struct Arguments {
    /// First day
    #[arg(long)]
    from: Option<Day>,
    /// Last day
    #[arg(long)]
    to: Option<Day>,
    /// Only this platform or sales channel (shopify, “shopify/Online Store”)
    #[arg(long)]
    channel: Option<String>,
    /// Part of a number, title, SKU, location or id
    #[arg(long)]
    search: Option<String>,
    /// Definition of the sales shown: order_totals, platform or accounting
    #[arg(long)]
    definition: Option<Definition>,
    /// Rows on a page
    #[arg(long, default_value_t = 50)]
    limit: u64,
    /// Page, counted from 1
    #[arg(long, default_value_t = 1)]
    page: u32,
}

pub(crate) fn run(context: &Context<'_>, thing: Thing, command: &Command) -> Done {
    let Command::List(arguments) = command;
    if arguments.limit == 0 || arguments.page == 0 {
        return Err(ApiError::invalid(
            "--limit and --page begin at 1",
            "Leave them out for the first 50 rows.",
        ));
    }
    let app = context.app()?;
    let desk = Desk {
        app: &app,
        profile: context.global.profile.as_deref(),
    };
    let definition = match arguments.definition {
        Some(definition) => definition,
        None => desk.open()?.settings()?.definition,
    };
    let args = ListArgs {
        from: arguments.from,
        to: arguments.to,
        channel: arguments.channel.clone(),
        search: arguments.search.clone(),
        definition,
        limit: arguments.limit,
        page: arguments.page - 1,
    };
    let unknown = |text: &Option<String>| text.clone().unwrap_or_else(|| "–".into());
    match thing {
        Thing::Orders => {
            let answer = lists::orders(desk, &args)?;
            context.out.answer(&answer, || {
                let row = |o: &lists::OrderItem| {
                    let amount = format!("{} {}", unknown(&o.net_sales), o.currency);
                    vec![
                        o.name.clone(),
                        o.day.to_string(),
                        o.sales_channel.clone(),
                        o.payment.clone(),
                        o.fulfilment.clone(),
                        o.units.to_string(),
                        amount,
                    ]
                };
                page(
                    &answer,
                    &["Order", "Day", "Channel", "Payment", "Fulfilment", "Units", "Net sales"],
                    row,
                )
            })
        }
        Thing::Products => {
            let answer = lists::products(desk, &args)?;
            context.out.answer(&answer, || {
                let row = |p: &lists::ProductItem| {
                    let title = match p.variant_title.is_empty() {
                        true => p.title.clone(),
                        false => format!("{} – {}", p.title, p.variant_title),
                    };
                    vec![
                        title,
                        p.sku.clone(),
                        unknown(&p.price),
                        unknown(&p.unit_cost),
                        p.units.to_string(),
                        unknown(&p.net_sales),
                        unknown(&p.gross_profit),
                    ]
                };
                page(
                    &answer,
                    &[
                        "Product",
                        "SKU",
                        "Price",
                        "Unit cost",
                        "Units",
                        "Net sales",
                        "Gross profit",
                    ],
                    row,
                )
            })
        }
        Thing::Inventory => {
            let answer = lists::inventory(desk, &args)?;
            context.out.answer(&answer, || {
                let row = |i: &lists::InventoryItem| {
                    let units = |name: &str| i.quantities.get(name).map_or_else(|| "–".into(), i64::to_string);
                    vec![
                        i.title.clone(),
                        i.sku.clone(),
                        i.location.clone(),
                        units("available"),
                        units("on_hand"),
                        units("committed"),
                    ]
                };
                page(
                    &answer,
                    &["Item", "SKU", "Location", "Available", "On hand", "Committed"],
                    row,
                )
            })
        }
        Thing::Customers => {
            let answer = lists::customers(desk, &args)?;
            context.out.answer(&answer, || {
                let row = |c: &lists::CustomerItem| {
                    let spent = format!(
                        "{} {}",
                        unknown(&c.spent),
                        c.currency.map(|c| c.to_string()).unwrap_or_default()
                    );
                    let orders = c.orders.map_or_else(|| "–".into(), |n| n.to_string());
                    vec![
                        c.key.clone(),
                        unknown(&c.country),
                        unknown(&c.created_at),
                        orders,
                        spent,
                    ]
                };
                page(&answer, &["Customer", "Country", "Since", "Orders", "Spent"], row)
            })
        }
    }
}

fn page<T>(listed: &Listed<T>, head: &[&str], row: impl Fn(&T) -> Vec<String>) -> String {
    if listed.rows.is_empty() {
        return "Nothing found.".into();
    }
    let rows: Vec<Vec<String>> = listed.rows.iter().map(row).collect();
    let more = match listed.pages > 1 {
        true => format!(
            "\n\nPage {} of {}, {} rows in all; --page shows another.",
            listed.page + 1,
            listed.pages,
            listed.count
        ),
        false => String::new(),
    };
    format!("{}{more}", table(head, &rows))
}
