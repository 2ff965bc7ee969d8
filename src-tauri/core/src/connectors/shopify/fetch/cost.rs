//! What a query is asked for before it runs (contract 4.2, the measured rule).

use std::collections::HashMap;

use graphql_parser::query::{Definition, Document, Field, OperationDefinition, Selection, SelectionSet, Value};

/// The most that one query may be asked for.
pub(super) const SINGLE_LIMIT: i64 = 1_000;
/// What a change, or a count at the root, costs.
const FIXED: i64 = 10;

/// The cost of a query as a tree: sizes are variables, filled in at each request.
#[derive(Debug, Clone, Default)]
pub(super) struct CostTree(Vec<Node>);

#[derive(Debug, Clone)]
enum Node {
    /// A count at the root or a change.
    Fixed,
    /// An object or a plain list of objects.
    Object(Inner),
    /// A connection of `first` nodes.
    Connection(Size, Inner),
}

#[derive(Debug, Clone)]
enum Size {
    Number(i64),
    Variable(String),
}

/// What stands inside: always, and by the type that turns up, of which the dearest counts.
#[derive(Debug, Clone, Default)]
struct Inner {
    always: Vec<Node>,
    by_type: Vec<Inner>,
}

/// `floor(2 × ln n)`, at least 1; 0 for nothing. The steps are the smallest sizes of each factor.
pub(super) fn page_factor(nodes: i64) -> i64 {
    const STEPS: [i64; 10] = [3, 5, 8, 13, 21, 34, 55, 91, 149, 245];
    match nodes {
        ..=0 => 0,
        nodes => 1 + STEPS.iter().filter(|step| nodes >= **step).count() as i64,
    }
}

impl CostTree {
    /// The tree of a document with one operation. Only what our own documents use is understood.
    pub(super) fn of(document: &Document<'_, String>) -> Self {
        let fragments: HashMap<&str, &SelectionSet<'_, String>> = document
            .definitions
            .iter()
            .filter_map(|definition| match definition {
                Definition::Fragment(fragment) => Some((fragment.name.as_str(), &fragment.selection_set)),
                Definition::Operation(_) => None,
            })
            .collect();
        let mut roots = Vec::new();
        for definition in &document.definitions {
            let (set, change) = match definition {
                Definition::Operation(OperationDefinition::Query(query)) => (&query.selection_set, false),
                Definition::Operation(OperationDefinition::SelectionSet(set)) => (set, false),
                Definition::Operation(OperationDefinition::Mutation(change)) => (&change.selection_set, true),
                Definition::Operation(OperationDefinition::Subscription(_)) | Definition::Fragment(_) => continue,
            };
            for item in &set.items {
                match item {
                    Selection::Field(field) if change || field.name.ends_with("Count") => roots.push(Node::Fixed),
                    Selection::Field(field) => roots.extend(node(field, &fragments)),
                    Selection::FragmentSpread(_) | Selection::InlineFragment(_) => {}
                }
            }
        }
        CostTree(roots)
    }

    /// The points for the given sizes, at least 1.
    pub(super) fn points(&self, sizes: &[(&str, i64)]) -> i64 {
        self.0.iter().map(|node| node.points(sizes)).sum::<i64>().max(1)
    }
}

/// The node of a field; `None` for what costs nothing with all that is inside: leaves and money.
fn node(field: &Field<'_, String>, fragments: &HashMap<&str, &SelectionSet<'_, String>>) -> Option<Node> {
    if field.selection_set.items.is_empty() || is_free(field, fragments) {
        return None;
    }
    let first = field
        .arguments
        .iter()
        .find(|(name, _)| name == "first")
        .map(|(_, value)| value);
    let rows = rows(&field.selection_set);
    match (first, rows.is_empty()) {
        (Some(value), false) => {
            let size = match value {
                Value::Variable(name) => Size::Variable(name.clone()),
                Value::Int(number) => Size::Number(number.as_i64().unwrap_or(0)),
                _ => Size::Number(0),
            };
            let nodes = rows
                .into_iter()
                .map(|set| Node::Object(inner(set, fragments)))
                .collect();
            Some(Node::Connection(
                size,
                Inner {
                    always: nodes,
                    by_type: Vec::new(),
                },
            ))
        }
        _ => Some(Node::Object(inner(&field.selection_set, fragments))),
    }
}

/// The selections of a connection's `nodes` and `edges { node }`; none for anything else.
fn rows<'s, 'd>(set: &'s SelectionSet<'d, String>) -> Vec<&'s SelectionSet<'d, String>> {
    let mut found = Vec::new();
    for field in fields(set) {
        match field.name.as_str() {
            "nodes" => found.push(&field.selection_set),
            "edges" => found.extend(
                fields(&field.selection_set)
                    .filter(|f| f.name == "node")
                    .map(|f| &f.selection_set),
            ),
            _ => {}
        }
    }
    found
}

fn fields<'s, 'd>(set: &'s SelectionSet<'d, String>) -> impl Iterator<Item = &'s Field<'d, String>> {
    set.items.iter().filter_map(|item| match item {
        Selection::Field(field) => Some(field),
        Selection::FragmentSpread(_) | Selection::InlineFragment(_) => None,
    })
}

fn inner(set: &SelectionSet<'_, String>, fragments: &HashMap<&str, &SelectionSet<'_, String>>) -> Inner {
    let mut found = Inner::default();
    for item in &set.items {
        match item {
            Selection::Field(field) if field.name == "pageInfo" => {}
            Selection::Field(field) => found.always.extend(node(field, fragments)),
            Selection::InlineFragment(branch) => found.by_type.push(inner(&branch.selection_set, fragments)),
            Selection::FragmentSpread(spread) => {
                if let Some(set) = fragments.get(spread.fragment_name.as_str()) {
                    let more = inner(set, fragments);
                    found.always.extend(more.always);
                    found.by_type.extend(more.by_type);
                }
            }
        }
    }
    found
}

/// Money and the addresses of locations are free.
fn is_free(field: &Field<'_, String>, fragments: &HashMap<&str, &SelectionSet<'_, String>>) -> bool {
    let money = |inner: &Field<'_, String>| match inner.name.as_str() {
        "shopMoney" | "presentmentMoney" => true,
        "amount" => inner.selection_set.items.is_empty(),
        _ => false,
    };
    field.name == "address"
        || field.selection_set.items.iter().any(|item| match item {
            Selection::Field(inner) => money(inner),
            Selection::FragmentSpread(spread) => fragments
                .get(spread.fragment_name.as_str())
                .is_some_and(|set| fields(set).any(money)),
            Selection::InlineFragment(_) => false,
        })
}

impl Node {
    fn points(&self, sizes: &[(&str, i64)]) -> i64 {
        match self {
            Node::Fixed => FIXED,
            Node::Object(inner) => 1 + inner.points(sizes),
            Node::Connection(size, inner) => 2 + page_factor(size.of(sizes)) * inner.points(sizes),
        }
    }
}

impl Inner {
    fn points(&self, sizes: &[(&str, i64)]) -> i64 {
        let always: i64 = self.always.iter().map(|node| node.points(sizes)).sum();
        always + self.by_type.iter().map(|inner| inner.points(sizes)).max().unwrap_or(0)
    }
}

impl Size {
    fn of(&self, sizes: &[(&str, i64)]) -> i64 {
        match self {
            Size::Number(number) => *number,
            Size::Variable(name) => sizes
                .iter()
                .find(|(known, _)| known == name)
                .map_or(0, |(_, size)| *size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn points(text: &str, sizes: &[(&str, i64)]) -> i64 {
        CostTree::of(&graphql_parser::parse_query::<String>(text).expect("a query")).points(sizes)
    }

    #[test]
    fn the_page_factor_follows_the_measured_figures() {
        for (nodes, factor) in [
            (0, 0),
            (1, 1),
            (2, 1),
            (3, 2),
            (5, 3),
            (10, 4),
            (20, 5),
            (25, 6),
            (50, 7),
            (100, 9),
            (250, 11),
        ] {
            assert_eq!(page_factor(nodes), factor, "contract 4.2 gives F({nodes}) = {factor}");
        }
    }

    #[test]
    fn queries_cost_what_was_measured() {
        let flat = "query($n: Int!) { orders(first: $n) { pageInfo { hasNextPage } nodes { id name } } }";
        assert_eq!(points(flat, &[("n", 250)]), 13, "250 flat orders");
        let nested = "{ orders(first: 250) { nodes { id lineItems(first: 250) { nodes { id } } } } }";
        assert_eq!(points(nested, &[]), 156, "250 orders of 250 lines");
        let products =
            "{ products(first: 250) { nodes { id options { name } variants(first: 250) { edges { node { id } } } } } }";
        assert_eq!(points(products, &[]), 167, "250 products with options and 250 variants");
    }

    #[test]
    fn money_is_free_lists_count_once_and_the_dearest_type_counts() {
        let money = "query { shop { id } orders(first: 1) { nodes { totalPriceSet { ...M } } } } fragment M on MoneyBag { shopMoney { amount } }";
        assert_eq!(points(money, &[]), 1 + 2 + 1, "a shop, a connection, an order");
        let list = "{ order(id: 1) { transactions { id fees { amount { amount } } } } }";
        assert_eq!(points(list, &[]), 3, "an order, its transactions, their fees");
        let types =
            "{ nodes(ids: []) { id ... on Order { customer { id } app { id } } ... on Refund { order { id } } } }";
        assert_eq!(points(types, &[]), 3, "the node and the dearer type's two objects");
        assert_eq!(points("{ ordersCount { count } }", &[]), 10, "a count");
        assert_eq!(
            points(
                "mutation { bulkOperationCancel(id: 1) { userErrors { message } } }",
                &[]
            ),
            10,
            "a change"
        );
        assert_eq!(points("{ __typename }", &[]), 1, "nothing costs nothing");
    }
}
