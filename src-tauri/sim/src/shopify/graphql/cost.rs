//! What a query costs (contract section 4.2).

use super::plan::{Kind, Plan, Selected, Selections};

/// The most that one query may cost.
pub(crate) const LIMIT: u64 = 1000;

/// Types that cost nothing, as measured.
const FREE: [&str; 5] = [
    "MoneyBag",
    "MoneyV2",
    "ShopAddress",
    "LocationAddress",
    "CustomerPhoneNumber",
];

/// The smallest page sizes at which the page factor is 2, 3, 4 and so on: `floor(2 * ln n)` without floats.
const STEPS: [u64; 14] = [3, 5, 8, 13, 21, 34, 55, 91, 149, 245, 404, 666, 1097, 1809];

/// The page factor of `n` nodes: 0 for none, 1 for one or two, then twice the natural logarithm, cut.
pub(crate) fn page_factor(nodes: u64) -> u64 {
    if nodes == 0 {
        return 0;
    }
    1 + STEPS.iter().filter(|step| nodes >= **step).count() as u64
}

/// What a page costs: the list itself, and the factor times its most expensive node.
pub(crate) fn page(nodes: u64, node: u64) -> u64 {
    2 + page_factor(nodes) * node
}

/// What the field costs by itself, whatever its type: fixed for changes and counts.
pub(crate) fn fixed(kind: Kind, root: &Selected) -> Option<u64> {
    (kind == Kind::Mutation || root.name().ends_with("Count")).then_some(10)
}

/// Whether a type costs nothing, with all that is inside.
pub(crate) fn is_free(name: &str) -> bool {
    FREE.contains(&name)
}

/// What the query is charged for before it runs, at least 1.
pub(crate) fn requested(plan: &Plan) -> u64 {
    plan.fields
        .iter()
        .map(|root| fixed(plan.kind, root).unwrap_or_else(|| field(root)))
        .sum::<u64>()
        .max(1)
}

fn field(selected: &Selected) -> u64 {
    let Some(returned) = selected.returned() else { return 0 };
    if returned.is_leaf() || is_free(&returned.name) {
        return 0;
    }
    if returned.is_connection() {
        let asked = selected
            .args
            .int("first")
            .or_else(|| selected.args.int("last"))
            .unwrap_or(0);
        let nodes = selected
            .children_named("nodes")
            .map(|nodes| 1 + dearest(&nodes.children))
            .sum::<u64>();
        let edges = selected
            .children_named("edges")
            .flat_map(|edges| edges.children_named("node"))
            .map(|node| 1 + dearest(&node.children));
        return page(u64::try_from(asked).unwrap_or(0), nodes + edges.sum::<u64>());
    }
    1 + dearest(&selected.children)
}

/// The most expensive of the types that may turn up.
fn dearest(selections: &Selections) -> u64 {
    selections
        .values()
        .map(|fields| fields.iter().map(field).sum())
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_factor_follows_the_measured_figures() {
        let measured = [
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
        ];
        for (nodes, factor) in measured {
            assert_eq!(
                page_factor(nodes),
                factor,
                "contract section 4.2 gives F({nodes}) = {factor}"
            );
        }
    }
}
