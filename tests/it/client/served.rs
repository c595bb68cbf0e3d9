//! The script that is served is made from the readable one by `tests/minify`.

use std::{
    fs::{self, File},
    path::Path,
    process::Command,
};

use fingerpost::Mode;
use fingerpost_collect::{CollectConfig, collect};
use tempfile::TempDir;

use crate::tools::{expected_url, npm_package};

const CLIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/fingerpost-http/src/client");

/// Returns the readable script, minified; `None` if `tests/run` could not fetch the minifier.
fn minified() -> Option<Vec<u8>> {
    let terser = npm_package("terser")?;
    let readable = File::open(format!("{CLIENT}/client.js")).expect("a script");
    let minify = concat!(env!("CARGO_MANIFEST_DIR"), "/it/client/minify.mjs");
    let output = Command::new("node").arg(minify).arg(terser).stdin(readable).output().expect("node");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

#[track_caller]
fn is_committed(extension: &str, bytes: &[u8]) {
    let committed = fs::read(format!("{CLIENT}/client.min.js{extension}")).expect("a committed file");
    assert!(committed == bytes, "client.min.js{extension} is out of date: run tests/minify");
}

#[test]
fn the_served_files_are_made_from_the_readable_script() {
    let Some(minified) = minified() else { return };
    is_committed("", &minified);
    let dir = TempDir::new().expect("a temporary folder");
    let (source, out) = (dir.path().join("source"), dir.path().join("out"));
    fs::create_dir(&source).expect("a new folder");
    fs::write(source.join("client.min.js"), &minified).expect("a writable file");
    collect(&CollectConfig::new(&out).source(&source).compress(["gzip", "br:11"])).expect("a script");
    let url = expected_url(Mode::Production, "client.min.js", &minified);
    let hashed = url.strip_prefix("/static/").expect("a URL below the base URL");
    for extension in [".gz", ".br"] {
        is_committed(extension, &fs::read(out.join(format!("{hashed}{extension}"))).expect("a variant"));
    }
}

#[test]
fn the_script_is_small() {
    let size = fs::metadata(Path::new(CLIENT).join("client.min.js.br")).expect("a committed file").len();
    assert!(size <= 3000, "{size} bytes");
}
