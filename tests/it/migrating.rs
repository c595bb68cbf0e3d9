//! Tests that the tables of `crates/migrating.md` list the responses of a migrated site to old and new URLs.

use std::{fs, path::Path};

use axum::{Router, body::Body};
use fingerpost::{Assets, AssetsBuilder, Mode, Settings, Strategy, Token, manifest::MANIFEST_NAME};
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_tower::StaticFiles;
use http::Request;
use tempfile::TempDir;
use tower::ServiceExt as _;

use crate::tools::{self, header};

const PAGE: &str = include_str!("../../crates/migrating.md");

fn write(dir: &Path, path: &str, content: &str) {
    let file = dir.join(path);
    fs::create_dir_all(file.parent().expect("a directory")).expect("a new directory");
    fs::write(file, content).expect("a writable file");
}

fn mount(assets: AssetsBuilder) -> Router {
    let assets = assets.mode(Mode::Production).build().expect("a site");
    Router::new().nest_service(assets.mount_path(), StaticFiles::new(&assets))
}

/// Collects with the settings `toml`, and serves the result.
fn collected(dir: &Path, toml: &str) -> Router {
    write(dir, "fingerpost.toml", toml);
    let settings = Settings::read(dir.join("fingerpost.toml")).expect("valid settings");
    collect(&CollectConfig::from_settings(settings.clone())).expect("a release");
    mount(Assets::builder().settings(settings))
}

fn django_site(dir: &Path) -> Router {
    write(dir, "staticfiles/css/app.c32fe53e7bf2.css", "body{}");
    write(dir, "staticfiles/css/app.css", "body{}");
    let manifest =
        r#"{"paths": {"css/app.css": "css/app.c32fe53e7bf2.css"}, "version": "1.1", "hash": "0123456789ab"}"#;
    write(dir, &format!("staticfiles/{MANIFEST_NAME}"), manifest);
    let first_step = Assets::production(dir.join("staticfiles")).expect("an output directory");
    assert_eq!(first_step.url("css/app.css").expect("an asset"), "/static/css/app.c32fe53e7bf2.css");
    collected(dir, "sources = ['static']\nout = 'dist/static'\ncollect.keep-from = 'staticfiles'")
}

fn fastapi_site(dir: &Path) -> Router {
    mount(
        Assets::builder().source(dir.join("static")).strategy(Strategy::VersionQuery).app_version("abc1234"),
    )
}

fn tet_site(dir: &Path) -> Router {
    let token = Token::ordered(1_796_080_041_903_u64).expect("a token");
    let by_token = Assets::builder().source(dir.join("static")).base_url("/static/{breaker}/");
    let hashed = collected(dir, "sources = ['static']\nout = 'dist/static'\nbase-url = '/assets/'");
    mount(by_token.strategy(Strategy::PathToken(token))).merge(hashed)
}

fn hashed_names_site(dir: &Path) -> Router {
    collected(dir, "sources = ['static']\nout = 'dist/static'")
}

fn memory_serve_site(dir: &Path) -> Router {
    write(dir, "memory-serve/css/app.ec4edeea111c8549.css", "body{}");
    let (_, settings) =
        PAGE.split_once("```toml\nsources = [\"static\", \"memory-serve\"]").expect("the settings");
    let (settings, _) = settings.split_once("```").expect("the end of the settings");
    collected(dir, &format!("sources = ['static', 'memory-serve']\nout = 'dist/static'{settings}"))
}

/// A function that builds a migrated site in a directory.
type BuildSite = fn(&Path) -> Router;

/// The sections of the page, each with a migrated site.
const SITES: [(&str, BuildSite); 6] = [
    ("Django with WhiteNoise", django_site),
    ("FastAPI or Starlette", fastapi_site),
    ("tet", tet_site),
    ("rust-embed", hashed_names_site),
    ("memory-serve", memory_serve_site),
    ("`?v=` by hand in axum", hashed_names_site),
];

/// Requests the URL of a table row, and returns the expected second cell.
async fn expected_cell(site: &Router, url: &str) -> String {
    let request = Request::get(url).body(Body::empty()).expect("a request");
    let response = site.clone().oneshot(request).await.expect("a response");
    let location = header(&response, "location");
    let to = if location == "-" { String::new() } else { format!(", to `{location}`") };
    format!("{}, `{}`{to}", response.status().as_u16(), header(&response, "cache-control"))
}

#[tokio::test]
async fn responses_to_old_urls_are_as_documented() {
    let sections: Vec<_> = PAGE.split("\n## ").skip(1).collect();
    assert_eq!(sections.len(), SITES.len());
    for (section, (title, site)) in sections.iter().zip(SITES) {
        assert_eq!(section.lines().next(), Some(title));
        let dir = TempDir::new().expect("a temporary directory");
        write(dir.path(), "static/css/app.css", "body{}");
        let site = site(dir.path());
        let rows: Vec<_> = section.lines().filter_map(|line| line.strip_prefix("| `/")).collect();
        assert!(rows.len() > 2, "{title}");
        for row in rows {
            let (url, response) = row.trim_end_matches(" |").split_once(" | ").expect("two cells");
            let url = format!("/{}", url.split('`').next().expect("a URL"));
            assert_eq!(response, expected_cell(&site, &url).await, "{title}: {url}");
        }
    }
}

/// The output directory is written by Django and has the hashes of Django.
#[tokio::test]
#[ignore = "needs Django: run tests/setup"]
async fn files_of_django_are_served_before_and_after_the_first_collect() {
    let Some(python) = tools::python() else { return };
    let dir = TempDir::new().expect("a temporary directory");
    for (path, content) in [
        ("css/app.css", "@import \"base.css\"; a { background: url(../img/a.svg) }"),
        ("css/base.css", "a {}"),
        ("img/a.svg", "<svg/>"),
    ] {
        write(dir.path(), &format!("static/{path}"), content);
    }
    let root = dir.path().join("staticfiles");
    crate::django::collect_static(&python, &root, &dir.path().join("static"));
    let django = Assets::production(&root).expect("an output directory");
    let urls: Vec<_> = django.iter().map(|(_, url)| url).collect();
    assert_eq!(urls.len(), 3);
    let immutable = "200, `public, max-age=31536000, immutable`";
    let before = mount(Assets::builder().collected(&root));
    let after =
        collected(dir.path(), "sources = ['static']\nout = 'dist'\ncollect.keep-from = 'staticfiles'");
    for site in [before, after] {
        for url in &urls {
            assert_eq!(expected_cell(&site, url).await, immutable, "{url}");
        }
    }
    let same_directory = collected(dir.path(), "sources = ['static']\nout = 'staticfiles'");
    for url in &urls {
        assert_eq!(expected_cell(&same_directory, url).await, immutable, "{url}");
    }
    let url = |assets: &Assets| assets.url("css/app.css").expect("an asset");
    assert_ne!(url(&Assets::production(&root).expect("an output directory")), url(&django));
}
