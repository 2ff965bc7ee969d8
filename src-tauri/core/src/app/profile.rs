//! One profile: its ledger file, its settings, its connections.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use serde::{Deserialize, Serialize};

use crate::auth::Tokens;
use crate::auth::vault::{Key, SealedVault};
use crate::connectors::ReadCtx;
use crate::ledger::{self, Books, Ingested};
use crate::metrics::Definition;
use crate::model::{Day, Zone};
use crate::store::{self, Checkpoint, Connection, ConnectionId, Read, Store, Write};

use super::{ApiError, Deps, ProfileInfo, Result};

/// What a sale costs before its cost was first known.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CostPolicy {
    /// Unknown.
    #[default]
    KnownOnly,
    /// The earliest known cost, marked estimated.
    Backdate,
}

/// A profile's settings.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Settings {
    /// By which definition figures are shown.
    pub definition: Definition,
    /// One zone for all days; each connection's own where not set.
    pub zone: Option<Zone>,
    /// What a sale costs before its cost was first known.
    pub costs: CostPolicy,
}

/// An open profile.
pub struct Profile {
    info: ProfileInfo,
    folder: PathBuf,
    store: Store,
    pub(super) vault: Arc<SealedVault>,
    pub(super) tokens: Mutex<HashMap<ConnectionId, Arc<Tokens>>>,
    pub(super) checkpoint: Checkpoint,
    pub(super) deps: Deps,
}

impl Profile {
    /// Opens the profile's ledger file.
    ///
    /// # Errors
    /// Why the file does not open.
    pub fn open(info: ProfileInfo, folder: PathBuf, key: &Key, deps: Deps) -> Result<Profile> {
        Profile::open_with(info, folder, key, deps, store::Options::default())
    }

    /// As [`Profile::open`], with limits of the ledger file and named points at which tests stop the process.
    ///
    /// # Errors
    /// As [`Profile::open`].
    pub fn open_with(
        info: ProfileInfo,
        folder: PathBuf,
        key: &Key,
        deps: Deps,
        options: store::Options,
    ) -> Result<Profile> {
        let checkpoint = options.checkpoint.clone();
        let store = Store::open_with(&folder.join("ledger.db"), key, options)?;
        let vault = Arc::new(SealedVault::open(&folder, key)?);
        Ok(Profile {
            info,
            folder,
            store,
            vault,
            tokens: Mutex::default(),
            checkpoint,
            deps,
        })
    }

    /// Name and id.
    pub fn info(&self) -> &ProfileInfo {
        &self.info
    }

    /// Refuses the demonstration's profile: what is real must not lie under an open key, nor go with the next demonstration.
    ///
    /// # Errors
    /// [`super::Code::Invalid`], with the next step.
    pub fn must_be_real(&self) -> Result<()> {
        match self.info.demo {
            false => Ok(()),
            true => Err(ApiError::invalid(
                format!(
                    "“{}” holds invented data only: its key lies open, and the next demo replaces it",
                    self.info.name
                ),
                "Make a profile for your business first: “countinghouse profile create NAME”, then “countinghouse profile use NAME”; in the \
                 window under Settings.",
            )),
        }
    }

    /// The profile's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder for files on their way in, and for the locks of runs.
    pub fn spool(&self) -> PathBuf {
        self.folder.join("spool")
    }

    /// Its ledger.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Its settings.
    ///
    /// # Errors
    /// Database failures only.
    pub fn settings(&self) -> Result<Settings> {
        Ok(self.store.read_blocking(settings)?)
    }

    /// Chooses the definition figures are shown by.
    ///
    /// # Errors
    /// Database failures only.
    pub fn set_definition(&self, definition: Definition) -> Result<()> {
        Ok(self
            .store
            .write_blocking(move |w| w.set_setting("definition", &definition))?)
    }

    /// Chooses one zone for all days (`None`: each connection's own) and counts everything again in it.
    ///
    /// # Errors
    /// Database failures only; nothing has changed then.
    pub fn set_zone(&self, zone: Option<Zone>) -> Result<()> {
        Ok(self.store.write_blocking(move |w| {
            w.set_setting("zone", &zone.map(|z| z.name()))?;
            ledger::recount_all(w, books)
        })?)
    }

    /// Chooses what a sale costs before its cost was first known, and applies it to all history.
    ///
    /// # Errors
    /// Database failures only; nothing has changed then.
    pub fn set_cost_policy(&self, policy: CostPolicy) -> Result<u64> {
        Ok(self.store.write_blocking(move |w| {
            w.set_setting("costs", &policy)?;
            let mut changed = 0;
            for connection in w.connections()? {
                let books = books(w, &connection)?;
                changed += ledger::recost(w, &books)?;
            }
            Ok(changed)
        })?)
    }

    /// The day it is now where the profile counts its days: the reporting zone, else the first connection's.
    ///
    /// # Errors
    /// Database failures only.
    pub fn today(&self) -> Result<Day> {
        let zone = self.store.read_blocking(|r| {
            let own = settings(r)?.zone;
            Ok(own
                .or(r.connections()?.iter().find_map(|c| c.zone))
                .unwrap_or(Zone::UTC))
        })?;
        Ok(zone.day_of(self.deps.clock.now()))
    }

    /// Recomputes everything from the raw records, without network.
    ///
    /// # Errors
    /// Database failures only; nothing has changed then.
    pub fn rebuild(&self) -> Result<Ingested> {
        let now = self.deps.clock.now();
        Ok(self.store.write_blocking(move |w| rebuild_all(w, now))?)
    }

    /// Recomputes the roll-ups from the stored orders.
    ///
    /// # Errors
    /// Database failures only; nothing has changed then.
    pub fn rebuild_measures(&self) -> Result<()> {
        Ok(self.store.write_blocking(|w| ledger::recount_all(w, books))?)
    }
}

/// The settings as stored.
pub(crate) fn settings(r: &Read<'_>) -> crate::store::Result<Settings> {
    let zone: Option<Option<String>> = r.setting("zone")?;
    Ok(Settings {
        definition: r.setting("definition")?.unwrap_or_default(),
        zone: zone.flatten().and_then(|name| name.parse().ok()),
        costs: r.setting("costs")?.unwrap_or_default(),
    })
}

/// By what a connection's records are read and counted now.
pub(crate) fn books(r: &Read<'_>, connection: &Connection) -> crate::store::Result<Books> {
    let settings = settings(r)?;
    let own = connection.zone.unwrap_or(Zone::UTC);
    let mut costs = r.cost_book(connection.id)?;
    costs.backdate = settings.costs == CostPolicy::Backdate;
    Ok(Books {
        connection: connection.id,
        channel: connection.channel,
        ctx: ReadCtx {
            zone: own,
            currency: connection.currency,
            reads_ledger: !connection.is_files_only() && r.reads_money(connection.id)?,
        },
        zone: settings.zone.unwrap_or(own),
        costs,
    })
}

/// Computes everything again from the raw records, at UTC second `now`.
pub(super) fn rebuild_all(w: &mut Write<'_>, now: i64) -> crate::store::Result<Ingested> {
    let mut all = Ingested::default();
    w.clear_things()?;
    for connection in w.connections()? {
        let books = books(w, &connection)?;
        let done = ledger::rebuild(w, &books, now)?;
        all.orders += done.orders;
        all.troubles.extend(done.troubles);
    }
    Ok(all)
}
