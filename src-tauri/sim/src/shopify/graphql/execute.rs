//! Running a plan: values, nulls, errors, and what it really cost.

use serde_json::Value as Json;

use super::cost;
use super::error::GraphError;
use super::plan::{Plan, Selected, Selections};
use super::schema::Ty;
use super::variables::Args;
use crate::shopify::tree::Tree;

/// A value that a field came to.
pub(crate) enum Resolved {
    /// Nothing.
    Null,
    /// A scalar or enum member, or a list of them.
    Leaf(Json),
    /// Something with fields.
    Object(Box<dyn Object>),
    /// A plain list.
    List(Vec<Resolved>),
    /// A page of a list.
    Page(Page),
}

impl Resolved {
    /// An object.
    pub(crate) fn object(object: impl Object + 'static) -> Resolved {
        Resolved::Object(Box::new(object))
    }

    /// An object, or null.
    pub(crate) fn maybe(object: Option<impl Object + 'static>) -> Resolved {
        object.map_or(Resolved::Null, Resolved::object)
    }

    /// A plain list of objects.
    pub(crate) fn list<O: Object + 'static>(objects: impl IntoIterator<Item = O>) -> Resolved {
        Resolved::List(objects.into_iter().map(Resolved::object).collect())
    }

    /// A leaf, null if absent.
    pub(crate) fn leaf(value: impl Into<Json>) -> Resolved {
        match value.into() {
            Json::Null => Resolved::Null,
            value => Resolved::Leaf(value),
        }
    }
}

/// A page of a list with its cursors.
#[derive(Default)]
pub(crate) struct Page {
    /// The nodes, each with its cursor.
    pub(crate) nodes: Vec<(String, Box<dyn Object>)>,
    /// Whether more come after.
    pub(crate) has_next: bool,
    /// Whether some came before.
    pub(crate) has_previous: bool,
}

/// Something with fields.
pub(crate) trait Object {
    /// The name of its type.
    fn kind(&self) -> &'static str;

    /// The value of a field.
    ///
    /// # Errors
    /// An error stands in `errors` at the field's path, and the field is null.
    fn field(&self, name: &str, args: &Args) -> Result<Resolved, GraphError>;
}

/// Whether the caller may see a field.
pub(crate) trait Gate {
    /// The access it would need, if it may not: `returned` is the type that the field leads to.
    fn denied(&self, on: &str, field: &str, returned: &str) -> Option<String>;
}

/// What running came to.
pub(crate) struct Outcome {
    /// `data`.
    pub(crate) data: Tree,
    /// `errors`, empty if all went well.
    pub(crate) errors: Vec<GraphError>,
    /// The cost with the nodes that really came.
    pub(crate) cost: u64,
}

/// Runs a plan on a root object.
pub(crate) fn run(plan: &Plan, root: &dyn Object, gate: &dyn Gate) -> Outcome {
    let mut run = Run {
        gate,
        path: Vec::new(),
        errors: Vec::new(),
    };
    let mut cost = 0;
    let mut members = Vec::with_capacity(plan.fields.len());
    let mut data = None;
    for selected in &plan.fields {
        match run.field(root, selected) {
            Ok((value, spent)) => {
                cost += cost::fixed(plan.kind, selected).unwrap_or(spent);
                members.push((selected.key.clone(), value));
            }
            Err(Nulled(spent)) => {
                cost += spent;
                data = Some(Tree::NULL);
            }
        }
    }
    Outcome {
        data: data.unwrap_or(Tree::Object(members)),
        errors: run.errors,
        cost: cost.max(1),
    }
}

/// Computes the given fields of one object outside a page, as the bulk files need it. Errors are returned beside.
pub(crate) fn run_object(object: &dyn Object, fields: &[Selected], gate: &dyn Gate) -> (Tree, Vec<GraphError>) {
    let mut run = Run {
        gate,
        path: Vec::new(),
        errors: Vec::new(),
    };
    let mut members = Vec::with_capacity(fields.len());
    for selected in fields {
        if let Ok((value, _)) = run.field(object, selected) {
            members.push((selected.key.clone(), value));
        }
    }
    (Tree::Object(members), run.errors)
}

/// A value that may not be null came to null; what holds it becomes null too. Carries what was spent on the way.
struct Nulled(u64);

struct Run<'r> {
    gate: &'r dyn Gate,
    path: Vec<Json>,
    errors: Vec<GraphError>,
}

type Completed = Result<(Tree, u64), Nulled>;

impl Run<'_> {
    fn field(&mut self, object: &dyn Object, selected: &Selected) -> Completed {
        let Some(def) = selected.def else {
            return Ok((Tree::text(object.kind()), 0));
        };
        let depth = self.path.len();
        self.path.push(Json::from(selected.key.as_str()));
        let resolved = match self.gate.denied(object.kind(), &def.name, def.ty.name()) {
            Some(required) => Err(GraphError::access_denied(&def.name, &required)),
            None => object.field(&def.name, &selected.args),
        };
        let completed = match resolved {
            Ok(resolved) => self.complete(&def.ty, resolved, selected),
            Err(error) => {
                self.errors.push(error.at(selected.position).on(self.path.clone()));
                if def.ty.is_non_null() {
                    Err(Nulled(1))
                } else {
                    Ok((Tree::NULL, 1))
                }
            }
        };
        self.path.truncate(depth);
        completed
    }

    fn complete(&mut self, ty: &Ty, resolved: Resolved, selected: &Selected) -> Completed {
        let completed = match resolved {
            Resolved::Null => {
                return if ty.is_non_null() {
                    self.unexpected_null(selected)
                } else {
                    Ok((Tree::NULL, null_cost(selected)))
                };
            }
            Resolved::Leaf(value) => Ok((Tree::from(value), 0)),
            Resolved::Object(object) => {
                let free = cost::is_free(object.kind());
                self.object(object.as_ref(), &selected.children)
                    .map(|(tree, spent)| (tree, if free { 0 } else { 1 + spent }))
            }
            Resolved::List(items) => self.list(ty, items, selected),
            Resolved::Page(page) => self.page(page, selected),
        };
        match completed {
            Err(Nulled(spent)) if !ty.is_non_null() => Ok((Tree::NULL, spent)),
            other => other,
        }
    }

    /// The table promises a value here; the face has none. A defect of the simulator, never of the caller.
    fn unexpected_null(&mut self, selected: &Selected) -> Completed {
        let error = GraphError::new(format!("Cannot return null for non-nullable field {}", selected.name()));
        self.errors.push(error.at(selected.position).on(self.path.clone()));
        Err(Nulled(1))
    }

    fn object(&mut self, object: &dyn Object, children: &Selections) -> Completed {
        let fields = children.get(object.kind()).map(Vec::as_slice).unwrap_or_default();
        let mut members = Vec::with_capacity(fields.len());
        let mut spent = 0;
        let mut nulled = false;
        for selected in fields {
            match self.field(object, selected) {
                Ok((value, cost)) => {
                    spent += cost;
                    members.push((selected.key.clone(), value));
                }
                Err(Nulled(cost)) => {
                    spent += cost;
                    nulled = true;
                }
            }
        }
        if nulled {
            Err(Nulled(spent))
        } else {
            Ok((Tree::Object(members), spent))
        }
    }

    fn list(&mut self, ty: &Ty, items: Vec<Resolved>, selected: &Selected) -> Completed {
        let item_ty = ty.item().unwrap_or(ty);
        let mut values = Vec::with_capacity(items.len());
        let mut dearest = 1;
        for (index, item) in items.into_iter().enumerate() {
            self.path.push(Json::from(index));
            let completed = self.complete(item_ty, item, selected);
            self.path.pop();
            let (value, spent) = completed?;
            dearest = dearest.max(spent);
            values.push(value);
        }
        Ok((Tree::List(values), dearest))
    }

    fn page(&mut self, page: Page, selected: &Selected) -> Completed {
        let mut members = Vec::new();
        let mut node_cost = 0;
        for part in selected.children.values().flatten() {
            self.path.push(Json::from(part.key.as_str()));
            let completed = match part.name() {
                "nodes" => self.nodes(&page, part),
                "edges" => self.edges(&page, part),
                "pageInfo" => Ok((page_info(&page, part), 0)),
                _ => Ok((
                    Tree::text(selected.returned().map_or("", |returned| returned.name.as_str())),
                    0,
                )),
            };
            self.path.pop();
            let (value, spent) = completed?;
            node_cost += spent;
            members.push((part.key.clone(), value));
        }
        Ok((Tree::Object(members), cost::page(page.nodes.len() as u64, node_cost)))
    }

    fn nodes(&mut self, page: &Page, part: &Selected) -> Completed {
        let mut values = Vec::with_capacity(page.nodes.len());
        let mut dearest = 0;
        for (index, (_, node)) in page.nodes.iter().enumerate() {
            self.path.push(Json::from(index));
            let completed = self.object(node.as_ref(), &part.children);
            self.path.pop();
            let (value, spent) = completed?;
            dearest = dearest.max(1 + spent);
            values.push(value);
        }
        Ok((Tree::List(values), dearest))
    }

    fn edges(&mut self, page: &Page, part: &Selected) -> Completed {
        let mut values = Vec::with_capacity(page.nodes.len());
        let mut dearest = 0;
        let fields: Vec<&Selected> = part.children.values().flatten().collect();
        for (index, (cursor, node)) in page.nodes.iter().enumerate() {
            self.path.push(Json::from(index));
            let mut members = Vec::with_capacity(fields.len());
            let mut cost = 0;
            for field in &fields {
                self.path.push(Json::from(field.key.as_str()));
                let completed = match field.name() {
                    "cursor" => Ok((Tree::text(cursor.as_str()), 0)),
                    "node" => self
                        .object(node.as_ref(), &field.children)
                        .map(|(tree, spent)| (tree, 1 + spent)),
                    _ => Ok((
                        Tree::text(part.returned().map_or("", |returned| returned.name.as_str())),
                        0,
                    )),
                };
                self.path.pop();
                let (value, spent) = completed?;
                cost += spent;
                members.push((field.key.clone(), value));
            }
            self.path.pop();
            dearest = dearest.max(cost);
            values.push(Tree::Object(members));
        }
        Ok((Tree::List(values), dearest))
    }
}

/// A field that leads to an object costs one even if nothing is there.
fn null_cost(selected: &Selected) -> u64 {
    selected.returned().map_or(0, |returned| {
        u64::from(!returned.is_leaf() && !cost::is_free(&returned.name))
    })
}

fn page_info(page: &Page, part: &Selected) -> Tree {
    let cursor =
        |edge: Option<&(String, Box<dyn Object>)>| edge.map_or(Tree::NULL, |(cursor, _)| Tree::text(cursor.as_str()));
    let members = part.children.values().flatten().map(|field| {
        let value = match field.name() {
            "hasNextPage" => Tree::Leaf(Json::from(page.has_next)),
            "hasPreviousPage" => Tree::Leaf(Json::from(page.has_previous)),
            "startCursor" => cursor(page.nodes.first()),
            "endCursor" => cursor(page.nodes.last()),
            _ => Tree::text("PageInfo"),
        };
        (field.key.clone(), value)
    });
    Tree::object(members)
}
