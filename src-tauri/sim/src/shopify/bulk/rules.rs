//! Which queries a bulk operation takes, and how one is taken apart into rows.

use crate::shopify::graphql::plan::{Kind, Plan, Request, Selected, Selections, plan};
use crate::shopify::graphql::schema::Ty;

/// The most lists that one query may read.
const LISTS: usize = 5;
/// The deepest that lists may stand within lists.
const DEPTH: usize = 2;

/// A query taken apart.
#[derive(Debug)]
pub(crate) struct BulkPlan {
    /// The fields of the root.
    pub(crate) roots: Vec<Branch>,
}

/// A list, or a single object of the root, with what is wanted of each of its nodes.
#[derive(Debug)]
pub(crate) struct Branch {
    /// The field that leads to it, without what is inside.
    pub(crate) field: Selected,
    /// The fields of objects to go through to reach it from its node.
    pub(crate) through: Vec<Selected>,
    /// Whether it is a list.
    pub(crate) list: bool,
    /// What is wanted of a node, by its type.
    pub(crate) nodes: Vec<(&'static str, NodePlan)>,
}

impl Branch {
    /// What is wanted of a node of this type.
    pub(crate) fn node(&self, kind: &str) -> Option<&NodePlan> {
        self.nodes.iter().find(|(own, _)| *own == kind).map(|(_, plan)| plan)
    }
}

/// What is wanted of a node.
#[derive(Debug, Default)]
pub(crate) struct NodePlan {
    /// The fields of its own row.
    pub(crate) fields: Vec<Selected>,
    /// The lists whose nodes become rows of their own.
    pub(crate) lists: Vec<Branch>,
}

/// Takes a query for a bulk operation.
///
/// # Errors
/// The platform's words for the first rule that the query breaks.
pub(crate) fn accept(query: &str) -> Result<BulkPlan, String> {
    let request = Request {
        query: query.to_owned(),
        ..Request::default()
    };
    let plan = plan(&request).map_err(|errors| {
        let first = errors.first().map(|error| error.message.as_str()).unwrap_or_default();
        // A bulk operation does not say where in the text.
        format!("Invalid bulk query: {}", first.split(" at [").next().unwrap_or(first))
    })?;
    check(&plan)?;
    Ok(BulkPlan {
        roots: plan.fields.into_iter().map(branch).collect(),
    })
}

fn check(plan: &Plan) -> Result<(), String> {
    if plan.kind == Kind::Mutation {
        return Err("Invalid operation type. Only `query` operations are supported.".to_owned());
    }
    if let Some(root) = plan.fields.iter().find(|root| matches!(root.name(), "node" | "nodes")) {
        return Err(format!(
            "Bulk queries cannot contain a top level `{}` field.",
            root.name()
        ));
    }
    let mut found = Found::default();
    for root in &plan.fields {
        found.walk(root, &Above::default());
    }
    if found.lists == 0 {
        return Err("Bulk queries must contain at least one connection.".to_owned());
    }
    if found.lists > LISTS {
        return Err(format!("Bulk queries cannot contain more than {LISTS} connections."));
    }
    if found.depth > DEPTH + 1 {
        return Err(format!(
            "Bulk queries cannot contain connections with a nesting depth greater than {DEPTH}."
        ));
    }
    if found.in_plain_list {
        return Err(
            "Queries that contain a connection field within a list field are not currently supported.".to_owned(),
        );
    }
    if !found.by_nodes.is_empty() {
        let names: Vec<String> = found.by_nodes.iter().map(|name| format!("'{name}'")).collect();
        return Err(format!(
            "All connection fields in a bulk query must select their contents using 'edges' > 'node', e.g: 'orders {{ edges {{ node {{'. \
             Selecting via 'nodes' is not supported. Invalid connection fields: {}.",
            names.join(", ")
        ));
    }
    if !found.without_id.is_empty() {
        return Err(format!(
            "The parent 'node' field for a nested connection must select the 'id' field without an alias and must be of 'ID' return \
             type. Connection fields without 'id': {}.",
            found.without_id.join(", ")
        ));
    }
    Ok(())
}

/// What stands above a field.
#[derive(Debug, Clone, Default)]
struct Above {
    depth: usize,
    plain_list: bool,
    /// The list it belongs to, and whether that list's nodes tell their id.
    parent: Option<(String, bool)>,
}

/// What a query holds.
#[derive(Debug, Default)]
struct Found {
    lists: usize,
    depth: usize,
    in_plain_list: bool,
    by_nodes: Vec<&'static str>,
    without_id: Vec<String>,
}

impl Found {
    fn walk(&mut self, field: &Selected, above: &Above) {
        let Some(returned) = field.returned() else { return };
        if !returned.is_connection() {
            let plain_list = above.plain_list || field.def.is_some_and(|def| def.ty.item().is_some());
            let above = Above {
                plain_list,
                ..above.clone()
            };
            return unique(&field.children).for_each(|child| self.walk(child, &above));
        }
        self.lists += 1;
        self.depth = self.depth.max(above.depth + 1);
        self.in_plain_list |= above.plain_list;
        if let Some((parent, false)) = &above.parent
            && !self.without_id.contains(parent)
        {
            self.without_id.push(parent.clone());
        }
        if field.children_named("nodes").next().is_some() && !self.by_nodes.contains(&field.name()) {
            self.by_nodes.push(field.name());
        }
        let direct = field.children_named("nodes");
        let nodes = direct.chain(
            field
                .children_named("edges")
                .flat_map(|edges| edges.children_named("node")),
        );
        for node in nodes {
            let has_id = node.children.values().all(|fields| {
                fields.iter().any(|field| {
                    field.key == "id"
                        && field
                            .def
                            .is_some_and(|def| def.ty == Ty::NonNull(Box::new(Ty::Named("ID".to_owned()))))
                })
            });
            let above = Above {
                depth: above.depth + 1,
                plain_list: above.plain_list,
                parent: Some((field.name().to_owned(), has_id)),
            };
            unique(&node.children).for_each(|child| self.walk(child, &above));
        }
    }
}

/// The fields of all possible types, each response key once: a list under an interface counts once.
fn unique(selections: &Selections) -> impl Iterator<Item = &Selected> {
    let mut seen: Vec<&str> = Vec::new();
    selections.values().flatten().filter(move |field| {
        let new = !seen.contains(&field.key.as_str());
        if new {
            seen.push(&field.key);
        }
        new
    })
}

/// Turns a field into a branch of rows.
fn branch(mut field: Selected) -> Branch {
    let list = field.returned().is_some_and(|returned| returned.is_connection());
    let selections = if list {
        inside(&mut field)
    } else {
        std::mem::take(&mut field.children)
    };
    field.args.whole = list;
    let nodes = selections
        .into_iter()
        .map(|(kind, fields)| (kind, node(fields)))
        .collect();
    Branch {
        field,
        through: Vec::new(),
        list,
        nodes,
    }
}

/// The selections of `edges { node { … } }`.
fn inside(field: &mut Selected) -> Selections {
    let mut found = Selections::new();
    for edges in std::mem::take(&mut field.children)
        .into_values()
        .flatten()
        .filter(|child| child.name() == "edges")
    {
        for node in edges
            .children
            .into_values()
            .flatten()
            .filter(|child| child.name() == "node")
        {
            for (kind, fields) in node.children {
                found.entry(kind).or_default().extend(fields);
            }
        }
    }
    found
}

fn node(fields: Vec<Selected>) -> NodePlan {
    let mut plan = NodePlan::default();
    for field in fields {
        if field.returned().is_some_and(|returned| returned.is_connection()) {
            plan.lists.push(branch(field));
            continue;
        }
        let (field, lists) = prune(field);
        plan.lists.extend(lists);
        plan.fields.extend(field);
    }
    plan
}

/// Takes the lists out of an object field: what is left of it, and the lists with the way to them.
fn prune(mut field: Selected) -> (Option<Selected>, Vec<Branch>) {
    let mut lists = Vec::new();
    let mut kept = Selections::new();
    for (kind, children) in std::mem::take(&mut field.children) {
        let mut fields = Vec::new();
        for child in children {
            if child.returned().is_some_and(|returned| returned.is_connection()) {
                lists.push(branch(child));
                continue;
            }
            let (child, deeper) = prune(child);
            lists.extend(deeper);
            fields.extend(child);
        }
        if !fields.is_empty() {
            kept.insert(kind, fields);
        }
    }
    for list in &mut lists {
        list.through.insert(0, bare(&field));
    }
    let empty = !lists.is_empty() && kept.is_empty();
    field.children = kept;
    ((!empty).then_some(field), lists)
}

/// The field without what is inside.
fn bare(field: &Selected) -> Selected {
    Selected {
        key: field.key.clone(),
        def: field.def,
        args: field.args.clone(),
        position: field.position,
        children: Selections::new(),
    }
}
