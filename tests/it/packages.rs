//! Tests that the URLs in rendered pages return the bytes of the assets.

use std::{collections::BTreeSet, fs, path::Path};

use axum::Router;
use fingerpost::{Assets, Mode};
use minijinja::{Environment, Value, context};
use tempfile::TempDir;
use tower_http::services::ServeDir;

use crate::tools::{self, expected_url, get, serve};

/// An asset path, and its form in a URL.
type File<'a> = (&'a str, &'a str);

/// Renders a page with the URLs of these assets, one per line.
fn page(assets: &Assets, files: &[File<'_>]) -> String {
    let mut env = Environment::new();
    fingerpost_minijinja::register(&mut env, assets);
    env.add_template("urls.html", "{% for path in paths %}{{ static(path) }}\n{% endfor %}")
        .expect("a template");
    let paths: Value = files.iter().map(|(path, _)| *path).collect();
    env.get_template("urls.html").and_then(|page| page.render(context! { paths })).expect("a page")
}

/// Serves `dir`, and compares the response for every URL of a page with the file that has the plain name in `dir`. Also
/// compares files without references with the files in `source`.
async fn assert_urls_return_the_files(assets: &Assets, dir: &Path, source: &Path, files: &[File<'_>]) {
    let origin = serve(Router::new().nest_service("/static", ServeDir::new(dir))).await;
    let page = page(assets, files);
    let urls: Vec<_> = page.lines().collect();
    assert_eq!(urls.len(), files.len());
    assert_eq!(urls.iter().collect::<BTreeSet<_>>().len(), files.len(), "two files have the same URL");

    for ((path, encoded), url) in files.iter().zip(urls) {
        let bytes = fs::read(dir.join(path)).expect("a file under its plain name");
        let may_refer = [".css", ".js", ".mjs"].iter().any(|extension| path.ends_with(extension));
        assert!(may_refer || bytes == fs::read(source.join(path)).expect("a source file"), "{path}");
        assert_eq!(url, expected_url(assets.mode(), encoded, &bytes));
        for url in [url, &format!("/static/{encoded}")] {
            let (status, body) = get(&format!("{origin}{url}")).await;
            assert_eq!(status, 200, "{url}");
            assert!(body == bytes, "{url} does not return the bytes of {path}");
        }
    }
}

async fn assert_both_modes_return_the_files(source: &Path, files: &[File<'_>]) {
    let development = Assets::dev(source).expect("a source directory");
    assert_urls_return_the_files(&development, source, source, files).await;
    let out = tools::collected(source);
    let production = Assets::production(out.path()).expect("an output directory");
    assert_urls_return_the_files(&production, out.path(), source, files).await;
    assert_eq!((development.mode(), production.mode()), (Mode::Dev, Mode::Production));
}

#[tokio::test]
#[ignore = "needs npm packages: run tests/setup"]
async fn two_hundred_npm_files_are_served_in_both_modes() {
    let Some(assets) = tools::real_assets(200) else { return };
    let files: Vec<_> = assets.paths().iter().map(|path| (&**path, &**path)).collect();
    assert_both_modes_return_the_files(assets.dir(), &files).await;
}

#[tokio::test]
async fn files_with_unusual_names_are_served_in_both_modes() {
    let files = [
        ("LICENSE", "LICENSE"),
        ("a.tar.gz", "a.tar.gz"),
        ("v1.2/noext", "v1.2/noext"),
        ("img/logo@2x.png", "img/logo@2x.png"),
        ("img/b c (1).png", "img/b%20c%20%281%29.png"),
        ("img/it's & co.png", "img/it%27s%20%26%20co.png"),
        ("%2F.txt", "%252F.txt"),
        ("100%.txt", "100%25.txt"),
        ("a+b,c;d=e.css", "a+b,c%3Bd%3De.css"),
        ("⊗.txt", "%E2%8A%97.txt"),
        ("empty.css", "empty.css"),
        ("chart.d3.js", "chart.d3.js"),
        ("img.deadbeefcafe.png", "img.deadbeefcafe.png"),
        (".well-known/security.txt", ".well-known/security.txt"),
    ];
    let source = TempDir::new().expect("a temporary directory");
    for (path, _) in files {
        let file = source.path().join(path);
        fs::create_dir_all(file.parent().expect("a directory")).expect("a new directory");
        fs::write(file, if path == "empty.css" { "" } else { path }).expect("a writable file");
    }
    assert_both_modes_return_the_files(source.path(), &files).await;
}
