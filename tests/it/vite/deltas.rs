//! Tests of deltas between two builds of Vite.

use std::{
    fs,
    path::{Path, PathBuf},
};

use fingerpost::manifest::{FileInfo, MANIFEST_NAME, Manifest};
use fingerpost_collect::{CollectConfig, collect};
use tempfile::TempDir;

use super::{
    graph::write_project,
    project::{build, packages},
};

/// Builds and collects the project with this line in a long module and in a long style sheet. Returns the manifest.
fn publish(packages: &Path, root: &PathBuf, line: &str) -> Manifest {
    let module = root.join("src/m0.ts");
    let long: String = (0..400).map(|n| format!("console.log('line {n}')\n")).collect();
    let text = format!("{long}console.log('{line}')\nexport const m0: number = 0\n");
    fs::write(module, text).expect("a writable file");
    let style: String = (0..400).map(|n| format!(".line{n} {{ margin: {n}px }}\n")).collect();
    fs::write(root.join("src/p0.css"), format!("{style}.{line} {{ margin: 0 }}\n")).expect("a writable file");
    build(packages, std::slice::from_ref(root));
    let out = root.join("out");
    collect(&CollectConfig::new(&out).vite(root.join("dist")).compress(["dcz"])).expect("a release");
    let json = fs::read(out.join(MANIFEST_NAME)).expect("a manifest");
    Manifest::parse(&json, "out").expect("a valid manifest")
}

/// Returns the name, the extension and the file information of each chunk.
fn chunks(manifest: &Manifest) -> impl Iterator<Item = ((&str, &str), &FileInfo)> {
    manifest.iter().filter_map(|(path, entry)| {
        let info = entry.info.as_ref()?;
        Some(((info.chunk.as_deref()?, path.rsplit_once('.')?.1), info))
    })
}

#[test]
#[ignore = "needs npm packages: run tests/setup"]
fn changed_chunks_have_deltas_from_the_earlier_build() {
    for major in [5, 7, 8] {
        let Some(packages) = packages(major) else { return };
        let dir = TempDir::new().expect("a temporary directory");
        let root = dir.path().join("project");
        write_project(&root, 0, 4);
        let [first, second] = ["first", "second"].map(|line| publish(&packages, &root, line));
        let is_long = |info: &FileInfo| info.size > 5_000;
        let changed = chunks(&second).filter(|(_, info)| {
            is_long(info) && chunks(&first).all(|(_, earlier)| earlier.sha256 != info.sha256)
        });
        let mut extensions: Vec<_> = changed
            .map(|(key, info)| {
                let (_, earlier) = chunks(&first).find(|(earlier, _)| *earlier == key).expect("a chunk");
                assert!(info.deltas.len() == 1 && info.deltas[0].from == earlier.sha256, "{major} {key:?}");
                assert!(info.deltas[0].size <= 256, "{major} {key:?} {:?}", info.deltas);
                key.1
            })
            .collect();
        extensions.sort_unstable();
        assert_eq!(extensions, ["css", "js"], "{major}");
    }
}
