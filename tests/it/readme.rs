//! Checks statements of the README files about the repository. `tests/readme.rs` compiles the Rust code of the README
//! files.

use std::{
    fs,
    path::{Path, PathBuf},
};

use fingerpost::Settings;
use fingerpost_collect::__private::check_tables;
use tempfile::TempDir;

use crate::{pages::files_below, workspace::packages};

/// Returns the root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|err| panic!("{path}: {err}"))
}

/// Returns the README files, relative to the root: in the root, in `crates` and in packages.
fn readmes() -> Vec<String> {
    let mut found = vec!["README.md".to_owned(), "crates/README.md".to_owned()];
    for package in packages() {
        let manifest = PathBuf::from(package["manifest_path"].as_str().expect("a path"));
        let readme = manifest.with_file_name("README.md");
        if readme.is_file() {
            let below_root = readme.strip_prefix(root()).expect("a path below the root");
            found.push(below_root.to_str().expect("a UTF-8 path").to_owned());
        }
    }
    found
}

#[test]
fn readme_commands_name_existing_packages_and_directories() {
    let packages = packages();
    let mut commands = 0;
    for readme in readmes() {
        let text = text(&readme);
        let words_after = |command| {
            text.split(command)
                .skip(1)
                .filter_map(|rest| rest.split(|c: char| c.is_whitespace() || c == '`').next())
        };
        for name in words_after("cargo run -p ") {
            assert!(packages.iter().any(|package| package["name"] == name), "{readme}: cargo run -p {name}");
            commands += 1;
        }
        for folder in words_after("cargo install --path ") {
            assert!(
                root().join(folder.trim_start_matches("../fingerpost/")).join("Cargo.toml").is_file(),
                "{readme}: cargo install --path {folder}"
            );
        }
    }
    assert!(commands > 0, "no README runs an example");
}

#[test]
fn readme_settings_file_is_valid() {
    let readme = text("README.md");
    let toml = readme.split("```toml\n").find(|block| block.starts_with("sources")).expect("a settings file");
    let dir = TempDir::new().expect("a temporary directory");
    let file = dir.path().join("fingerpost.toml");
    fs::write(&file, toml.split("```").next().expect("a string")).expect("a writable file");
    let settings = Settings::read(file).expect("valid settings");
    check_tables(&settings).expect("valid tables");
    assert!(
        settings.sources.len() > 1 && settings.out.is_some() && settings.base_url.is_some(),
        "{settings:?}"
    );
}

#[test]
fn crates_readme_names_existing_files() {
    let map = text("crates/README.md");
    let mut missing = Vec::new();
    let files = files_below(&root().join("crates"));
    for name in map.split('`').skip(1).step_by(2).filter(|name| name.ends_with(".rs")) {
        if !files.iter().any(|file| file.ends_with(name)) {
            missing.push(name);
        }
    }
    assert_eq!(missing, [""; 0]);
}
