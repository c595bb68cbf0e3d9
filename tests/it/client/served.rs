//! The served script is the readable script, minified by `tests/minify`.

use std::{
    fs::{self, File},
    io::Read as _,
    process::Command,
};

use brotli::BrotliDecompress;
use flate2::read::GzDecoder;

use crate::tools::npm_package;

const CLIENT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../crates/fingerpost-http/src/version/client");

/// Minifies the readable script. Returns `None` if `tests/setup` could not fetch the minifier.
fn minified() -> Option<Vec<u8>> {
    let terser = npm_package("terser")?;
    let readable = File::open(format!("{CLIENT}/client.js")).expect("a script");
    let minify = concat!(env!("CARGO_MANIFEST_DIR"), "/it/client/minify.mjs");
    let output = Command::new("node").arg(minify).arg(terser).stdin(readable).output().expect("node");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

fn committed(extension: &str) -> Vec<u8> {
    fs::read(format!("{CLIENT}/client.min.js{extension}")).expect("a committed file")
}

#[test]
#[ignore = "needs npm packages: run tests/setup"]
fn minified_client_script_is_up_to_date() {
    let Some(minified) = minified() else { return };
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
fn client_script_is_at_most_3000_bytes_compressed() {
    let size = committed(".br").len();
    assert!(size <= 3000, "{size} bytes");
}
