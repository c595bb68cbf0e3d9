//! Builds and runs the complete program of the root README and its variants in empty projects.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Command, Stdio},
};

use axum::body::Body;
use fingerpost::Mode;
use http::Request;
use tempfile::TempDir;

use crate::{
    pages::files_below,
    readme::root,
    tools::{HttpClient, Server, build_outside, built_outside, expected_url, strace},
};

const README: &str = include_str!("../../README.md");

/// Returns the first code block of the README in this language that contains `words`.
fn block(language: &str, words: &str) -> &'static str {
    let blocks = README.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix(language));
    blocks.map(str::trim_start).find(|block| block.contains(words)).expect(words)
}

/// Returns the text with every occurrence of `from` replaced. Panics if the text does not contain `from`.
fn replaced(text: &str, from: &str, to: &str) -> String {
    assert!(text.contains(from), "no {from} in:\n{text}");
    text.replace(from, to)
}

/// Returns the text with some lines replaced: from the line that starts with `from` to the line that equals `to`.
fn with_lines_replaced(text: &str, from: &str, to: &str, by: &str) -> String {
    let start = text.find(&format!("\n{from}")).expect(from) + 1;
    let end = start + text[start..].find(&format!("\n{to}\n")).expect(to) + to.len() + 2;
    [&text[..start], by, &text[end..]].concat()
}

/// Returns the manifest and the program, changed for an engine as described in the README.
fn manifest_and_program(engine: &str) -> [String; 2] {
    let mut manifest = block("toml\n", "[package]").to_owned();
    let mut program = block("rust,no_run\n", "axum::serve").to_owned();
    if engine != "minijinja" {
        let (dependencies, others) =
            manifest.lines().partition::<Vec<_>, _>(|line| line.contains("minijinja"));
        assert_eq!(dependencies.len(), 2, "{manifest}");
        manifest = format!("{}\n{}", others.join("\n"), block("toml\n", &format!("fingerpost-{engine} =")));
        let pages = block("rust,no_run\n", &format!("fingerpost_{engine}::"));
        program = with_lines_replaced(&program, "mod pages {", "}", pages);
    }
    [manifest, program]
}

/// Writes the program, its manifest and its static files into an empty directory.
fn project(engine: &str) -> TempDir {
    let dir = TempDir::new().expect("a temporary directory");
    let write = |path: &str, text: String| fs::write(dir.path().join(path), text).expect("a writable file");
    let workspace = root().to_str().expect("a UTF-8 path").replace('\\', "/");
    fs::create_dir(dir.path().join("src")).expect("a new directory");
    let [manifest, program] = manifest_and_program(engine);
    // The programs share one target directory, so their names must differ.
    let manifest = replaced(&manifest, "\"my-site\"", &format!("\"readme-{engine}\""));
    write("Cargo.toml", replaced(&manifest, "../fingerpost/", &format!("{workspace}/")));
    write("src/main.rs", program);
    // With the lock file of the workspace, no dependency is fetched, and most dependencies are already compiled.
    fs::copy(root().join("Cargo.lock"), dir.path().join("Cargo.lock")).expect("a lock file");

    let files = replaced(block("sh\n", "static/css/app.css"), "cargo run", "");
    let status = Command::new("sh").args(["-ec", &files]).current_dir(&dir).stdin(Stdio::null()).status();
    assert!(status.expect("a shell").success(), "{files}");
    dir
}

fn server(project: &Path) -> Command {
    let mut server = Command::new(built_outside(project));
    server.current_dir(project).env_remove("FINGERPOST_MODE").env_remove("FINGERPOST_APP_VERSION");
    server
}

/// Returns the number of accepted connections, and the number of connections with `TCP_NODELAY`.
fn connections(calls: &str) -> (usize, usize) {
    let count = |is_one: fn(&&str) -> bool| calls.lines().filter(is_one).count();
    let accepted = count(|call| {
        call.contains("accept") && !call.contains("= -1 ") && !call.ends_with("<unfinished ...>")
    });
    (accepted, count(|call| call.contains("TCP_NODELAY, [1]")))
}

/// Starts the site, and requests the page and the assets of the page over one connection.
async fn check_page_and_assets(server: &mut Command) {
    let site = Server::start(server.env("ADDRESS", "127.0.0.1:0"));
    let client = HttpClient::default();
    let get = async |path: &str| {
        let request = Request::get(site.url(path)).body(Body::empty()).expect("a URL");
        let response = client.send(request).await;
        assert_eq!(response.status(), 200, "{path}: {response:?}");
        response.into_body()
    };

    let page = get("/").await;
    let page = str::from_utf8(&page).expect("UTF-8");
    assert!(page.contains("<h1>Hello from axum</h1>"), "{page}");
    let urls: Vec<_> = page.split('"').filter(|text| text.starts_with('/')).collect();
    assert_eq!(urls.len(), 2, "the style sheet and the script of `VersionLayer` in {page}");
    let mut style = String::new();
    for url in urls {
        let body = get(url).await;
        if url.contains("app.css") {
            style = expected_url(Mode::Dev, "css/app.css", &body);
        }
    }
    assert!(page.contains(&format!("href=\"{style}\"")), "{style} in {page}");
}

#[tokio::test]
#[ignore = "needs strace: run tests/setup"]
async fn readme_program_serves_page_and_assets_over_one_connection_without_delay() {
    let project = project("minijinja");
    let calls = project.path().join("calls");
    let tracer = strace(&calls, "trace=accept,accept4,setsockopt");
    let mut server = server(project.path());
    if let Some(mut tracer) = tracer {
        tracer.arg(server.get_program()).current_dir(&project);
        server = tracer;
    }
    check_page_and_assets(&mut server).await;
    if let Ok(calls) = fs::read_to_string(calls) {
        assert_eq!(connections(&calls), (1, 1), "{calls}");
    }
}

#[tokio::test]
async fn readme_program_reports_the_address_in_use() {
    let (project, taken) = (project("minijinja"), TcpListener::bind("127.0.0.1:0").expect("a free port"));
    let address = taken.local_addr().expect("an address").to_string();
    let output = server(project.path()).env("ADDRESS", &address).output().expect("a program");
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(message.starts_with(&format!("Error: \"cannot listen on {address}: Address ")), "{message}");
    assert_eq!(output.status.code(), Some(1));
}

#[tokio::test]
async fn readme_variants_serve_page_and_assets() {
    for engine in ["tera", "askama"] {
        let project = project(engine);
        check_page_and_assets(&mut server(project.path())).await;
    }
}

/// Returns compiler messages without directories, line numbers and margins.
fn without_places(messages: &str) -> String {
    let lines = messages.lines().map(|line| {
        let line = line.trim().trim_start_matches(|c: char| c.is_ascii_digit()).trim_start();
        let Some((_, place)) = line.split_once("--> ") else { return line.to_owned() };
        let file = place.rsplit(['/', '\\']).next().unwrap_or(place);
        format!("--> {}", file.split(':').next().unwrap_or(file))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn compiler_explains_mistakes_in_askama_templates() {
    let (project, mistakes) = (project("askama"), root().join("crates/fingerpost-askama/tests/ui"));
    fs::create_dir(project.path().join("src/bin")).expect("a new directory");
    let programs = ["arguments", "keyword", "page"];
    for name in programs {
        let program = fs::read(mistakes.join(format!("{name}.rs"))).expect("a program");
        fs::write(project.path().join(format!("src/bin/{name}.rs")), program).expect("a writable file");
    }
    let messages = build_outside(project.path(), &["--keep-going"]).expect_err("programs with mistakes");
    let messages = without_places(&messages);
    let mut found = 0;
    for name in programs {
        let expected = fs::read_to_string(mistakes.join(format!("{name}.stderr"))).expect("messages");
        for message in without_places(&expected).split("\n\n") {
            assert!(messages.contains(message.trim()), "{name}: no\n{message}\nin\n{messages}");
            found += 1;
        }
    }
    assert_eq!(found, 7, "{messages}");
}

/// Checks the programs in the pages and the examples, because readers copy these programs.
#[test]
fn every_documented_server_sets_tcp_nodelay() {
    let (mut programs, mut slow) = (0, Vec::new());
    for file in files_below(root()) {
        let is_page = file.extension().is_some_and(|extension| extension == "md");
        let is_example =
            file.starts_with(root().join("examples")) && file.extension().is_some_and(|e| e == "rs");
        if is_page || is_example {
            let text = fs::read_to_string(&file).expect("a readable file");
            let listening = text.matches("axum::serve(").count();
            programs += listening;
            slow.extend(
                (text.matches("set_nodelay(true)").count() < listening).then(|| file.display().to_string()),
            );
        }
    }
    assert!(programs > 2, "found only {programs} programs");
    assert_eq!(slow, [""; 0]);
}
