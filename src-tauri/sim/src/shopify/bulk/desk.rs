//! The bulk operations of a shop: taken, run by the clock, cancelled, fetched.

use ring::digest::{SHA256, digest};

use super::rows::{Order, Rows, Source};
use crate::shopify::objects::gid_text;
use crate::shopify::versions::Version;

/// Operations of one app that may run at once.
const AT_ONCE: usize = 5;
/// Batches of parents that are counted at each look, so that a look stays short whatever the size.
const BATCHES_A_LOOK: u32 = 40;
/// Seconds that a result can be fetched.
const KEPT: i64 = 7 * 86_400;
/// The first operation's number.
const FIRST: u64 = 8_066_670_199_090;

/// How far an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub(crate) enum State {
    Created,
    Running,
    Completed,
    Failed,
    Canceling,
    Canceled,
    Expired,
}

impl State {
    /// The member of `BulkOperationStatus`.
    pub(crate) fn name(self) -> &'static str {
        match self {
            State::Created => "CREATED",
            State::Running => "RUNNING",
            State::Completed => "COMPLETED",
            State::Failed => "FAILED",
            State::Canceling => "CANCELING",
            State::Canceled => "CANCELED",
            State::Expired => "EXPIRED",
        }
    }

    fn is_open(self) -> bool {
        matches!(self, State::Created | State::Running | State::Canceling)
    }
}

/// Why an operation failed: a member of `BulkOperationErrorCode`.
pub(crate) type Failure = String;

/// Why an operation was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    /// A member of `BulkOperationUserErrorCode`.
    pub(crate) code: &'static str,
    /// The argument at fault, if one is.
    pub(crate) field: Option<&'static str>,
    /// The sentence.
    pub(crate) message: String,
}

/// A bulk operation. Moments are seconds since 1970.
pub(crate) struct Operation {
    /// Its number.
    pub(crate) id: u64,
    /// The app.
    pub(crate) client_id: String,
    /// The text of its query.
    pub(crate) query: String,
    /// When it was taken.
    pub(crate) created_at: i64,
    /// When it ended.
    pub(crate) completed_at: Option<i64>,
    /// How far it is.
    pub(crate) state: State,
    /// Rows so far.
    pub(crate) objects: u64,
    /// Rows of the root lists so far.
    pub(crate) roots: u64,
    /// Bytes so far.
    pub(crate) bytes: u64,
    /// Why it failed.
    pub(crate) failure: Option<Failure>,
    /// Bytes of the rows that were made before it failed.
    pub(crate) partial: Option<u64>,
    source: Source,
    order: Order,
    counting: Option<Box<Rows>>,
    cancelled_at: Option<i64>,
    speed: u64,
    secret: String,
}

/// All bulk operations of a shop.
#[derive(Default)]
pub(crate) struct Desk {
    operations: Vec<Operation>,
    /// Places taken by operations that nobody here started.
    pub(crate) taken_by_others: usize,
    seed: u64,
    speed: u64,
}

impl Desk {
    /// A desk without operations, where so many rows are made in a second.
    pub(crate) fn new(seed: u64, speed: u64) -> Desk {
        Desk {
            seed,
            speed: speed.max(1),
            ..Desk::default()
        }
    }

    /// Takes a query that the rules let pass.
    ///
    /// # Errors
    /// All places are taken.
    pub(crate) fn take(
        &mut self,
        client_id: &str,
        query: &str,
        source: Source,
        order: Order,
        now: i64,
    ) -> Result<&Operation, Refusal> {
        self.look(now);
        let own = self
            .operations
            .iter()
            .filter(|operation| operation.client_id == client_id && operation.state.is_open());
        let mut open: Vec<String> = own.map(|operation| gid_text("BulkOperation", operation.id)).collect();
        let others =
            (0..self.taken_by_others).map(|number| gid_text("BulkOperation", FIRST - 64 * (number as u64 + 1)));
        open.extend(others);
        let places = if source.version < (Version::Quarter { year: 2026, month: 1 }) {
            1
        } else {
            AT_ONCE
        };
        if open.len() >= places {
            return Err(Refusal {
                code: "OPERATION_IN_PROGRESS",
                field: None,
                message: format!(
                    "A bulk query operation for this app and shop is already in progress: {}.",
                    open.join(", ")
                ),
            });
        }
        let id = FIRST + 32 * self.operations.len() as u64;
        let hash = digest(&SHA256, format!("{}:{id}", self.seed).as_bytes());
        let secret = hash
            .as_ref()
            .iter()
            .take(14)
            .map(|byte| format!("{byte:02x}"))
            .collect();
        self.operations.push(Operation {
            id,
            client_id: client_id.to_owned(),
            query: query.to_owned(),
            created_at: now,
            completed_at: None,
            state: State::Created,
            objects: 0,
            roots: 0,
            bytes: 0,
            failure: None,
            partial: None,
            speed: self.speed.max(1),
            counting: Some(Box::new(Rows::new(source.clone(), order))),
            source,
            order,
            cancelled_at: None,
            secret,
        });
        let last = self.operations.len() - 1;
        Ok(&self.operations[last])
    }

    /// Moves all operations on to the present.
    pub(crate) fn look(&mut self, now: i64) {
        self.operations.iter_mut().for_each(|operation| operation.look(now));
    }

    /// The operation with this number, as of the last look.
    pub(crate) fn get(&self, id: u64) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    /// All operations of an app, oldest first.
    pub(crate) fn of<'d>(&'d self, client_id: &'d str) -> impl DoubleEndedIterator<Item = &'d Operation> {
        self.operations
            .iter()
            .filter(move |operation| operation.client_id == client_id)
    }

    /// Stops an operation that is not over.
    ///
    /// # Errors
    /// It is over already; the sentence names its state.
    pub(crate) fn cancel(&mut self, id: u64, now: i64) -> Option<Result<&Operation, String>> {
        self.look(now);
        let operation = self.operations.iter_mut().find(|operation| operation.id == id)?;
        if operation.state.is_open() {
            operation.cancelled_at.get_or_insert(now);
            operation.look(now);
            Some(Ok(operation))
        } else {
            let state = operation.state.name().to_lowercase();
            Some(Err(format!("A bulk operation cannot be canceled when it is {state}")))
        }
    }

    /// Makes an open operation fail halfway.
    pub(crate) fn fail(&mut self, id: u64, code: &str, now: i64) {
        if let Some(operation) = self.operations.iter_mut().find(|operation| operation.id == id) {
            operation.look(now);
            if operation.state.is_open() {
                operation.fail(code.to_owned(), now);
            }
        }
    }

    /// The operation whose file has this address, at a time at which it may be fetched: the operation and whether the
    /// whole file is meant.
    pub(crate) fn file(&self, name: &str, expires: i64, now: i64) -> Option<(&Operation, bool)> {
        let operation = self
            .operations
            .iter()
            .find(|operation| operation.secret == name.trim_end_matches("-partial"))?;
        let valid = operation.expires() == Some(expires) && now < expires;
        (valid && operation.bytes > 0).then(|| (operation, !name.ends_with("-partial")))
    }
}

impl Operation {
    /// The address of its file, or of the part made before it failed, below the storage's own address.
    pub(crate) fn address(&self) -> Option<String> {
        let suffix = match self.state {
            State::Completed if self.objects > 0 => "",
            State::Failed if self.partial.is_some() => "-partial",
            _ => return None,
        };
        self.expires().map(|expires| {
            format!(
                "/bulk-operation-outputs/{0}{suffix}?Expires={expires}&Signature={0}",
                self.secret
            )
        })
    }

    fn expires(&self) -> Option<i64> {
        self.completed_at.map(|completed| completed + KEPT)
    }

    /// The rows of its file, in the order of the query or reversed.
    pub(crate) fn rows(&self, order: Option<Order>) -> Rows {
        Rows::new(self.source.clone(), order.unwrap_or(self.order))
    }

    fn look(&mut self, now: i64) {
        let passed = now - self.created_at;
        if let Some(cancelled) = self.cancelled_at
            && self.completed_at.is_none()
        {
            self.state = State::Canceling;
            if now > cancelled {
                self.state = State::Canceled;
                self.completed_at = Some(now);
                self.counting = None;
            }
            return;
        }
        match self.state {
            State::Created | State::Running if passed < 1 => {}
            State::Created | State::Running => {
                self.state = State::Running;
                self.count();
                if let Some(error) = self.counting.as_ref().and_then(|rows| rows.failed.as_ref()) {
                    let denied = error.extensions.get("code").is_some_and(|code| code == "ACCESS_DENIED");
                    let code = if denied {
                        "ACCESS_DENIED"
                    } else {
                        "INTERNAL_SERVER_ERROR"
                    };
                    return self.fail(code.to_owned(), now);
                }
                let needed = 1 + i64::try_from(self.objects.div_ceil(self.speed)).unwrap_or(i64::MAX);
                if self.counting.is_none() && passed >= needed {
                    self.state = State::Completed;
                    self.completed_at = Some(self.created_at + needed);
                }
            }
            State::Completed if self.expires().is_some_and(|expires| now >= expires) => self.state = State::Expired,
            _ => {}
        }
    }

    /// Counts some more batches; the rows themselves are not kept.
    fn count(&mut self) {
        for _ in 0..BATCHES_A_LOOK {
            let Some(rows) = &mut self.counting else { return };
            match rows.batch() {
                Some(batch) => {
                    self.objects += batch.objects;
                    self.roots += batch.roots;
                    self.bytes += batch.text.len() as u64;
                }
                None if rows.failed.is_some() => return,
                None => self.counting = None,
            }
        }
    }

    fn fail(&mut self, code: Failure, now: i64) {
        if self.objects == 0 && self.counting.as_ref().is_some_and(|rows| rows.failed.is_none()) {
            self.count();
        }
        self.state = State::Failed;
        self.completed_at = Some(now);
        self.failure = Some(code);
        self.partial = (self.bytes > 0).then_some(self.bytes / 2);
        self.counting = None;
    }
}
