//! The day of a record that cannot be read as a whole: what figures lack is told for the days that lack it.

use serde::Deserialize;
use serde_json::Value;

use super::parse;
use super::table::Table;
use crate::connectors::RawRecord;
use crate::model::When;

/// The members that date a record: an order's (current and older interface), an entry's of Finances.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Dates {
    #[serde(alias = "PurchaseDate", default)]
    created_time: Value,
    #[serde(alias = "PostedDate", default)]
    posted_date: Value,
}

/// Columns that date a row of a report: an order's, a settlement's.
const COLUMNS: [&str; 3] = ["purchase-date", "posted-date-time", "posted-date"];

/// When what a record tells of began; `None` where the record does not tell.
pub(super) fn placed(record: &RawRecord) -> Option<When> {
    if let Ok(dates) = serde_json::from_slice::<Dates>(&record.bytes) {
        let moment = |value: &Value| value.as_str().and_then(parse::moment);
        return moment(&dates.created_time).or_else(|| moment(&dates.posted_date));
    }
    let text = std::str::from_utf8(&record.bytes).ok()?;
    let table = Table::of(text);
    let dated = |row: usize| COLUMNS.iter().find_map(|column| parse::moment(table.get(row, column)?));
    (0..table.rows()).find_map(dated)
}

/// Columns that say from when to when a settlement report tells all.
const SETTLED: [&str; 2] = ["settlement-start-date", "settlement-end-date"];

/// From when to when a record of money tells: an entry of Finances of its moment, a settlement report of all that it settles.
pub(super) fn money_told(record: &RawRecord) -> Option<(When, When)> {
    match record.stream.as_ref() {
        "finances" => placed(record).map(|at| (at, at)),
        "settlements" => {
            let text = std::str::from_utf8(&record.bytes).ok()?;
            let table = Table::of(text);
            let cells = (0..table.rows()).flat_map(|row| SETTLED.iter().map(move |column| (row, column)));
            let mut told: Vec<When> = cells
                .filter_map(|(row, column)| parse::moment(table.get(row, column)?))
                .chain(placed(record))
                .collect();
            told.sort_by_key(|at| at.sort_key());
            Some((*told.first()?, *told.last()?))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connectors::Source;
    use crate::model::Zone;

    #[test]
    fn a_record_is_dated_whatever_else_is_wrong_with_it() {
        let day = |text: &str| {
            let record = RawRecord {
                stream: "orders".into(),
                key: "1".into(),
                facet: "order".into(),
                source: Source::Page,
                version: 0,
                bytes: text.as_bytes().to_vec(),
            };
            placed(&record).map(|at| at.day(Zone::UTC).to_string())
        };
        for (text, what) in [
            (r#"{"orderId":7,"createdTime":"2026-03-02T10:00:00Z"}"#, "an order"),
            (
                r#"{"OrderTotal":7,"PurchaseDate":"2026-03-02T10:00:00Z"}"#,
                "an order of the older interface",
            ),
            (
                r#"{"totalAmount":7,"postedDate":"2026-03-02T10:00:00Z"}"#,
                "an entry of Finances",
            ),
            (
                "amazon-order-id\tpurchase-date\titem-price\nA\t2026-03-02T10:00:00+00:00\tx",
                "a row of a report",
            ),
        ] {
            assert_eq!(day(text).as_deref(), Some("2026-03-02"), "{what}");
        }
        assert_eq!(day(r#"{"createdTime":"2026-0"#), None, "a cut record tells nothing");
    }
}
