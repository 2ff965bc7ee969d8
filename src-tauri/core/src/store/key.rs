//! Platform ids in SQLite: plain decimal numbers as INTEGER, everything else as TEXT.

use std::fmt::Write as _;

use rusqlite::ToSql;
use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSqlOutput, ValueRef};

/// An id on its way in. Ids beyond 2^63, with leading zeros or signs stay text, so every id comes back as it went in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Id<'a>(pub(super) &'a str);

impl Id<'_> {
    /// The number, where the text is exactly how that number is written.
    pub(super) fn number(self) -> Option<i64> {
        let digits = self.0.as_bytes();
        let canonical = match digits {
            [b'0'] => true,
            [b'1'..=b'9', rest @ ..] => rest.len() < 19 && rest.iter().all(u8::is_ascii_digit),
            _ => false,
        };
        if canonical { self.0.parse().ok() } else { None }
    }
}

impl ToSql for Id<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.number() {
            Some(number) => ToSqlOutput::from(number),
            None => ToSqlOutput::from(self.0),
        })
    }
}

/// An id on its way out.
pub(super) struct OwnedId(pub(super) String);

impl FromSql for OwnedId {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        match value {
            ValueRef::Integer(number) => {
                let mut text = String::with_capacity(20);
                let _ = write!(text, "{number}");
                Ok(OwnedId(text))
            }
            ValueRef::Text(text) => std::str::from_utf8(text)
                .map(|t| OwnedId(t.to_owned()))
                .map_err(FromSqlError::other),
            _ => Err(FromSqlError::InvalidType),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_id_comes_back_as_it_went_in() {
        let sql = rusqlite::Connection::open_in_memory().expect("a database in memory");
        let ids = [
            "0",
            "1",
            "007",
            "-1",
            "+5",
            "",
            " 12",
            "9007199254740993",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551615",
            "1e3",
            "1.0",
            "gid://shopify/Order/1",
            "١٢",
        ];
        for id in ids {
            let back: OwnedId = sql.query_row("SELECT ?1", [Id(id)], |row| row.get(0)).expect("a row");
            assert_eq!(back.0, id, "an id must not change on its way through the file");
        }
        assert_eq!(
            Id("9007199254740993").number(),
            Some(9_007_199_254_740_993),
            "ids above 2^53 are kept whole"
        );
        assert_eq!(Id("007").number(), None, "leading zeros are part of an id");
    }
}
