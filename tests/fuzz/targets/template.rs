//! Checks that `check` does not panic on any template or Rust file, and that every location is valid.
#![no_main]

use std::fs;

use fingerpost_check::{CheckConfig, Problem, Rule, Severity, check};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

struct Site {
    dir: TempDir,
    config: CheckConfig,
}

impl Site {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let source = dir.path().join("static");
        fs::create_dir(&source).expect("a new directory");
        fs::write(source.join("a.css"), "").expect("a writable directory");
        let paths = ["a.html", "a.rs"].map(|name| dir.path().join(name));
        let config = CheckConfig::default().source(&source).paths(paths).severity(Rule::Dynamic, Severity::Warn);
        Self { dir, config }
    }
}

thread_local! {
    static SITE: Site = Site::new();
}

fn assert_is_valid(problem: &Problem) {
    let Some(location) = problem.location() else { return };
    assert!(location.excerpt.get(location.span.clone()).is_some(), "{problem}");
    assert!(location.line > 0 && location.column > 0, "{problem}");
}

fuzz_target!(|bytes: &[u8]| SITE.with(|site| {
    for name in ["a.html", "a.rs"] {
        fs::write(site.dir.path().join(name), bytes).expect("a writable file");
    }
    match check(&site.config) {
        Ok(report) => report.warnings.iter().chain(&report.notes).for_each(assert_is_valid),
        Err(err) => err.problems().chain(err.warnings()).for_each(assert_is_valid),
    }
}));
