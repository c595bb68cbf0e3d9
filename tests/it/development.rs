//! Tests that a page reload in development mode shows each saved change.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Router,
    http::{HeaderValue, header::CACHE_CONTROL},
    middleware::map_response,
    response::{Html, Response},
    routing::get,
};
use filetime::{FileTime, set_file_mtime};
use fingerpost::{Assets, Mode};
use minijinja::{Environment, context};
use tempfile::TempDir;
use tower_http::services::ServeDir;

use crate::tools::{self, Browser, expected_url, serve};

const PAGE: &str = "<!doctype html><title>Development</title><link rel=icon href=data:,>
    <link rel=stylesheet href=\"{{ static('css/app.css') }}\"><h1>Development</h1>";

/// A site whose static files are cached for a year, so that only a new URL returns new bytes.
fn site(source: &Path) -> Router {
    let mut env = Environment::new();
    fingerpost_minijinja::register(&mut env, &Assets::dev(source).expect("a source directory"));
    env.add_template("page.html", PAGE).expect("a template");
    let env = Arc::new(env);
    let page = move || async move {
        Html(env.get_template("page.html").and_then(|page| page.render(context! {})).expect("a page"))
    };
    let for_a_year = async |mut response: Response| {
        let year = HeaderValue::from_static("max-age=31536000, immutable");
        response.headers_mut().insert(CACHE_CONTROL, year);
        response
    };
    let files = Router::new().fallback_service(ServeDir::new(source)).layer(map_response(for_a_year));
    Router::new().route("/", get(page)).nest("/static", files)
}

/// Returns a new source directory, and the path of an empty `css/app.css` in this directory.
fn source() -> (TempDir, PathBuf) {
    let source = TempDir::new().expect("a temporary directory");
    let file = source.path().join("css/app.css");
    fs::create_dir(source.path().join("css")).expect("a new directory");
    fs::write(&file, "").expect("a writable file");
    (source, file)
}

fn modified(file: &Path) -> FileTime {
    FileTime::from_last_modification_time(&fs::metadata(file).expect("a file"))
}

fn edit_in_place(file: &Path, css: &str) {
    fs::write(file, css).expect("a writable file");
}

fn edit_in_place_with_the_old_time(file: &Path, css: &str) {
    let time = modified(file);
    edit_in_place(file, css);
    set_file_mtime(file, time).expect("a file");
}

fn edit_by_rename(file: &Path, css: &str) {
    let beside = file.with_extension("new");
    edit_in_place(&beside, css);
    fs::rename(beside, file).expect("a file that can be replaced");
}

fn edit_by_rename_with_the_old_time(file: &Path, css: &str) {
    let time = modified(file);
    edit_by_rename(file, css);
    set_file_mtime(file, time).expect("a file");
}

/// Ways to save a file.
const EDITS: [fn(&Path, &str); 4] =
    [edit_in_place, edit_in_place_with_the_old_time, edit_by_rename, edit_by_rename_with_the_old_time];

/// Returns the color of the heading and the URL of the style sheet.
async fn color_and_url(browser: &Browser) -> (String, String) {
    let values = "[getComputedStyle(document.querySelector('h1')).color,
        document.querySelector('[rel=stylesheet]').getAttribute('href')]";
    serde_json::from_value(browser.evaluate(values).await).expect("two strings")
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn every_page_reload_shows_the_stylesheet_just_saved() {
    let Some(mut browser) = Browser::open().await else { return };
    let (source, file) = source();
    let colors: Vec<_> = (100..110).map(|shade| format!("rgb({shade}, {shade}, {shade})")).collect();
    let css = |color: &str| format!("h1 {{ color: {color} }}");
    let expected =
        |color: &str| (color.to_owned(), expected_url(Mode::Dev, "css/app.css", css(color).as_bytes()));

    fs::write(&file, css(&colors[0])).expect("a writable file");
    let origin = serve(site(source.path())).await;
    browser.goto(&origin).await.expect("a page");
    assert_eq!(color_and_url(&browser).await, expected(&colors[0]));

    for (color, edit) in colors[1..9].iter().zip(EDITS.iter().cycle()) {
        edit(&file, &css(color));
        browser.refresh().await.expect("the page reloads");
        assert_eq!(color_and_url(&browser).await, expected(color));
    }

    // After two seconds, the cached hash is used without reading the file again.
    tokio::time::sleep(Duration::from_millis(2_200)).await;
    browser.refresh().await.expect("the page reloads");
    assert_eq!(color_and_url(&browser).await, expected(&colors[8]));
    edit_in_place_with_the_old_time(&file, &css(&colors[9]));
    browser.refresh().await.expect("the page reloads");
    assert_eq!(color_and_url(&browser).await, expected(&colors[9]));

    assert_eq!(browser.errors().await, [""; 0]);
    let requests = browser.requests().await;
    assert!(requests.iter().all(|request| request.status == Some(200)), "{requests:?}");
    let stylesheets: Vec<_> = requests.iter().filter(|request| request.url.contains(".css")).collect();
    let from_cache: Vec<_> = stylesheets.iter().map(|request| request.from_cache).collect();
    // Only the reload without an edit uses the cache of the browser.
    let expected: Vec<_> = (0..11).map(|request| request == 9).collect();
    assert_eq!(from_cache, expected, "{stylesheets:?}");
}

#[tokio::test]
async fn each_of_five_same_length_edits_within_a_second_gets_a_new_url() {
    let (source, file) = source();
    edit_in_place(&file, "h1 { order: 00 }");
    let origin = serve(site(source.path())).await;
    assert_eq!(tools::get(&origin).await.0, 200);
    // On a busy machine, a round may take more than a second. The test then tries another round.
    for round in 1..=5 {
        let began = Instant::now();
        for edit in 1..=5 {
            let css = format!("h1 {{ order: {round}{edit} }}");
            edit_in_place(&file, &css);
            let (_, page) = tools::get(&origin).await;
            let page = String::from_utf8(page).expect("a page in UTF-8");
            let url = expected_url(Mode::Dev, "css/app.css", css.as_bytes());
            assert!(page.contains(&format!("href=\"{url}\"")), "{url} is not in {page}");
            let (status, bytes) = tools::get(&format!("{origin}{url}")).await;
            assert_eq!((status, bytes), (200, css.into_bytes()));
        }
        if began.elapsed() <= Duration::from_secs(1) {
            return;
        }
    }
    panic!("this machine is too slow: none of five rounds made five edits within a second");
}
