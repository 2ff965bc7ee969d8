//! Whether the file is whole.

use super::Read;
use super::error::Result;

/// Most faults that are told; a file with more is as damaged.
const TOLD: usize = 10;

impl Read<'_> {
    /// What is damaged in the file, in SQLite's words; nothing for a whole one. Reads every page.
    ///
    /// # Errors
    /// A file that cannot be read at all.
    pub fn damage(&self) -> Result<Vec<String>> {
        let mut damage = Vec::new();
        // First the seals of the pages, then what is in them.
        for check in ["PRAGMA cipher_integrity_check", "PRAGMA integrity_check(10)"] {
            let mut ask = self.lane.sql.prepare(check)?;
            let rows = ask.query_map([], |row| row.get::<_, String>(0))?;
            for row in rows {
                let said = row?;
                if said != "ok" && damage.len() < TOLD {
                    damage.push(said);
                }
            }
        }
        Ok(damage)
    }
}
