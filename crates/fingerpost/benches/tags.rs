//! Compares `Snapshot::tags` with the lookups of all URLs in the tags.
#![allow(missing_docs, clippy::print_stdout, reason = "a bench prints results")]

mod ratio;

use std::{fs, hint};

use fingerpost::{
    AssetPath, Assets,
    manifest::{ContentHash, Digest, FileInfo, Manifest},
};

/// The number of modules: an entry with its direct and indirect imports.
const MODULES: usize = 30;
const OTHER_ASSETS: usize = 5_000;

fn module(number: usize) -> String {
    format!("components/widget-{number}/module.js")
}

/// Writes a manifest with an entry whose modules are imported in a binary tree, with some imports across the tree.
fn publish(dir: &std::path::Path, has_imports: bool) {
    let parse = |path: &str| AssetPath::parse(path).unwrap();
    let mut manifest = Manifest::new("/static/");
    for number in 0..OTHER_ASSETS + MODULES {
        let path = if number < MODULES { module(number) } else { format!("images/{number}/photo.webp") };
        let hashed = parse(&path).hashed(&ContentHash::from_content(path.as_bytes()));
        let mut info = FileInfo::new(0, Digest::from_content(path.as_bytes()));
        if number < MODULES && has_imports {
            let imports = [2 * number + 1, 2 * number + 2, number / 2, number + 3];
            let imports = imports.into_iter().filter(|import| *import < MODULES && *import != number);
            info.imports = imports.map(|import| parse(&module(import))).collect();
        }
        manifest.insert(parse(&path), hashed, info);
    }
    fs::write(dir.join("staticfiles.json"), manifest.to_json()).unwrap();
}

fn main() -> std::process::ExitCode {
    let dir =
        || tempfile::tempdir_in(if fs::exists("/dev/shm").unwrap() { "/dev/shm" } else { "." }).unwrap();
    let (with_imports, without_imports) = (dir(), dir());
    publish(with_imports.path(), true);
    publish(without_imports.path(), false);
    let load = |dir: &tempfile::TempDir| Assets::production(dir.path()).unwrap();
    let snapshot = load(&with_imports).snapshot();
    let paths: Vec<_> = (0..MODULES).map(module).collect();
    let entry = || hint::black_box("components/widget-0/module.js");
    let lookups =
        || paths.iter().map(|path| snapshot.url(hint::black_box(path)).unwrap().len()).sum::<usize>();
    assert_eq!(snapshot.tags(&[entry()]).unwrap().lines().count(), MODULES);

    let mut criterion = ratio::criterion();
    ratio::compare(
        &mut criterion,
        "Snapshot::tags of 30 modules",
        2.0,
        || snapshot.tags(&[entry()]).unwrap(),
        lookups,
    );
    ratio::compare(
        &mut criterion,
        "Snapshot::tags_with_nonce of 30 modules",
        2.0,
        || snapshot.tags_with_nonce(&[entry()], hint::black_box("r4nd0mN0nce+/12345678==")).unwrap(),
        lookups,
    );
    ratio::compare(
        &mut criterion,
        "start-up with imports, 5,030 assets",
        1.05,
        || load(&with_imports),
        || load(&without_imports),
    );
    ratio::finish(&mut criterion)
}
