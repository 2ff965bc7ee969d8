//! The dashboard as one HTML file that opens without a network: no script, no address, charts and their tables inside.

use std::fmt::Write;

use crate::api::dashboard::Dashboard;
use crate::charts::{Drawing, slice_paint};

/// Looks of the page; light and dark by the reader's system. Names of custom properties are those of the charts.
const STYLE: &str = "
:root{color-scheme:light dark;--ground:#f7f6f2;--card:#fff;--ink:#1d2126;--soft:#5d6470;--edge:#e2dfd6;--up:#1d6b45;--down:#a3362a}
@media (prefers-color-scheme:dark){:root{--ground:#15181c;--card:#1d2126;--ink:#eceff3;--soft:#a3abb7;--edge:#30363e;--up:#6fcf9b;--down:#f09a8d;
--chart-now:#86aef0;--chart-area:rgb(134 174 240 / 12%);--chart-before:#6f7683;--chart-grid:#262b32;--chart-zero:#434a55;--chart-label:#a3abb7;
--chart-text:#eceff3;--chart-track:#262b32;--chart-negative:#f09a8d;--chart-1:#86aef0;--chart-2:#55b8ad;--chart-3:#dcb05e;--chart-4:#b690d4;
--chart-5:#e58f83;--chart-6:#8fa9c4}}
*{box-sizing:border-box}body{margin:0;padding:2rem;background:var(--ground);color:var(--ink);font:15px/1.45 system-ui,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:72rem;margin:auto}h1{font-size:1.6rem;margin:0}h2{font-size:1rem;margin:0 0 .75rem}p{margin:.25rem 0;color:var(--soft)}
.tiles{display:grid;grid-template-columns:repeat(auto-fill,minmax(13rem,1fr));gap:1rem;margin:1.5rem 0;padding:0;list-style:none}
.card,.tiles li{background:var(--card);border:1px solid var(--edge);border-radius:10px;padding:1rem}.card{margin:0 0 1rem;overflow-x:auto}
.label{color:var(--soft)}.value{font-size:1.5rem;font-weight:600}.up{color:var(--up)}.down{color:var(--down)}svg{width:100%;height:auto}
table{border-collapse:collapse;width:100%}th,td{text-align:right;padding:.3rem .5rem;border-bottom:1px solid var(--edge)}
.two{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:0 1rem;align-items:start}
.legend{display:flex;flex-wrap:wrap;gap:.25rem 1rem;margin:.5rem 0;padding:0;list-style:none;color:var(--soft)}
.legend i{display:inline-block;width:.7rem;height:.7rem;margin-right:.4rem;border-radius:2px}
th:first-child,td:first-child{text-align:left}summary{cursor:pointer;color:var(--soft)}
";

/// Text inside an element or an attribute: shown, never markup.
fn text(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// The page of `dashboard` for the profile of this name.
pub fn dashboard_page(profile: &str, dashboard: &Dashboard) -> String {
    let mut page = String::with_capacity(64 * 1024);
    // Writing into a String cannot fail.
    let _ = write(&mut page, profile, dashboard);
    page
}

fn write(page: &mut String, profile: &str, d: &Dashboard) -> std::fmt::Result {
    let title = format!("{} · {}", text(profile), text(&d.range.label));
    write!(
        page,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>"
    )?;
    write!(
        page,
        "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
    )?;
    let policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";
    write!(
        page,
        "<meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\"><style>{STYLE}</style></head><body><main>"
    )?;
    write!(
        page,
        "<h1><bdi>{}</bdi></h1><p>{} · {}</p>",
        text(profile),
        text(&d.range.label),
        text(&d.definition.label)
    )?;
    if let Some(previous) = &d.previous {
        write!(page, "<p>Compared with {}</p>", text(&previous.label))?;
    }
    for sentence in d
        .blocked
        .iter()
        .chain(&d.missing_text)
        .chain(&d.missing_hint)
        .chain(&d.left_out_text)
        .chain(&d.money_text)
        .chain(&d.older_orders_text)
        .chain(&d.not_final_text)
        .chain(&d.insights)
    {
        write!(page, "<p>{}</p>", text(sentence))?;
    }
    write!(page, "<ul class=\"tiles\">")?;
    for tile in &d.tiles {
        write!(
            page,
            "<li title=\"{}\"><div class=\"label\">{}</div>",
            text(&tile.formula),
            text(&tile.label)
        )?;
        write!(page, "<div class=\"value\">{}</div>", text(&tile.value_text))?;
        if let Some(change) = &tile.change_text {
            let class = match tile.good {
                Some(true) => "up",
                Some(false) => "down",
                None => "label",
            };
            write!(page, "<div class=\"{class}\">{}</div>", text(change))?;
        }
        if let Some(note) = &tile.note {
            write!(page, "<div class=\"label\">{}</div>", text(note))?;
        }
        write!(page, "</li>")?;
    }
    write!(page, "</ul>")?;
    chart(page, &d.revenue, &[])?;
    write!(page, "<div class=\"two\">")?;
    if let Some(drawing) = &d.share {
        let parts = d.channels.iter().map(|c| format!("{} {}", c.label, c.share_text));
        chart(page, drawing, &parts.collect::<Vec<_>>())?;
    }
    if let Some(drawing) = &d.best_products_chart {
        chart(page, drawing, &[])?;
    }
    write!(page, "</div>")?;
    let channels = d
        .channels
        .iter()
        .map(|c| [&c.label, &c.revenue_text, &c.orders_text, &c.aov_text, &c.share_text].map(String::as_str));
    table(
        page,
        "Channels",
        &["Channel", "Revenue", "Orders", "Average order", "Share"],
        channels,
    )?;
    let orders = d
        .recent_orders
        .iter()
        .map(|o| [&o.name, &o.placed_text, &o.channel, &o.status_text, &o.total_text].map(String::as_str));
    table(
        page,
        "Recent orders",
        &["Order", "Placed", "Channel", "State", "Total"],
        orders,
    )?;
    let products = d
        .best_products
        .iter()
        .map(|p| [&p.title, &p.sku, &p.units_text, &p.net_text, &p.profit_text].map(String::as_str));
    table(
        page,
        "Best products",
        &["Product", "SKU", "Units", "Net sales", "Gross profit"],
        products,
    )?;
    let lines = d
        .completeness
        .lines
        .iter()
        .map(|l| [l.label.as_str(), l.value_text.as_str()]);
    table(page, "How complete these figures are", &["", ""], lines)?;
    writeln!(page, "</main></body></html>")
}

/// A chart as wide as its card, with its table behind a disclosure; the drawing's own texts are escaped already. `parts` name its
/// slices, in their order.
fn chart(page: &mut String, drawing: &Drawing, parts: &[String]) -> std::fmt::Result {
    write!(
        page,
        "<section class=\"card\"><h2>{}</h2><div>{}</div>",
        text(&drawing.title),
        drawing.svg
    )?;
    if !parts.is_empty() {
        write!(page, "<ul class=\"legend\">")?;
        for (n, part) in parts.iter().enumerate() {
            let paint = slice_paint(n);
            write!(
                page,
                "<li><i style=\"background:{paint}\"></i><bdi>{}</bdi></li>",
                text(part)
            )?;
        }
        write!(page, "</ul>")?;
    }
    write!(page, "<details><summary>As a table</summary><table><thead><tr>")?;
    for column in &drawing.table.columns {
        write!(page, "<th>{}</th>", text(&column.label))?;
    }
    write!(page, "</tr></thead><tbody>")?;
    for row in &drawing.table.rows {
        write!(page, "<tr>")?;
        for cell in row {
            write!(page, "<td>{}</td>", text(cell))?;
        }
        write!(page, "</tr>")?;
    }
    write!(page, "</tbody></table></details></section>")
}

fn table<'a, const N: usize>(
    page: &mut String,
    title: &str,
    head: &[&str; N],
    rows: impl Iterator<Item = [&'a str; N]>,
) -> std::fmt::Result {
    let mut rows = rows.peekable();
    if rows.peek().is_none() {
        return Ok(());
    }
    write!(
        page,
        "<section class=\"card\"><h2>{}</h2><table><thead><tr>",
        text(title)
    )?;
    for cell in head {
        write!(page, "<th>{}</th>", text(cell))?;
    }
    write!(page, "</tr></thead><tbody>")?;
    for row in rows {
        write!(page, "<tr>")?;
        for cell in row {
            write!(page, "<td><bdi>{}</bdi></td>", text(cell))?;
        }
        write!(page, "</tr>")?;
    }
    write!(page, "</tbody></table></section>")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hostile_title_is_text() {
        assert_eq!(
            text("<script>alert('x')</script> & \"q\""),
            "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;q&quot;",
            "nothing a seller typed becomes markup"
        );
    }
}
