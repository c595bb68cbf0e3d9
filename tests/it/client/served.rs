//! Tests that the served script is the bundle that `tests/minify` creates from the source scripts.

use std::{
    fs,
    io::Read as _,
    process::{Command, Output},
};

use brotli::{BrotliDecompress, enc::BrotliEncoderParams};
use flate2::read::GzDecoder;

use crate::tools::npm_package;

const TESTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/it/client");
const CLIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/fingerpost-http/src/version/client");

/// Runs a script of this directory with Node.js. The arguments are npm packages, followed by a file or directory.
/// Returns `None` if `tests/setup` could not fetch the packages.
fn node(script: &str, packages: &[&str], input: &str) -> Option<Output> {
    let mut command = Command::new("node");
    command.arg(format!("{TESTS}/{script}"));
    for package in packages {
        command.arg(npm_package(package)?);
    }
    Some(command.arg(input).output().expect("node"))
}

/// Bundles and minifies a script.
fn bundle(entry: &str) -> Option<Vec<u8>> {
    let output = node("bundle.mjs", &["rollup", "terser"], entry)?;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

fn committed(extension: &str) -> Vec<u8> {
    fs::read(format!("{CLIENT}/client.min.js{extension}")).expect("a committed file")
}

#[test]
#[ignore = "needs npm packages: run tests/setup"]
fn minified_client_script_is_up_to_date() {
    let Some(minified) = bundle(&format!("{CLIENT}/script/main.js")) else { return };
    assert!(committed("") == minified, "client.min.js is out of date: run tests/minify");
}

#[test]
fn compressed_client_scripts_are_up_to_date() {
    let (mut gzip, mut brotli) = (Vec::new(), Vec::new());
    GzDecoder::new(&*committed(".gz")).read_to_end(&mut gzip).expect("gzip");
    BrotliDecompress(&mut &*committed(".br"), &mut brotli).expect("Brotli");
    for (extension, bytes) in [(".gz", gzip), (".br", brotli)] {
        assert!(bytes == committed(""), "client.min.js{extension} is out of date: run tests/minify");
    }
}

#[test]
fn client_script_is_at_most_4500_bytes_compressed() {
    let size = committed(".br").len();
    assert!(size <= 4500, "{size} bytes");
}

#[test]
#[ignore = "needs npm packages: run tests/setup"]
fn core_with_htmx_is_at_most_3000_bytes_compressed() {
    let Some(bundle) = bundle(&format!("{TESTS}/htmx-only.js")) else { return };
    let mut compressed = Vec::new();
    let options = BrotliEncoderParams { size_hint: bundle.len(), ..Default::default() };
    brotli::BrotliCompress(&mut &*bundle, &mut compressed, &options).expect("Brotli");
    let size = compressed.len();
    assert!(size <= 3000, "{size} bytes");
}

#[test]
#[ignore = "needs npm packages: run tests/setup"]
fn client_script_has_no_type_errors() {
    let Some(typescript) = npm_package("typescript") else { return };
    let compiler = typescript.join("lib/tsc.js");
    let output = Command::new("node").arg(compiler).args(["-p", &format!("{CLIENT}/script")]).output();
    let output = output.expect("node");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
#[ignore = "needs npm packages: run tests/setup"]
fn client_script_has_no_lint_warnings() {
    let script = format!("{CLIENT}/script");
    let Some(output) = node("lint.mjs", &["eslint-linter-browserify"], &script) else { return };
    let text = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&text));
}
