//! Pages of lists: cursors, limits and ends (contract section 3.5).

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::graphql::error::GraphError;
use super::graphql::execute::{Object, Page};
use super::graphql::variables::Args;

/// The most nodes that one page may hold.
pub(crate) const PAGE_LIMIT: usize = 250;

/// What a list is sorted by, for one record.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum SortValue {
    /// A moment, in milliseconds since 1970.
    Millis(i64),
    /// A number, written as text in cursors.
    Number(u64),
    /// A text.
    Text(String),
}

/// Where a record stands in a sorted list: by value, then by id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key {
    /// What the list is sorted by.
    pub(crate) value: SortValue,
    /// The record's number.
    pub(crate) id: u64,
}

impl Key {
    /// A place by a second.
    pub(crate) fn second(second: i64, id: u64) -> Key {
        Key {
            value: SortValue::Millis(second * 1000),
            id,
        }
    }

    /// A place by the id itself.
    pub(crate) fn id(id: u64) -> Key {
        Key {
            value: SortValue::Number(id),
            id,
        }
    }

    /// A place by a text, without regard to case.
    pub(crate) fn text(text: &str, id: u64) -> Key {
        Key {
            value: SortValue::Text(text.to_lowercase()),
            id,
        }
    }

    /// The second of a place by time.
    pub(crate) fn as_second(&self) -> Option<i64> {
        match self.value {
            SortValue::Millis(millis) => Some(millis.div_euclid(1000)),
            _ => None,
        }
    }

    /// The cursor as the platform writes it.
    pub(crate) fn cursor(&self) -> String {
        let value = match &self.value {
            SortValue::Millis(millis) => Value::from(*millis),
            SortValue::Number(number) => Value::from(number.to_string()),
            SortValue::Text(text) => Value::from(text.as_str()),
        };
        STANDARD.encode(json!({ "last_id": self.id, "last_value": value }).to_string())
    }

    /// Reads a cursor that `like` could have written.
    fn parse(cursor: &str) -> Option<Key> {
        let bytes = STANDARD.decode(cursor).ok()?;
        let members: Value = serde_json::from_slice(&bytes).ok()?;
        let id = members.get("last_id")?.as_u64()?;
        let value = match members.get("last_value")? {
            Value::Number(number) => SortValue::Millis(number.as_i64()?),
            Value::String(text) if *text == id.to_string() => SortValue::Number(id),
            Value::String(text) => text
                .parse()
                .map_or_else(|_| SortValue::Text(text.clone()), SortValue::Number),
            _ => return None,
        };
        Some(Key { value, id })
    }
}

/// Which part of a list is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Window {
    /// So many from the beginning.
    pub(crate) first: Option<usize>,
    /// So many from the end.
    pub(crate) last: Option<usize>,
    /// Only what stands after this place.
    pub(crate) after: Option<Key>,
    /// Only what stands before this place.
    pub(crate) before: Option<Key>,
    /// Whether the list is turned round first.
    pub(crate) reverse: bool,
}

impl Window {
    /// Reads the arguments that every list has.
    ///
    /// # Errors
    /// `BAD_REQUEST` for more than 250 nodes, for neither `first` nor `last`, and for a cursor that is none.
    pub(crate) fn read(args: &Args) -> Result<Window, GraphError> {
        let cursor = |name: &str| match args.text(name) {
            None => Ok(None),
            Some(text) => Key::parse(text)
                .map(Some)
                .ok_or_else(|| GraphError::bad_request("Invalid cursor for current pagination sort.")),
        };
        let window = Window {
            first: if args.whole { None } else { size(args, "first")? },
            last: if args.whole { None } else { size(args, "last")? },
            after: cursor("after")?,
            before: cursor("before")?,
            reverse: args.flag("reverse"),
        };
        match (window.first, window.last) {
            (None, None) if !args.whole => Err(GraphError::bad_request("you must provide one of first or last")),
            (Some(_), Some(_)) => Err(GraphError::bad_request(
                "providing both first and last is not supported",
            )),
            _ => Ok(window),
        }
    }

    /// Sorts a list, takes this part of it, and tells whether more stands before and after.
    pub(crate) fn of<T>(&self, mut list: Vec<(Key, T)>) -> Part<T> {
        list.sort_by(|(one, _), (two, _)| if self.reverse { two.cmp(one) } else { one.cmp(two) });
        let total = list.len();
        let past = |key: &Key, place: &Key| if self.reverse { key < place } else { key > place };
        let start = self
            .after
            .as_ref()
            .map_or(0, |place| list.partition_point(|(key, _)| !past(key, place)));
        let end = self.before.as_ref().map_or(total, |place| {
            list.partition_point(|(key, _)| !past(key, place) && key != place)
        });
        let end = end.max(start);
        let (from, until) = match (self.first, self.last) {
            (Some(first), _) => (start, end.min(start.saturating_add(first))),
            (None, Some(last)) => (start.max(end.saturating_sub(last)), end),
            (None, None) => (start, end),
        };
        let mut part: Vec<(Key, T)> = list.drain(from..).collect();
        part.truncate(until - from);
        Part {
            items: part,
            has_next: until < total,
            has_previous: from > 0,
        }
    }
}

fn size(args: &Args, name: &str) -> Result<Option<usize>, GraphError> {
    let Some(number) = args.int(name) else { return Ok(None) };
    let size = usize::try_from(number).map_err(|_| GraphError::bad_request(format!("{name} cannot be negative")))?;
    if size > PAGE_LIMIT {
        return Err(GraphError::bad_request(format!(
            "{name} cannot exceed {PAGE_LIMIT}. To query larger amounts of data with fewer limits, bulk operations should be used \
             instead.\nSee https://shopify.dev/tutorials/perform-bulk-operations-with-admin-api for usage details.\n"
        )));
    }
    Ok(Some(size))
}

/// A part of a list.
pub(crate) struct Part<T> {
    /// The records with their places.
    pub(crate) items: Vec<(Key, T)>,
    /// Whether more stands after.
    pub(crate) has_next: bool,
    /// Whether more stands before.
    pub(crate) has_previous: bool,
}

impl<T> Part<T> {
    /// The page to answer with.
    pub(crate) fn page<O: Object + 'static>(self, make: impl Fn(T) -> O) -> Page {
        let nodes = self
            .items
            .into_iter()
            .map(|(key, item)| (key.cursor(), Box::new(make(item)) as Box<dyn Object>))
            .collect();
        Page {
            nodes,
            has_next: self.has_next,
            has_previous: self.has_previous,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(pairs: &[(&str, Value)]) -> Args {
        let mut args = Args::default();
        pairs.iter().for_each(|(name, value)| args.set(name, value.clone()));
        args
    }

    fn list() -> Vec<(Key, u64)> {
        // Two records share a second: the id decides.
        [(5, 50), (3, 30), (3, 29), (9, 10), (1, 99)]
            .into_iter()
            .map(|(second, id)| (Key::second(second, id), id))
            .collect()
    }

    fn ids(args: &Args) -> (Vec<u64>, bool, bool, Vec<String>) {
        let part = Window::read(args).expect("the arguments are valid").of(list());
        let cursors = part.items.iter().map(|(key, _)| key.cursor()).collect();
        (
            part.items.into_iter().map(|(_, id)| id).collect(),
            part.has_next,
            part.has_previous,
            cursors,
        )
    }

    #[test]
    fn pages_follow_the_sort_key_and_then_the_id() {
        let (first, more, before, cursors) = ids(&args(&[("first", json!(2))]));
        assert_eq!((first, more, before), (vec![99, 29], true, false), "the first page");
        let (second, more, before, cursors) = ids(&args(&[("first", json!(2)), ("after", json!(cursors[1]))]));
        assert_eq!(
            (second, more, before),
            (vec![30, 50], true, true),
            "the second begins after the shared second's first record"
        );
        let (third, more, _, _) = ids(&args(&[("first", json!(2)), ("after", json!(cursors[1]))]));
        assert_eq!((third, more), (vec![10], false), "the last page is short");
        let (back, more, before, _) = ids(&args(&[("last", json!(2)), ("before", json!(cursors[1]))]));
        assert_eq!(
            (back, more, before),
            (vec![29, 30], true, true),
            "pages can be read from the end"
        );
        let (turned, _, _, _) = ids(&args(&[("first", json!(5)), ("reverse", json!(true))]));
        assert_eq!(turned, vec![10, 50, 30, 29, 99], "the list can be turned round");
    }

    #[test]
    fn a_cursor_is_what_the_platform_writes() {
        let key = Key::second(1_782_167_640, 8_837_991_727_410);
        assert_eq!(
            key.cursor(),
            "eyJsYXN0X2lkIjo4ODM3OTkxNzI3NDEwLCJsYXN0X3ZhbHVlIjoxNzgyMTY3NjQwMDAwfQ==",
            "by time"
        );
        assert_eq!(
            Key::id(9_522_206_933_298).cursor(),
            "eyJsYXN0X2lkIjo5NTIyMjA2OTMzMjk4LCJsYXN0X3ZhbHVlIjoiOTUyMjIwNjkzMzI5OCJ9",
            "by id"
        );
        for key in [key, Key::id(7), Key::text("Harbor Street", 7)] {
            assert_eq!(Key::parse(&key.cursor()), Some(key), "a cursor reads back as its place");
        }
    }

    #[test]
    fn wrong_arguments_are_refused() {
        let wrong = [
            args(&[]),
            args(&[("first", json!(251))]),
            args(&[("first", json!(-1))]),
            args(&[("first", json!(1)), ("last", json!(1))]),
            args(&[("first", json!(1)), ("after", json!("not a cursor"))]),
            args(&[("first", json!(1)), ("after", json!("e30="))]),
        ];
        for args in wrong {
            let error = Window::read(&args).expect_err("the arguments are wrong");
            assert_eq!(error.code_of(), Some("BAD_REQUEST"), "{args:?} gives {error:?}");
        }
    }
}
