//! What the README files say, as far as a program can tell. `tests/readme.rs` compiles their Rust code.

use std::{
    fs,
    path::{Path, PathBuf},
};

use fingerpost::Settings;
use tempfile::TempDir;

use crate::workspace::packages;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace")
}

fn text(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|err| panic!("{path}: {err}"))
}

/// Returns the README files, relative to the root: its own, that of `crates` and that of every package that has one.
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

/// Leaves out code blocks and code in backticks, where brackets are no links.
fn prose(markdown: &str) -> String {
    let lines = markdown.split("```").step_by(2).flat_map(|prose| prose.split('`').step_by(2));
    lines.collect::<Vec<_>>().join("code")
}

/// Returns where the links of a Markdown text lead: `](target)`, `]: target`, `href="target"`, `src="target"`.
fn links(markdown: &str) -> Vec<String> {
    let prose = prose(markdown);
    let after = |start: &str, end: &[char]| {
        let targets =
            prose.split(start).skip(1).map(|rest| rest.split(end).next().unwrap_or_default().to_owned());
        targets.collect::<Vec<_>>()
    };
    let mut links = after("](", &[')', ' ']);
    links.extend(after("]: ", &['\n', ' ']));
    links.extend(after("href=\"", &['"']));
    links.extend(after("src=\"", &['"']));
    links
}

#[test]
fn the_call_in_every_engine_stands_on_the_first_screen() {
    let readme = text("README.md");
    let screen: Vec<_> = readme.lines().take(35).collect();
    for (engine, call) in [
        ("MiniJinja", "{{ static('css/app.css') }}"),
        ("Tera", "{{ static(path='css/app.css') }}"),
        ("Askama", "{{ static(\"css/app.css\") }}"),
    ] {
        assert!(screen.iter().any(|line| line.contains(engine) && line.contains(call)), "{engine}: {call}");
    }
}

#[test]
fn links_of_all_kinds_are_found() {
    let text =
        "[a](b.md) [`c`](d.md#e 'title') `[code](no)`\n```sh\n[no](no)\n```\n[f]: g.md\n<a href=\"h.md\">";
    assert_eq!(links(text), ["b.md", "d.md#e", "g.md", "h.md"]);
}

#[test]
fn relative_links_lead_to_files() {
    let mut broken = Vec::new();
    for readme in readmes() {
        for link in links(&text(&readme)) {
            let file = link.split('#').next().unwrap_or_default();
            let target = root().join(&readme).with_file_name(file);
            if !link.contains("://") && !file.is_empty() && !target.exists() {
                broken.push(format!("{readme}: {link}"));
            }
        }
    }
    assert_eq!(broken, [""; 0]);
}

#[test]
fn commands_name_packages_and_folders_that_exist() {
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
                root().join(folder).join("Cargo.toml").is_file(),
                "{readme}: cargo install --path {folder}"
            );
        }
    }
    assert!(commands > 0, "no README runs an example");
}

#[test]
fn what_is_taken_from_the_repository_is_a_package_of_it() {
    let (readme, packages) = (text("README.md"), packages());
    let dependencies = readme.lines().filter_map(|line| {
        let (name, rest) = line.split_once(" = { git = \"")?;
        Some((name, rest.split('"').next()?))
    });
    let programs = readme.lines().filter_map(|line| {
        let mut words = line.strip_prefix("cargo install --git ")?.split_whitespace();
        let repository = words.next()?;
        Some((words.next()?, repository))
    });
    let taken: Vec<_> = dependencies.chain(programs).collect();
    assert_eq!(taken.len(), 3, "{taken:?}");
    for (name, repository) in taken {
        let package = packages.iter().find(|package| package["name"] == name).expect(name);
        assert_eq!(package["repository"], repository, "{name}");
    }
}

#[test]
fn the_settings_file_is_one() {
    let readme = text("README.md");
    let toml = readme.split("```toml\n").find(|block| block.starts_with("sources")).expect("a settings file");
    let dir = TempDir::new().expect("a temporary folder");
    let file = dir.path().join("fingerpost.toml");
    fs::write(&file, toml.split("```").next().expect("a text")).expect("a writable file");
    let settings = Settings::read(file).expect("good settings");
    assert!(
        settings.sources.len() > 1 && settings.out.is_some() && settings.base_url.is_some(),
        "{settings:?}"
    );
}

#[test]
fn the_map_of_the_code_names_files_that_exist() {
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

fn files_below(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).expect("a readable folder").map(|entry| entry.expect("an entry").path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![path] }).collect()
}
