//! Report files: tab-separated, quoting off, rows that may be shorter than the header, columns found by name.

/// A cell stands here that Amazon's policy forbids keeping (contract section 6).
pub const REMOVED: &str = "(removed)";

/// Where the decimals of a report's amounts begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Decimals {
    /// Behind a comma: `1.234,56`.
    Comma,
    /// Behind a point: `1,234.56`.
    Point,
    /// Nothing says it, or it says both.
    Unclear,
}

impl Decimals {
    /// Name of a column that says so at the end of a header, where a record cut out of the file does not show it by itself.
    fn mark(self) -> &'static str {
        match self {
            Decimals::Comma => "(decimals behind a comma)",
            Decimals::Point => "(decimals behind a point)",
            Decimals::Unclear => "(decimals behind either)",
        }
    }

    /// What an amount by itself says; `None` where it may be either, or has neither sign.
    fn shown_by(amount: &str) -> Option<Decimals> {
        let last = amount.rfind([',', '.'])?;
        let comma = amount[last..].starts_with(',');
        let again = amount.matches([',', '.']).count() > 1;
        let alike = again && !amount.contains(if comma { '.' } else { ',' });
        if !again && may_be_either(amount) {
            return None;
        }
        // The last sign stands before decimals, unless it stands there several times.
        Some(match comma != alike {
            true => Decimals::Comma,
            false => Decimals::Point,
        })
    }
}

/// Whether the one sign in an amount may stand behind thousands as well as before decimals: `1.234`, `12,500`.
pub fn may_be_either(amount: &str) -> bool {
    let Some((whole, rest)) = amount.trim_start_matches(['-', '+']).split_once([',', '.']) else {
        return false;
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    (1..=3).contains(&whole.len()) && !whole.starts_with('0') && rest.len() == 3 && digits(whole) && digits(rest)
}

/// Columns that hold amounts.
const AMOUNTS: &[&str] = &[
    "item-price",
    "item-tax",
    "shipping-price",
    "shipping-tax",
    "gift-wrap-price",
    "gift-wrap-tax",
    "item-promotion-discount",
    "ship-promotion-discount",
    "amount",
    "total-amount",
    "price",
    "your-price",
];

/// The header row and the rows of a report, or of one thing cut out of it.
pub struct Table<'a> {
    columns: Vec<&'a str>,
    rows: Vec<Vec<&'a str>>,
}

/// Names of the column of the seller's SKU in listings reports.
pub const SKU: &[&str] = &[
    "seller-sku",
    "Händler-SKU",
    "sku-vendeur",
    "SKU venditore",
    "SKU del vendedor",
    "出品者SKU",
    "verkopers-SKU",
    "卖家 SKU",
    "卖家SKU",
];

/// Names of one column of the listings report in translated accounts, the English one first.
const ALIASES: &[&[&str]] = &[
    SKU,
    &[
        "item-name",
        "Artikelbezeichnung",
        "nom-produit",
        "Nome dell'articolo",
        "Título del producto",
        "商品名",
    ],
    &["price", "Preis", "prix", "Prezzo", "Precio", "価格"],
    &["quantity", "Menge", "quantité", "Quantità", "Cantidad", "数量"],
    &["asin1", "ASIN 1", "ASIN1"],
    &[
        "product-id",
        "Produkt-ID",
        "id-produit",
        "Identificativo del prodotto",
        "商品ID",
    ],
    &[
        "fulfillment-channel",
        "Versender",
        "canal-traitement",
        "Canale di gestione",
        "Canal de gestión logística",
        "フルフィルメント・チャンネル",
    ],
    &["status", "Status", "état", "Stato", "Estado", "ステータス"],
];

impl<'a> Table<'a> {
    /// Cuts a text into cells. Empty lines are none.
    pub fn of(text: &'a str) -> Table<'a> {
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let columns = lines.next().unwrap_or_default().split('\t').map(str::trim).collect();
        Table {
            columns,
            rows: lines.map(|line| line.split('\t').collect()).collect(),
        }
    }

    /// Where a column stands, by its English name or a translation of it.
    pub fn column(&self, name: &str) -> Option<usize> {
        let aliases = ALIASES.iter().find(|names| names[0] == name);
        let is = |column: &&str| {
            column.eq_ignore_ascii_case(name)
                || aliases.is_some_and(|names| names.iter().any(|n| n.to_lowercase() == column.to_lowercase()))
        };
        self.columns.iter().position(is)
    }

    /// Where the decimals of its amounts begin: as all of them show, or as the mark says that its file shows.
    pub fn decimals(&self) -> Decimals {
        let marks = [Decimals::Comma, Decimals::Point, Decimals::Unclear];
        let marked = marks
            .into_iter()
            .find(|decimals| self.columns.last() == Some(&decimals.mark()));
        marked.unwrap_or_else(|| {
            let mut shown = self.amounts().filter_map(Decimals::shown_by);
            let first = shown.next().unwrap_or(Decimals::Unclear);
            match shown.all(|decimals| decimals == first) {
                true => first,
                false => Decimals::Unclear,
            }
        })
    }

    /// Every amount, as written.
    fn amounts(&self) -> impl Iterator<Item = &'a str> {
        let columns: Vec<usize> = AMOUNTS.iter().filter_map(|name| self.column(name)).collect();
        let cells = self.rows.iter().flat_map(move |row| {
            let cells = columns.iter().filter_map(|at| row.get(*at).map(|cell| cell.trim()));
            cells.collect::<Vec<_>>()
        });
        cells.filter(|cell| !cell.is_empty())
    }

    /// Whether some amount is one thing or another by where its file's decimals begin.
    pub fn needs_decimals(&self) -> bool {
        self.amounts().any(may_be_either)
    }

    /// The columns' names.
    pub fn columns(&self) -> &[&'a str] {
        &self.columns
    }

    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.rows.len()
    }

    /// The content of a cell; `None` where it is blank, missing, or was removed: blank is unknown, never zero.
    pub fn get(&self, row: usize, column: &str) -> Option<&'a str> {
        let at = self.column(column)?;
        let cell = self.rows.get(row)?.get(at)?.trim();
        (!cell.is_empty() && cell != REMOVED).then_some(cell)
    }
}

/// Lines of a record (header first) that was cut out of a file whose decimals begin as `decimals` says: where the record has an amount
/// that may be read in two ways and does not show by itself which one is meant, a last column's name says it.
pub fn with_decimals(mut lines: Vec<String>, decimals: Decimals) -> Vec<String> {
    let text = lines.join("\n");
    let table = Table::of(&text);
    let silent = table.needs_decimals() && table.decimals() != decimals;
    if let Some(header) = lines.first_mut().filter(|_| silent) {
        *header = format!("{}\t{}", header.trim_end_matches('\r'), decimals.mark());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amazon_failure_39_where_decimals_begin_is_told_by_all_amounts_together() {
        let of = |amounts: &[&str]| {
            let text = format!(
                "sku\tprice\n{}",
                amounts.iter().map(|a| format!("A\t{a}\n")).collect::<String>()
            );
            Table::of(&text).decimals()
        };
        assert_eq!(of(&["1.234", "12,34"]), Decimals::Comma, "a comma before two digits");
        assert_eq!(of(&["1.234", "12.34"]), Decimals::Point, "a point before two digits");
        assert_eq!(
            of(&["1.234.567"]),
            Decimals::Comma,
            "points stand behind thousands only"
        );
        assert_eq!(of(&["1,234,567"]), Decimals::Point, "so may commas");
        assert_eq!(
            of(&["1.234,56"]),
            Decimals::Comma,
            "the last sign stands before decimals"
        );
        assert_eq!(of(&["-1,234.5"]), Decimals::Point, "of either kind");
        assert_eq!(of(&["0.145"]), Decimals::Point, "no thousands begin with 0");
        assert_eq!(of(&["1.234", "5", "1,500"]), Decimals::Unclear, "nothing shows it");
        assert_eq!(
            of(&["1.5", "1,5"]),
            Decimals::Unclear,
            "some show one and some the other"
        );
    }

    #[test]
    fn amazon_failure_26_a_lone_quote_swallows_nothing() {
        let table = Table::of("seller-sku\titem-name\tprice\r\nA\tShelf 24\" wide\t5\r\nB\t\"Bolt\t7\n\nC");
        assert_eq!(table.rows(), 3, "every line is a row");
        assert_eq!(
            table.get(0, "item-name"),
            Some("Shelf 24\" wide"),
            "the inch mark is a letter"
        );
        assert_eq!(table.get(1, "price"), Some("7"), "an open quote closes nothing");
        assert_eq!(table.get(2, "price"), None, "a short row leaves its cells unknown");
    }

    #[test]
    fn amazon_failure_25_translated_headers_are_found() {
        for header in [
            "Händler-SKU",
            "sku-vendeur",
            "SKU venditore",
            "SKU del vendedor",
            "出品者SKU",
        ] {
            let text = format!("x\t{header}\nn\tA-1\n");
            assert_eq!(Table::of(&text).get(0, "seller-sku"), Some("A-1"), "{header}");
        }
    }
}
