//! Compares the responses of actix-web and tower over sockets, with every strategy and store.

mod servers;
mod site;

use std::{
    io::{self, Write as _},
    process::Command,
};

use axum::body::Body;
use fingerpost::BustToken;
use http::Request;

pub(crate) use servers::actix;

use servers::axum;

use site::{SECRET, Site, Variant, dictionary};

use crate::tools::send;

/// Runs the program `conformance`, and returns the number of requests. Fails if a response differs.
fn compare(actix: &str, axum: &str) -> usize {
    let token = BustToken::from_secret(SECRET).expect("a valid secret");
    let mut command = Command::new(env!("CARGO_BIN_EXE_conformance"));
    let output = command.args([actix, axum, "--bearer", token.as_str()]).output().expect("the program runs");
    let report = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{report}{}", String::from_utf8_lossy(&output.stderr));
    let count = report.trim_end().strip_suffix(" requests, 0 differences").expect("no differences");
    count.parse().expect("the number of requests")
}

fn assert_equal_responses(variants: &[Variant], has_layers: bool) {
    let site = Site::new();
    let mut total = 0;
    for variant in variants {
        let assets = site.assets(*variant);
        let urls = site.urls(&assets);
        let (actix, axum) =
            (actix(&assets, urls.clone(), has_layers), axum(&assets, urls.clone(), has_layers));
        let count = compare(&actix.origin, &axum.origin);
        assert!(count > 200 * urls.len(), "{count} requests for {} URLs", urls.len());
        total += count;
    }
    writeln!(io::stderr(), "{total} requests, all responses are equal").expect("stderr is open");
}

#[test]
fn responses_for_files_are_equal_with_every_strategy_and_store() {
    assert_equal_responses(&Variant::ALL, false);
}

#[test]
fn compared_responses_include_deltas() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let site = Site::new();
    let assets = site.assets(Variant::Directory);
    let path = assets.url("js/long.js").expect("a URL");
    for server in [actix(&assets, Vec::new(), false), axum(&assets, Vec::new(), false)] {
        let request = Request::get(format!("{}{path}", server.origin));
        let request =
            request.header("accept-encoding", "br, dcz").header("available-dictionary", dictionary());
        let response = runtime.block_on(send(request.body(Body::empty()).expect("a request")));
        assert_eq!(response.headers()["content-encoding"], "dcz");
        assert_eq!(response.headers()["vary"], "Accept-Encoding, Available-Dictionary");
        assert!(response.body().len() < 120, "{} bytes", response.body().len());
    }
}

#[test]
fn responses_behind_layers_are_equal_for_files_pages_and_endpoints() {
    assert_equal_responses(&[Variant::Development, Variant::Directory, Variant::OrderedToken], true);
}

#[test]
fn differences_are_reported_with_both_responses() {
    let site = Site::new();
    let (development, production) = (site.assets(Variant::Development), site.assets(Variant::Directory));
    let urls = vec!["/static/js/app.js".to_owned()];
    let servers = [axum(&development, urls.clone(), false), axum(&production, urls, false)];
    let [one, two] = servers.each_ref().map(|server| &*server.origin);
    let output =
        Command::new(env!("CARGO_BIN_EXE_conformance")).args([one, two]).output().expect("the program runs");
    let report = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1));
    let expected = format!("GET /static/js/app.js\n--- {one}\n200\naccept-ranges: bytes\n");
    assert!(report.starts_with(&expected), "{report}");
    assert!(report.contains(&format!("--- {two}\n200\n")), "{report}");
    assert!(report.contains("\ncache-control: no-cache\n"), "{report}");
    assert!(report.contains("\ncache-control: public, max-age=3600\n"), "{report}");
}
