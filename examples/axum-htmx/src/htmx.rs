//! Where htmx comes from: it is not ours, so it is not in the repository.

use std::{
    env,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};

const PACKAGE: &str = "htmx.org@2.0.11";
const NPM: &str = if cfg!(windows) { "npm.cmd" } else { "npm" };

/// The folder that holds `htmx.min.js`: what `HTMX_DIST` names, or else what npm has fetched, which it does once.
pub(crate) fn folder(dist: &Path) -> anyhow::Result<PathBuf> {
    if let Some(folder) = env::var_os("HTMX_DIST").map(PathBuf::from) {
        ensure!(folder.join("htmx.min.js").is_file(), "HTMX_DIST: {} has no htmx.min.js", folder.display());
        return Ok(folder);
    }
    let folder = dist.join("npm/node_modules/htmx.org/dist");
    if !folder.join("htmx.min.js").is_file() {
        writeln!(io::stderr(), "Fetching {PACKAGE} with npm, once.")?;
        let mut command = Command::new(NPM);
        command.args(["install", "--silent", "--no-save", "--ignore-scripts", PACKAGE, "--prefix"]);
        let advice = "install Node.js, or set HTMX_DIST to a folder that holds htmx.min.js";
        let status = command.arg(dist.join("npm")).status();
        let status = status.with_context(|| format!("npm, which fetches htmx, does not run; {advice}"))?;
        ensure!(status.success(), "npm could not fetch {PACKAGE}; {advice}");
    }
    Ok(folder)
}
