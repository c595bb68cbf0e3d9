//! The step of a deploy that collects, as a person would do it: with the program.

use std::{
    env,
    ffi::OsStr,
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, ensure};

/// Runs `fingerpost collect`. It is no library here, so that a site that collects nothing is built without it.
pub fn collect<'a>(sources: impl IntoIterator<Item = &'a OsStr>, out: &Path) -> anyhow::Result<()> {
    let mut command = Command::new(program()?);
    command.arg("collect").args(sources).arg("--out").arg(out);
    run(&mut command)
}

/// The program, built beside this one if nobody has done so yet.
fn program() -> anyhow::Result<PathBuf> {
    let name = format!("fingerpost{}", env::consts::EXE_SUFFIX);
    let program = env::current_exe()?.with_file_name(name);
    if !program.exists() {
        writeln!(io::stderr(), "Building the program `fingerpost`; this takes a minute, once.")?;
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--locked", "--package", "fingerpost-cli"]);
        build.args((!cfg!(debug_assertions)).then_some("--release"));
        run(build.current_dir(env!("CARGO_MANIFEST_DIR")))?;
    }
    Ok(program)
}

fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(status.success(), "{command:?} failed");
    Ok(())
}
