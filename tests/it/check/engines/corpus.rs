//! Tests with public templates: from Python packages that `tests/setup` fetches, and from the tests of the engines.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use serde_json::Value;

use crate::{
    pages::files_below,
    tools::{is_large, python_templates},
};

use super::{ENGINES, Engine, NAME, compare, with_names};

const EXTENSIONS: [&str; 8] = ["htm", "html", "j2", "jinja", "jinja2", "tera", "txt", "xml"];

/// The approximate number of files for each engine, unless `FINGERPOST_TEST_LARGE` is set.
const FEW: usize = 40;

#[test]
#[ignore = "needs Python packages: run tests/setup"]
fn names_in_public_templates_are_found_as_in_the_engines() {
    // The parsers of the engines need a large stack for some templates.
    let thread =
        thread::Builder::new().stack_size(1 << 28).spawn(compare_public_templates).expect("a thread");
    thread.join().expect("equal names");
}

fn compare_public_templates() {
    let Some(python) = python_templates() else { return };
    let mut files: Vec<_> =
        sources_of_engines().iter().chain([&python]).flat_map(|dir| files_below(dir)).collect();
    files.sort();
    let is_large = is_large();
    for (engine, least) in ENGINES.into_iter().zip([300, 300, 20]) {
        let step = if is_large { 1 } else { files.len() / FEW };
        let templates: Vec<_> = files.iter().step_by(step).filter_map(|file| changed(engine, file)).collect();
        let written: usize = templates.iter().map(|template| template.matches(NAME).count()).sum();
        let (accepted, names) = compare(engine, &templates);
        let ignored = written - names;
        let figures =
            format!("{accepted} templates, {written} names, {ignored} of them in comments and raw blocks");
        writeln!(io::stderr(), "{figures}").expect("stderr is open");
        assert!(!is_large || accepted >= least, "only {accepted} templates");
    }
}

/// Returns a template with inserted names. Skips files with line ends other than `\n` and `\r\n`, because the engines
/// do not count these line ends.
fn changed(engine: &dyn Engine, file: &Path) -> Option<String> {
    let is_template =
        EXTENSIONS.iter().any(|extension| file.extension().is_some_and(|other| other == *extension));
    let text = fs::read_to_string(file).ok().filter(|_| is_template)?;
    let has_other_line_ends = text.contains('\u{c}') || text.replace("\r\n", "").contains('\r');
    if has_other_line_ends || !text.contains('{') || text.len() > 100_000 {
        return None;
    }
    with_names(engine, &without_extends(&text))
}

/// Removes the tag `extends`, because Tera rejects a template whose parent is missing.
fn without_extends(text: &str) -> String {
    let Some((before, rest)) = text.split_once("{% extends ") else { return text.to_owned() };
    let Some((_, after)) = rest.split_once("%}") else { return text.to_owned() };
    format!("{before}{after}")
}

/// Returns the directories of the engines' packages, which contain templates for the tests of the engines.
fn sources_of_engines() -> Vec<PathBuf> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--offline"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata in JSON");
    let packages = metadata["packages"].as_array().expect("packages").iter();
    let is_engine = |package: &&Value| {
        ["askama_derive", "askama_parser", "tera"].iter().any(|name| package["name"] == **name)
    };
    let dir = |package: &Value| Path::new(package["manifest_path"].as_str()?).parent().map(Path::to_owned);
    packages.filter(is_engine).filter_map(dir).collect()
}
