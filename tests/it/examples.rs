//! Checks that the examples run, in the repository and as copies.

use std::{fs, net::TcpListener, path::Path, process::Command};

use axum::body::Body;
use fingerpost::manifest::ContentHash;
use http::Request;
use tempfile::TempDir;

use crate::{
    pages::files_below,
    readme::root,
    tools::{Server, built_outside, get, is_large, send},
};

pub(crate) const EXAMPLES: [&str; 10] = [
    "actix-minijinja",
    "axum-askama",
    "axum-html",
    "axum-htmx",
    "axum-minijinja",
    "axum-modules",
    "axum-tera",
    "axum-token",
    "axum-turbo",
    "single-binary",
];

/// Returns all examples. `axum-bucket` and `axum-vite` have their own tests.
fn all() -> impl Iterator<Item = &'static str> {
    EXAMPLES.into_iter().chain(["axum-bucket", "axum-vite"])
}

/// Copies the files of an example.
pub(crate) fn copy_files(example: &str, to: &Path) {
    let from = root().join("examples").join(example);
    for file in files_below(&from) {
        let copy = to.join(file.strip_prefix(&from).expect("a file of the example"));
        fs::create_dir_all(copy.parent().expect("a directory")).expect("a new directory");
        fs::copy(&file, copy).expect("a copy");
    }
}

/// Copies an example to a project outside the repository, with another package name.
pub(crate) fn copy_of(example: &str, to: &Path, package: &str) {
    copy_files(example, to);
    fs::copy(root().join("Cargo.lock"), to.join("Cargo.lock")).expect("a lock file");

    let manifest = fs::read_to_string(to.join("Cargo.toml")).expect("a manifest");
    let crates = root().join("crates").to_str().expect("a UTF-8 path").replace('\\', "/");
    // The copy shares the target directory of the workspace, so the package name of the copy must differ.
    let name = format!("name = \"{package}\"");
    let adjusted = manifest.replace("../../crates", &crates).replace(&format!("name = \"{example}\""), &name);
    assert!(adjusted.contains(&name) && adjusted.contains(&crates), "{adjusted}");
    fs::write(to.join("Cargo.toml"), adjusted).expect("a writable manifest");
}

/// Publishes the next release of an example with a route `/deploy`.
pub(crate) async fn deploy(site: &Server) {
    let deploy = Request::post(site.url("/deploy")).body(Body::empty()).expect("a request");
    assert_eq!(send(deploy).await.status(), 303);
}

/// Returns a directory with an empty `htmx.min.js`.
fn htmx() -> TempDir {
    let dir = TempDir::new().expect("a temporary directory");
    fs::write(dir.path().join("htmx.min.js"), "").expect("a writable file");
    dir
}

/// The examples that are copied without `FINGERPOST_TEST_LARGE`: one for each engine, and one with a build script. The
/// other examples need more dependencies, which take minutes to build outside the workspace.
const COPIED_BY_DEFAULT: [&str; 4] = ["axum-askama", "axum-minijinja", "axum-tera", "single-binary"];

#[tokio::test]
async fn copies_of_the_examples_build_and_serve_in_both_modes() {
    let htmx = htmx();
    let all = is_large();
    for example in EXAMPLES.into_iter().filter(|example| all || COPIED_BY_DEFAULT.contains(example)) {
        let project = TempDir::new().expect("a temporary directory");
        copy_of(example, project.path(), &format!("copy-of-{example}"));
        let program = built_outside(project.path());
        // The build profile selects the mode of `single-binary`.
        let modes = if example == "single-binary" { &[&[][..]][..] } else { &[&[], &["--production"][..]] };
        for &arguments in modes {
            let mut command = Command::new(&program);
            command.args(arguments).env("ADDRESS", "127.0.0.1:0").env("HTMX_DIST", htmx.path());
            if example == "axum-turbo" {
                // On a computer without npm, the example runs without Turbo.
                command.env("PATH", project.path()).env_remove("TURBO_DIST");
            }
            let site = Server::start(command.env("FINGERPOST_APP_VERSION", "v1"));
            let (status, page) = get(&site.url("/")).await;
            assert_eq!(status, 200, "{example} {arguments:?}");
            let page = String::from_utf8(page).expect("UTF-8");
            assert_eq!(page.contains("This site runs without Turbo"), example == "axum-turbo", "{page}");
            let (_, style) = page.split_once("rel=\"stylesheet\" href=\"").expect("a style sheet");
            let style = style.split('"').next().expect("a URL");
            assert!(style != "/static/css/app.css", "{example} {arguments:?}: no version in {style}");
            assert_eq!(get(&site.url(style)).await.0, 200, "{example} {arguments:?}: {style}");
        }
    }
}

#[tokio::test]
async fn examples_show_an_app_version_in_development() {
    for example in ["axum-askama", "axum-minijinja", "axum-tera"] {
        let site = Server::example(example);
        let (_, page) = get(&site.url("/")).await;
        let page = String::from_utf8(page).expect("UTF-8");
        let (_, version) = page.rsplit_once("pp version <code>").expect("an app version");
        let version = version.split('<').next().expect("a version");
        assert!(ContentHash::parse(version).is_some(), "{example}: {version}");
    }
}

#[tokio::test]
async fn pages_of_axum_bucket_load_their_assets_from_the_bucket() {
    let site = Server::example("axum-bucket");
    let (status, page) = get(&site.url("/")).await;
    assert_eq!(status, 200);
    let page = String::from_utf8(page).expect("UTF-8");
    let (_, style) = page.split_once("rel=\"stylesheet\" href=\"").expect("a style sheet");
    let style = style.split('"').next().expect("a URL");
    assert!(style.starts_with("http://127.0.0.1:") && !style.starts_with(&site.url("")), "{style}");
    assert_eq!(get(style).await.0, 200, "{style}");
}

#[test]
fn main_files_of_the_examples_have_fewer_than_a_hundred_lines() {
    let lines = |example: &str| {
        let main = root().join("examples").join(example).join("src/main.rs");
        fs::read_to_string(main).expect("a readable file").lines().count()
    };
    let long: Vec<_> = all().filter(|example| lines(example) >= 100).collect();
    assert_eq!(long, [""; 0]);
}

#[test]
fn address_in_use_is_reported_with_the_variable_to_set() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("an address").to_string();
    for example in all() {
        let output = Server::example_command(example).env("ADDRESS", &address).output().expect("a program");
        let message = String::from_utf8_lossy(&output.stderr);
        let expected = format!(
            "Error: cannot listen on {address}; choose another address: ADDRESS=127.0.0.1:3001 cargo run …"
        );
        assert!(message.starts_with(&expected), "{example}: {message}");
        assert_eq!(output.status.code(), Some(1), "{example}");
    }
}
