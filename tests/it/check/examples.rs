//! Runs `check` on the examples, and tests that a misspelled name in each example is an error.

use std::{fs, path::Path};

use fingerpost_check::{CheckConfig, ErrorKind, Rule, Severity, check};
use tempfile::TempDir;

use crate::{
    examples::{EXAMPLES, copy_files},
    readme::root,
};

/// Returns the settings of a check. `made` contains the assets that `axum-htmx` and `axum-turbo` create at
/// startup, and the package of `axum-modules`.
fn config(example: &Path, made: &Path) -> CheckConfig {
    let paths = ["templates", "pages", "src"].map(|dir| example.join(dir));
    let paths = paths.into_iter().filter(|path| path.exists());
    let settings = fingerpost::Settings::read(example.join("fingerpost.toml")).unwrap_or_default();
    CheckConfig::from_settings(settings).source(example.join("static")).source(made).paths(paths)
}

#[test]
fn examples_name_only_existing_assets() {
    let made = TempDir::new().expect("a temporary directory");
    for name in
        ["css/release.css", "htmx/htmx.min.js", "turbo/turbo.es2017-esm.js", "vendor/lit-html/lit-html.js"]
    {
        let file = made.path().join(name);
        fs::create_dir_all(file.parent().expect("a directory")).expect("a new directory");
        fs::write(file, "").expect("a writable file");
    }
    for example in EXAMPLES.into_iter().chain(["axum-bucket"]) {
        let dir = root().join("examples").join(example);
        // The pages of `axum-html` contain plain URLs, which the server rewrites.
        let config = config(&dir, made.path()).severity(Rule::HardCoded, Severity::Ignore);
        let report = check(&config).unwrap_or_else(|err| panic!("{example}: {err}"));
        assert!(report.warnings.is_empty(), "{example}: {:?}", report.warnings);
        assert!(report.names > 0, "{example}");

        let copy = TempDir::new().expect("a temporary directory");
        copy_files(example, copy.path());
        let planted = plant_mistake(copy.path());
        let err = check(&self::config(copy.path(), made.path())).expect_err(example);
        let problem = err.problems().next().expect("a problem");
        assert_eq!(
            (err.problems().len(), problem.kind()),
            (1, ErrorKind::Rule(Rule::Missing)),
            "{example}: {err}"
        );
        assert_eq!(problem.message(), format!("asset `{planted}` does not exist"), "{example}");
        assert!(
            problem.advice().is_some_and(|advice| advice.starts_with("did you mean")),
            "{example}: {err}"
        );
    }
}

/// A fixed manifest replaces the build by Vite, because a build needs npm.
#[test]
fn example_with_vite_names_only_existing_assets() {
    let copy = TempDir::new().expect("a temporary directory");
    let write = |file: &str, text: &str| {
        let file = copy.path().join(file);
        fs::create_dir_all(file.parent().expect("a directory")).expect("a new directory");
        fs::write(file, text).expect("a writable file");
    };
    copy_files("axum-vite", copy.path());
    // The example may contain the output of an earlier build.
    fs::remove_dir_all(copy.path().join("dist")).ok();
    let entry = r#"{"frontend/main.ts": {"file": "assets/main-BRBmoGS9.js", "src": "frontend/main.ts", "isEntry": true}}"#;
    write("dist/vite/.vite/manifest.json", entry);
    write("dist/vite/assets/main-BRBmoGS9.js", "");
    write("dist/vite/favicon.svg", "");
    let check = || {
        let settings = fingerpost::Settings::read(copy.path().join("fingerpost.toml")).expect("settings");
        check(&CheckConfig::from_settings(settings))
    };
    let report = check().unwrap_or_else(|err| panic!("{err}"));
    assert_eq!((report.names, report.warnings.len()), (3, 0), "{:?}", report.warnings);

    let page = fs::read_to_string(copy.path().join("templates/home.html")).expect("a page");
    for (name, wrong, line) in
        [("frontend/main.ts", "frontend/mian.ts", 8), ("vite/favicon.svg", "vite/favicn.svg", 7)]
    {
        write("templates/home.html", &page.replacen(name, wrong, 1));
        let err = check().expect_err(wrong);
        let problem = err.problems().next().expect("a problem");
        assert_eq!(problem.location().expect("a location").line, line);
        let expected = (format!("asset `{wrong}` does not exist"), Some(format!("did you mean `{name}`?")));
        assert_eq!((problem.message().to_owned(), problem.advice().map(str::to_owned)), expected);
    }
}

/// Misspells a name in the first template, and returns the wrong name.
fn plant_mistake(example: &Path) -> &'static str {
    let pages =
        ["templates/base.html", "templates/home.html", "pages/index.html"].map(|page| example.join(page));
    let page = pages.iter().find(|page| page.exists()).expect("a page");
    let text = fs::read_to_string(page).expect("a page");
    let (before, after) = text.split_once("css/app.css").expect("a name");
    fs::write(page, format!("{before}css/ap.css{after}")).expect("a writable page");
    "css/ap.css"
}
