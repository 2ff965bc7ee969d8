//! The border as the pages see it: every command with its class, arguments and result, as TypeScript.

use std::any::TypeId;
use std::collections::{BTreeMap, HashSet};

use ts_rs::{Config, TS, TypeVisitor};

use crate::app::ApiError;

use super::{Class, LIST, visit_commands};

/// Gathers declarations, each type once, by name: the order in which types name one another differs between builds.
pub(super) struct Visit<'a> {
    config: &'a Config,
    seen: HashSet<TypeId>,
    types: BTreeMap<String, String>,
    commands: Vec<String>,
}

impl Visit<'_> {
    /// Takes in a command with its types.
    pub(super) fn command<A: TS + 'static, R: TS + 'static>(&mut self, name: &str) {
        self.visit::<A>();
        self.visit::<R>();
        self.commands.push(format!(
            "  {name}: {{ args: {}; result: {} }};",
            A::name(self.config),
            R::name(self.config)
        ));
    }

    fn declared<T: TS + 'static + ?Sized>(&mut self) {
        let docs = T::docs().unwrap_or_default();
        let declaration = format!("{}export {}", comment(&docs, ""), laid_out(&T::decl(self.config)));
        self.types.insert(T::ident(self.config), declaration);
    }
}

impl TypeVisitor for Visit<'_> {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        if !self.seen.insert(TypeId::of::<T>()) {
            return;
        }
        if T::output_path().is_some() {
            self.declared::<T>();
        }
        T::visit_generics(self);
        T::visit_dependencies(self);
    }
}

/// The file `ui/src/lib/gen/api.ts`.
pub fn typescript() -> String {
    let config = Config::new().with_large_int("number");
    let mut visit = Visit {
        config: &config,
        seen: HashSet::new(),
        types: BTreeMap::new(),
        commands: Vec::new(),
    };
    visit.visit::<ApiError>();
    visit.visit::<Class>();
    visit_commands(&mut visit);
    visit.visit::<super::Events>();
    let classes: Vec<String> = LIST
        .iter()
        .map(|c| format!("  {}: '{}',", c.name, c.class.name()))
        .collect();
    format!(
        "// The border: every command with its class, arguments and result. Texts arrive formatted; the UI computes no figures.\n\
         // Made from src-tauri/core/src/api by tests/it/border.rs (UPDATE=1 writes it anew); not edited by hand.\n\n\
         {}\n\
         /** Every command: its arguments and its result. */\n\
         export interface Commands {{\n{}\n}}\n\n\
         export type Command = keyof Commands;\n\n\
         /** The class of each command: the entry of the window that carries it. */\n\
         export const CLASS: Record<Command, CommandClass> = {{\n{}\n}};\n",
        visit.types.into_values().collect::<Vec<_>>().join("\n"),
        visit.commands.join("\n"),
        classes.join("\n")
    )
}

/// A comment on one line where it fits.
fn comment(docs: &str, indent: &str) -> String {
    let lines: Vec<&str> = docs
        .lines()
        .map(|line| {
            line.trim()
                .trim_start_matches("/**")
                .trim_end_matches("*/")
                .trim_start_matches('*')
                .trim()
        })
        .filter(|line| !line.is_empty())
        .collect();
    match lines.as_slice() {
        [] => String::new(),
        [one] => format!("{indent}/** {one} */\n"),
        many => format!(
            "{indent}/**\n{}{indent} */\n",
            many.iter().map(|l| format!("{indent} * {l}\n")).collect::<String>()
        ),
    }
}

/// A declaration as ts-rs writes it, with a line per field: comments, then `name: type;`.
fn laid_out(declaration: &str) -> String {
    let mut text = String::with_capacity(declaration.len() * 2);
    let mut docs = String::new();
    for line in declaration.lines() {
        let trimmed = line.trim();
        if trimmed.starts_with("/**") || trimmed.starts_with('*') {
            docs.push_str(trimmed);
            docs.push('\n');
            continue;
        }
        text.push_str(&comment(&docs, "  "));
        docs.clear();
        for (index, piece) in fields(trimmed).into_iter().enumerate() {
            if index > 0 || !text.is_empty() {
                text.push_str(if piece.starts_with('}') { "" } else { "  " });
            }
            text.push_str(piece);
            text.push('\n');
        }
    }
    text
}

/// Cuts a line of a declaration behind `= {` and behind the commas between fields, not inside nested braces or brackets.
fn fields(line: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let (mut start, mut depth) = (0, 0_i32);
    let bytes = line.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'{' if depth == 0 && line[..at].ends_with("= ") => {
                pieces.push(line[start..=at].trim());
                start = at + 1;
            }
            b'{' | b'[' | b'(' | b'<' => depth += 1,
            b'}' if depth == 0 => {
                if !line[start..at].trim().is_empty() {
                    pieces.push(line[start..at].trim());
                }
                start = at;
            }
            b'}' | b']' | b')' | b'>' => depth -= 1,
            b',' if depth == 0 => {
                pieces.push(line[start..=at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    if !line[start..].trim().is_empty() {
        pieces.push(line[start..].trim());
    }
    pieces
}
