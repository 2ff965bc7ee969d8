//! Texts of the platform's search filter (contract 3.5). Times are always quoted: an unquoted one silently matches everything.

use chrono::{DateTime, SecondsFormat};

/// A UTC second as the platform writes it, quoted for a filter.
fn quoted(second: i64) -> String {
    let at = DateTime::from_timestamp(second.max(0), 0).unwrap_or_default();
    format!("'{}'", at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// Things whose `field` is in `[from, to)`.
pub(super) fn between(field: &str, from: i64, to: i64) -> String {
    format!("{field}:>={} AND {field}:<{}", quoted(from), quoted(to))
}

/// Things whose `field` is not before `from`.
pub(super) fn since(field: &str, from: i64) -> String {
    format!("{field}:>={}", quoted(from))
}

/// As [`between`], of what was made from `made` on.
pub(super) fn between_made_since(field: &str, from: i64, to: i64, made: i64) -> String {
    format!("{} AND {}", between(field, from, to), since("created_at", made))
}

/// As [`between`], with ids above `id`.
pub(super) fn between_above(field: &str, from: i64, to: i64, id: &str) -> String {
    format!("{} AND id:>{id}", between(field, from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fm31_times_in_filters_are_quoted() {
        assert_eq!(
            between("updated_at", 1_793_491_200, 1_793_491_201),
            "updated_at:>='2026-11-01T00:00:00Z' AND updated_at:<'2026-11-01T00:00:01Z'",
            "exact seconds in UTC"
        );
        assert_eq!(
            between_above("updated_at", 0, 1, "77"),
            "updated_at:>='1970-01-01T00:00:00Z' AND updated_at:<'1970-01-01T00:00:01Z' AND id:>77",
            "within one second, by id"
        );
    }
}
