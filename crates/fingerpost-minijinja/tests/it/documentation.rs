//! The documentation matches the crate.

use std::collections::BTreeSet;

/// Returns the name at the start of each line, from the line after `start` to the first empty line.
fn names<'a>(text: &'a str, start: &str, before: &str, after: char) -> BTreeSet<&'a str> {
    let (_, rest) = text.split_once(start).expect(start);
    rest.lines()
        .take_while(|line| !matches!(*line, "" | "//!"))
        .filter_map(|line| line.strip_prefix(before)?.split(after).next())
        .collect()
}

#[test]
fn feature_table_matches_cargo_toml() {
    let features = names(include_str!("../../Cargo.toml"), "\n[features]\n", "", ' ');
    let documented = names(include_str!("../../src/lib.rs"), "//! # Features\n//!\n", "//! | `", '`');
    assert_eq!(documented, features);
}
