//! Measures the lower bound for `collect`: reads every file, hashes it with SHA-256, and writes it to a new directory
//! under a hashed name, on two threads. Usage: `cargo bench --bench bare_loop -- SOURCE OUT`.
#![allow(missing_docs, clippy::print_stdout, reason = "a bench prints a message")]

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use rayon::{ThreadPoolBuilder, prelude::*};
use sha2::{Digest as _, Sha256};

fn main() {
    // Ignores the flags that Cargo adds.
    let mut paths = env::args_os().skip(1).filter(|arg| !arg.to_string_lossy().starts_with('-'));
    let (Some(source), Some(out)) = (paths.next(), paths.next()) else {
        return println!("no directories are set; pass a source directory and a new output directory");
    };
    let mut files = Vec::new();
    list(source.as_ref(), out.as_ref(), &mut files);
    let pool = ThreadPoolBuilder::new().num_threads(2).build().expect("two threads");
    pool.install(|| files.par_iter().for_each(|(from, to)| write_hashed(from, to)));
}

/// Lists the files below `from`, each with its target path below `to`, and creates the directories.
fn list(from: &Path, to: &Path, files: &mut Vec<(PathBuf, PathBuf)>) {
    fs::create_dir(to).expect("a new directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("a readable entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type().expect("a file type").is_dir() {
            list(&from, &to, files);
        } else {
            files.push((from, to));
        }
    }
}

fn write_hashed(from: &Path, to: &Path) {
    let bytes = fs::read(from).expect("a file");
    let hash: String = Sha256::digest(&bytes)[..6].iter().map(|byte| format!("{byte:02x}")).collect();
    let extension = to.extension().unwrap_or_default().to_string_lossy();
    fs::write(to.with_extension(format!("{hash}.{extension}")), bytes).expect("a new file");
}
