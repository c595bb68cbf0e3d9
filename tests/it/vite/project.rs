//! Builds projects with published versions of Vite.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::tools;

/// Returns the directory of the packages of one major version of Vite.
#[track_caller]
pub(super) fn packages(major: u32) -> Option<PathBuf> {
    tools::npm_project(&format!("vite-{major}"))
}

/// Writes the configuration of a project, for [`build`].
pub(super) fn configure(root: &Path, config: &Value) {
    fs::write(root.join("vite.json"), config.to_string()).expect("a writable file");
}

/// Builds the projects in these directories.
#[track_caller]
pub(super) fn build(packages: &Path, roots: &[PathBuf]) {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("vite/build.mjs");
    let output = Command::new("node")
        .arg(script)
        .arg(packages.join("node_modules/vite"))
        .args(roots)
        .output()
        .expect("node");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Creates a symlink to a directory.
#[cfg(unix)]
pub(super) fn link(to: &Path, link: &Path) {
    std::os::unix::fs::symlink(to, link).expect("a symlink");
}

/// Creates a symlink to a directory.
#[cfg(windows)]
pub(super) fn link(to: &Path, link: &Path) {
    std::os::windows::fs::symlink_dir(to, link).expect("a symlink");
}
