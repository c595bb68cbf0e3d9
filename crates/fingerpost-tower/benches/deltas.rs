//! Compares responses of sites with and without deltas. A site without deltas ignores the dictionaries of clients.
#![allow(missing_docs, clippy::print_stdout, reason = "a bench prints results")]

#[path = "../../fingerpost/benches/ratio/mod.rs"]
mod ratio;

use std::{fs, hint::black_box};

use data_encoding::BASE64;
use fingerpost::{Assets, manifest::Digest};
use fingerpost_collect::{CollectConfig, collect};
use fingerpost_tower::AssetServer;
use http::{Request, request::Parts};

/// A script of about 10 KB. One line differs between versions.
fn script(version: u32) -> String {
    let line = |n: u32| format!("const c{n} = {};\n", n.wrapping_mul(2_654_435_761));
    (0..400).map(line).chain([format!("const version = {version};\n")]).collect()
}

/// Publishes two versions of a script.
fn site(compression: &[&str]) -> Assets {
    let dir = tempfile::tempdir().unwrap();
    let (source, out) = (dir.path().join("static"), dir.path().join("dist"));
    fs::create_dir(&source).unwrap();
    for version in [1, 2] {
        fs::write(source.join("app.js"), script(version)).unwrap();
        collect(&CollectConfig::new(&out).source(&source).compress(compression)).unwrap();
    }
    let assets = Assets::production(out).unwrap();
    // The server reads the files later.
    drop(dir.keep());
    assets
}

/// Returns a request for the newest version, with one more header.
fn request(assets: &Assets, (name, value): (&str, &str)) -> Parts {
    let url = assets.url("app.js").unwrap();
    let request = Request::get(url.strip_prefix("/static").unwrap());
    let request =
        request.header("accept-encoding", "gzip, deflate, br, zstd, dcb, dcz").header("accept", "*/*");
    request.header(name, value).body(()).unwrap().into_parts().0
}

fn main() -> std::process::ExitCode {
    let digest = BASE64.encode(Digest::from_content(script(1).as_bytes()).as_bytes());
    let value = format!(":{digest}:");
    let (dictionary, other) = (("available-dictionary", &*value), ("x-other-header-name", &*value));
    let mut criterion = ratio::criterion();
    let respond = |server: &AssetServer, request: &Parts, encoding: &str| {
        let response = server.respond_blocking(black_box(request));
        debug_assert_eq!(response.headers()["content-encoding"], encoding);
        response
    };
    let sites = [["br:5", "gzip"], ["br:5", "dcz"]].map(|compression| site(&compression));
    let [(without, plain), (with, delta)] = sites.each_ref().map(|assets| {
        let requests = [other, dictionary].map(|header| request(assets, header));
        (AssetServer::new(assets), requests)
    });
    ratio::compare(
        &mut criterion,
        "a client with a dictionary, site without deltas",
        // The requests differ in the name of one header. The name alone changes the time of lookups by 3 %.
        1.1,
        || respond(&without, &plain[1], "br"),
        || respond(&without, &plain[0], "br"),
    );
    ratio::compare(
        &mut criterion,
        "a client without a dictionary, site with deltas",
        2.0,
        || respond(&with, &delta[0], "br"),
        || respond(&without, &plain[0], "br"),
    );
    ratio::compare(
        &mut criterion,
        "a delta",
        2.0,
        || respond(&with, &delta[1], "dcz"),
        || respond(&without, &plain[0], "br"),
    );
    ratio::finish(&mut criterion)
}
