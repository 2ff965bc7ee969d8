//! Which lines of a file belong together.

use std::borrow::Cow;
use std::collections::HashMap;

use encoding_rs::Encoding;
use serde_json::value::RawValue;

use super::spool::SpoolError;
use super::table::Rows;
use crate::connectors::fetch::Framing;

/// Longest line taken, bytes.
pub(super) const LONGEST_LINE: usize = 32 << 20;

/// The group of a line, as far as it is known yet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Place {
    /// The first line of this group.
    First(u32),
    /// A further line of this group.
    Further(u32),
    /// Its parent has not come yet.
    Waiting,
    /// It stands before every group.
    Shared,
}

/// Finds the groups of a file's lines, however they are told.
#[derive(Debug)]
pub(super) enum Framer {
    /// By ids.
    Families(Families),
    /// By a column.
    Rows(Rows),
    /// There is one line, and one group.
    Whole,
}

impl Framer {
    pub(super) fn new(framing: Framing) -> Self {
        match framing {
            Framing::JsonLines { id, parent } => Framer::Families(Families::new(id, parent)),
            Framing::Table { by, shared, .. } => Framer::Rows(Rows::new(by, shared)),
            Framing::Whole { .. } => Framer::Whole,
        }
    }

    /// The place of line `number`; `charset` is what a header is taken to be written in.
    pub(super) fn place(
        &mut self,
        number: usize,
        line: &[u8],
        charset: impl FnOnce() -> Result<&'static Encoding, SpoolError>,
    ) -> Result<Place, SpoolError> {
        Ok(match self {
            Framer::Families(families) => families.place(number, line)?,
            Framer::Rows(rows) => rows.place(line, charset)?,
            Framer::Whole => Place::First(0),
        })
    }

    /// The groups of the lines that waited, by their numbers, and how many groups there are.
    pub(super) fn settle(self) -> Result<(Vec<(usize, u32)>, u32), Unframed> {
        match self {
            Framer::Families(families) => families.settle(),
            Framer::Rows(rows) => Ok((Vec::new(), rows.groups()?)),
            Framer::Whole => Ok((Vec::new(), 1)),
        }
    }
}

/// An id of a line: most are a long prefix that repeats and a number.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Name {
    Numbered(u16, u64),
    Plain(Box<str>),
}

/// Finds the group of each line by its parent's id, whatever the order of the lines.
#[derive(Debug)]
pub(super) struct Families {
    id: &'static str,
    parent: &'static str,
    prefixes: HashMap<Box<str>, u16>,
    known: HashMap<Name, u32>,
    /// Lines whose parent has not come yet: number of the line and the parent.
    waiting: Vec<(usize, Name, Option<Name>)>,
    groups: u32,
}

/// Why a file cannot be cut into groups.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unframed(pub(super) String);

impl Families {
    pub(super) fn new(id: &'static str, parent: &'static str) -> Self {
        Families {
            id,
            parent,
            prefixes: HashMap::new(),
            known: HashMap::new(),
            waiting: Vec::new(),
            groups: 0,
        }
    }

    /// The place of line `number`.
    pub(super) fn place(&mut self, number: usize, line: &[u8]) -> Result<Place, Unframed> {
        let (id, parent) = ids(line, self.id, self.parent)
            .ok_or_else(|| Unframed(format!("line {} is no JSON object", number + 1)))?;
        let Some(parent) = parent else {
            let group = self.groups;
            self.groups = group
                .checked_add(1)
                .ok_or_else(|| Unframed("it has too many lines".into()))?;
            if let Some(id) = id {
                let name = self.name(&id);
                self.known.insert(name, group);
            }
            return Ok(Place::First(group));
        };
        let parent = self.name(&parent);
        let own = id.map(|id| self.name(&id));
        match self.known.get(&parent) {
            Some(&group) => {
                if let Some(own) = own {
                    self.known.insert(own, group);
                }
                Ok(Place::Further(group))
            }
            None => {
                self.waiting.push((number, parent, own));
                Ok(Place::Waiting)
            }
        }
    }

    /// The groups of the lines that waited, by their numbers, and how many groups there are.
    pub(super) fn settle(mut self) -> Result<(Vec<(usize, u32)>, u32), Unframed> {
        let mut found = Vec::with_capacity(self.waiting.len());
        // Each round finds at least the lines whose parent was found in the round before.
        while !self.waiting.is_empty() {
            let before = self.waiting.len();
            for (number, parent, own) in std::mem::take(&mut self.waiting) {
                match self.known.get(&parent) {
                    Some(&group) => {
                        if let Some(own) = own {
                            self.known.insert(own, group);
                        }
                        found.push((number, group));
                    }
                    None => self.waiting.push((number, parent, own)),
                }
            }
            if self.waiting.len() == before {
                return Err(Unframed(format!(
                    "{before} lines belong to something that is not in it"
                )));
            }
        }
        Ok((found, self.groups))
    }

    fn name(&mut self, id: &str) -> Name {
        let plain = || Name::Plain(id.into());
        let Some(slash) = id.rfind('/') else { return plain() };
        let (prefix, digits) = (&id[..slash], &id[slash + 1..]);
        // Only a number that is written in one way stands for its text.
        let Ok(number) = digits.parse::<u64>() else {
            return plain();
        };
        if digits.starts_with('0') && digits.len() > 1 || digits.starts_with('+') {
            return plain();
        }
        if let Some(known) = self.prefixes.get(prefix) {
            return Name::Numbered(*known, number);
        }
        match u16::try_from(self.prefixes.len()) {
            Ok(next) => {
                self.prefixes.insert(prefix.into(), next);
                Name::Numbered(next, number)
            }
            Err(_) => plain(),
        }
    }
}

/// A line's own id and its parent's, where it states them.
type Ids<'l> = (Option<Cow<'l, str>>, Option<Cow<'l, str>>);

/// The id of a line and of its parent; `None` if the line is no JSON object.
fn ids<'l>(line: &'l [u8], id: &str, parent: &str) -> Option<Ids<'l>> {
    struct Visitor<'n> {
        id: &'n str,
        parent: &'n str,
    }
    impl<'de> serde::de::Visitor<'de> for Visitor<'_> {
        type Value = Ids<'de>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let (mut id, mut parent) = (None, None);
            while let Some(name) = map.next_key::<Key<'de>>()? {
                let value = map.next_value::<&'de RawValue>()?;
                if name.0 == self.id {
                    id = text(value);
                } else if name.0 == self.parent {
                    parent = text(value);
                }
            }
            Ok((id, parent))
        }
    }
    let mut deserializer = serde_json::Deserializer::from_slice(line);
    let found = serde::Deserializer::deserialize_map(&mut deserializer, Visitor { id, parent }).ok()?;
    deserializer.end().ok()?;
    Some(found)
}

/// A member's name, borrowed where it is written plainly.
#[derive(serde::Deserialize)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

fn text<'a>(value: &'a RawValue) -> Option<Cow<'a, str>> {
    serde_json::from_str::<Key<'a>>(value.get()).ok().map(|key| key.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups(lines: &[&str]) -> Result<Vec<u32>, Unframed> {
        let mut families = Families::new("id", "__parentId");
        let mut places = Vec::new();
        for (number, line) in lines.iter().enumerate() {
            places.push(match families.place(number, line.as_bytes())? {
                Place::First(group) | Place::Further(group) => group,
                Place::Waiting | Place::Shared => u32::MAX,
            });
        }
        let (found, count) = families.settle()?;
        for (number, group) in found {
            places[number] = group;
        }
        assert!(places.iter().all(|group| *group < count), "every line has a group");
        Ok(places)
    }

    const ORDER: &str = r#"{"id":"gid:\/\/shopify\/Order\/1"}"#;
    const OTHER: &str = r#"{"id":"gid://shopify/Order/2"}"#;
    const LINE: &str = r#"{"id":"gid://shopify/LineItem/1","__parentId":"gid://shopify/Order/1"}"#;
    const AGREEMENT: &str = r#"{"__parentId":"gid://shopify/Order/2","id":"gid://shopify/OrderAgreement/1"}"#;
    const SALE: &str = r#"{"id":"gid://shopify/ProductSale/1","__parentId":"gid:\/\/shopify\/OrderAgreement\/1"}"#;
    const NAMELESS: &str = r#"{"amount":"1.0","__parentId":"gid://shopify/Order/1"}"#;

    #[test]
    fn fm15_children_find_their_parent_in_any_order() {
        assert_eq!(
            groups(&[ORDER, LINE, NAMELESS, OTHER, AGREEMENT, SALE]),
            Ok(vec![0, 0, 0, 1, 1, 1]),
            "grouped"
        );
        assert_eq!(
            groups(&[ORDER, OTHER, AGREEMENT, LINE, SALE, NAMELESS]),
            Ok(vec![0, 1, 1, 0, 1, 0]),
            "not grouped"
        );
        assert_eq!(
            groups(&[SALE, AGREEMENT, NAMELESS, OTHER, LINE, ORDER]),
            Ok(vec![0, 0, 1, 0, 1, 1]),
            "children first, grandchildren too"
        );
    }

    #[test]
    fn a_line_without_its_parent_makes_the_file_unusable() {
        assert!(groups(&[ORDER, SALE]).is_err(), "its agreement is missing");
        assert!(
            groups(&["[1]"]).is_err() && groups(&["{\"id\":"]).is_err(),
            "a broken line"
        );
        assert!(groups(&[&format!("{ORDER}x")]).is_err(), "something behind the object");
    }

    #[test]
    fn ids_that_are_no_numbers_are_told_apart_too() {
        let level = r#"{"id":"gid://shopify/InventoryLevel/5?inventory_item_id=8"}"#;
        let child = r#"{"__parentId":"gid://shopify/InventoryLevel/5?inventory_item_id=8"}"#;
        let near = r#"{"__parentId":"gid://shopify/InventoryLevel/5?inventory_item_id=9"}"#;
        assert_eq!(groups(&[level, child]), Ok(vec![0, 0]), "by the whole text");
        assert!(groups(&[level, near]).is_err(), "another item's");
        assert!(
            groups(&[r#"{"id":"x/07"}"#, r#"{"__parentId":"x/7"}"#]).is_err(),
            "07 is not 7"
        );
    }
}
