//! The table of types and fields: closed, answered in full, and a part of what the platform publishes.

use std::collections::BTreeSet;
use std::rc::Rc;
use std::sync::Arc;

use serde_json::Value;

use super::published;
use super::rig::{Rig, note};
use crate::shopify::access::Permit;
use crate::shopify::graphql::execute::run;
use crate::shopify::graphql::plan::{Request, plan};
use crate::shopify::graphql::schema::{Schema, Shape, TypeDef};
use crate::shopify::objects::root::QueryRoot;
use crate::shopify::objects::{Caller, Cx, Shared};
use crate::shopify::versions::Version;
use crate::shopify::{App, Shop};

#[test]
fn every_type_that_the_table_names_is_in_it() {
    let face = Schema::face();
    for known in face.types() {
        for field in known.fields.values() {
            assert!(
                face.get(field.ty.name()).is_some(),
                "{}.{} leads to {}, which is not listed",
                known.name,
                field.name,
                field.ty
            );
            for arg in &field.args {
                assert!(
                    face.get(arg.ty.name()).is_some(),
                    "{}.{}({}: {}) is not listed",
                    known.name,
                    field.name,
                    arg.name,
                    arg.ty
                );
            }
        }
        for possible in &known.possible {
            assert!(
                face.get(possible).is_some(),
                "{} may be {possible}, which is not listed",
                known.name
            );
        }
    }
}

#[test]
fn the_table_is_a_part_of_the_published_schema() {
    let Some(published) = published::schema() else { return };
    let mut fields = 0;
    for known in Schema::face().types() {
        let official = published
            .get(&known.name)
            .unwrap_or_else(|| panic!("{} is not published", known.name));
        match (&known.shape, &official.shape) {
            (Shape::Enum(own), Shape::Enum(all)) => {
                assert!(own.is_subset(all), "{} has members of our own: {own:?}", known.name)
            }
            (own, all) => assert_eq!(own, all, "{} is another kind of type", known.name),
        }
        for possible in &known.possible {
            assert!(official.possible.contains(possible), "{possible} is no {}", known.name);
        }
        fields += compare_fields(known, official);
    }
    assert!(fields > 500, "the table was really compared, field by field: {fields}");
    note(&format!("compared {fields} fields with the published schema"));
}

fn compare_fields(known: &TypeDef, official: &TypeDef) -> usize {
    for field in known.fields.values() {
        let place = format!("{}.{}", known.name, field.name);
        let other = official
            .fields
            .get(&field.name)
            .unwrap_or_else(|| panic!("{place} is not published"));
        assert_eq!(field.ty, other.ty, "{place} has another type");
        for arg in &field.args {
            let twin = other
                .args
                .iter()
                .find(|twin| twin.name == arg.name)
                .unwrap_or_else(|| panic!("{place}({}) is not published", arg.name));
            assert_eq!(
                (&arg.ty, &arg.default),
                (&twin.ty, &twin.default),
                "{place}({}) is another argument",
                arg.name
            );
        }
        for arg in other
            .args
            .iter()
            .filter(|arg| arg.ty.is_non_null() && arg.default.is_none())
        {
            assert!(
                field.args.iter().any(|own| own.name == arg.name),
                "{place} must take {}",
                arg.name
            );
        }
    }
    known.fields.len()
}

/// Selects everything that lies below a type, without meeting a type again on the way.
fn everything(of: &TypeDef, way: &mut Vec<String>, depth: usize) -> String {
    let face = Schema::face();
    if of.shape == Shape::Interface || of.shape == Shape::Union {
        let parts: Vec<String> = of
            .possible
            .iter()
            .map(|name| {
                format!(
                    "... on {name} {{ __typename {} }}",
                    own_fields(face.known(name), way, depth)
                )
            })
            .collect();
        return parts.join(" ");
    }
    format!("__typename {}", own_fields(of, way, depth))
}

fn own_fields(of: &TypeDef, way: &mut Vec<String>, depth: usize) -> String {
    if way.contains(&of.name) || depth == 0 {
        return String::new();
    }
    way.push(of.name.clone());
    let mut text = String::new();
    for field in of.fields.values() {
        let returned = Schema::face().known(field.ty.name());
        if returned.is_leaf() {
            text.push_str(&format!("{}{} ", field.name, arguments(field)));
            continue;
        }
        // Ids are looked up elsewhere; a list of anything would be everything again.
        if field
            .args
            .iter()
            .any(|arg| arg.ty.is_non_null() && arg.name.to_lowercase().ends_with("id"))
        {
            continue;
        }
        if returned.is_connection() {
            let node = Schema::face().known(returned.fields["nodes"].ty.name());
            let inner = everything(node, way, depth - 1);
            text.push_str(&format!(
                "{}(first: 3) {{ nodes {{ {inner} }} edges {{ cursor }} pageInfo {{ hasNextPage endCursor }} }} ",
                field.name
            ));
            continue;
        }
        let inner = everything(returned, way, depth - 1);
        text.push_str(&format!("{}{} {{ {inner} }} ", field.name, arguments(field)));
    }
    way.pop();
    text
}

fn arguments(field: &crate::shopify::graphql::schema::FieldDef) -> &'static str {
    if field.name == "quantities" {
        "(names: [\"available\", \"on_hand\", \"safety_stock\"])"
    } else {
        ""
    }
}

fn context(rig: &Rig) -> Rc<Cx> {
    let scopes = App::LEDGER_SCOPES.iter().map(|scope| (*scope).to_owned()).collect();
    let shared = Shared {
        desk: Arc::default(),
        places: Arc::default(),
        storage: "https://storage.shop.invalid".to_owned(),
    };
    let version = Version::answering(Some("2026-10"), rig.sim.now()).expect("the version is served");
    Cx::new(
        rig.world(),
        rig.world(),
        Arc::new(Shop::demo()),
        version,
        Caller {
            permit: Permit::new(scopes),
            client_id: App::DEMO_ID.to_owned(),
            time: super::rig::NOW,
        },
        shared,
    )
}

#[test]
fn every_listed_field_has_an_answer_of_its_type() {
    let rig = Rig::new();
    let mut met = BTreeSet::new();
    let mut values = 0;
    let lists = [
        ("orders(first: 250, sortKey: UPDATED_AT, reverse: true)", "Order"),
        ("orders(first: 250, sortKey: CREATED_AT)", "Order"),
        (
            "orders(first: 250, query: \"return_status:returned\", sortKey: CREATED_AT)",
            "Order",
        ),
        ("products(first: 12)", "Product"),
        ("productVariants(first: 30)", "ProductVariant"),
        ("inventoryItems(first: 30)", "InventoryItem"),
        (
            "locations(first: 250, includeInactive: true, includeLegacy: true)",
            "Location",
        ),
        ("customers(first: 12, sortKey: UPDATED_AT)", "Customer"),
        ("events(first: 250)", "Event"),
    ];
    let face = Schema::face();
    for (list, node) in lists {
        let inner = everything(face.known(node), &mut vec!["QueryRoot".to_owned()], 5);
        values += check(&rig, &format!("{{ {list} {{ nodes {{ {inner} }} }} }}"), &mut met);
    }
    for root in [
        "shop",
        "currentAppInstallation",
        "publicApiVersions",
        "shopifyPaymentsAccount",
    ] {
        let returned = face.known(face.known("QueryRoot").fields[root].ty.name());
        let inner = everything(returned, &mut Vec::new(), 5);
        values += check(&rig, &format!("{{ {root} {{ {inner} }} }}"), &mut met);
    }
    let report = everything(face.known("ShopifyqlQueryResponse"), &mut Vec::new(), 5);
    values += check(
        &rig,
        &format!("{{ shopifyqlQuery(query: \"FROM sales SHOW net_sales\") {{ {report} }} }}"),
        &mut met,
    );
    note(&format!("looked at {values} values of {} types", met.len()));
    // What this world never has, or what other tests look at.
    let elsewhere = [
        "AdditionalFeeSale",
        "BulkOperation",
        "BulkOperationCancelPayload",
        "BulkOperationRunQueryPayload",
        "BulkOperationUserError",
        "CurrencyExchangeAdjustment",
        "Mutation",
        "PageInfo",
        "QueryRoot",
        "RefundDuty",
        "RestockingFee",
        "SaleAdditionalFee",
        "ScriptDiscountApplication",
        "UnknownSale",
        "UserError",
        "Count",
    ];
    let objects = face
        .types()
        .filter(|known| known.shape == Shape::Object && !known.is_connection() && !known.name.ends_with("Edge"));
    let unseen: Vec<&str> = objects
        .map(|known| known.name.as_str())
        .filter(|name| !met.contains(*name) && !elsewhere.contains(name))
        .collect();
    assert_eq!(unseen, Vec::<&str>::new(), "every type of the table was met");
}

/// Runs a query whatever it costs; gives the number of values and collects the types met.
fn check(rig: &Rig, query: &str, met: &mut BTreeSet<String>) -> usize {
    let plan = plan(&Request {
        query: query.to_owned(),
        ..Request::default()
    })
    .unwrap_or_else(|errors| panic!("{errors:?} in {query}"));
    let cx = context(rig);
    let outcome = run(&plan, &QueryRoot { cx: Rc::clone(&cx) }, &cx.permit);
    assert!(
        outcome.errors.is_empty(),
        "no errors were expected: {:?}",
        &outcome.errors[..outcome.errors.len().min(3)]
    );
    let mut text = String::new();
    outcome.data.write(&mut text);
    let data: Value = serde_json::from_str(&text).expect("data is JSON");
    collect(&data, met);
    published::walk(Schema::face(), &plan, &data)
}

fn collect(value: &Value, met: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            met.extend(members.get("__typename").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|inner| collect(inner, met));
        }
        Value::Array(items) => items.iter().for_each(|inner| collect(inner, met)),
        _ => {}
    }
}
