//! What we ask Shopify, and what the simulated one answers, held against the schema that the platform publishes. The check
//! shares no code with either side.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::sync::{Arc, Mutex};

use countinghouse_core::sync::{Cancel, Options};
use flate2::read::GzDecoder;
use graphql_parser::query::{
    self, Definition as Part, Document, OperationDefinition, Selection, SelectionSet, TypeCondition,
};
use graphql_parser::schema::{Definition, Type, TypeDefinition, parse_schema};
use serde_json::{Map, Value};

use crate::connectors::long_lists;
use crate::market::{Market, Seller, large, shop};
use crate::oracle::spec;
use crate::shared::material;

type Ty = Type<'static, String>;

struct Field {
    ty: Ty,
    /// Arguments: their types, and whether they may be left out.
    args: BTreeMap<String, (Ty, bool)>,
}

enum Kind {
    /// With the names of the interfaces it implements.
    Object(BTreeMap<String, Field>, Vec<String>),
    Interface(BTreeMap<String, Field>),
    Union(Vec<String>),
    Enum(BTreeSet<String>),
    Input,
    Scalar,
}

struct Schema(BTreeMap<String, Kind>);

impl Schema {
    fn published() -> Option<Schema> {
        let packed = std::fs::read(material("specs/shopify/admin-2026-10.graphql.gz")?).expect("the schema");
        let mut text = String::new();
        GzDecoder::new(packed.as_slice())
            .read_to_string(&mut text)
            .expect("it unpacks");
        let parsed = parse_schema::<String>(&text).expect("schema text").into_static();
        let mut kinds = BTreeMap::new();
        for definition in parsed.definitions {
            let Definition::TypeDefinition(definition) = definition else {
                continue;
            };
            let fields = |fields: Vec<graphql_parser::schema::Field<'static, String>>| {
                let field = |field: graphql_parser::schema::Field<'static, String>| {
                    let args = field.arguments.into_iter().map(|arg| {
                        let spare = arg.default_value.is_some() || !matches!(arg.value_type, Type::NonNullType(_));
                        (arg.name, (arg.value_type, spare))
                    });
                    let args = args.collect();
                    (
                        field.name,
                        Field {
                            ty: field.field_type,
                            args,
                        },
                    )
                };
                fields.into_iter().map(field).collect::<BTreeMap<_, _>>()
            };
            let (name, kind) = match definition {
                TypeDefinition::Object(t) => (t.name, Kind::Object(fields(t.fields), t.implements_interfaces)),
                TypeDefinition::Interface(t) => (t.name, Kind::Interface(fields(t.fields))),
                TypeDefinition::Union(t) => (t.name, Kind::Union(t.types)),
                TypeDefinition::Enum(t) => (t.name, Kind::Enum(t.values.into_iter().map(|v| v.name).collect())),
                TypeDefinition::InputObject(t) => (t.name, Kind::Input),
                TypeDefinition::Scalar(t) => (t.name, Kind::Scalar),
            };
            kinds.insert(name, kind);
        }
        for scalar in ["Int", "Float", "String", "Boolean", "ID"] {
            kinds.insert(scalar.to_owned(), Kind::Scalar);
        }
        Some(Schema(kinds))
    }

    fn kind(&self, name: &str) -> &Kind {
        self.0.get(name).unwrap_or_else(|| panic!("{name} is not published"))
    }

    fn field(&self, on: &str, name: &str) -> &Field {
        match self.kind(on) {
            Kind::Object(fields, _) | Kind::Interface(fields) => fields.get(name),
            _ => None,
        }
        .unwrap_or_else(|| panic!("{on} has no field {name}"))
    }

    fn is_leaf(&self, name: &str) -> bool {
        matches!(self.kind(name), Kind::Enum(_) | Kind::Scalar)
    }

    /// Whether a value of type `one` may be of type `other`.
    fn meets(&self, one: &str, other: &str) -> bool {
        let of = |abstract_type: &str, concrete: &str| match (self.kind(abstract_type), self.kind(concrete)) {
            (Kind::Union(members), _) => members.iter().any(|member| member == concrete),
            (Kind::Interface(_), Kind::Object(_, interfaces)) => interfaces.iter().any(|name| name == abstract_type),
            (Kind::Interface(_), _) => true,
            _ => false,
        };
        one == other || of(one, other) || of(other, one)
    }
}

fn base(ty: &Ty) -> &str {
    match ty {
        Type::NamedType(name) => name,
        Type::ListType(inner) | Type::NonNullType(inner) => base(inner),
    }
}

/// One operation with its fragments.
struct Asked {
    document: Document<'static, String>,
}

impl Asked {
    fn of(text: &str) -> Asked {
        let document = query::parse_query::<String>(text).expect("a query").into_static();
        Asked { document }
    }

    fn operation(&self) -> (&'static str, &SelectionSet<'static, String>, BTreeMap<&str, &Ty>) {
        let found = self.document.definitions.iter().find_map(|part| match part {
            Part::Operation(operation) => Some(operation),
            Part::Fragment(_) => None,
        });
        let declared = |variables: &'_ [query::VariableDefinition<'static, String>]| -> Vec<usize> {
            (0..variables.len()).collect()
        };
        match found.expect("an operation") {
            OperationDefinition::Query(q) => {
                let types = declared(&q.variable_definitions).into_iter().map(|at| {
                    (
                        q.variable_definitions[at].name.as_str(),
                        &q.variable_definitions[at].var_type,
                    )
                });
                ("QueryRoot", &q.selection_set, types.collect())
            }
            OperationDefinition::Mutation(m) => {
                let types = m.variable_definitions.iter().map(|v| (v.name.as_str(), &v.var_type));
                ("Mutation", &m.selection_set, types.collect())
            }
            OperationDefinition::SelectionSet(set) => ("QueryRoot", set, BTreeMap::new()),
            OperationDefinition::Subscription(_) => panic!("a subscription"),
        }
    }

    fn fragment(&self, name: &str) -> (&str, &SelectionSet<'static, String>) {
        let found = self.document.definitions.iter().find_map(|part| match part {
            Part::Fragment(fragment) if fragment.name == name => Some(fragment),
            _ => None,
        });
        let fragment = found.unwrap_or_else(|| panic!("no fragment {name}"));
        let TypeCondition::On(on) = &fragment.type_condition;
        (on, &fragment.selection_set)
    }

    /// Every field, argument and variable is as published.
    fn is_valid(&self, schema: &Schema, variables: &Map<String, Value>) {
        let (root, set, declared) = self.operation();
        for (name, ty) in &declared {
            schema.kind(base(ty));
            match variables.get(*name) {
                None | Some(Value::Null) => {
                    assert!(
                        !matches!(ty, Type::NonNullType(_)),
                        "variable {name} of type {ty} is not given"
                    )
                }
                Some(value) => fits(schema, ty, value, name),
            }
        }
        assert!(
            variables.keys().all(|name| declared.contains_key(name.as_str())),
            "every variable sent is declared"
        );
        self.selection(schema, root, set, &declared);
    }

    fn selection(
        &self,
        schema: &Schema,
        on: &str,
        set: &SelectionSet<'static, String>,
        declared: &BTreeMap<&str, &Ty>,
    ) {
        assert!(!set.items.is_empty(), "{on} is asked for something");
        for item in &set.items {
            match item {
                Selection::Field(field) if field.name == "__typename" => {}
                Selection::Field(field) => {
                    let known = schema.field(on, &field.name);
                    for (name, value) in &field.arguments {
                        let (ty, _) = known
                            .args
                            .get(name)
                            .unwrap_or_else(|| panic!("{on}.{} has no argument {name}", field.name));
                        argument(schema, ty, value, declared, name);
                    }
                    for (name, (_, spare)) in &known.args {
                        let given = field.arguments.iter().any(|(given, _)| given == name);
                        assert!(*spare || given, "{on}.{} needs {name}", field.name);
                    }
                    for directive in &field.directives {
                        assert_eq!(directive.name, "include", "no other directive is used");
                        let switch = Type::NonNullType(Box::new(Type::NamedType("Boolean".to_owned())));
                        let conditions = &directive.arguments;
                        conditions
                            .iter()
                            .for_each(|(name, value)| argument(schema, &switch, value, declared, name));
                    }
                    let inner = base(&known.ty);
                    match schema.is_leaf(inner) {
                        true => assert!(field.selection_set.items.is_empty(), "{on}.{} is a leaf", field.name),
                        false => self.selection(schema, inner, &field.selection_set, declared),
                    }
                }
                Selection::InlineFragment(fragment) => {
                    let inner = match &fragment.type_condition {
                        Some(TypeCondition::On(name)) => name,
                        None => on,
                    };
                    assert!(schema.meets(on, inner), "a {on} may be a {inner}");
                    self.selection(schema, inner, &fragment.selection_set, declared);
                }
                Selection::FragmentSpread(spread) => {
                    let (inner, set) = self.fragment(&spread.fragment_name);
                    assert!(schema.meets(on, inner), "a {on} may be a {inner}");
                    self.selection(schema, inner, set, declared);
                }
            }
        }
    }

    /// Fields of an object by the key they are answered under, and whether only some types have them.
    fn keys<'a>(
        &'a self,
        schema: &Schema,
        on: &'a str,
        sets: &[(&'a str, &'a SelectionSet<'static, String>)],
    ) -> BTreeMap<String, Answered<'a>> {
        let mut keys: BTreeMap<String, Answered<'a>> = BTreeMap::new();
        let mut open: Vec<(&str, &SelectionSet<'static, String>, bool)> =
            sets.iter().map(|(on, set)| (*on, *set, false)).collect();
        while let Some((here, set, some)) = open.pop() {
            for item in &set.items {
                match item {
                    Selection::Field(field) => {
                        let key = field.alias.clone().unwrap_or_else(|| field.name.clone());
                        let answered = keys.entry(key).or_insert(Answered {
                            name: &field.name,
                            on: here,
                            sets: Vec::new(),
                            some: some || is_switched(field),
                        });
                        answered.some &= some || is_switched(field);
                        answered.sets.push(&field.selection_set);
                    }
                    Selection::InlineFragment(fragment) => {
                        let inner = match &fragment.type_condition {
                            Some(TypeCondition::On(name)) => name.as_str(),
                            None => here,
                        };
                        let narrower = some || (inner != on && !matches!(schema.kind(inner), Kind::Interface(_)));
                        open.push((inner, &fragment.selection_set, narrower));
                    }
                    Selection::FragmentSpread(spread) => {
                        let (inner, set) = self.fragment(&spread.fragment_name);
                        let narrower = some || (inner != on && !matches!(schema.kind(inner), Kind::Interface(_)));
                        open.push((inner, set, narrower));
                    }
                }
            }
        }
        keys
    }

    /// Every value of an answer is as published. Returns how many there were.
    fn answered(
        &self,
        schema: &Schema,
        on: &str,
        sets: &[(&str, &SelectionSet<'static, String>)],
        object: &Map<String, Value>,
        spare: &[&str],
    ) -> usize {
        let keys = self.keys(schema, on, sets);
        for (key, field) in &keys {
            let may_lack = field.some || spare.contains(&key.as_str());
            assert!(may_lack || object.contains_key(key), "{on} was asked for {key}");
        }
        let mut seen = 0;
        for (key, value) in object.iter().filter(|(key, _)| *key != "__parentId") {
            let field = keys.get(key).unwrap_or_else(|| panic!("{on}: nobody asked for {key}"));
            if field.name == "__typename" {
                let name = value.as_str().expect("a name");
                assert!(schema.meets(on, name), "a {on} may be a {name}");
                continue;
            }
            let ty = &schema.field(field.on, field.name).ty;
            seen += self.value(schema, ty, &field.sets, value, &format!("{on}.{key}"));
        }
        seen
    }

    fn value(
        &self,
        schema: &Schema,
        ty: &Ty,
        sets: &[&SelectionSet<'static, String>],
        value: &Value,
        place: &str,
    ) -> usize {
        let ty = match (ty, value) {
            (Type::NonNullType(_), Value::Null) => panic!("{place} is null, which {ty} is never"),
            (_, Value::Null) => return 1,
            (Type::NonNullType(inner), _) => inner,
            (ty, _) => ty,
        };
        if let Type::ListType(inner) = ty {
            let items = value
                .as_array()
                .unwrap_or_else(|| panic!("{place} is no list: {value}"));
            return items
                .iter()
                .map(|item| self.value(schema, inner, sets, item, place))
                .sum();
        }
        let name = base(ty);
        if schema.is_leaf(name) {
            fits(schema, ty, value, place);
            return 1;
        }
        let object = value
            .as_object()
            .unwrap_or_else(|| panic!("{place} is no object: {value}"));
        let sets: Vec<(&str, &SelectionSet<'static, String>)> = sets.iter().map(|set| (name, *set)).collect();
        self.answered(schema, name, &sets, object, &[])
    }
}

/// Whether a variable of the request decides if a field is asked for.
fn is_switched(field: &query::Field<'static, String>) -> bool {
    field.directives.iter().any(|directive| directive.name == "include")
}

struct Answered<'a> {
    name: &'a str,
    /// Type whose field it is.
    on: &'a str,
    sets: Vec<&'a SelectionSet<'static, String>>,
    /// Only some types have it.
    some: bool,
}

/// An argument is of its type; a variable was declared with one that fits.
fn argument(
    schema: &Schema,
    ty: &Ty,
    value: &query::Value<'static, String>,
    declared: &BTreeMap<&str, &Ty>,
    place: &str,
) {
    match value {
        query::Value::Variable(name) => {
            let given = declared
                .get(name.as_str())
                .unwrap_or_else(|| panic!("${name} is not declared"));
            let (required, given_text) = (ty.to_string(), given.to_string());
            assert!(
                given_text == required || given_text.trim_end_matches('!') == required,
                "${name} is {given_text} where {required} is asked for"
            );
        }
        query::Value::Null => assert!(!matches!(ty, Type::NonNullType(_)), "{place} is null"),
        query::Value::Enum(word) => fits(schema, ty, &Value::from(word.clone()), place),
        query::Value::String(text) => fits(schema, ty, &Value::from(text.clone()), place),
        query::Value::Boolean(flag) => fits(schema, ty, &Value::from(*flag), place),
        query::Value::Int(number) => fits(schema, ty, &Value::from(number.as_i64().expect("a number")), place),
        query::Value::List(items) => {
            let Type::ListType(inner) = unwrapped(ty) else {
                panic!("{place} is no list")
            };
            items
                .iter()
                .for_each(|item| argument(schema, inner, item, declared, place));
        }
        other => panic!("{place}: {other} is not looked at by this check"),
    }
}

fn unwrapped(ty: &Ty) -> &Ty {
    match ty {
        Type::NonNullType(inner) => inner,
        ty => ty,
    }
}

/// A value has the form of its type.
fn fits(schema: &Schema, ty: &Ty, value: &Value, place: &str) {
    if let Type::ListType(inner) = unwrapped(ty) {
        let items = value
            .as_array()
            .unwrap_or_else(|| panic!("{place} is no list: {value}"));
        return items.iter().for_each(|item| fits(schema, inner, item, place));
    }
    let text = |rule: &dyn Fn(&str) -> bool| value.as_str().is_some_and(rule);
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let name = base(ty);
    let good = match (schema.kind(name), name) {
        (Kind::Enum(words), _) => text(&|word| words.contains(word)),
        (_, "Int") => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        (_, "Float") => value.is_number(),
        (_, "Boolean") => value.is_boolean(),
        (_, "ID") => text(&|id| id.starts_with("gid://shopify/")),
        (_, "DateTime") => text(&|at| at.ends_with('Z') && chrono::DateTime::parse_from_rfc3339(at).is_ok()),
        (_, "UnsignedInt64") => text(&digits),
        (_, "Decimal" | "Money") => text(&|amount| digits(&amount.trim_start_matches('-').replacen('.', "", 1))),
        (_, "URL") => text(&|address| url::Url::parse(address).is_ok()),
        _ => value.is_string(),
    };
    assert!(good, "{place}: {value} is no {name}");
}

/// Everything that was asked and answered, as text.
fn listen(market: &Market) -> Arc<Mutex<Vec<(String, String)>>> {
    let heard = Arc::new(Mutex::new(Vec::new()));
    let ear = Arc::clone(&heard);
    market.listen(move |asked, answer| {
        let pair = (asked.to_owned(), String::from_utf8_lossy(answer).into_owned());
        ear.lock().expect("a lock").push(pair);
    });
    heard
}

#[test]
#[expect(clippy::print_stdout, reason = "the test command adds up what was validated")]
fn what_is_asked_and_answered_in_syncs_is_as_published() {
    let Some(schema) = Schema::published() else { return };
    let mut heard: Vec<(String, String)> = Vec::new();
    for bulk in [false, true] {
        let market = Market::new(spec(501, 40, 5), shop());
        let ear = listen(&market);
        if bulk {
            large(&market);
        } else {
            long_lists(&market);
        }
        let seller = Seller::of(market);
        seller.sync();
        // A month later everything is compared, so that deletions are seen.
        for days in [3, 32] {
            seller.market.advance(days);
            seller.sync();
        }
        // What is asked where agreements are refused, and once they are granted.
        seller.market.faults("deny=Order.agreements@*");
        seller
            .try_sync(
                Options {
                    full: true,
                    ..Options::default()
                },
                Cancel::default(),
            )
            .expect("a run without agreements");
        seller.market.faults("");
        seller.sync();
        heard.append(&mut ear.lock().expect("a lock"));
    }
    let (mut requests, mut answers, mut values, mut rows) = (0, 0, 0, 0);
    let mut names: BTreeSet<String> = BTreeSet::new();
    let mut bulk: Option<Asked> = None;
    let mut bare = (0, 0);
    for (asked, answer) in &heard {
        let Ok(Value::Object(request)) = serde_json::from_str::<Value>(asked) else {
            // Files and tokens: a file's rows are as the query of its run asked.
            let Some(run) = bulk.as_ref().filter(|_| answer.contains("__typename")) else {
                continue;
            };
            for row in answer.lines().filter(|row| !row.is_empty()) {
                rows += 1;
                values += run.row(&schema, row);
            }
            continue;
        };
        let Some(text) = request.get("query").and_then(Value::as_str) else {
            continue;
        };
        let empty = Map::new();
        let variables = request.get("variables").and_then(Value::as_object).unwrap_or(&empty);
        let query = Asked::of(text);
        query.is_valid(&schema, variables);
        requests += 1;
        bare.0 += usize::from(variables.get("agreed") == Some(&Value::Bool(false)));
        names.extend(request.get("operationName").and_then(Value::as_str).map(str::to_owned));
        if text.contains("bulkOperationRunQuery") {
            let inner = Asked::of(variables["q"].as_str().expect("a query"));
            inner.is_valid(&schema, &empty);
            bare.1 += usize::from(!variables["q"].to_string().contains("agreements"));
            bulk = Some(inner);
        }
        let answer: Value = serde_json::from_str(answer).expect("JSON");
        if answer.get("errors").is_none() {
            let (root, set, _) = query.operation();
            let data = answer["data"].as_object().expect("data");
            values += query.answered(&schema, root, &[(root, set)], data, &[]);
            answers += 1;
        }
    }
    assert!(
        rows > 500 && answers > 60,
        "syncs bring much: {rows} rows, {answers} answers"
    );
    assert!(
        bare.0 > 0 && bare.1 > 0,
        "orders were asked for without agreements too, by pages and in bulk: {bare:?}"
    );
    println!("operations: {names:?}, {values} values");
    println!(
        "validated: {} requests, answers and rows (skipped: 0)",
        requests + answers + rows
    );
}

impl Asked {
    /// A row of a bulk file is one of the nodes that the run's query asked for. Returns how many values it had.
    fn row(&self, schema: &Schema, row: &str) -> usize {
        let row: Map<String, Value> = serde_json::from_str(row).expect("a row");
        let name = row
            .get("__typename")
            .and_then(Value::as_str)
            .expect("a row names its type");
        let (root, set, _) = self.operation();
        let mut open = vec![(root.to_owned(), set)];
        while let Some((on, set)) = open.pop() {
            let mut connections = Vec::new();
            for item in &set.items {
                if let Selection::Field(field) = item
                    && field.name != "__typename"
                {
                    let inner = base(&schema.field(&on, &field.name).ty);
                    if matches!(field.name.as_str(), "edges" | "node") || inner.ends_with("Connection") {
                        open.push((inner.to_owned(), &field.selection_set));
                        connections.push(field.name.as_str());
                    }
                }
            }
            let is_node = row.contains_key("__typename") && set.items.len() > 1 && schema.meets(&on, name);
            if is_node && !on.ends_with("Connection") && on != root {
                return self.answered(schema, name, &[(on.as_str(), set)], &row, &connections);
            }
        }
        panic!("{name} was not asked for");
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "the test command adds up what was validated")]
fn every_query_we_hold_is_as_published() {
    let Some(schema) = Schema::published() else { return };
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/src-tauri/core/src/connectors/shopify/queries"
    );
    let mut texts: Vec<String> = std::fs::read_dir(folder)
        .expect("the folder")
        .map(|entry| std::fs::read_to_string(entry.expect("an entry").path()).expect("a text"))
        .collect();
    texts.sort();
    let (fragments, operations): (Vec<String>, Vec<String>) = texts
        .into_iter()
        .partition(|text| text.trim_start().starts_with("fragment"));
    let fragments = fragments.concat();
    for text in &operations {
        let query = Asked::of(&format!("{text}\n{fragments}"));
        let (root, set, declared) = query.operation();
        query.selection(&schema, root, set, &declared);
    }
    assert!(operations.len() > 20, "there are many");
    println!("validated: {} queries (skipped: 0)", operations.len());
}
