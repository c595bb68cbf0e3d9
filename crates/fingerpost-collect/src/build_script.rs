//! Collects assets in a `build.rs`.

use std::{
    env,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use fingerpost::{Settings, manifest::MANIFEST_NAME};

use crate::{
    clean::{clean, clean_config::CleanConfig},
    collect,
    collect_config::CollectConfig,
    diagnostics::{Error, Problem},
};

/// Collects and packs the assets of a package from its `build.rs`, for [`fingerpost::embed!()`](fingerpost::embed).
///
/// ```no_run
/// // The whole `main` function of `build.rs`:
/// fingerpost_collect::build_script();
/// ```
///
/// Reads `fingerpost.toml` in the directory of `Cargo.toml`. The settings `out` and `pack` are ignored: the output directory
/// is created in `OUT_DIR`, the directory for the output of the build script. Before each run, old releases are removed from
/// the output directory according to the table `[clean]`.
///
/// Cargo runs the build script and compiles the package again after a change of:
/// - `build.rs` and `fingerpost.toml`,
/// - the source directories, the output of Vite, the directories of `[version] components`, and all files below these
///   directories,
/// - the directory or pack of `keep-from`,
/// - `FINGERPOST_BASE_URL`.
///
/// Warnings are shown as warnings of Cargo. Problems fail the build.
///
/// A build with debug assertions embeds no pack, so nothing is collected, and Cargo watches only `build.rs`.
pub fn build_script() {
    if let Err(err) = run() {
        err.problems().for_each(|problem| instruct("error", problem));
    }
}

fn run() -> Result<(), Error> {
    let package = variable("CARGO_MANIFEST_DIR")?;
    watch(&package.join("build.rs"))?;
    if env::var_os("CARGO_CFG_DEBUG_ASSERTIONS").is_some() {
        return Ok(());
    }
    let out_dir = variable("OUT_DIR")?;
    let file = package.join("fingerpost.toml");
    let mut settings = Settings::read(&file)?;
    settings.out = Some(out_dir.join("static"));
    let config = CollectConfig::from_settings(settings.clone()).pack(out_dir.join("fingerpost.tar"));
    instruct("rerun-if-env-changed", "FINGERPOST_BASE_URL");
    watch(&file)?;
    settings.source_dirs()?.iter().try_for_each(|source| watch(source.dir()))?;
    config.earlier()?.iter().try_for_each(|earlier| watch(earlier))?;
    watch_components(&settings, &package)?;
    if out_dir.join("static").join(MANIFEST_NAME).exists() {
        clean(&CleanConfig::from_settings(settings))?;
    }
    let report = collect(&config)?;
    report.warnings.iter().for_each(|warning| instruct("warning", warning));
    Ok(())
}

/// Returns the directory in an environment variable of Cargo.
fn variable(name: &str) -> Result<PathBuf, Problem> {
    let value = env::var_os(name).map(PathBuf::from);
    value.ok_or_else(|| Problem::config(format!("{name} is not set; call `build_script` in a `build.rs`")))
}

/// Watches the part of each pattern in `[version] components` before the first segment with a glob.
fn watch_components(settings: &Settings, package: &Path) -> Result<(), Problem> {
    let is_glob = |segment: &&str| segment.contains(['*', '?', '[', '{']);
    for pattern in settings.version.components.values().flatten() {
        let start: Vec<_> = pattern.split('/').take_while(|segment| !is_glob(segment)).collect();
        if start.is_empty() {
            let advice = "move the files to a directory, such as `templates`";
            instruct(
                "warning",
                &format_args!("changes of the component `{pattern}` are not detected; {advice}"),
            );
        } else {
            watch(&package.join(start.join("/")))?;
        }
    }
    Ok(())
}

/// Watches a file, or a directory with all files and directories below. Skips a missing path: if Cargo watched a missing
/// path, Cargo would run the build script at each build.
fn watch(path: &Path) -> Result<(), Problem> {
    let Some(text) = path.to_str().filter(|text| !text.contains('\n')) else {
        let path = path.display();
        return Err(Problem::config(format!(
            "Cargo cannot watch `{path}`, whose name is not UTF-8 or has a line feed"
        )));
    };
    if path.exists() {
        instruct("rerun-if-changed", text);
    }
    Ok(())
}

/// Prints an instruction for Cargo for each line of `value`.
fn instruct(key: &str, value: &(impl ToString + ?Sized)) {
    for line in value.to_string().lines() {
        // A write fails only if Cargo has stopped.
        writeln!(io::stdout(), "cargo::{key}={line}").ok();
    }
}
