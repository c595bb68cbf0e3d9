//! The documentation matches the crate.

use std::collections::BTreeSet;

/// Returns the lines after `start`, up to the first empty line.
fn paragraph<'a>(text: &'a str, start: &str) -> impl Iterator<Item = &'a str> {
    let (_, rest) = text.split_once(start).expect(start);
    rest.lines().take_while(|line| !matches!(*line, "" | "//!"))
}

#[test]
fn feature_table_matches_cargo_toml() {
    let manifest = include_str!("../../Cargo.toml");
    let features: BTreeSet<_> =
        paragraph(manifest, "[features]\n").filter_map(|line| line.split(' ').next()).collect();
    let documented: BTreeSet<_> = paragraph(include_str!("../../src/lib.rs"), "//! # Features\n//!\n")
        .filter_map(|row| row.strip_prefix("//! | `")?.split('`').next())
        .collect();
    assert_eq!(documented, features);
}

/// Checks that the documentation contains a message of the engine.
#[track_caller]
pub(crate) fn assert_documented(documentation: &str, message: &str) {
    for line in message.lines() {
        let line = format!("//! {line}");
        assert!(documentation.lines().any(|documented| documented == line.trim_end()), "no line `{line}`");
    }
}
