//! Checks that `.ci/run` and the README files match the packages of the workspace.

use std::{fs, path::Path, process::Command};

use serde_json::Value;

fn ci() -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci/run")).expect("a readable .ci/run")
}

/// Returns the metadata of every package.
pub(crate) fn packages() -> Vec<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo");
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("metadata in JSON");
    metadata["packages"].as_array().expect("packages").clone()
}

/// Returns the name and the features of every published crate.
fn published() -> Vec<(String, Vec<String>)> {
    packages()
        .iter()
        .filter(|package| package["publish"].is_null())
        .map(|package| {
            let name = package["name"].as_str().expect("a name").to_owned();
            (name, package["features"].as_object().expect("features").keys().cloned().collect())
        })
        .collect()
}

#[test]
fn ci_checks_each_feature_of_every_published_crate_separately() {
    let ci = ci();
    let mut missing = Vec::new();
    for (name, features) in published() {
        let command = format!("cargo check -p {name} --no-default-features");
        let each = features.iter().filter(|feature| *feature != "default");
        let commands = each.map(|feature| format!("{command} --features {feature}")).chain([command.clone()]);
        missing.extend(commands.filter(|command| !ci.lines().any(|line| line == command)));
    }
    assert_eq!(missing, [""; 0], "missing lines in .ci/run");
}

#[test]
fn ci_lists_forbidden_dependencies_of_every_published_crate() {
    let ci = ci();
    let (_, absences) = ci.split_once("\nabsences='\n").expect("the list of absences");
    let (absences, _) = absences.split_once("\n'\n").expect("the end of the list");
    let listed: Vec<_> = absences.lines().filter_map(|line| line.split(' ').next()).collect();
    let mut published: Vec<_> = published().into_iter().map(|(name, _)| name).collect();
    published.sort();
    assert_eq!(listed, published);
}

#[test]
fn readmes_list_the_features_of_their_crate() {
    for package in packages().iter().filter(|package| package["publish"].is_null()) {
        let features = package["features"].as_object().expect("features");
        let default = features.get("default").and_then(Value::as_array).cloned().unwrap_or_default();
        let expected = features.keys().filter(|name| *name != "default").map(|name| {
            let is_default = if default.contains(&Value::from(name.as_str())) { "yes" } else { "no" };
            (name.clone(), is_default.to_owned())
        });
        let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
        let readme = fs::read_to_string(manifest.with_file_name("README.md")).expect("a README");
        let (_, section) = readme.split_once("\n## Features\n").unwrap_or_default();
        let table = section.split("\n## ").next().unwrap_or_default();
        let rows = table.lines().filter_map(|line| line.strip_prefix("| `")?.strip_suffix(" |"));
        let listed = rows.filter_map(|row| Some((row.split_once('`')?.0, row.rsplit_once("| ")?.1)));
        let listed: Vec<_> =
            listed.map(|(name, is_default)| (name.to_owned(), is_default.to_owned())).collect();
        assert_eq!(listed, expected.collect::<Vec<_>>(), "{}", manifest.display());
    }
}
