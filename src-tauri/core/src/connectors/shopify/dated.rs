//! The day of an order whose record cannot be read as a whole: what figures lack is told for the days that lack it.

use serde::Deserialize;
use serde_json::Value;

use super::export;
use crate::connectors::{RawRecord, ReadCtx, Source};
use crate::model::When;

/// The members that date an order, whatever else the record holds.
#[derive(Deserialize)]
struct Dates {
    #[serde(alias = "processedAt", default)]
    processed_at: Value,
    #[serde(alias = "createdAt", default)]
    created_at: Value,
}

/// When the order of a record was placed; `None` where the record does not tell.
pub(super) fn placed(ctx: &ReadCtx, record: &RawRecord) -> Option<When> {
    if record.source == Source::Export {
        return export::placed(ctx, &record.bytes);
    }
    // A bulk record is a line per node, the order's own first.
    let own = match record.source {
        Source::Bulk => record.bytes.split(|b| *b == b'\n').next()?,
        _ => &record.bytes,
    };
    let dates: Dates = serde_json::from_slice(own).ok()?;
    let moment = |value: &Value| value.as_str().and_then(When::parse_rfc3339);
    moment(&dates.processed_at).or_else(|| moment(&dates.created_at))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Zone;

    #[test]
    fn a_record_is_dated_whatever_else_is_wrong_with_it() {
        let ctx = ReadCtx {
            zone: Zone::UTC,
            currency: None,
            reads_ledger: false,
        };
        let day = |source, text: &str| {
            let record = RawRecord {
                stream: "orders".into(),
                key: "1".into(),
                facet: "order".into(),
                source,
                version: 0,
                bytes: text.as_bytes().to_vec(),
            };
            placed(&ctx, &record).map(|at| at.day(Zone::UTC).to_string())
        };
        let of = |text: &str| Some(text.to_owned());
        let page =
            r#"{"id":"1","totalPriceSet":"!","createdAt":"2026-03-01T00:00:00Z","processedAt":"2026-03-02T00:00:00Z"}"#;
        assert_eq!(
            day(Source::Page, page),
            of("2026-03-02"),
            "as orders are dated: when it was processed"
        );
        let rest = r#"{"id":1,"total_price":"!","processed_at":7,"created_at":"2026-03-01T00:00:00Z"}"#;
        assert_eq!(
            day(Source::Legacy, rest),
            of("2026-03-01"),
            "what is no date is passed over"
        );
        let bulk = format!("{page}\n{{\"id\":\"2\",\"__parentId\":");
        assert_eq!(
            day(Source::Bulk, &bulk),
            of("2026-03-02"),
            "the order's own line, though a child is cut"
        );
        let export = "Name,Created at,Total\n#1,2026-03-04 10:00:00 +0000,12.x\n";
        assert_eq!(day(Source::Export, export), of("2026-03-04"), "an export's column");
        assert_eq!(
            day(Source::Page, r#"{"id":"1","createdAt":"2026-0"#),
            None,
            "a cut record tells nothing"
        );
    }
}
