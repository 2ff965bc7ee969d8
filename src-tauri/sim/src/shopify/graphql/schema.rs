//! The table of types and fields that the Shopify face answers for.
//!
//! It is written as schema text in `shopify/schema/*.graphql` and read once. A test compares it, member by member, with the
//! schema that the platform publishes. What is not in the table is refused the way the platform refuses unknown members.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::OnceLock;

use graphql_parser::query::{Type, Value};
use graphql_parser::schema::{Definition, InputValue, TypeDefinition, parse_schema};

/// The parts of the table, by topic.
const PARTS: [&str; 6] = [
    include_str!("../schema/roots.graphql"),
    include_str!("../schema/orders.graphql"),
    include_str!("../schema/changes.graphql"),
    include_str!("../schema/catalog.graphql"),
    include_str!("../schema/connections.graphql"),
    include_str!("../schema/enums.graphql"),
];

/// A type with its wrappers, e.g. `[ID!]!`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ty {
    /// A named type that may be null.
    Named(String),
    /// A list of the inner type.
    List(Box<Ty>),
    /// The inner type, never null.
    NonNull(Box<Ty>),
}

impl Ty {
    /// The name inside all wrappers.
    pub(crate) fn name(&self) -> &str {
        match self {
            Ty::Named(name) => name,
            Ty::List(inner) | Ty::NonNull(inner) => inner.name(),
        }
    }

    /// Whether null is refused at this place.
    pub(crate) fn is_non_null(&self) -> bool {
        matches!(self, Ty::NonNull(_))
    }

    /// The type without an outer non-null mark.
    pub(crate) fn nullable(&self) -> &Ty {
        match self {
            Ty::NonNull(inner) => inner,
            other => other,
        }
    }

    /// The item type, where this is a list (null allowed or not).
    pub(crate) fn item(&self) -> Option<&Ty> {
        match self.nullable() {
            Ty::List(inner) => Some(inner),
            _ => None,
        }
    }

    pub(crate) fn of(parsed: &Type<'_, String>) -> Ty {
        match parsed {
            Type::NamedType(name) => Ty::Named(name.clone()),
            Type::ListType(inner) => Ty::List(Box::new(Ty::of(inner))),
            Type::NonNullType(inner) => Ty::NonNull(Box::new(Ty::of(inner))),
        }
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ty::Named(name) => out.write_str(name),
            Ty::List(inner) => write!(out, "[{inner}]"),
            Ty::NonNull(inner) => write!(out, "{inner}!"),
        }
    }
}

/// An argument of a field.
#[derive(Debug, Clone)]
pub(crate) struct ArgDef {
    /// Its name.
    pub(crate) name: String,
    /// Its type.
    pub(crate) ty: Ty,
    /// What it is when left out.
    pub(crate) default: Option<serde_json::Value>,
}

/// A field of an object or interface.
#[derive(Debug, Clone)]
pub(crate) struct FieldDef {
    /// Its name.
    pub(crate) name: String,
    /// What it returns.
    pub(crate) ty: Ty,
    /// Its arguments, in the table's order.
    pub(crate) args: Vec<ArgDef>,
}

/// What kind of type it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A leaf such as `ID` or `Decimal`.
    Scalar,
    /// A leaf with these members.
    Enum(BTreeSet<String>),
    /// A type with fields.
    Object,
    /// Fields that several objects share.
    Interface,
    /// One of several objects.
    Union,
}

/// A type of the table.
#[derive(Debug, Clone)]
pub(crate) struct TypeDef {
    /// Its name.
    pub(crate) name: String,
    /// Its kind.
    pub(crate) shape: Shape,
    /// Its fields by name.
    pub(crate) fields: BTreeMap<String, FieldDef>,
    /// The object types it may turn out to be: itself for an object, the members for an abstract type.
    pub(crate) possible: Vec<String>,
}

impl TypeDef {
    /// Whether values of it have no fields.
    pub(crate) fn is_leaf(&self) -> bool {
        matches!(self.shape, Shape::Scalar | Shape::Enum(_))
    }

    /// Whether it is one of the paged lists.
    pub(crate) fn is_connection(&self) -> bool {
        self.shape == Shape::Object && self.name.ends_with("Connection") && self.fields.contains_key("pageInfo")
    }
}

/// The whole table.
#[derive(Debug)]
pub(crate) struct Schema {
    types: BTreeMap<String, TypeDef>,
}

impl Schema {
    /// The table of the face, read on first use.
    pub(crate) fn face() -> &'static Schema {
        static FACE: OnceLock<Schema> = OnceLock::new();
        FACE.get_or_init(|| {
            Schema::parse(&PARTS.join("\n")).unwrap_or_else(|error| panic!("the table of types is malformed: {error}"))
        })
    }

    /// Reads schema text.
    pub(crate) fn parse(text: &str) -> Result<Schema, String> {
        let document = parse_schema::<String>(text).map_err(|error| error.to_string())?;
        let mut types = BTreeMap::new();
        let mut implementers: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for scalar in ["Int", "Float", "String", "Boolean", "ID"] {
            insert(&mut types, scalar, Shape::Scalar, BTreeMap::new(), Vec::new());
        }
        for definition in document.definitions {
            let Definition::TypeDefinition(definition) = definition else {
                continue;
            };
            match definition {
                TypeDefinition::Scalar(scalar) => {
                    insert(&mut types, &scalar.name, Shape::Scalar, BTreeMap::new(), Vec::new())
                }
                TypeDefinition::Enum(members) => {
                    let values = members.values.into_iter().map(|value| value.name).collect();
                    insert(
                        &mut types,
                        &members.name,
                        Shape::Enum(values),
                        BTreeMap::new(),
                        Vec::new(),
                    );
                }
                TypeDefinition::Object(object) => {
                    for interface in object.implements_interfaces {
                        implementers.entry(interface).or_default().push(object.name.clone());
                    }
                    insert(
                        &mut types,
                        &object.name,
                        Shape::Object,
                        fields(object.fields),
                        vec![object.name.clone()],
                    );
                }
                TypeDefinition::Interface(interface) => {
                    insert(
                        &mut types,
                        &interface.name,
                        Shape::Interface,
                        fields(interface.fields),
                        Vec::new(),
                    );
                }
                TypeDefinition::Union(union) => {
                    insert(&mut types, &union.name, Shape::Union, BTreeMap::new(), union.types)
                }
                TypeDefinition::InputObject(_) => {}
            }
        }
        for (interface, members) in implementers {
            if let Some(known) = types.get_mut(&interface) {
                known.possible = members;
            }
        }
        Ok(Schema { types })
    }

    /// A type by name.
    pub(crate) fn get(&self, name: &str) -> Option<&TypeDef> {
        self.types.get(name)
    }

    /// A type that a field of the table names. The table is closed, which a test holds, so it is always there.
    pub(crate) fn known(&self, name: &str) -> &TypeDef {
        self.types
            .get(name)
            .unwrap_or_else(|| panic!("the table of types names {name} and does not list it"))
    }

    /// Every type, by name.
    #[cfg(test)]
    pub(crate) fn types(&self) -> impl Iterator<Item = &TypeDef> {
        self.types.values()
    }
}

fn insert(
    types: &mut BTreeMap<String, TypeDef>,
    name: &str,
    shape: Shape,
    fields: BTreeMap<String, FieldDef>,
    possible: Vec<String>,
) {
    types.insert(
        name.to_owned(),
        TypeDef {
            name: name.to_owned(),
            shape,
            fields,
            possible,
        },
    );
}

fn fields(parsed: Vec<graphql_parser::schema::Field<'_, String>>) -> BTreeMap<String, FieldDef> {
    parsed
        .into_iter()
        .map(|field| {
            let args = field.arguments.iter().map(argument).collect();
            (
                field.name.clone(),
                FieldDef {
                    name: field.name,
                    ty: Ty::of(&field.field_type),
                    args,
                },
            )
        })
        .collect()
}

fn argument(input: &InputValue<'_, String>) -> ArgDef {
    let default = input.default_value.as_ref().and_then(constant);
    ArgDef {
        name: input.name.clone(),
        ty: Ty::of(&input.value_type),
        default,
    }
}

/// A value without variables, as JSON. Enum members become their names.
pub(crate) fn constant(value: &Value<'_, String>) -> Option<serde_json::Value> {
    use serde_json::Value as Json;
    Some(match value {
        Value::Variable(_) => return None,
        Value::Int(number) => Json::from(number.as_i64()?),
        Value::Float(number) => Json::from(*number),
        Value::String(text) => Json::from(text.as_str()),
        Value::Boolean(yes) => Json::from(*yes),
        Value::Null => Json::Null,
        Value::Enum(member) => Json::from(member.as_str()),
        Value::List(items) => Json::Array(items.iter().map(constant).collect::<Option<_>>()?),
        Value::Object(members) => Json::Object(
            members
                .iter()
                .map(|(key, inner)| Some((key.clone(), constant(inner)?)))
                .collect::<Option<_>>()?,
        ),
    })
}
