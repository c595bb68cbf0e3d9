use std::{env, path::PathBuf, process::Command};

use anyhow::{Context as _, ensure};

const PACKAGE: &str = "htmx.org@2.0.11";
const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };
const ADVICE: &str = "install Node.js, or set HTMX_DIST to a directory with htmx.min.js";

/// Returns the directory of `htmx.min.js`: `HTMX_DIST`, or the package that npm downloads at the first start.
pub(crate) fn directory() -> anyhow::Result<PathBuf> {
    if let Some(dir) = env::var_os("HTMX_DIST").map(PathBuf::from) {
        ensure!(dir.join("htmx.min.js").is_file(), "HTMX_DIST: {} has no htmx.min.js", dir.display());
        return Ok(dir);
    }
    let dir = PathBuf::from("dist/npm/node_modules/htmx.org/dist");
    if !dir.join("htmx.min.js").is_file() {
        eprintln!("Downloading {PACKAGE} with npm.");
        let mut npm = Command::new(NPM);
        npm.args(["install", "--silent", "--no-save", "--ignore-scripts", "--prefix", "dist/npm", PACKAGE]);
        let status = npm.status().with_context(|| format!("cannot run npm to download htmx; {ADVICE}"))?;
        ensure!(status.success(), "npm failed to download {PACKAGE}; {ADVICE}");
    }
    Ok(dir)
}
