//! Checks that all tests in the tables of `peers/hyperdjango.md` exist.

use std::{fs, path::Path};

const CHECKLIST: &str = include_str!("../peers/hyperdjango.md");

/// Appends the text of the Rust files below a directory to `sources`. Skips generated files.
fn read(dir: &Path, sources: &mut String) {
    for entry in fs::read_dir(dir).expect("a readable directory").map(|entry| entry.expect("an entry").path())
    {
        let is_ours = !entry.ends_with("target") && !entry.ends_with(".cache");
        if entry.is_dir() && is_ours {
            read(&entry, sources);
        } else if entry.extension().is_some_and(|extension| extension == "rs") {
            *sources += &fs::read_to_string(entry).expect("a source file");
        }
    }
}

#[test]
fn hyperdjango_checklist_names_existing_tests() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut sources = String::new();
    for dir in ["crates", "tests"] {
        read(&root.join(dir), &mut sources);
    }
    let rows = CHECKLIST
        .lines()
        .filter(|line| line.starts_with("| "))
        .filter(|line| !line.starts_with("| HyperDjango |"));
    let mut missing = Vec::new();
    for row in rows {
        let ours = row.split(" | ").nth(1).expect("a second column");
        let names: Vec<_> = ours.split('`').skip(1).step_by(2).collect();
        assert!(!names.is_empty(), "{row}");
        missing.extend(names.into_iter().filter(|name| !sources.contains(&format!("fn {name}("))));
    }
    assert_eq!(missing, [""; 0]);
}
