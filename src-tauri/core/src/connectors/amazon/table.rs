//! Report files: tab-separated, quoting off, rows that may be shorter than the header, columns found by name.

/// A cell stands here that Amazon's policy forbids keeping (contract section 6).
pub const REMOVED: &str = "(removed)";

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

#[cfg(test)]
mod tests {
    use super::*;

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
