//! Input values: variables, literals and what a field's arguments come to.

use std::collections::BTreeMap;

use graphql_parser::query::{Value, VariableDefinition};
use serde_json::{Map, Value as Json, json};

use super::error::GraphError;
use super::schema::{Schema, Shape, Ty, constant};

/// The operation's variables with their values; one that was left out and has no default is absent.
pub(crate) type Variables = BTreeMap<String, Json>;

/// A field's arguments with their values; one that was left out and has no default is absent.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Args {
    values: BTreeMap<String, Json>,
    /// Whether a list is to be given whole, as bulk operations do.
    pub(crate) whole: bool,
}

impl Args {
    /// The argument's value, unless absent or null.
    pub(crate) fn get(&self, name: &str) -> Option<&Json> {
        self.values.get(name).filter(|value| !value.is_null())
    }

    /// A whole-number argument.
    pub(crate) fn int(&self, name: &str) -> Option<i64> {
        self.get(name).and_then(Json::as_i64)
    }

    /// A text, id or enum argument.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name).and_then(Json::as_str)
    }

    /// A yes-or-no argument; absent is no.
    pub(crate) fn flag(&self, name: &str) -> bool {
        self.get(name).and_then(Json::as_bool).unwrap_or(false)
    }

    /// A list of texts.
    pub(crate) fn texts(&self, name: &str) -> Vec<&str> {
        self.get(name)
            .and_then(Json::as_array)
            .map(|items| items.iter().filter_map(Json::as_str).collect())
            .unwrap_or_default()
    }

    /// Sets an argument.
    pub(crate) fn set(&mut self, name: &str, value: Json) {
        self.values.insert(name.to_owned(), value);
    }
}

/// Checks and completes the variables of an operation.
///
/// # Errors
/// One `INVALID_VARIABLE` entry per variable whose value does not fit its type.
pub(crate) fn coerce_variables(
    schema: &Schema,
    definitions: &[VariableDefinition<'static, String>],
    given: &Map<String, Json>,
) -> Result<Variables, Vec<GraphError>> {
    let mut values = Variables::new();
    let mut errors = Vec::new();
    for definition in definitions {
        let ty = Ty::of(&definition.var_type);
        let value = match (given.get(&definition.name), &definition.default_value) {
            (Some(value), _) => value.clone(),
            (None, Some(default)) => constant(default).unwrap_or(Json::Null),
            (None, None) if ty.is_non_null() => Json::Null,
            (None, None) => continue,
        };
        match coerce(schema, &ty, &value) {
            Ok(fitted) => {
                values.insert(definition.name.clone(), fitted);
            }
            Err(problem) => errors.push(
                GraphError::new(format!(
                    "Variable ${} of type {ty} was provided invalid value",
                    definition.name
                ))
                .at(definition.position)
                .code("INVALID_VARIABLE")
                .with("value", value.clone())
                .with(
                    "problems",
                    json!([{ "path": problem.path, "explanation": problem.explanation }]),
                ),
            ),
        }
    }
    if errors.is_empty() { Ok(values) } else { Err(errors) }
}

/// Why a value does not fit its type, and where inside it.
#[derive(Debug)]
pub(crate) struct Problem {
    path: Vec<Json>,
    explanation: String,
}

impl Problem {
    fn here(explanation: impl Into<String>) -> Problem {
        Problem {
            path: Vec::new(),
            explanation: explanation.into(),
        }
    }
}

/// Fits a JSON value to an input type: a single value becomes a list of one, a numeric id becomes text.
///
/// # Errors
/// The first place that does not fit.
pub(crate) fn coerce(schema: &Schema, ty: &Ty, value: &Json) -> Result<Json, Problem> {
    if value.is_null() {
        return if ty.is_non_null() {
            Err(Problem::here("Expected value to not be null"))
        } else {
            Ok(Json::Null)
        };
    }
    if let Some(item) = ty.item() {
        let Json::Array(items) = value else {
            return Ok(Json::Array(vec![coerce(schema, item, value)?]));
        };
        let mut fitted = Vec::with_capacity(items.len());
        for (index, inner) in items.iter().enumerate() {
            fitted.push(coerce(schema, item, inner).map_err(|mut problem| {
                problem.path.insert(0, Json::from(index));
                problem
            })?);
        }
        return Ok(Json::Array(fitted));
    }
    let refuse = |name: &str| Problem::here(format!("Could not coerce value {value} to {name}"));
    match ty.name() {
        name @ "Int" => match value.as_i64() {
            Some(number) if i32::try_from(number).is_ok() => Ok(value.clone()),
            _ => Err(refuse(name)),
        },
        name @ "Float" => {
            if value.is_number() {
                Ok(value.clone())
            } else {
                Err(refuse(name))
            }
        }
        name @ "Boolean" => {
            if value.is_boolean() {
                Ok(value.clone())
            } else {
                Err(refuse(name))
            }
        }
        name @ "String" => {
            if value.is_string() {
                Ok(value.clone())
            } else {
                Err(refuse(name))
            }
        }
        name @ "ID" => match value {
            Json::String(_) => Ok(value.clone()),
            Json::Number(number) if number.is_i64() || number.is_u64() => Ok(Json::from(number.to_string())),
            _ => Err(refuse(name)),
        },
        name => match schema.get(name).map(|known| &known.shape) {
            Some(Shape::Enum(members)) => match value.as_str() {
                Some(member) if members.contains(member) => Ok(value.clone()),
                _ => Err(Problem::here(format!(
                    "Expected {value} to be one of: {}",
                    members.iter().map(String::as_str).collect::<Vec<_>>().join(", ")
                ))),
            },
            Some(Shape::Scalar) if !value.is_object() && !value.is_array() => Ok(value.clone()),
            _ => Err(refuse(name)),
        },
    }
}

/// Whether a literal can stand where `ty` is expected. Variables inside are judged elsewhere.
pub(crate) fn literal_fits(schema: &Schema, ty: &Ty, literal: &Value<'static, String>) -> bool {
    match literal {
        Value::Variable(_) => true,
        Value::Null => !ty.is_non_null(),
        Value::List(items) => match ty.item() {
            Some(item) => items.iter().all(|inner| literal_fits(schema, item, inner)),
            None => false,
        },
        single => {
            let ty = ty.item().unwrap_or(ty);
            let is_enum = matches!(schema.get(ty.name()).map(|known| &known.shape), Some(Shape::Enum(_)));
            if is_enum != matches!(single, Value::Enum(_)) {
                return false;
            }
            constant(single).is_some_and(|value| coerce(schema, ty, &value).is_ok())
        }
    }
}

/// A literal as the platform prints it in a message.
pub(crate) fn print_literal(literal: &Value<'static, String>) -> String {
    match literal {
        Value::Enum(member) => member.clone(),
        Value::Variable(name) => format!("${name}"),
        other => constant(other).map_or_else(|| other.to_string(), |value| value.to_string()),
    }
}

/// The value of a literal with its variables filled in; absent if it is a variable that was left out.
pub(crate) fn evaluate(literal: &Value<'static, String>, variables: &Variables) -> Option<Json> {
    match literal {
        Value::Variable(name) => variables.get(name).cloned(),
        Value::List(items) => Some(Json::Array(
            items
                .iter()
                .map(|item| evaluate(item, variables).unwrap_or(Json::Null))
                .collect(),
        )),
        other => constant(other),
    }
}
