//! Tests that the tables of `crates/features.md` name only existing items and tests.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
};

use crate::{pages::files_below, readme::root};

const PAGE: &str = include_str!("../../crates/features.md");

/// The Rust sources of the repository.
pub(crate) struct Sources(HashMap<PathBuf, String>);

impl Sources {
    pub(crate) fn read() -> Self {
        let files = ["crates", "tests"].into_iter().flat_map(|dir| files_below(&root().join(dir)));
        let files = files.filter(|path| path.extension().is_some_and(|extension| extension == "rs"));
        let text = |path: &Path| fs::read_to_string(path).expect("a readable file");
        Self(files.map(|path| (path.strip_prefix(root()).expect("a file").to_owned(), text(&path))).collect())
    }

    /// Returns the text of the module `path`, such as `version::headers`, below `dir`.
    fn module(&self, dir: &Path, path: &[&str]) -> Option<&str> {
        let file = path.iter().fold(dir.to_owned(), |dir, name| dir.join(name));
        let text = self.0.get(&file.with_extension("rs")).or_else(|| self.0.get(&file.join("mod.rs")));
        match (text, path) {
            (Some(text), _) => Some(text),
            // The module is inline in the file of its parent, or is declared by `each_major!`.
            (None, [parent @ .., name]) => self.module(dir, parent).filter(|text| {
                text.contains(&format!("mod {name} {{"))
                    || *name == "tera_2" && text.contains("each_major! {")
            }),
            (None, []) => None,
        }
    }

    /// Returns `true` if a test such as `fingerpost-tower: version::headers::action_header_matches_on_mismatch` exists.
    pub(crate) fn has_test(&self, test: &str) -> bool {
        let Some((package, path)) = test.split_once(": ") else { return false };
        let path: Vec<_> = path.split("::").collect();
        let (name, module) = path.split_last().expect("a name");
        let dir = match package {
            "tests" => PathBuf::from("tests/it"),
            _ if module.contains(&"tests") => Path::new("crates").join(package).join("src"),
            _ => Path::new("crates").join(package).join("tests/it"),
        };
        let is_row = path.first() == Some(&"client") && {
            let rows = self.module(&dir, &["client"]).expect("the table of the browser tests");
            rows.contains(&format!("=> {},", path[1..].join("::")))
        };
        let is_listed =
            |text: &str| module.ends_with(&["tera_2"]) && text.lines().any(|line| line.trim() == *name);
        self.module(&dir, module)
            .is_some_and(|text| is_row || is_listed(text) || has_test_attribute(text, name))
    }

    /// Returns `true` if a file contains both the type and the method or variant of an item such as `Assets::url`.
    fn has_method(&self, item: &str) -> bool {
        let Some((type_name, method)) = item.split_once("::") else { return true };
        let is_variant = |text: &str| text.contains(&format!("enum {type_name} ")) && has_word(text, method);
        let has_function = |text: &str| {
            [format!("pub fn {method}("), format!("pub fn {method}<")]
                .iter()
                .any(|start| text.contains(start))
        };
        self.0.values().any(|text| is_variant(text) || text.contains(type_name) && has_function(text))
    }
}

fn has_word(text: &str, word: &str) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|found| found == word)
}

/// Returns `true` if `text` contains a function `name` with a test attribute.
fn has_test_attribute(text: &str, name: &str) -> bool {
    let Some((before, _)) = text.split_once(&format!("fn {name}(")) else { return false };
    let mut attributes = before.rsplit('\n').skip(1).map(str::trim).take_while(|line| line.starts_with("#["));
    attributes.any(|line| line.contains("test]") || line.contains("test("))
}

/// Returns the texts between backticks.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Returns the problems in the cells, links, items and tests of a table row.
fn problems(sources: &Sources, row: &str) -> Vec<String> {
    let cells: Vec<_> = row.trim_matches(['|', ' ']).split(" | ").collect();
    let [feature, here, tests] = cells[..] else { return vec![format!("not three cells: {row}")] };
    let mut problems = Vec::new();
    if !here.contains("](") {
        problems.push(format!("no link: {feature}"));
    }
    let items = here.split("[`").skip(1).filter_map(|rest| rest.split_once("`](")).map(|(item, _)| item);
    problems.extend(items.filter(|item| !sources.has_method(item)).map(|item| format!("no item `{item}`")));
    let tests: Vec<_> = code(tests).collect();
    if tests.is_empty() {
        problems.push(format!("no test: {feature}"));
    }
    problems.extend(
        tests.into_iter().filter(|test| !sources.has_test(test)).map(|test| format!("no test `{test}`")),
    );
    problems
}

fn is_test(code: &&str) -> bool {
    code.split_once(": ").is_some_and(|(package, path)| {
        package.ends_with("tests") || package.starts_with("fingerpost") && path.contains("::")
    })
}

#[test]
fn every_row_names_existing_items_and_tests() {
    let sources = Sources::read();
    let rows = PAGE.lines().filter(|line| line.starts_with("| ") && !line.ends_with("| tests |"));
    let rows: Vec<_> = rows.collect();
    assert!(rows.len() > 100, "{} rows", rows.len());
    let lists = PAGE.lines().filter(|line| !line.starts_with('|')).flat_map(code).filter(is_test);
    let in_lists = lists.filter(|test| !sources.has_test(test)).map(|test| format!("no test `{test}`"));
    let found: Vec<_> = rows.iter().flat_map(|row| problems(&sources, row)).chain(in_lists).collect();
    assert_eq!(found, [""; 0]);
}

#[test]
fn wrong_names_in_rows_are_detected() {
    let sources = Sources::read();
    for (row, expected) in [
        ("| a | [b](c.md) | `tests: features::wrong_names_in_rows_are_detected` |", ""),
        ("| a | [b](c.md) | `tests: features::wrong_names` |", "no test `tests: features::wrong_names`"),
        (
            "| a | [b](c.md) | `tests: pages::wrong_names_in_rows_are_detected` |",
            "no test `tests: pages::wrong_names_in_rows_are_detected`",
        ),
        ("| a | [b](c.md) | `tests: features::code` |", "no test `tests: features::code`"),
        ("| a | [b](c.md) | `fingerpost: url::tests::names_are_percent_encoded_once` |", ""),
        (
            "| a | [b](c.md) | `fingerpost: url::names_are_percent_encoded_once` |",
            "no test `fingerpost: url::names_are_percent_encoded_once`",
        ),
        ("| a | [b](c.md) | `tests: client::actions::script_may_run_twice` |", ""),
        ("| a | [b](c.md) | `tests: client::actions::open` |", "no test `tests: client::actions::open`"),
        ("| a | [b](c.md) | |", "not three cells: | a | [b](c.md) | |"),
        ("| a | b | `tests: features::wrong_names_in_rows_are_detected` |", "no link: a"),
        ("| a | [`Assets::url`](c.md) | `tests: features::wrong_names_in_rows_are_detected` |", ""),
        (
            "| a | [`Assets::urls`](c.md) | `tests: features::wrong_names_in_rows_are_detected` |",
            "no item `Assets::urls`",
        ),
        (
            "| a | [`Strategy::Query`](c.md) | `tests: features::wrong_names_in_rows_are_detected` |",
            "no item `Strategy::Query`",
        ),
    ] {
        assert_eq!(problems(&sources, row).join(", "), expected, "{row}");
    }
}
