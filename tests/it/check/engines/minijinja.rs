use std::collections::BTreeSet;

use minijinja::machinery::parse;
use serde_json::Value;

use super::Engine;

pub(crate) struct MiniJinja;

impl Engine for MiniJinja {
    fn names(&self, template: &str) -> Option<BTreeSet<usize>> {
        let tree = parse(template, "template", Default::default()).ok()?;
        let mut names = BTreeSet::new();
        visit(&serde_json::to_value(&tree).expect("a tree in JSON"), &mut names);
        Some(names)
    }

    fn expressions(&self) -> &'static [[&'static str; 2]] {
        &[
            ["{{ static('", "') }}"],
            ["{{ \"", "\" | static }}"],
            ["{{- static_url(\"", "\") -}}"],
            ["{% set a = static('", "') %}"],
        ]
    }

    fn prefixes(&self) -> &'static [[&'static str; 2]] {
        &[["static('", "') ~ "], ["'", "'|static and "], ["[static(\"", "\")] or "]]
    }
}

/// Visits the syntax tree as JSON: a node is `[fields, span]`.
fn visit(value: &Value, names: &mut BTreeSet<usize>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| visit(item, names)),
        Value::Object(fields) => {
            let is_helper = |name: &Value| name.as_str().is_some_and(|name| name.starts_with("static"));
            let node = &fields.get("inner").unwrap_or(&Value::Null)[0];
            match fields.get("expr").and_then(Value::as_str) {
                Some("Call") if is_helper(&node["expr"]["inner"][0]["id"]) => {
                    names.extend(constant(&node["args"][0]["Pos"]))
                }
                Some("Filter") if is_helper(&node["name"]) => names.extend(constant(&node["expr"])),
                _ => {}
            }
            fields.values().for_each(|value| visit(value, names));
        }
        _ => {}
    }
}

/// Returns the offset of the text inside a constant string.
fn constant(expression: &Value) -> Option<usize> {
    let [_, span] = expression["inner"].as_array()?.as_slice() else { return None };
    let offset = span["start_offset"].as_u64()?;
    (expression["expr"] == "Const").then_some(usize::try_from(offset).expect("an offset") + 1)
}
