use std::{env, path::PathBuf, process::Command};

use anyhow::ensure;

const PACKAGE: &str = "@hotwired/turbo@8.0.23";
const SCRIPT: &str = "turbo.es2017-esm.js";
const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// Returns the directory of Turbo: `TURBO_DIST`, or the package that npm downloads at the first start. Returns `None` if
/// npm is not installed or cannot download the package: the site works without Turbo.
pub(crate) fn directory() -> anyhow::Result<Option<PathBuf>> {
    if let Some(dir) = env::var_os("TURBO_DIST").map(PathBuf::from) {
        ensure!(dir.join(SCRIPT).is_file(), "TURBO_DIST: {} has no {SCRIPT}", dir.display());
        return Ok(Some(dir));
    }
    let dir = PathBuf::from("dist/npm/node_modules/@hotwired/turbo/dist");
    if !dir.join(SCRIPT).is_file() {
        eprintln!("Downloading {PACKAGE} with npm.");
        let mut npm = Command::new(NPM);
        npm.args(["install", "--silent", "--no-save", "--ignore-scripts", "--prefix", "dist/npm", PACKAGE]);
        if !npm.status().is_ok_and(|status| status.success()) {
            eprintln!(
                "The pages work without Turbo, because npm could not download Turbo: install Node.js, or set TURBO_DIST to \
                 a directory with {SCRIPT}."
            );
            return Ok(None);
        }
    }
    Ok(Some(dir))
}
