//! Compares paths with their actual spelling and location in the file system.

use std::{ffi::OsStr, fs, io, path::Path};

use crate::{files::is_absent, quote::quoted};

/// Returns a reason with the actual spelling of a file in `dir`, if `path` is spelled differently.
pub(crate) fn misspelled(dir: &Path, path: &str) -> io::Result<Option<String>> {
    let mut dir = dir.to_owned();
    for name in path.split('/') {
        if !is_listed(&dir, name)? {
            let spelling = fs::read_dir(&dir)?
                .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
                .find(|other| other.to_lowercase() == name.to_lowercase());
            return Ok(Some(match spelling {
                Some(spelling) => format!("on disk {} is spelled {}", quoted(name), quoted(spelling)),
                None => format!("the directory has no entry that is spelled {}", quoted(name)),
            }));
        }
        dir.push(name);
    }
    Ok(None)
}

/// Returns `true` if `dir` has an entry that is spelled exactly `name`.
fn is_listed(dir: &Path, name: &str) -> io::Result<bool> {
    let flip = |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    let flipped: String = name.chars().map(flip).collect();
    // If the name in the other case does not exist, the directory is case-sensitive and need not be listed.
    if flipped != name && fs::symlink_metadata(dir.join(&flipped)).is_err_and(|err| is_absent(&err)) {
        return Ok(true);
    }
    for entry in fs::read_dir(dir)? {
        if entry?.file_name() == OsStr::new(name) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns `true` if a directory on the path to a file in `dir` is a symlink to one of its own parent directories,
/// inside or outside of `dir`. A walk stops at such a symlink.
pub(crate) fn is_symlink_loop(dir: &Path, path: &str) -> io::Result<bool> {
    let mut above: Vec<_> = fs::canonicalize(dir)?.ancestors().skip(1).map(Path::to_owned).collect();
    let mut dir = dir.to_owned();
    for name in path.split('/') {
        let real = fs::canonicalize(&dir)?;
        if above.contains(&real) {
            return Ok(true);
        }
        above.push(real);
        dir.push(name);
    }
    Ok(false)
}
