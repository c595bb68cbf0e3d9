//! Tests that `check` reports no problems in Rust projects that do not use Fingerpost.

use std::fs;

use fingerpost_check::{CheckConfig, check};
use tempfile::TempDir;

use crate::tools::rust_projects;

#[test]
#[ignore = "needs crates: run tests/setup"]
fn projects_without_fingerpost_have_no_missing_names() {
    let Some(dir) = rust_projects() else { return };
    let source = TempDir::new().expect("a temporary directory");
    let mut projects = 0;
    for project in fs::read_dir(dir).expect("a directory") {
        let project = project.expect("an entry").path();
        let config = CheckConfig::default().source(source.path()).paths([&project]);
        let report = check(&config).unwrap_or_else(|err| panic!("{}: {err}", project.display()));
        assert!(report.warnings.is_empty(), "{}: {:?}", project.display(), report.warnings);
        projects += 1;
    }
    assert_eq!(projects, 5);
}
