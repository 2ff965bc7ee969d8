//! Bulk operations as the API shows them (contract section 5).

use std::rc::Rc;
use std::sync::Arc;

use serde_json::{Value, json};

use super::{Answered, Cx, Plain, Shared, gid, maybe_moment, moment, number_of, unlisted};
use crate::shopify::bulk::{Operation, Refusal, RowOrder, Source, State, accept};
use crate::shopify::graphql::error::GraphError;
use crate::shopify::graphql::execute::{Object, Resolved};
use crate::shopify::graphql::variables::Args;
use crate::shopify::lists::memory;
use crate::shopify::paging::Key;
use crate::shopify::search::{Found, Kind, Known};
use crate::world::Second;

/// A bulk operation at one moment.
pub(crate) struct OperationNode {
    id: u64,
    query: String,
    created_at: i64,
    completed_at: Option<i64>,
    state: State,
    objects: u64,
    roots: u64,
    bytes: u64,
    failure: Option<String>,
    address: Option<String>,
}

impl OperationNode {
    fn of(cx: &Cx, operation: &Operation) -> OperationNode {
        OperationNode {
            id: operation.id,
            query: operation.query.clone(),
            created_at: operation.created_at,
            completed_at: operation.completed_at,
            state: operation.state,
            objects: operation.objects,
            roots: operation.roots,
            bytes: operation.bytes,
            failure: operation.failure.clone(),
            address: operation.address().map(|path| format!("{}{path}", cx.storage)),
        }
    }

    /// The operation with this number.
    pub(crate) fn by_id(cx: &Cx, id: u64) -> Option<OperationNode> {
        let mut desk = cx.desk();
        desk.look(cx.time);
        desk.get(id)
            .filter(|operation| operation.client_id == cx.client_id)
            .map(|operation| OperationNode::of(cx, operation))
    }

    /// The operation that a gid names.
    ///
    /// # Errors
    /// The text is no gid of an operation.
    pub(crate) fn by_gid(cx: &Cx, text: &str) -> Result<Option<OperationNode>, GraphError> {
        match number_of("BulkOperation", text) {
            Some(id) => Ok(OperationNode::by_id(cx, id)),
            None => Err(GraphError::new(format!("Invalid global id '{text}'")).code("RESOURCE_NOT_FOUND")),
        }
    }

    /// The newest operation of the app.
    pub(crate) fn newest(cx: &Cx) -> Option<OperationNode> {
        let mut desk = cx.desk();
        desk.look(cx.time);
        let newest = desk.of(&cx.client_id).next_back();
        newest.map(|operation| OperationNode::of(cx, operation))
    }

    /// A page of the app's operations.
    pub(crate) fn list(cx: &Rc<Cx>, args: &Args) -> Answered {
        let all: Vec<OperationNode> = {
            let mut desk = cx.desk();
            desk.look(cx.time);
            desk.of(&cx.client_id)
                .map(|operation| OperationNode::of(cx, operation))
                .collect()
        };
        let key = |node: &OperationNode| match args.text("sortKey") {
            Some("COMPLETED_AT") => Key::second(node.completed_at.unwrap_or(i64::MAX / 1000), node.id),
            _ => Key::second(node.created_at, node.id),
        };
        let items = all.into_iter().map(|node| (key(&node), node)).collect();
        let found = |node: &OperationNode, field: &str| match field {
            "created_at" => Found::Second(node.created_at),
            "id" => Found::id(node.id),
            "operation_type" => Found::text("query"),
            "status" => Found::text(node.state.name()),
            _ => Found::Missing,
        };
        // Newest first, unless turned round.
        let mut turned = args.clone();
        turned.set("reverse", Value::from(!args.flag("reverse")));
        memory(cx, "bulkOperations", &turned, FILTERS, items, found, |node| node)
    }
}

const FILTERS: &[Known] = &[
    ("created_at", Kind::Time),
    ("id", Kind::Id),
    ("operation_type", Kind::Text),
    ("status", Kind::Text),
];

impl Object for OperationNode {
    fn kind(&self) -> &'static str {
        "BulkOperation"
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        let canceled = self.state == State::Canceled;
        Ok(match name {
            "id" => gid("BulkOperation", self.id),
            "type" => Resolved::leaf("QUERY"),
            "status" => Resolved::leaf(self.state.name()),
            "query" => Resolved::leaf(self.query.as_str()),
            "createdAt" => moment(Second(self.created_at)),
            "completedAt" => maybe_moment(self.completed_at.map(Second).filter(|_| !canceled)),
            "errorCode" => Resolved::leaf(self.failure.as_deref()),
            "objectCount" => Resolved::leaf(self.objects.to_string()),
            "rootObjectCount" => Resolved::leaf(self.roots.to_string()),
            "fileSize" => {
                Resolved::leaf((self.state == State::Completed && self.objects > 0).then(|| self.bytes.to_string()))
            }
            "url" => Resolved::leaf(self.address.as_deref().filter(|_| self.state == State::Completed)),
            "partialDataUrl" => Resolved::leaf(self.address.as_deref().filter(|_| self.state == State::Failed)),
            _ => return unlisted(self.kind(), name),
        })
    }
}

/// `bulkOperationRunQuery`.
pub(crate) fn run(cx: &Rc<Cx>, args: &Args) -> Answered {
    let query = args.text("query").unwrap_or_default();
    let order = if args.flag("groupObjects") {
        RowOrder::Grouped
    } else {
        RowOrder::Loose
    };
    let taken = accept(query)
        .map_err(|message| Refusal {
            code: "INVALID",
            field: Some("query"),
            message,
        })
        .and_then(|plan| {
            let source = Source {
                world: cx.world.clone(),
                shop: Arc::clone(&cx.shop),
                version: cx.version,
                permit: cx.permit.clone(),
                // The inside of an operation sees no operations.
                shared: Shared {
                    desk: Arc::default(),
                    ..cx.shared()
                },
                plan: Arc::new(plan),
            };
            cx.desk()
                .take(&cx.client_id, query, source, order, cx.time)
                .map(|operation| OperationNode::of(cx, operation))
        });
    let (operation, errors) = match taken {
        Ok(operation) => (Some(operation), Vec::new()),
        Err(refusal) => {
            let field = refusal.field.map_or(Value::Null, |field| json!([field]));
            let error = Plain::new(
                "BulkOperationUserError",
                [
                    ("code", refusal.code.into()),
                    ("field", field),
                    ("message", refusal.message.into()),
                ],
            );
            (None, vec![error])
        }
    };
    Ok(Resolved::object(Payload::new(
        "BulkOperationRunQueryPayload",
        operation,
        errors,
    )))
}

/// `bulkOperationCancel`.
pub(crate) fn cancel(cx: &Rc<Cx>, args: &Args) -> Answered {
    let id = args.text("id").and_then(|gid| number_of("BulkOperation", gid));
    let outcome = id.and_then(|id| {
        let mut desk = cx.desk();
        let own = desk
            .get(id)
            .is_some_and(|operation| operation.client_id == cx.client_id);
        let stopped = if own { desk.cancel(id, cx.time) } else { None };
        stopped.map(|outcome| outcome.map(|operation| OperationNode::of(cx, operation)))
    });
    let error = |message: String| Plain::new("UserError", [("field", Value::Null), ("message", message.into())]);
    let (operation, errors) = match outcome {
        Some(Ok(operation)) => (Some(operation), Vec::new()),
        Some(Err(message)) => (id.and_then(|id| OperationNode::by_id(cx, id)), vec![error(message)]),
        None => (
            None,
            vec![Plain::new(
                "UserError",
                [
                    ("field", json!(["id"])),
                    ("message", "Bulk operation does not exist".into()),
                ],
            )],
        ),
    };
    Ok(Resolved::object(Payload::new(
        "BulkOperationCancelPayload",
        operation,
        errors,
    )))
}

/// What a change of bulk operations answers. It is read once.
struct Payload {
    kind: &'static str,
    operation: std::cell::RefCell<Option<OperationNode>>,
    errors: std::cell::RefCell<Vec<Plain>>,
}

impl Payload {
    fn new(kind: &'static str, operation: Option<OperationNode>, errors: Vec<Plain>) -> Payload {
        Payload {
            kind,
            operation: operation.into(),
            errors: errors.into(),
        }
    }
}

impl Object for Payload {
    fn kind(&self) -> &'static str {
        self.kind
    }

    fn field(&self, name: &str, _: &Args) -> Answered {
        match name {
            "bulkOperation" => Ok(Resolved::maybe(self.operation.borrow_mut().take())),
            "userErrors" => Ok(Resolved::list(self.errors.borrow_mut().drain(..))),
            _ => unlisted(self.kind, name),
        }
    }
}
