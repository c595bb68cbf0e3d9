//! Reads HEAD from the files in `.git`. Unlike `git`, the functions accept a repository of another user. Containers
//! often have such a repository.

use std::{
    fs,
    path::{Component, Path, PathBuf},
};

use super::commit::short_of_whole;

/// Returns the nearest directory with a `.git`, at or above the first of `dirs` that is in a repository.
///
/// A damaged `.git` counts too: the commit of an outer repository would be wrong.
pub(super) fn find_root(dirs: &[PathBuf]) -> Option<PathBuf> {
    let dirs: Vec<_> = dirs.iter().map(resolve_parents).collect();
    let mut above = dirs.iter().flat_map(|dir| dir.ancestors());
    above.find(|dir| dir.join(".git").symlink_metadata().is_ok()).map(Path::to_owned)
}

/// Returns the path without `..` segments. The directory `a` is not above `a/..`, but `Path::ancestors` would return `a`.
fn resolve_parents(dir: &PathBuf) -> PathBuf {
    let has_parents = dir.components().any(|component| component == Component::ParentDir);
    let real = if has_parents { fs::canonicalize(dir).ok() } else { None };
    real.unwrap_or_else(|| dir.clone())
}

/// Returns the commit that is checked out in `root`, if the commit is stored in files.
pub(super) fn head(root: &Path) -> Option<String> {
    let git = root.join(".git");
    let git = if git.is_file() { linked_git_dir(&git)? } else { git };
    // A linked worktree has its own HEAD, and shares all other references with the main worktree.
    let common =
        read(&git.join("commondir")).map_or_else(|| git.clone(), |common| git.join(common.trim_ascii()));
    let mut head = read(&git.join("HEAD"))?;
    // A symbolic reference may point to another symbolic reference.
    for _ in 0..5 {
        let Some(name) = head.strip_prefix("ref:").map(str::trim_ascii) else { return short_of_whole(&head) };
        if !name.starts_with("refs/") || name.contains("..") {
            return None;
        }
        head = [&git, &common]
            .into_iter()
            .find_map(|dir| read(&dir.join(name)))
            .or_else(|| packed_ref(&common, name))?;
    }
    None
}

/// Returns the directory named by the file `.git` of a worktree or a submodule.
fn linked_git_dir(file: &Path) -> Option<PathBuf> {
    let text = read(file)?;
    Some(file.parent()?.join(text.strip_prefix("gitdir:")?.trim_ascii()))
}

fn packed_ref(common: &Path, name: &str) -> Option<String> {
    let refs = read(&common.join("packed-refs"))?;
    refs.lines().find_map(|line| Some(line.strip_suffix(name)?.strip_suffix(' ')?.to_owned()))
}

/// Returns the text of a file. Decoding is lossy, because the names of other branches may not be UTF-8.
fn read(file: &Path) -> Option<String> {
    Some(String::from_utf8_lossy(&fs::read(file).ok()?).into_owned())
}
