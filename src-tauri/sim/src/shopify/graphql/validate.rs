//! What is wrong with a query before it runs: unknown fields and arguments, wrong literals, fragments and variables.
//!
//! Messages, paths and codes are those that the platform gives (contract section 9).

use std::collections::{BTreeMap, BTreeSet};

use graphql_parser::Pos;
use graphql_parser::query::{
    Directive, Field, FragmentDefinition, Selection, SelectionSet, TypeCondition, Value, VariableDefinition,
};
use serde_json::Value as Json;

use super::error::GraphError;
use super::schema::{FieldDef, Schema, Shape, Ty, TypeDef};
use super::variables::{literal_fits, print_literal};

/// The fragments of a document by name.
pub(crate) type Fragments<'d> = BTreeMap<&'d str, &'d FragmentDefinition<'static, String>>;

/// The parts of the operation that is to run.
pub(crate) struct OperationParts<'d> {
    /// `query Name`, or only `query` without a name.
    pub(crate) label: String,
    /// The type its fields are looked up on.
    pub(crate) root: &'d str,
    /// Its variables.
    pub(crate) variables: &'d [VariableDefinition<'static, String>],
    /// Its fields.
    pub(crate) selection: &'d SelectionSet<'static, String>,
}

/// Finds everything that is wrong with an operation and the fragments beside it.
pub(crate) fn validate(schema: &Schema, operation: &OperationParts<'_>, fragments: &Fragments<'_>) -> Vec<GraphError> {
    let mut check = Check {
        schema,
        fragments,
        variables: operation
            .variables
            .iter()
            .map(|definition| (definition.name.as_str(), definition))
            .collect(),
        label: operation.label.clone(),
        path: vec![Json::from(operation.label.as_str())],
        errors: Vec::new(),
        used_fragments: BTreeSet::new(),
        used_variables: BTreeSet::new(),
    };
    for definition in operation.variables {
        check.declaration(definition);
    }
    check.selection(operation.selection, schema.known(operation.root));
    check.reached_fragments(operation.selection);
    check.leftovers(operation);
    check.errors
}

struct Check<'d> {
    schema: &'d Schema,
    fragments: &'d Fragments<'d>,
    variables: BTreeMap<&'d str, &'d VariableDefinition<'static, String>>,
    label: String,
    path: Vec<Json>,
    errors: Vec<GraphError>,
    used_fragments: BTreeSet<String>,
    used_variables: BTreeSet<String>,
}

impl Check<'_> {
    fn report(&mut self, error: GraphError) {
        self.errors.push(error.on(self.path.clone()));
    }

    fn declaration(&mut self, definition: &VariableDefinition<'static, String>) {
        let ty = Ty::of(&definition.var_type);
        if !self.schema.get(ty.name()).is_some_and(TypeDef::is_leaf) {
            self.report(
                GraphError::new(format!(
                    "{} isn't a defined input type (on ${})",
                    ty.name(),
                    definition.name
                ))
                .at(definition.position)
                .code("variableRequiresValidType")
                .with("typeName", ty.name())
                .with("variableName", definition.name.as_str()),
            );
        }
    }

    fn selection(&mut self, selection: &SelectionSet<'static, String>, on: &TypeDef) {
        for item in &selection.items {
            match item {
                Selection::Field(field) => self.field(field, on),
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.directives);
                    match self.fragments.get(spread.fragment_name.as_str()) {
                        Some(fragment) => {
                            let TypeCondition::On(condition) = &fragment.type_condition;
                            self.can_spread(&spread.fragment_name, condition, on, spread.position);
                        }
                        None => self.report(
                            GraphError::new(format!("Fragment {} was used, but not defined", spread.fragment_name))
                                .at(spread.position)
                                .code("useAndDefineFragment")
                                .with("fragmentName", spread.fragment_name.as_str()),
                        ),
                    }
                }
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.directives);
                    let condition = inline
                        .type_condition
                        .as_ref()
                        .map(|TypeCondition::On(name)| name.as_str());
                    self.path.push(Json::from(
                        condition.map_or_else(|| "...".to_owned(), |name| format!("... on {name}")),
                    ));
                    if let Some(inner) = self.condition(condition.unwrap_or(&on.name), inline.position) {
                        self.can_spread("", &inner.name, on, inline.position);
                        self.selection(&inline.selection_set, inner);
                    }
                    self.path.pop();
                }
            }
        }
    }

    fn condition(&mut self, name: &str, position: Pos) -> Option<&'static TypeDef> {
        let found = Schema::face().get(name).filter(|known| !known.is_leaf());
        if found.is_none() {
            self.report(
                GraphError::new(format!("No such type {name}, so it can't be a fragment condition"))
                    .at(position)
                    .code("undefinedType")
                    .with("typeName", name),
            );
        }
        found
    }

    fn can_spread(&mut self, fragment: &str, condition: &str, on: &TypeDef, position: Pos) {
        let Some(inner) = self.schema.get(condition) else {
            return;
        };
        if inner.possible.iter().any(|name| on.possible.contains(name)) {
            return;
        }
        let what = if fragment.is_empty() {
            format!("Fragment on {condition}")
        } else {
            format!("Fragment {fragment} on {condition}")
        };
        self.report(
            GraphError::new(format!("{what} can't be spread inside {}", on.name))
                .at(position)
                .code("cannotSpreadFragment")
                .with("typeName", on.name.as_str())
                .with("fragmentName", if fragment.is_empty() { "unknown" } else { fragment })
                .with("parentName", on.name.as_str()),
        );
    }

    fn field(&mut self, field: &Field<'static, String>, on: &TypeDef) {
        self.path
            .push(Json::from(field.alias.as_deref().unwrap_or(&field.name)));
        self.directives(&field.directives);
        if field.name == "__typename" {
            self.path.pop();
            return;
        }
        match on.fields.get(&field.name) {
            Some(def) => {
                self.arguments(field, def);
                self.depth(field, def);
            }
            None => self.report(
                GraphError::new(format!("Field '{}' doesn't exist on type '{}'", field.name, on.name))
                    .at(field.position)
                    .code("undefinedField")
                    .with("typeName", on.name.as_str())
                    .with("fieldName", field.name.as_str()),
            ),
        }
        self.path.pop();
    }

    fn depth(&mut self, field: &Field<'static, String>, def: &FieldDef) {
        let returned = self.schema.known(def.ty.name());
        let (is_leaf, is_bare) = (returned.is_leaf(), field.selection_set.items.is_empty());
        if is_leaf == is_bare {
            if !is_leaf {
                self.selection(&field.selection_set, returned);
            }
            return;
        }
        let message = if is_leaf {
            let asked: Vec<_> = field
                .selection_set
                .items
                .iter()
                .filter_map(name_of)
                .map(|name| format!("\"{name}\""))
                .collect();
            let kind = if matches!(returned.shape, Shape::Enum(_)) {
                "enums"
            } else {
                "scalars"
            };
            format!(
                "Selections can't be made on {kind} (field '{}' returns {} but has selections [{}])",
                field.name,
                returned.name,
                asked.join(", ")
            )
        } else {
            format!(
                "Field must have selections (field '{0}' returns {1} but has no selections. Did you mean '{0} {{ ... }}'?)",
                field.name, returned.name
            )
        };
        self.report(
            GraphError::new(message)
                .at(field.position)
                .code("selectionMismatch")
                .with("nodeName", format!("field '{}'", field.name))
                .with("typeName", returned.name.as_str()),
        );
    }

    fn arguments(&mut self, field: &Field<'static, String>, def: &FieldDef) {
        for (name, literal) in &field.arguments {
            self.path.push(Json::from(name.as_str()));
            match def.args.iter().find(|arg| &arg.name == name) {
                None => self.report(
                    GraphError::new(format!("Field '{}' doesn't accept argument '{name}'", field.name))
                        .at(field.position)
                        .code("argumentNotAccepted")
                        .with("name", field.name.as_str())
                        .with("typeName", "Field")
                        .with("argumentName", name.as_str()),
                ),
                Some(arg) => {
                    self.usages(literal, &arg.ty, arg.default.is_some(), name, field.position);
                    if !literal_fits(self.schema, &arg.ty, literal) {
                        self.report(
                            GraphError::new(format!(
                                "Argument '{name}' on Field '{}' has an invalid value ({}). Expected type '{}'.",
                                field.name,
                                print_literal(literal),
                                arg.ty
                            ))
                            .at(field.position)
                            .code("argumentLiteralsIncompatible")
                            .with("typeName", "Field")
                            .with("argumentName", name.as_str()),
                        );
                    }
                }
            }
            self.path.pop();
        }
        let missing: Vec<&str> = def
            .args
            .iter()
            .filter(|arg| {
                arg.ty.is_non_null()
                    && arg.default.is_none()
                    && !field.arguments.iter().any(|(name, _)| name == &arg.name)
            })
            .map(|arg| arg.name.as_str())
            .collect();
        if !missing.is_empty() {
            let list = missing.join(", ");
            self.report(
                GraphError::new(format!("Field '{}' is missing required arguments: {list}", field.name))
                    .at(field.position)
                    .code("missingRequiredArguments")
                    .with("className", "Field")
                    .with("name", field.name.as_str())
                    .with("arguments", list),
            );
        }
    }

    fn usages(
        &mut self,
        literal: &Value<'static, String>,
        expected: &Ty,
        has_default: bool,
        argument: &str,
        position: Pos,
    ) {
        match literal {
            Value::List(items) => {
                let item = expected.item().unwrap_or(expected).clone();
                for inner in items {
                    self.usages(inner, &item, false, argument, position);
                }
            }
            Value::Variable(name) => {
                self.used_variables.insert(name.clone());
                let Some(definition) = self.variables.get(name.as_str()) else {
                    let label = self.label.clone();
                    self.report(
                        GraphError::new(format!("Variable ${name} is used by {label} but not declared"))
                            .at(position)
                            .code("variableNotDefined")
                            .with("variableName", name.as_str()),
                    );
                    return;
                };
                let given = Ty::of(&definition.var_type);
                let default = has_default
                    || definition
                        .default_value
                        .as_ref()
                        .is_some_and(|value| *value != Value::Null);
                let problem = match mismatch(&given, expected, default) {
                    Some(problem) => problem,
                    None => return,
                };
                self.report(
                    GraphError::new(format!(
                        "{problem} on variable ${name} and argument {argument} ({given} / {expected})"
                    ))
                    .at(position)
                    .code("variableMismatch")
                    .with("variableName", name.as_str())
                    .with("typeName", given.to_string())
                    .with("argumentName", argument)
                    .with("errorMessage", problem),
                );
            }
            _ => {}
        }
    }

    fn directives(&mut self, directives: &[Directive<'static, String>]) {
        for directive in directives {
            if directive.name != "include" && directive.name != "skip" {
                self.report(
                    GraphError::new(format!("Directive @{} is not defined", directive.name))
                        .at(directive.position)
                        .code("undefinedDirective")
                        .with("directiveName", directive.name.as_str()),
                );
                continue;
            }
            let condition = Ty::NonNull(Box::new(Ty::Named("Boolean".to_owned())));
            for (name, literal) in &directive.arguments {
                self.usages(literal, &condition, false, name, directive.position);
            }
        }
    }

    /// Walks each fragment that the operation reaches, once, under its own path.
    fn reached_fragments(&mut self, from: &SelectionSet<'static, String>) {
        let mut waiting = spreads(from);
        while let Some(name) = waiting.pop() {
            let Some(fragment) = self.fragments.get(name.as_str()) else {
                continue;
            };
            if !self.used_fragments.insert(name.clone()) {
                continue;
            }
            let TypeCondition::On(condition) = &fragment.type_condition;
            self.path = vec![Json::from(format!("fragment {name}"))];
            if self.reaches(fragment, &name, &mut BTreeSet::new()) {
                self.report(
                    GraphError::new(format!("Fragment {name} contains an infinite loop"))
                        .at(fragment.position)
                        .code("infiniteLoop")
                        .with("fragmentName", name.as_str()),
                );
                continue;
            }
            if let Some(on) = self.condition(condition, fragment.position) {
                self.selection(&fragment.selection_set, on);
            }
            waiting.extend(spreads(&fragment.selection_set));
        }
    }

    fn reaches(&self, from: &FragmentDefinition<'static, String>, target: &str, seen: &mut BTreeSet<String>) -> bool {
        spreads(&from.selection_set).into_iter().any(|name| {
            name == target
                || (seen.insert(name.clone())
                    && self
                        .fragments
                        .get(name.as_str())
                        .is_some_and(|inner| self.reaches(inner, target, seen)))
        })
    }

    fn leftovers(&mut self, operation: &OperationParts<'_>) {
        self.path = Vec::new();
        for (name, fragment) in self.fragments {
            if !self.used_fragments.contains(*name) {
                self.path = vec![Json::from(format!("fragment {name}"))];
                self.report(
                    GraphError::new(format!("Fragment {name} was defined, but not used"))
                        .at(fragment.position)
                        .code("useAndDefineFragment")
                        .with("fragmentName", *name),
                );
            }
        }
        for definition in operation.variables {
            if !self.used_variables.contains(&definition.name) {
                self.path = vec![Json::from(operation.label.as_str())];
                let label = operation.label.as_str();
                self.report(
                    GraphError::new(format!(
                        "Variable ${} is declared by {label} but not used",
                        definition.name
                    ))
                    .at(definition.position)
                    .code("variableNotUsed")
                    .with("variableName", definition.name.as_str()),
                );
            }
        }
    }
}

/// How a variable's type fails to fit an argument's, if it does.
fn mismatch(given: &Ty, expected: &Ty, has_default: bool) -> Option<&'static str> {
    if given.name() != expected.name() {
        return Some("Type mismatch");
    }
    match (given.item(), expected.item()) {
        (Some(inner), Some(wanted)) => {
            if let Some(problem) = mismatch(inner, wanted, false) {
                return Some(problem);
            }
        }
        (None, None) => {}
        (Some(_), None) => return Some("List dimension mismatch"),
        (None, Some(_)) => return Some("List dimension mismatch"),
    }
    (expected.is_non_null() && !given.is_non_null() && !has_default).then_some("Nullability mismatch")
}

fn name_of<'s>(item: &'s Selection<'static, String>) -> Option<&'s str> {
    match item {
        Selection::Field(field) => Some(&field.name),
        Selection::FragmentSpread(spread) => Some(&spread.fragment_name),
        Selection::InlineFragment(_) => None,
    }
}

fn spreads(selection: &SelectionSet<'static, String>) -> Vec<String> {
    let mut found = Vec::new();
    for item in &selection.items {
        match item {
            Selection::Field(field) => found.extend(spreads(&field.selection_set)),
            Selection::FragmentSpread(spread) => found.push(spread.fragment_name.clone()),
            Selection::InlineFragment(inline) => found.extend(spreads(&inline.selection_set)),
        }
    }
    found
}
