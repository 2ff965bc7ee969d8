//! `orders list`, `products list`, `inventory list`, `customers list`.

use clap::{Args, Subcommand};
use countinghouse_core::api::Desk;
use countinghouse_core::api::lists::{self, ListArgs, Listed, Products, SharedSku, UnlistedItem};
use countinghouse_core::app::ApiError;
use countinghouse_core::connectors::Channel;
use countinghouse_core::metrics::Definition;
use countinghouse_core::model::Day;

use super::out::{table, wrapped};
use super::{Context, Done, period};

#[derive(Subcommand)]
pub(crate) enum Command<A: Args> {
    /// A page of the list
    List(A),
}

/// Which part of a list.
#[derive(Args)]
pub(crate) struct Paged {
    /// Only this platform or sales channel (shopify, “shopify/Online Store”)
    #[arg(long, value_parser = channel)]
    channel: Option<String>,
    /// Orders: part of a number, or the id of an order or a customer. Products and stock: part of a title, SKU or location. Customers:
    /// an id or a country
    #[arg(long)]
    search: Option<String>,
    /// Rows on a page
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    limit: u64,
    /// Page, counted from 1
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    page: u32,
}

/// Days of a list, both in it.
#[derive(Args)]
pub(crate) struct Days {
    /// First day (YYYY-MM-DD)
    #[arg(long)]
    from: Option<Day>,
    /// Last day
    #[arg(long)]
    to: Option<Day>,
}

/// Orders and products: what was sold, when, by which definition.
#[derive(Args)]
pub(crate) struct SalesArguments {
    #[command(flatten)]
    days: Days,
    #[command(flatten)]
    paged: Paged,
    /// Definition of the sales shown: order_totals, platform or accounting; the profile's own if left out
    #[arg(long)]
    definition: Option<Definition>,
}

/// Stock: as it is now.
#[derive(Args)]
pub(crate) struct StockArguments {
    #[command(flatten)]
    paged: Paged,
}

/// Customers, by the day they were first seen.
#[derive(Args)]
pub(crate) struct CustomerArguments {
    #[command(flatten)]
    days: Days,
    #[command(flatten)]
    paged: Paged,
}

/// Refuses platforms that are none.
fn channel(text: &str) -> Result<String, String> {
    let platform = text.split_once('/').map_or(text, |(platform, _)| platform);
    platform.parse::<Channel>().map(|_| text.to_owned())
}

/// The question behind the arguments.
fn asked(
    context: &Context<'_>,
    desk: Desk<'_>,
    days: Option<&Days>,
    paged: &Paged,
    definition: Option<Definition>,
) -> Result<ListArgs, ApiError> {
    let (from, to) = days.map_or((None, None), |days| (days.from, days.to));
    if let (Some(from), Some(to)) = (from, to) {
        period(context.out, from, to)?;
    }
    let definition = match definition {
        Some(definition) => definition,
        None => desk.open()?.settings()?.definition,
    };
    Ok(ListArgs {
        from,
        to,
        channel: paged.channel.clone(),
        search: paged.search.clone(),
        definition,
        limit: paged.limit,
        page: paged.page - 1,
    })
}

fn unknown(text: &Option<String>) -> String {
    text.clone().unwrap_or_else(|| "–".into())
}

pub(crate) fn orders(context: &Context<'_>, command: &Command<SalesArguments>) -> Done {
    let Command::List(a) = command;
    let app = context.app()?;
    let desk = context.desk(&app);
    let answer = numbered(lists::orders(
        desk,
        &asked(context, desk, Some(&a.days), &a.paged, a.definition)?,
    )?);
    context.out.answer(&answer, || {
        let row = |o: &lists::OrderItem| {
            let amount = format!("{} {}", unknown(&o.net_sales), o.currency);
            vec![
                o.name.clone(),
                o.day.to_string(),
                o.sales_channel.clone(),
                o.payment.clone(),
                o.fulfilment.clone(),
                o.units.map_or_else(|| "–".into(), |n| n.to_string()),
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

pub(crate) fn products(context: &Context<'_>, command: &Command<SalesArguments>) -> Done {
    let Command::List(a) = command;
    let app = context.app()?;
    let desk = context.desk(&app);
    let asked = asked(context, desk, Some(&a.days), &a.paged, a.definition)?;
    let answer = lists::products(desk, &asked)?;
    let answer = Products {
        listed: numbered(answer.listed),
        ..answer
    };
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
                p.units.map_or_else(|| "–".into(), |n| n.to_string()),
                unknown(&p.net_sales),
                unknown(&p.gross_profit),
            ]
        };
        let text = page(
            &answer.listed,
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
        );
        let mut parts = vec![text];
        if !answer.shared_skus.is_empty() {
            parts.push(shared(&answer.shared_skus));
        }
        if !answer.unlisted.is_empty() {
            parts.push(unlisted(&answer.unlisted));
        }
        parts.join("\n\n")
    })
}

/// What was sold under SKUs of several variants, which is in no row of theirs.
fn shared(skus: &[SharedSku]) -> String {
    let row = |s: &SharedSku| {
        vec![
            s.sku.clone(),
            s.variants.to_string(),
            s.units.map_or_else(|| "–".into(), |n| n.to_string()),
            unknown(&s.net_sales),
            unknown(&s.gross_profit),
        ]
    };
    let rows: Vec<Vec<String>> = skus.iter().map(row).collect();
    let why = "Several variants share these SKUs. What was sold is known of the SKU, not of each, so it stands here, and in no row above:";
    let head = ["SKU", "Variants", "Units", "Net sales", "Gross profit"];
    format!("{}\n\n{}", wrapped(why, 0), table(&head, &rows))
}

/// What was sold and is in no row of any page.
fn unlisted(items: &[UnlistedItem]) -> String {
    let row = |item: &UnlistedItem| {
        vec![
            item.title.clone(),
            item.sku.clone(),
            item.units.to_string(),
            format!("{} {}", item.net_sales, item.currency),
            unknown(&item.gross_profit),
        ]
    };
    let rows: Vec<Vec<String>> = items.iter().map(row).collect();
    let why = "Sold in these days, and in no row of the list: the product is gone, or the order names none:";
    let head = ["Sold as", "SKU", "Units", "Net sales", "Gross profit"];
    format!("{}\n\n{}", wrapped(why, 0), table(&head, &rows))
}

pub(crate) fn inventory(context: &Context<'_>, command: &Command<StockArguments>) -> Done {
    let Command::List(a) = command;
    let app = context.app()?;
    let desk = context.desk(&app);
    let answer = numbered(lists::inventory(desk, &asked(context, desk, None, &a.paged, None)?)?);
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

pub(crate) fn customers(context: &Context<'_>, command: &Command<CustomerArguments>) -> Done {
    let Command::List(a) = command;
    let app = context.app()?;
    let desk = context.desk(&app);
    let answer = numbered(lists::customers(
        desk,
        &asked(context, desk, Some(&a.days), &a.paged, None)?,
    )?);
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

/// A list with its page counted from 1, as `--page` counts.
fn numbered<T>(listed: Listed<T>) -> Listed<T> {
    Listed {
        page: listed.page + 1,
        ..listed
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
            listed.page, listed.pages, listed.count
        ),
        false => String::new(),
    };
    format!("{}{more}", table(head, &rows))
}
