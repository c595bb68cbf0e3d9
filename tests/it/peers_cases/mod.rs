//! The tests of other tools for static files, checked against Fingerpost. `crates/peers.md` lists the cases.
//!
//! The fixtures of Django are fetched by `tests/setup`. All other inputs are written here, in the form that Fingerpost reads.

mod django;
mod phoenix;
mod propshaft;
mod whitenoise;

use std::{fs, panic, path::Path};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
};
use fingerpost::{Assets, Mode, Settings};
use fingerpost_collect::{CollectConfig, Report, collect};
use fingerpost_tower::StaticFiles;
use http::{Method, Request, Response};
use percent_encoding::percent_decode_str;
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::pages::files_below;

const PAGE: &str = include_str!("../../../crates/peers.md");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Same,
    Different,
}

/// One test of another tool.
struct Case {
    /// The name of the test in the other tool.
    test: &'static str,
    outcome: Outcome,
    /// The shared behavior, or the reason for the difference.
    note: &'static str,
    /// Panics if Fingerpost does not behave as described.
    check: fn(),
}

const fn same(test: &'static str, note: &'static str, check: fn()) -> Case {
    Case { test, outcome: Outcome::Same, note, check }
}

const fn different(test: &'static str, note: &'static str, check: fn()) -> Case {
    Case { test, outcome: Outcome::Different, note, check }
}

/// The cases of one tool that are checked by one test.
struct Group {
    peer: &'static str,
    /// The name of our test, such as `django::fixtures_of_django`.
    ours: &'static str,
    cases: &'static [Case],
}

const GROUPS: &[Group] = &[
    django::FIXTURES,
    django::CASES,
    whitenoise::CASES,
    propshaft::STYLES,
    propshaft::SCRIPTS,
    propshaft::CASES,
    phoenix::CASES,
];

impl Group {
    /// Checks every case, and reports all failures together.
    #[track_caller]
    fn check(&self) {
        let failed = self.cases.iter().filter_map(|case| {
            let failure = panic::catch_unwind(case.check).err()?;
            let text = failure.downcast_ref::<String>().cloned();
            let text = text.or_else(|| failure.downcast_ref::<&str>().map(|text| (*text).to_owned()));
            Some(format!("{}: {}", case.test, text.unwrap_or_default()))
        });
        let failed: Vec<_> = failed.collect();
        assert!(failed.is_empty(), "{}:\n{}", self.peer, failed.join("\n"));
    }
}

/// A site in a temporary directory, with the source directory `static` and the output directory `out`.
struct Site(TempDir);

impl Site {
    fn new(files: &[(&str, &str)]) -> Self {
        Self::with("", files)
    }

    /// `settings` are lines of the settings file.
    fn with(settings: &str, files: &[(&str, &str)]) -> Self {
        let site = Self(TempDir::new().expect("a temporary directory"));
        let top = if settings.contains("sources = ") { "" } else { "sources = ['static']\n" };
        site.write("fingerpost.toml", format!("{top}out = 'out'\n{settings}\n"));
        for (path, content) in files {
            site.write_asset(path, content);
        }
        site
    }

    fn path(&self, path: &str) -> std::path::PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, content: impl AsRef<[u8]>) {
        let file = self.path(path);
        fs::create_dir_all(file.parent().expect("a directory")).expect("a new directory");
        fs::write(file, content).expect("a writable file");
    }

    fn write_asset(&self, path: &str, content: impl AsRef<[u8]>) {
        self.write(&format!("static/{path}"), content);
    }

    fn settings(&self) -> Settings {
        Settings::read(self.path("fingerpost.toml")).expect("valid settings")
    }

    fn config(&self) -> CollectConfig {
        CollectConfig::from_settings(self.settings())
    }

    fn try_collect(&self) -> Result<Report, String> {
        collect(&self.config()).map_err(|error| error.to_string())
    }

    #[track_caller]
    fn collect(&self) -> Report {
        self.try_collect().expect("a release")
    }

    #[track_caller]
    fn collected(self) -> Self {
        self.collect();
        self
    }

    #[track_caller]
    fn assets(&self) -> Assets {
        let mode = Mode::Production;
        Assets::builder().settings(self.settings()).mode(mode).build().expect("a collected site")
    }

    /// Returns the URL of an asset, with `*` for its hash.
    #[track_caller]
    fn url(&self, path: &str) -> String {
        without_hashes(&self.assets().url(path).expect("an asset"))
    }

    /// Returns the published text of an asset, with `*` for each hash.
    #[track_caller]
    fn text(&self, path: &str) -> String {
        let url = self.assets().url(path).expect("an asset");
        let hashed =
            percent_decode_str(url.strip_prefix("/static/").unwrap_or(&url[1..])).decode_utf8_lossy();
        without_hashes(&String::from_utf8_lossy(
            &fs::read(self.path("out").join(&*hashed)).expect("a hashed file"),
        ))
    }

    /// Returns the sorted files of the output directory, without the directory `.fingerpost`.
    fn files(&self) -> Vec<String> {
        published_files(&self.path("out"))
    }

    fn has(&self, file: &str) -> bool {
        self.files().iter().any(|found| found == file)
    }

    fn router(&self) -> Router {
        let assets = self.assets();
        Router::new().nest_service(assets.mount_path(), StaticFiles::new(&assets))
    }

    /// Requests a path below `/static/` from `StaticFiles`.
    fn request(&self, method: Method, path: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
        request(self.router(), method, path, headers)
    }

    fn get(&self, path: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
        self.request(Method::GET, path, headers)
    }
}

fn request(router: Router, method: Method, path: &str, headers: &[(&str, &str)]) -> Response<Bytes> {
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Body::empty()).expect("a request");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let (head, body) = router.oneshot(request).await.expect("a response").into_parts();
        Response::from_parts(head, to_bytes(body, usize::MAX).await.expect("a whole body"))
    })
}

/// Replaces each hash between dots with `*`.
fn without_hashes(text: &str) -> String {
    let is_hash =
        |part: &str| part.len() == 12 && part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let parts = text.split('.').map(|part| if is_hash(part) { "*" } else { part });
    parts.collect::<Vec<_>>().join(".")
}

fn published_files(out: &Path) -> Vec<String> {
    let name =
        |path: std::path::PathBuf| path.strip_prefix(out).expect("a file").to_string_lossy().into_owned();
    let mut files: Vec<_> =
        if out.is_dir() { files_below(out).into_iter().map(name).collect() } else { Vec::new() };
    files.iter_mut().for_each(|file| *file = without_hashes(file));
    files.sort();
    files
}

#[track_caller]
fn assert_contains(text: &str, part: &str) {
    assert!(text.contains(part), "`{part}` is not in `{text}`");
}

/// The rows of the page for these groups.
fn rows() -> Vec<String> {
    let row = |group: &Group, case: &Case| {
        let outcome = if case.outcome == Outcome::Same { "same" } else { "different" };
        format!(
            "| {} | `{}` | {outcome} | {} | `tests: peers_cases::{}` |",
            group.peer, case.test, case.note, group.ours
        )
    };
    GROUPS.iter().flat_map(|group| group.cases.iter().map(move |case| row(group, case))).collect()
}

#[test]
fn page_lists_exactly_the_cases() {
    let page: Vec<_> = PAGE
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains("`tests: peers_cases::"))
        .collect();
    let rows = rows();
    let missing: Vec<_> = rows.iter().filter(|row| !page.contains(&row.as_str())).collect();
    let extra: Vec<_> = page.iter().filter(|row| !rows.iter().any(|case| case == *row)).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "not in crates/peers.md: {missing:#?}\nnot a case: {extra:#?}"
    );
    assert_eq!(page, rows, "the order differs");
}

#[test]
fn counts_on_the_page_match_the_cases() {
    for peer in ["Django", "WhiteNoise", "Propshaft", "Phoenix"] {
        let cases = || GROUPS.iter().filter(|group| group.peer == peer).flat_map(|group| group.cases);
        let same = cases().filter(|case| case.outcome == Outcome::Same).count();
        let row = format!("| {peer} | {same} | {} |", cases().count() - same);
        assert!(PAGE.lines().any(|line| line.starts_with(&row)), "crates/peers.md lacks `{row}`");
    }
}

#[test]
fn tests_on_the_page_exist() {
    let sources = crate::features::Sources::read();
    for group in GROUPS {
        assert!(sources.has_test(&format!("tests: peers_cases::{}", group.ours)), "{}", group.ours);
    }
}

#[test]
fn failing_case_is_reported_with_its_name() {
    const GROUP: Group =
        Group { peer: "A", ours: "", cases: &[same("one", "", || ()), same("two", "", || panic!("no"))] };
    let failure = panic::catch_unwind(|| GROUP.check()).expect_err("a failure");
    assert_eq!(*failure.downcast::<String>().expect("a string"), "A:\ntwo: no");
}
