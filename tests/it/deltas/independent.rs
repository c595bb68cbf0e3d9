//! Tests that the decoder of the Python package `zstandard` decodes deltas of published files.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use fingerpost_collect::{CollectConfig, collect};
use tempfile::TempDir;

use crate::tools::{is_large, python, real_assets};

/// Inserts a line into the middle of a file, or moves the first half of the file to the end.
fn edit(file: &Path, number: usize) {
    let mut bytes = fs::read(file).expect("a readable file");
    let middle = bytes.len() / 2;
    if number.is_multiple_of(3) {
        bytes.rotate_left(middle);
    } else {
        bytes.splice(middle..middle, format!("\n/* edit {number} */\n").into_bytes());
    }
    fs::write(file, bytes).expect("a writable file");
}

#[test]
#[ignore = "needs npm and Python: run tests/setup"]
fn another_decoder_decodes_the_deltas_of_published_files() {
    let is_large = is_large();
    let (files, level) = if is_large { (160, "dcz") } else { (60, "dcz:3") };
    let (Some(python), Some(assets)) = (python(), real_assets(files)) else { return };
    let out = TempDir::new().expect("a temporary directory");
    let mut config = CollectConfig::new(out.path()).source(assets.dir()).compress(["gzip:1", level]);
    for rule in fingerpost_collect::Rule::COLLECT {
        config = config.severity(rule, fingerpost_collect::Severity::Ignore);
    }
    for edits in 0..3 {
        if edits > 0 {
            let paths = assets.paths().iter().enumerate();
            paths.for_each(|(number, path)| edit(&assets.dir().join(path), number));
        }
        collect(&config).expect("a release");
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("independent/deltas.py");
    let mut command = Command::new(python);
    let output = command.arg("-B").arg(script).arg(out.path()).stderr(Stdio::inherit()).output();
    let output = output.expect("Python runs");
    assert!(output.status.success());
    let count: usize = String::from_utf8_lossy(&output.stdout).trim().parse().expect("a number of deltas");
    assert!(count >= if is_large { 100 } else { 25 }, "{count} deltas");
}
