//! Tests that the development server of Vite updates open pages.

use std::{fs, path::Path, process::Command};

use axum::{Router, response::Html, routing::get};
use fingerpost::{Assets, Mode, Settings};
use http::header::CONTENT_SECURITY_POLICY;
use serde_json::json;
use tempfile::TempDir;

use super::project::{link, packages};
use crate::tools::{Browser, Server, serve};

/// Writes a project with a script, a style sheet and a React component, which use the packages of Vite 8.
fn project(packages: &Path) -> TempDir {
    let dir = TempDir::new().expect("a temporary directory");
    fs::create_dir(dir.path().join("src")).expect("a new directory");
    link(&packages.join("node_modules"), &dir.path().join("node_modules"));
    for (name, text) in [
        ("package.json", r#"{"private": true, "type": "module"}"#),
        (
            "vite.config.js",
            "import react from '@vitejs/plugin-react'\n\
             export default { plugins: [react()], server: { origin: process.env.ORIGIN } }\n",
        ),
        ("src/app.css", "h1 { color: rgb(1, 2, 3) }"),
        (
            "src/main.ts",
            "import './app.css'\nimport { text } from './text'\n\
             const show = (text: string) => document.querySelector('h1')!.textContent = text\n\
             show(text)\nimport.meta.hot?.accept('./text', (changed) => show(changed!.text))\n",
        ),
        ("src/text.ts", "export const text: string = 'first'\n"),
        (
            "src/counter.tsx",
            "import { createRoot } from 'react-dom/client'\nimport { Counter } from './Counter'\n\
             createRoot(document.querySelector('#counter')!).render(<Counter />)\n",
        ),
        ("src/Counter.tsx", COUNTER),
    ] {
        fs::write(dir.path().join(name), text).expect("a writable file");
    }
    dir
}

const COUNTER: &str = "import { useState } from 'react'\n\
    export function Counter() {\n  const [count, setCount] = useState(0)\n  \
    return <button onClick={() => setCount(count + 1)}>Count: {count}</button>\n}\n";

/// Starts the development server of Vite for a project.
fn start_vite(root: &Path) -> Server {
    let vite = root.join("node_modules/vite/bin/vite.js");
    let mut command = Command::new("node");
    command.arg(vite).args(["--host", "127.0.0.1", "--port", "0"]).current_dir(root).env("NO_COLOR", "1");
    Server::start(&mut command)
}

/// Returns a site with one page. The development server serves the entries of the page.
fn site(root: &Path, dev_server: &str) -> Router {
    let settings = json!({ "out": "dist", "dev-server": dev_server, "react": true });
    let table: String = settings
        .as_object()
        .expect("a table")
        .iter()
        .map(|(key, value)| format!("{key} = {value}\n"))
        .collect();
    fs::write(root.join("fingerpost.toml"), format!("[vite]\n{table}")).expect("a writable file");
    let settings = Settings::read(root.join("fingerpost.toml")).expect("valid settings");
    fs::create_dir(root.join("static")).expect("a new directory");
    let assets = Assets::builder()
        .settings(settings)
        .source(root.join("static"))
        .mode(Mode::Dev)
        .build()
        .expect("assets");
    // The client of Vite adds the nonce of this element to its style sheets.
    let nonce = "<meta property=\"csp-nonce\" nonce=\"r4nd0m\"><link rel=\"icon\" href=\"data:,\">";
    let web_socket = dev_server.replacen("http", "ws", 1);
    let policy = format!(
        "default-src 'none'; script-src 'nonce-r4nd0m' {dev_server}; style-src 'nonce-r4nd0m' {dev_server}; \
         connect-src {dev_server} {web_socket}; img-src data:"
    );
    let page = move || {
        let tags = assets.tags_with_nonce(["src/main.ts", "src/counter.tsx"], "r4nd0m");
        let html =
            tags.map(|tags| format!("<!doctype html>{nonce}{tags}<h1></h1><div id=\"counter\"></div>"));
        let policy = [(CONTENT_SECURITY_POLICY, policy.clone())];
        async move { (policy, Html(html.expect("tags"))) }
    };
    Router::new().route("/", get(page))
}

fn edit(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).expect("a readable file");
    assert!(text.contains(from), "{text}");
    fs::write(file, text.replace(from, to)).expect("a writable file");
}

#[tokio::test]
#[ignore = "needs npm packages and Chromium: run tests/setup"]
async fn edits_update_an_open_page_without_a_reload() {
    let Some(packages) = packages(8) else { return };
    let Some(mut browser) = Browser::open().await else { return };
    let dir = project(&packages);
    let vite = start_vite(dir.path());
    let site = serve(site(dir.path(), &vite.url(""))).await;
    browser.goto(&format!("{site}/")).await.expect("a page");
    browser.until("document.querySelector('h1')?.textContent === 'first'").await;
    let color = "getComputedStyle(document.querySelector('h1')).color";
    browser.until(&format!("{color} === 'rgb(1, 2, 3)'")).await;
    browser.until("document.querySelector('button')?.textContent === 'Count: 0'").await;
    browser.evaluate("(window.isSamePage = true, document.querySelector('button').click())").await;
    browser.until("document.querySelector('button').textContent === 'Count: 1'").await;

    edit(&dir.path().join("src/app.css"), "rgb(1, 2, 3)", "rgb(4, 5, 6)");
    browser.until(&format!("{color} === 'rgb(4, 5, 6)'")).await;
    edit(&dir.path().join("src/text.ts"), "first", "second");
    browser.until("document.querySelector('h1').textContent === 'second'").await;
    // React refresh retains the state of the component.
    edit(&dir.path().join("src/Counter.tsx"), "Count:", "Clicks:");
    browser.until("document.querySelector('button').textContent === 'Clicks: 1'").await;
    assert_eq!(browser.evaluate("window.isSamePage").await, true);
    assert_eq!(browser.errors().await, [""; 0]);
}
