//! Compares the references that `collect` rewrites with the references that independent parsers find: see
//! `tests/independent`.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use fingerpost::manifest::{MANIFEST_NAME, Manifest};
use fingerpost_collect::{CollectConfig, Rule, Severity, collect};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use crate::tools;

/// The extent of the checks. `tests/release-check` sets a larger extent.
struct Scale {
    packages: Vec<String>,
    /// The minimum number of resolved references.
    references: u64,
    /// The number of files to change.
    changes: usize,
}

impl Scale {
    fn from_env() -> Self {
        if env::var_os("FINGERPOST_TEST_SCALE").is_some_and(|scale| scale == "release") {
            return Self { packages: all_packages(), references: 10_000, changes: 50 };
        }
        let packages = ["acorn", "bootstrap", "css-tree", "es-module-lexer", "htmx.org", "leaflet"];
        Self { packages: packages.map(str::to_owned).into(), references: 500, changes: 8 }
    }
}

/// Returns all fetched packages. Packages with a scope are in the directory of the scope.
fn all_packages() -> Vec<String> {
    let list = |dir: &Path| {
        let entries = fs::read_dir(dir).expect("a directory of packages");
        entries.map(|entry| entry.expect("an entry").path()).collect::<Vec<PathBuf>>()
    };
    let root = tools::cache().join("npm");
    let scoped = |dir: PathBuf| if dir.join("package.json").is_file() { vec![dir] } else { list(&dir) };
    let dirs = list(&root).into_iter().flat_map(scoped);
    dirs.map(|dir| dir.strip_prefix(&root).expect("a package").display().to_string()).collect()
}

/// Copies of published packages, and an output directory.
struct Site {
    source: TempDir,
    out: TempDir,
}

impl Site {
    fn new(packages: &[String]) -> Option<Self> {
        let [source, out] = [(); 2].map(|()| TempDir::new().expect("a temporary directory"));
        for name in packages {
            copy(&tools::npm_package(name)?, &source.path().join(name));
        }
        let site = Self { source, out };
        site.collect();
        Some(site)
    }

    fn collect(&self) -> Manifest {
        // Published packages refer to source maps and sources that they do not contain.
        let config = CollectConfig::new(self.out.path()).source(self.source.path());
        let rules = [Rule::Missing, Rule::MissingMap, Rule::LeavesBase];
        let config = rules.into_iter().fold(config, |config, rule| config.severity(rule, Severity::Ignore));
        collect(&config).expect("a successful run");
        let json = fs::read(self.out.path().join(MANIFEST_NAME)).expect("a manifest");
        Manifest::parse(&json, MANIFEST_NAME).expect("a valid manifest")
    }

    /// Runs the independent check. Returns `true` if the check found no difference, and the output of the check.
    fn check(&self, args: &[&str]) -> (bool, String) {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("independent/check.mjs");
        let output = Command::new("node").arg(script).args(args).output().expect("node");
        let printed = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(printed).expect("text"))
    }

    fn source(&self) -> &str {
        self.source.path().to_str().expect("a path in UTF-8")
    }

    fn out(&self) -> &str {
        self.out.path().to_str().expect("a path in UTF-8")
    }

    /// Returns the files that refer to each file, according to the independent check.
    fn referrers(&self) -> BTreeMap<String, Vec<String>> {
        let (is_equal, printed) = self.check(&["--graph", self.source()]);
        assert!(is_equal, "{printed}");
        let graph: BTreeMap<String, Vec<String>> = serde_json::from_str(&printed).expect("a graph in JSON");
        let mut referrers = BTreeMap::<_, Vec<_>>::new();
        for (from, targets) in graph {
            targets.into_iter().for_each(|to| referrers.entry(to).or_default().push(from.clone()));
        }
        referrers
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a new directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(&from, &to).expect("a copied file");
        }
    }
}

#[test]
#[ignore = "needs npm packages: run tests/setup"]
fn independent_parsers_find_the_same_references_in_npm_packages() {
    let scale = Scale::from_env();
    let Some(site) = Site::new(&scale.packages) else { return };
    let (is_equal, printed) = site.check(&[site.source(), site.out()]);
    assert!(is_equal, "{printed}");
    let counts: Value = serde_json::from_str(&printed).expect("counts in JSON");
    assert!(counts["resolved"].as_u64() >= Some(scale.references), "{counts}");
}

#[test]
#[ignore = "needs npm packages: run tests/setup"]
fn independent_check_detects_errors() {
    let Some(site) = Site::new(&["leaflet".to_owned()]) else { return };
    let style = site
        .out
        .path()
        .join(site.collect().get("leaflet/dist/leaflet.css").expect("an asset").hashed.as_str());
    let text = fs::read_to_string(&style).expect("a style sheet");
    let dot = text.find("images/layers.").expect("a reference") + "images/layers".len();
    let hash = &text[dot..dot + ".0123456789ab".len()];
    for wrong in
        [text.replacen(hash, "", 1), text.replacen(hash, ".0123456789ab", 1), text.replacen("}", " }", 1)]
    {
        fs::write(&style, &wrong).expect("a writable file");
        let (is_equal, printed) = site.check(&[site.source(), site.out()]);
        assert!(!is_equal && printed.contains("leaflet/dist/leaflet.css: "), "{printed}");
    }
}

#[test]
#[ignore = "needs npm packages: run tests/setup"]
fn changed_byte_renames_exactly_the_dependent_files() {
    let scale = Scale::from_env();
    let Some(site) = Site::new(&scale.packages) else { return };
    let (before, referrers) = (site.collect(), site.referrers());
    let paths: Vec<_> = before.iter().map(|(path, _)| path.to_string()).collect();
    let hash = before.hash();
    let mut random = tools::Random::new(2_024);
    for _ in 0..scale.changes {
        let path = &paths[random.below(paths.len())];
        let file = site.source.path().join(path);
        let bytes = fs::read(&file).expect("a source file");
        let mut changed = bytes.clone();
        match changed.len() {
            0 => changed.push(b'x'),
            length => changed[random.below(length)] ^= 1,
        }
        fs::write(&file, changed).expect("a writable file");
        let after = site.collect();
        let renamed: BTreeSet<_> =
            paths.iter().filter(|path| hashed(&before, path) != hashed(&after, path)).cloned().collect();
        assert_eq!(renamed, reaching(path, &referrers), "{path} was changed");
        assert_ne!(after.hash(), hash);
        assert_eq!(after.hash(), Some(hash_of(&after)));
        fs::write(&file, bytes).expect("a writable file");
    }
    assert_eq!(site.collect().hash(), hash);
}

fn hashed<'a>(manifest: &'a Manifest, path: &str) -> Option<&'a str> {
    Some(&manifest.get(path)?.hashed)
}

/// Returns all files from which this file is reachable, and the file itself.
fn reaching(path: &str, referrers: &BTreeMap<String, Vec<String>>) -> BTreeSet<String> {
    let (mut found, mut open) = (BTreeSet::new(), vec![path.to_owned()]);
    while let Some(path) = open.pop() {
        open.extend(
            referrers.get(&path).into_iter().flatten().filter(|path| !found.contains(*path)).cloned(),
        );
        found.insert(path);
    }
    found
}

/// Computes the hash of a manifest as documented.
fn hash_of(manifest: &Manifest) -> String {
    let lines: BTreeSet<_> =
        manifest.iter().map(|(path, entry)| format!("{path}\0{}\n", entry.hashed)).collect();
    let digest = Sha256::digest(lines.into_iter().collect::<String>());
    digest[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}
