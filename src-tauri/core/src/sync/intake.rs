//! One page into the ledger: everything it brought and the state behind it, in one transaction.

use bytes::Bytes;
use ring::digest;
use serde_json::{Map, Value, json};

use crate::connectors::fetch::{Identity, Page, StreamState};
use crate::ledger::{self, Ingested};
use crate::model::Zone;
use crate::net::{Code, NetError};
use crate::store::{Answer, Connection, ConnectionId, Store, StoreError, Write};

use super::OpenBooks;

/// Headers of an answer that are kept.
const KEPT: [&str; 5] = [
    "date",
    "x-request-id",
    "x-amzn-requestid",
    "x-shopify-api-version",
    "content-type",
];
/// Setting that remembers, per connection, that stored orders must be costed again.
fn recost_setting(connection: ConnectionId) -> String {
    format!("recost:{connection}")
}

/// Where records came from.
#[derive(Clone, Debug)]
pub(super) struct Origin {
    pub(super) address: String,
    pub(super) status: u16,
    pub(super) headers: Value,
    pub(super) size: u64,
    pub(super) hash: [u8; 32],
}

impl Origin {
    /// The origin of an answer: its address without its query (which may carry a signature), and what was asked for.
    pub(super) fn of(request: &http::Request<Bytes>, asked: &str, answer: &http::Response<Bytes>) -> Self {
        let headers: Map<String, Value> = KEPT
            .iter()
            .filter_map(|name| Some(((*name).to_owned(), answer.headers().get(*name)?.to_str().ok()?.into())))
            .collect();
        let mut hash = [0; 32];
        hash.copy_from_slice(digest::digest(&digest::SHA256, answer.body()).as_ref());
        Origin {
            address: format!("{}#{asked}", bare(request.uri())),
            status: answer.status().as_u16(),
            headers: Value::Object(headers),
            size: answer.body().len() as u64,
            hash,
        }
    }

    /// The origin of a downloaded file.
    pub(super) fn of_file(address: &http::Uri, name: &str, size: u64, hash: [u8; 32]) -> Self {
        Origin {
            address: format!("{}#{name}", bare(address)),
            status: 200,
            headers: json!({}),
            size,
            hash,
        }
    }
}

/// An address without its query.
pub(super) fn bare(address: &http::Uri) -> String {
    let scheme = address.scheme_str().unwrap_or("https");
    let host = address
        .authority()
        .map(|authority| authority.host())
        .unwrap_or_default();
    let port = address.port_u16().map(|port| format!(":{port}")).unwrap_or_default();
    format!("{scheme}://{host}{port}{}", address.path())
}

/// A claim on the connection that must still hold when the page is stored.
#[derive(Clone, Debug)]
pub(super) struct Claim {
    pub(super) owner: String,
    pub(super) now: i64,
    pub(super) until: i64,
}

/// What is stored with a page.
pub(super) struct Intake {
    pub(super) connection: ConnectionId,
    pub(super) run: i64,
    pub(super) stream: &'static str,
    pub(super) claim: Claim,
    pub(super) origin: Option<Origin>,
    pub(super) page: Page,
    /// The stream is up to date with this page.
    pub(super) done: bool,
    pub(super) limiter: Value,
    pub(super) books: OpenBooks,
}

impl Intake {
    /// Stores it.
    ///
    /// # Errors
    /// `Busy` if another process has taken the connection over; failures of the ledger.
    pub(super) async fn store(self, store: &Store) -> Result<Ingested, NetError> {
        store
            .write(move |w| self.write(w))
            .await
            .map_err(|error| refused(&error))
    }

    fn write(self, w: &mut Write<'_>) -> crate::store::Result<Ingested> {
        let Intake {
            connection,
            claim,
            page,
            ..
        } = self;
        if !w.take_lease(connection, &claim.owner, claim.now, claim.until)? {
            return Err(StoreError::Busy);
        }
        if let Some(identity) = &page.identity {
            identify(w, connection, identity, self.books)?;
        }
        let mut done = Ingested::default();
        if !page.records.is_empty() {
            let known = w.connection(connection)?;
            let books = (self.books)(w, &known)?;
            let answer = self
                .origin
                .map(|origin| origin.into_answer(connection, self.run, claim.now));
            let answer = answer.map(|answer| w.put_answer(&answer)).transpose()?;
            done = ledger::ingest(w, &books, answer, &page.records, claim.now)?;
            if let Some(answer) = answer.filter(|_| done.unchanged == page.records.len() as u64) {
                w.drop_idle_answer(answer)?;
            }
            if done.costs_learned {
                w.set_setting(&recost_setting(connection), &true)?;
            }
        }
        let StreamState(state) = &page.state;
        w.set_stream_state(connection, self.stream, state, self.done.then_some(claim.now))?;
        w.set_limiter(connection, &self.limiter)?;
        Ok(done)
    }
}

impl Origin {
    fn into_answer(self, connection: ConnectionId, run: i64, fetched_at: i64) -> Answer {
        Answer {
            connection,
            run: Some(run),
            address: self.address,
            status: self.status,
            headers: self.headers.to_string(),
            fetched_at,
            size: self.size,
            hash: self.hash,
        }
    }
}

/// Keeps what the platform says about the account. In another zone than before its days are counted again.
fn identify(
    w: &mut Write<'_>,
    connection: ConnectionId,
    identity: &Identity,
    books: OpenBooks,
) -> crate::store::Result<()> {
    let known = w.connection(connection)?;
    let mut settings = known.settings.clone();
    if let Some(map) = settings.as_object_mut() {
        map.insert("scopes".into(), json!(identity.scopes));
        map.insert("account_name".into(), json!(identity.name));
    }
    let now = Connection {
        account: Some(identity.account.clone()),
        zone: Some(identity.zone),
        currency: Some(identity.currency),
        settings,
        ..known.clone()
    };
    if now == known {
        return Ok(());
    }
    w.update_connection(&now)?;
    if now.zone.unwrap_or(Zone::UTC) != known.zone.unwrap_or(Zone::UTC) {
        ledger::recount_all(w, books)?;
    }
    Ok(())
}

/// Costs stored orders again if a cost was learned since they came.
///
/// # Errors
/// Failures of the ledger; the wish stays stored then.
pub(super) async fn recost(store: &Store, connection: ConnectionId, books: OpenBooks) -> Result<u64, NetError> {
    let name = recost_setting(connection);
    let due = {
        let name = name.clone();
        store
            .read(move |r| r.setting::<bool>(&name))
            .await
            .map_err(|error| refused(&error))?
    };
    if due != Some(true) {
        return Ok(0);
    }
    let work = move |w: &mut Write<'_>| {
        let known = w.connection(connection)?;
        let books = books(w, &known)?;
        let changed = ledger::recost(w, &books)?;
        w.set_setting(&name, &false)?;
        Ok(changed)
    };
    store.write(work).await.map_err(|error| refused(&error))
}

/// Tries orders again that an earlier version of the program could not read.
///
/// # Errors
/// Database failures only.
pub(super) async fn retry(store: &Store, connection: ConnectionId, books: OpenBooks, at: i64) -> Result<u64, NetError> {
    let work = move |w: &mut Write<'_>| {
        let known = w.connection(connection)?;
        let books = books(w, &known)?;
        ledger::retry(w, &books, at)
    };
    store.write(work).await.map_err(|error| refused(&error))
}

/// Keeps whether the platform lets its ledger of money be read. By that it hangs how shipments are dated: where it has changed, all
/// orders are settled again. Returns how many came out different.
///
/// # Errors
/// Failures of the ledger; nothing has changed then.
pub(super) async fn follow_money(
    store: &Store,
    connection: ConnectionId,
    reads: bool,
    books: OpenBooks,
    now: i64,
) -> Result<u64, NetError> {
    let known = store.read(move |r| r.reads_money(connection)).await;
    if known.map_err(|error| refused(&error))? == reads {
        return Ok(0);
    }
    let work = move |w: &mut Write<'_>| {
        w.set_reads_money(connection, reads)?;
        let known = w.connection(connection)?;
        let books = books(w, &known)?;
        Ok(ledger::resettle(w, &books, now)?.orders)
    };
    store.write(work).await.map_err(|error| refused(&error))
}

/// A failure of the ledger, for the run.
pub(super) fn refused(error: &StoreError) -> NetError {
    let code = match error.code() {
        "disk_full" => Code::DiskFull,
        "busy" => Code::Busy,
        "cancelled" => Code::Cancelled,
        "not_found" => Code::NotFound,
        _ => Code::Internal,
    };
    NetError::connection(
        code,
        error.to_string(),
        "What was stored before stays; the next sync goes on from there.",
    )
}
