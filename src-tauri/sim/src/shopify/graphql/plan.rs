//! What to compute: the operation chosen, its fragments folded in, its arguments filled.

use std::collections::BTreeMap;

use graphql_parser::Pos;
use graphql_parser::query::{
    Definition, Directive, Document, Field, OperationDefinition, Selection, SelectionSet, TypeCondition,
};
use serde_json::{Map, Value as Json};

use super::error::GraphError;
use super::schema::{FieldDef, Schema, TypeDef};
use super::validate::{Fragments, OperationParts, validate};
use super::variables::{Args, Variables, coerce_variables, evaluate};

/// Reading or changing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// `query`.
    Query,
    /// `mutation`.
    Mutation,
}

/// The fields to compute, for each object type that may turn up.
pub(crate) type Selections = BTreeMap<&'static str, Vec<Selected>>;

/// One field to compute.
#[derive(Debug)]
pub(crate) struct Selected {
    /// The key of the answer: the alias or the name.
    pub(crate) key: String,
    /// The field; `None` for `__typename`.
    pub(crate) def: Option<&'static FieldDef>,
    /// Its arguments.
    pub(crate) args: Args,
    /// Where it stands in the text.
    pub(crate) position: Pos,
    /// What to compute inside.
    pub(crate) children: Selections,
}

impl Selected {
    /// The field's own name.
    pub(crate) fn name(&self) -> &'static str {
        self.def.map_or("__typename", |def| def.name.as_str())
    }

    /// The type inside all wrappers; `None` for `__typename`.
    pub(crate) fn returned(&self) -> Option<&'static TypeDef> {
        self.def.map(|def| Schema::face().known(def.ty.name()))
    }

    /// The child fields by this name, under whatever alias, for an object type without members.
    pub(crate) fn children_named<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Selected> {
        self.children
            .values()
            .flatten()
            .filter(move |child| child.name() == name)
    }
}

/// An operation ready to run.
#[derive(Debug)]
pub(crate) struct Plan {
    /// Reading or changing.
    pub(crate) kind: Kind,
    /// The fields of the root.
    pub(crate) fields: Vec<Selected>,
}

/// A request body, read.
#[derive(Debug, Default, Clone)]
pub(crate) struct Request {
    /// The text of the document.
    pub(crate) query: String,
    /// Values of the variables.
    pub(crate) variables: Map<String, Json>,
    /// Which operation to run, where there are several.
    pub(crate) operation: Option<String>,
}

/// Parses, checks and plans a request.
///
/// # Errors
/// Every entry that the platform would put into `errors` instead of running.
pub(crate) fn plan(request: &Request) -> Result<Plan, Vec<GraphError>> {
    let document = parse(&request.query).map_err(|error| vec![error])?;
    let (kind, parts, fragments) = choose(&document, request.operation.as_deref()).map_err(|error| vec![error])?;
    let schema = Schema::face();
    let errors = validate(schema, &parts, &fragments);
    if !errors.is_empty() {
        return Err(errors);
    }
    let variables = coerce_variables(schema, parts.variables, &request.variables)?;
    let root = schema.known(parts.root);
    let mut build = Build {
        fragments: &fragments,
        variables: &variables,
        errors: Vec::new(),
    };
    let mut selections = build.selections(&[parts.selection], root);
    if !build.errors.is_empty() {
        return Err(build.errors);
    }
    let fields = selections.remove(root.name.as_str()).unwrap_or_default();
    Ok(Plan { kind, fields })
}

/// Parses a document; the error is worded as the platform's.
pub(crate) fn parse(text: &str) -> Result<Document<'static, String>, GraphError> {
    match graphql_parser::parse_query::<String>(text) {
        Ok(document) if document.definitions.is_empty() => {
            Err(GraphError::new("syntax error, unexpected end of file").code("parseError"))
        }
        Ok(document) => Ok(document.into_static()),
        Err(error) => {
            let end = text.trim_end().is_empty() || error.to_string().contains("end of input");
            let what = if end {
                "syntax error, unexpected end of file"
            } else {
                "syntax error, unexpected token"
            };
            let position = position_of(&error.to_string()).unwrap_or(Pos { line: 1, column: 1 });
            Err(
                GraphError::new(format!("{what} at [{}, {}]", position.line, position.column))
                    .at(position)
                    .code("parseError"),
            )
        }
    }
}

/// The position in the parser's own message, `Parse error at 1:9`.
fn position_of(message: &str) -> Option<Pos> {
    let place = message.split("at ").nth(1)?.lines().next()?;
    let (line, column) = place.trim().split_once(':')?;
    Some(Pos {
        line: line.parse().ok()?,
        column: column.parse().ok()?,
    })
}

type Chosen<'d> = (Kind, OperationParts<'d>, Fragments<'d>);

fn choose<'d>(document: &'d Document<'static, String>, wanted: Option<&str>) -> Result<Chosen<'d>, GraphError> {
    let mut fragments = Fragments::new();
    let mut operations: Vec<(Option<&str>, Kind, OperationParts<'d>)> = Vec::new();
    for definition in &document.definitions {
        match definition {
            Definition::Fragment(fragment) => {
                fragments.insert(&fragment.name, fragment);
            }
            Definition::Operation(OperationDefinition::SelectionSet(selection)) => {
                let parts = OperationParts {
                    label: "query".to_owned(),
                    root: "QueryRoot",
                    variables: &[],
                    selection,
                };
                operations.push((None, Kind::Query, parts));
            }
            Definition::Operation(OperationDefinition::Query(query)) => {
                let parts = OperationParts {
                    label: label("query", query.name.as_deref()),
                    root: "QueryRoot",
                    variables: &query.variable_definitions,
                    selection: &query.selection_set,
                };
                operations.push((query.name.as_deref(), Kind::Query, parts));
            }
            Definition::Operation(OperationDefinition::Mutation(mutation)) => {
                let parts = OperationParts {
                    label: label("mutation", mutation.name.as_deref()),
                    root: "Mutation",
                    variables: &mutation.variable_definitions,
                    selection: &mutation.selection_set,
                };
                operations.push((mutation.name.as_deref(), Kind::Mutation, parts));
            }
            Definition::Operation(OperationDefinition::Subscription(subscription)) => {
                return Err(GraphError::new("Schema is not configured for subscriptions")
                    .at(subscription.position)
                    .code("missingSubscriptionConfiguration"));
            }
        }
    }
    let chosen = match wanted.filter(|name| !name.is_empty()) {
        Some(name) => operations.into_iter().find(|(own, _, _)| *own == Some(name)),
        None if operations.len() > 1 => return Err(GraphError::new("An operation name is required")),
        None => operations.pop(),
    };
    match (chosen, wanted) {
        (Some((_, kind, parts)), _) => Ok((kind, parts, fragments)),
        (None, Some(name)) => Err(GraphError::new(format!("No operation named \"{name}\""))),
        (None, None) => Err(GraphError::new(
            "No operation to run: the document holds only fragments",
        )),
    }
}

fn label(kind: &str, name: Option<&str>) -> String {
    name.map_or_else(|| kind.to_owned(), |name| format!("{kind} {name}"))
}

struct Build<'d> {
    fragments: &'d Fragments<'d>,
    variables: &'d Variables,
    errors: Vec<GraphError>,
}

type Gathered<'d> = Vec<(&'d str, Vec<&'d Field<'static, String>>)>;

impl<'d> Build<'d> {
    fn selections(&mut self, sets: &[&'d SelectionSet<'static, String>], on: &'static TypeDef) -> Selections {
        let mut chosen = Selections::new();
        for concrete in &on.possible {
            let mut gathered = Gathered::new();
            for set in sets {
                self.gather(set, concrete, &mut gathered);
            }
            let def = Schema::face().known(concrete);
            let fields: Vec<Selected> = gathered
                .into_iter()
                .filter_map(|(key, fields)| self.field(key, &fields, def))
                .collect();
            if !fields.is_empty() {
                chosen.insert(concrete.as_str(), fields);
            }
        }
        chosen
    }

    fn gather(&self, set: &'d SelectionSet<'static, String>, concrete: &str, gathered: &mut Gathered<'d>) {
        for item in &set.items {
            match item {
                Selection::Field(field) if self.wanted(&field.directives) => {
                    let key = field.alias.as_deref().unwrap_or(&field.name);
                    match gathered.iter_mut().find(|(known, _)| *known == key) {
                        Some((_, fields)) => fields.push(field),
                        None => gathered.push((key, vec![field])),
                    }
                }
                Selection::FragmentSpread(spread) if self.wanted(&spread.directives) => {
                    if let Some(fragment) = self.fragments.get(spread.fragment_name.as_str()) {
                        let TypeCondition::On(condition) = &fragment.type_condition;
                        if applies(condition, concrete) {
                            self.gather(&fragment.selection_set, concrete, gathered);
                        }
                    }
                }
                Selection::InlineFragment(inline) if self.wanted(&inline.directives) => {
                    let condition = inline.type_condition.as_ref();
                    let fits = condition.is_none_or(|TypeCondition::On(condition)| applies(condition, concrete));
                    if fits {
                        self.gather(&inline.selection_set, concrete, gathered);
                    }
                }
                _ => {}
            }
        }
    }

    fn wanted(&self, directives: &[Directive<'static, String>]) -> bool {
        directives.iter().all(|directive| {
            let condition = directive.arguments.iter().find(|(name, _)| name == "if");
            let holds = condition
                .and_then(|(_, literal)| evaluate(literal, self.variables))
                .and_then(|value| value.as_bool());
            holds.unwrap_or(true) == (directive.name != "skip")
        })
    }

    fn field(&mut self, key: &str, fields: &[&'d Field<'static, String>], on: &'static TypeDef) -> Option<Selected> {
        let first = fields.first()?;
        let def = on.fields.get(&first.name);
        let args = self.arguments(first, def);
        for other in &fields[1..] {
            let conflict = if other.name != first.name {
                Some(format!(
                    "Field '{key}' has a field conflict: {} or {}?",
                    first.name, other.name
                ))
            } else if self.arguments(other, def) != args {
                Some(format!("Field '{key}' has an argument conflict"))
            } else {
                None
            };
            if let Some(message) = conflict {
                self.errors.push(
                    GraphError::new(message)
                        .at(first.position)
                        .at(other.position)
                        .code("fieldConflict")
                        .with("fieldName", key),
                );
            }
        }
        let children = def.map(|def| {
            let sets: Vec<_> = fields.iter().map(|field| &field.selection_set).collect();
            self.selections(&sets, Schema::face().known(def.ty.name()))
        });
        Some(Selected {
            key: key.to_owned(),
            def,
            args,
            position: first.position,
            children: children.unwrap_or_default(),
        })
    }

    fn arguments(&self, field: &Field<'static, String>, def: Option<&FieldDef>) -> Args {
        let mut args = Args::default();
        for arg in def.map(|def| def.args.as_slice()).unwrap_or_default() {
            let given = field.arguments.iter().find(|(name, _)| name == &arg.name);
            let value = given
                .and_then(|(_, literal)| evaluate(literal, self.variables))
                .or_else(|| arg.default.clone());
            if let Some(value) = value {
                args.set(&arg.name, as_declared(value, arg.ty.name() == "ID"));
            }
        }
        args
    }
}

/// A literal id may be written as a number.
fn as_declared(value: Json, id: bool) -> Json {
    match value {
        Json::Number(number) if id => Json::from(number.to_string()),
        other => other,
    }
}

fn applies(condition: &str, concrete: &str) -> bool {
    Schema::face()
        .get(condition)
        .is_some_and(|known| known.possible.iter().any(|name| name == concrete))
}
