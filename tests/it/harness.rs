//! Tests of `tools`, the helpers of the other tests.

use std::{
    collections::BTreeSet,
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    panic,
    path::Path,
    process::Command,
    thread,
};

use fingerpost::Mode;

use crate::tools::{self, Browser, Haproxy, Nginx, Server, Tool};

/// Serves these pages, `(path, status and headers, body)`, until the test program ends. Other paths return 404.
fn pages(pages: &'static [(&str, &str, &str)]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let origin = format!("http://{}", listener.local_addr().expect("an address"));
    thread::spawn(move || {
        for mut connection in listener.incoming().flatten() {
            let request = BufReader::new(&connection).lines().map_while(Result::ok);
            let head: Vec<_> = request.take_while(|line| !line.is_empty()).collect();
            let path = head.first().and_then(|line| line.split(' ').nth(1)).unwrap_or_default();
            let page = pages.iter().find(|page| page.0 == path);
            let (_, status, body) = page.unwrap_or(&("", "404 Not Found", "not here"));
            let length = body.len();
            // The browser may have closed the connection.
            write!(
                connection,
                "HTTP/1.1 {status}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
            )
            .ok();
        }
    });
    origin
}

#[test]
fn missing_tool_fails_the_test_and_names_the_install_command() {
    let missing = panic::catch_unwind(|| tools::need(Tool::Django, "chromium", || None::<()>));
    let message = missing.expect_err("a failed test").downcast::<String>().expect("a string");
    assert_eq!(*message, "django is not installed: run `tests/setup`");
}

#[test]
fn excluded_tool_is_not_looked_up() {
    assert_eq!(tools::need(Tool::Npm, "chromium, npm", || Some(())), None);
    assert_eq!(tools::need(Tool::Chromium, "npm", || Some(())), Some(()));
}

#[test]
#[ignore = "needs npm packages: run tests/setup"]
fn npm_packages_are_unpacked() {
    for (name, file) in [
        ("bootstrap", "dist/css/bootstrap.css"),
        ("htmx-4", "dist/htmx.js"),
        ("htmx.org", "dist/htmx.js"),
        ("leaflet", "dist/images/layers.png"),
    ] {
        let Some(package) = tools::npm_package(name) else { return };
        assert!(package.join(file).is_file(), "{name} has no {file}");
    }
}

#[test]
#[ignore = "needs Django: run tests/setup"]
fn django_can_be_imported() {
    let Some(python) = tools::python() else { return };
    let import = "import django, django.contrib.staticfiles.storage; print(django.__version__)";
    let output = Command::new(python).args(["-c", import]).output().expect("a Python that starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stdout.starts_with(b"5."), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
#[ignore = "needs npm packages: run tests/setup"]
fn real_assets_always_returns_the_same_two_hundred_files() {
    let Some(assets) = tools::real_assets(200) else { return };
    let again = tools::real_assets(200).expect("the same assets");
    assert_eq!(assets.paths(), again.paths());
    assert_eq!(assets.paths().iter().collect::<BTreeSet<_>>().len(), 200);
    for path in assets.paths() {
        assert_eq!(fs::read(assets.dir().join(path)).ok(), fs::read(again.dir().join(path)).ok(), "{path}");
        assert!(assets.dir().join(path).is_file(), "{path}");
    }

    let kinds: BTreeSet<_> =
        assets.paths().iter().filter_map(|path| Path::new(path).extension()?.to_str()).collect();
    assert_eq!(
        kinds.into_iter().collect::<Vec<_>>(),
        ["css", "gz", "js", "map", "md", "png", "scss", "svg", "ts"]
    );
}

#[test]
fn expected_url_has_the_hash_in_the_correct_position() {
    for (path, in_development, in_production) in [
        ("app.css", "/static/app.css?v=7c98040a5416", "/static/app.7c98040a5416.css"),
        ("a.b/x.tar.gz", "/static/a.b/x.tar.gz?v=7c98040a5416", "/static/a.b/x.tar.7c98040a5416.gz"),
        ("a.b/LICENSE", "/static/a.b/LICENSE?v=7c98040a5416", "/static/a.b/LICENSE.7c98040a5416"),
    ] {
        assert_eq!(tools::expected_url(Mode::Dev, path, b"body{}"), in_development);
        assert_eq!(tools::expected_url(Mode::Production, path, b"body{}"), in_production);
    }
}

#[test]
fn server_address_is_read_from_its_output() {
    let script = "echo 'Listening on http://127.0.0.1:4321/'; exec sleep 60";
    let server = Server::start(Command::new("sh").args(["-c", script]));
    assert_eq!(server.url("/about"), "http://127.0.0.1:4321/about");
}

#[tokio::test]
#[ignore = "needs nginx: run tests/setup"]
async fn each_nginx_has_its_own_port_and_stops_with_its_test() {
    let starts =
        ["one", "two"].map(|text| Nginx::start(&format!("server {{ listen 80; return 200 {text}; }}")));
    let [Some(one), Some(two)] = starts else { return };
    assert_eq!(tools::get(&one.url("/")).await, (200, b"one".to_vec()));
    assert_eq!(tools::get(&two.url("/")).await, (200, b"two".to_vec()));
    assert_eq!((one.errors(), two.errors()), (String::new(), String::new()));
    let address = one.url("").replace("http://", "");
    drop(one);
    TcpStream::connect(address).expect_err("a server that has ended");
}

#[tokio::test]
#[ignore = "needs HAProxy: run tests/setup"]
async fn haproxy_stops_with_its_test() {
    let response = "http-request return status 200 content-type text/plain string one";
    let site = format!("frontend site\n mode http\n timeout client 9s\n bind :80\n {response}\n");
    let Some(haproxy) = Haproxy::start(&site) else { return };
    assert_eq!(tools::get(&haproxy.url("/")).await, (200, b"one".to_vec()));
    let address = haproxy.url("").replace("http://", "");
    drop(haproxy);
    TcpStream::connect(address).expect_err("a server that has ended");
}

#[tokio::test]
#[ignore = "needs Chromium: run tests/setup"]
async fn browser_shows_a_page_and_reports_errors() {
    let Some(mut browser) = Browser::open().await else { return };
    let origin = pages(&[
        (
            "/",
            "200 OK\r\nContent-Type: text/html",
            "<!doctype html><title>Hello</title><link rel=icon href=data:,><link rel=stylesheet href=/old.css>\
             <script src=/missing.js></script><h1 onclick=\"document.title = 'Clicked'\">Hello</h1>",
        ),
        ("/old.css", "301 Moved Permanently\r\nLocation: /app.css\r\nCache-Control: no-store", ""),
        ("/app.css", "200 OK\r\nContent-Type: text/css\r\nCache-Control: max-age=60", "h1 { color: red }"),
    ]);
    let page = format!("{origin}/");
    browser.goto(&page).await.expect("a page");
    browser.click("h1").await;
    assert_eq!(browser.title().await.expect("a title"), "Clicked");

    let mut responses: Vec<_> = browser.requests().await.iter().map(|r| (r.url.clone(), r.status)).collect();
    responses.sort();
    let expected = [("/", 200), ("/app.css", 200), ("/missing.js", 404), ("/old.css", 301)];
    assert_eq!(responses, expected.map(|(path, status)| (format!("{origin}{path}"), Some(status))));
    let errors = browser.errors().await;
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].starts_with(&format!("{origin}/missing.js ")), "{errors:?}");

    let png = fs::read(browser.save_screenshot("harness").await).expect("a screenshot");
    assert!(png.starts_with(b"\x89PNG\r\n\x1a\n"), "{:?}", &png[..8]);

    browser.goto(&page).await.expect("the page reloads");
    let requests = browser.requests().await;
    let from_cache: Vec<_> =
        requests.iter().filter(|r| r.url.ends_with("/app.css")).map(|r| r.from_cache).collect();
    assert_eq!(from_cache, [false, true], "{requests:?}");
}
