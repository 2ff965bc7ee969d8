//! Rows of a table that belong together.

use std::collections::HashMap;

use encoding_rs::Encoding;

use super::framing::{Place, Unframed};
use super::spool::SpoolError;

/// Where columns stand.
#[derive(Clone, Copy, Debug)]
struct Columns {
    by: usize,
    shared: Option<(usize, usize)>,
}

/// Finds the group of each row by what it says in one column.
#[derive(Debug)]
pub(super) struct Rows {
    by: &'static [&'static str],
    shared: Option<(&'static str, &'static str)>,
    /// Once the header has come.
    columns: Option<Columns>,
    known: HashMap<Box<[u8]>, u32>,
}

impl Rows {
    pub(super) fn new(by: &'static [&'static str], shared: Option<(&'static str, &'static str)>) -> Self {
        Rows {
            by,
            shared,
            columns: None,
            known: HashMap::new(),
        }
    }

    /// The place of the next line. `charset` is what the header is taken to be written in.
    pub(super) fn place(
        &mut self,
        line: &[u8],
        charset: impl FnOnce() -> Result<&'static Encoding, SpoolError>,
    ) -> Result<Place, SpoolError> {
        let Some(Columns { by, shared }) = self.columns else {
            self.columns = Some(self.header(line, charset()?)?);
            return Ok(Place::Shared);
        };
        let cell = |at: usize| {
            let cell = line.split(|byte| *byte == b'\t').nth(at);
            cell.unwrap_or_default().trim_ascii()
        };
        if shared.is_some_and(|(filled, blank)| !cell(filled).is_empty() && cell(blank).is_empty()) {
            return Ok(Place::Shared);
        }
        let key = cell(by);
        if let Some(group) = self.known.get(key) {
            return Ok(Place::Further(*group));
        }
        let group = u32::try_from(self.known.len()).map_err(|_| Unframed("it has too many rows".into()))?;
        self.known.insert(key.into(), group);
        Ok(Place::First(group))
    }

    fn header(&self, line: &[u8], charset: &'static Encoding) -> Result<Columns, Unframed> {
        let text = charset.decode_without_bom_handling(line).0;
        let columns: Vec<String> = text.split('\t').map(|name| name.trim().to_lowercase()).collect();
        let find = |name: &str| columns.iter().position(|column| *column == name.to_lowercase());
        let Some(by) = self.by.iter().find_map(|name| find(name)) else {
            let shown: String = columns
                .join(", ")
                .chars()
                .filter(|c| !c.is_control())
                .take(120)
                .collect();
            return Err(Unframed(format!(
                "it has no column “{}”; its first line is: {shown}",
                self.by.first().copied().unwrap_or_default()
            )));
        };
        let shared = self.shared.map(|(filled, blank)| find(filled).zip(find(blank)));
        Ok(Columns {
            by,
            shared: shared.flatten(),
        })
    }

    /// How many groups there are.
    pub(super) fn groups(&self) -> Result<u32, Unframed> {
        match self.columns {
            Some(_) => u32::try_from(self.known.len()).map_err(|_| Unframed("it has too many rows".into())),
            None => Err(Unframed("it is empty, without even a header".into())),
        }
    }
}
