//! Whether everything the program needs works.

use serde::Serialize;
use ts_rs::TS;

use crate::app::Result;
use crate::store::IssueFilter;

use super::NoArgs;
use super::connections::{ConnectionState, standing};
use super::desk::Desk;
use super::words::EN_US;

/// One thing that is looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct HealthLine {
    /// What.
    pub label: String,
    /// How it stands.
    pub value_text: String,
    /// It works.
    pub ok: bool,
    /// What to do, where something is to do.
    pub next_step: Option<String>,
}

/// Everything that is looked at.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, TS)]
pub struct Health {
    /// One line per thing.
    pub lines: Vec<HealthLine>,
}

/// Answers `health`. A profile that does not open is an answer, not an error.
///
/// # Errors
/// Database failures after the profile was opened.
pub fn health(desk: Desk<'_>, _: NoArgs) -> Result<Health> {
    let profile = match desk.open() {
        Ok(profile) => profile,
        Err(error) => {
            let line = HealthLine {
                label: "Ledger".to_owned(),
                value_text: error.message,
                ok: false,
                next_step: error.hint,
            };
            return Ok(Health { lines: vec![line] });
        }
    };
    let path = profile.store().path();
    // What is not in the main file yet lies beside it.
    let size = ["", "-wal"].iter().filter_map(|tail| {
        let mut name = path.as_os_str().to_owned();
        name.push(tail);
        std::fs::metadata(name).ok()
    });
    let size: u64 = size.map(|file| file.len()).sum();
    let fine = |label: &str, value_text: String| HealthLine {
        label: label.to_owned(),
        value_text,
        ok: true,
        next_step: None,
    };
    let mut lines = vec![
        fine("Program", format!("version {}", env!("CARGO_PKG_VERSION"))),
        fine(
            "Ledger",
            format!("encrypted, {}, opens with this profile's key", EN_US.size(size)),
        ),
    ];
    desk.read(|r, scene| {
        for connection in scene.connections.iter().filter(|c| c.disconnected_at.is_none()) {
            let standing = standing(r, scene, connection)?;
            lines.push(HealthLine {
                label: connection.name.clone(),
                value_text: format!("{}, {}", standing.state_text, standing.last_text),
                ok: standing.state == ConnectionState::Ok,
                next_step: standing.next_step,
            });
        }
        let open = r.count_issues(&IssueFilter::default())?;
        lines.push(HealthLine {
            label: "Records set aside".to_owned(),
            value_text: scene.words.number(i64::try_from(open).unwrap_or(i64::MAX)),
            ok: open == 0,
            next_step: (open > 0)
                .then(|| "Look at the issues: each names its record and what is wrong with it.".to_owned()),
        });
        Ok(Health { lines })
    })
}
