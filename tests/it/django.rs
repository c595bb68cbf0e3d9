//! Tests the compatibility with `ManifestStaticFilesStorage`: Django and Fingerpost read the output directories of each
//! other.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use fingerpost::{
    Assets, Settings,
    manifest::{Digest, MANIFEST_NAME},
};
use fingerpost_collect::{CollectConfig, collect};
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::tools::{self, RealAssets};

const SET_UP: &str = r#"
import json, sys
import django
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["django.contrib.staticfiles"],
    STATIC_URL="/static/",
    STATIC_ROOT=sys.argv[1],
    STATICFILES_DIRS=sys.argv[2:],
    STORAGES={"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}},
)
django.setup()
"#;

const COLLECT: &str = r#"
from django.core.management import call_command
call_command("collectstatic", interactive=False, verbosity=0)
"#;

/// Prints the manifest in `STATIC_ROOT`, and the URLs of every path from the template tag and from the storage.
const READ: &str = r#"
from django.contrib.staticfiles.storage import staticfiles_storage as storage
from django.templatetags.static import static

paths, hash = storage.load_manifest()
print(json.dumps({
    "paths": paths,
    "hash": hash,
    "static": {path: static(path) for path in paths},
    "storage": {path: storage.url(path) for path in paths},
}))
"#;

/// Runs a Python script after the setup of Django, and returns the output.
#[track_caller]
fn django(python: &Path, script: &str, dirs: &[&Path]) -> Vec<u8> {
    let script = format!("{SET_UP}{script}");
    let output =
        Command::new(python).args(["-c", &script]).args(dirs).output().expect("a Python that starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// Runs `collectstatic` of Django.
#[track_caller]
pub(crate) fn collect_static(python: &Path, root: &Path, source: &Path) {
    django(python, COLLECT, &[root, source]);
}

#[track_caller]
fn read(python: &Path, root: &Path) -> Value {
    serde_json::from_slice(&django(python, READ, &[root])).expect("JSON")
}

/// Creates a source directory with published files and files with unusual names.
#[track_caller]
fn sources() -> Option<RealAssets> {
    let assets = tools::real_assets(200)?;
    for name in ["LICENSE", "a.tar.gz", "b c.txt", "⊗.txt"] {
        fs::write(assets.dir().join(name), name).expect("a writable file");
    }
    Some(assets)
}

/// Compares the URLs of Django, by path, with the URLs of Fingerpost. Reports only the differences. Django's storage
/// does not percent-encode paths from a manifest.
#[track_caller]
fn assert_same_urls(theirs: &Value, ours: &Assets) {
    let decoded = |url: &str| percent_decode_str(url).decode_utf8().expect("a UTF-8 name").into_owned();
    let mut ours: BTreeMap<_, _> = ours.iter().map(|(path, url)| (path, decoded(&url))).collect();
    let theirs = theirs.as_object().expect("URLs by path").iter();
    let theirs = theirs.map(|(path, url)| (path, url.as_str().expect("a URL"), ours.remove(path)));
    let differing: Vec<_> = theirs.filter(|(_, theirs, ours)| ours.as_deref() != Some(*theirs)).collect();
    assert!(differing.is_empty(), "different URLs (path, Django, Fingerpost): {differing:#?}");
    assert!(ours.is_empty(), "URLs that Django does not have: {ours:#?}");
}

#[test]
#[ignore = "needs npm packages and Django: run tests/setup"]
fn django_reads_a_fingerpost_manifest() {
    let (Some(python), Some(source)) = (tools::python(), sources()) else { return };
    let (project, out) =
        (TempDir::new().expect("a temporary directory"), TempDir::new().expect("a temporary directory"));
    // Adds digests of components to the manifest. Django ignores this unknown key.
    let file = project.path().join("fingerpost.toml");
    fs::write(&file, "version.components.settings = [\"fingerpost.toml\"]").expect("a writable file");
    let mut settings = Settings::read(&file).expect("valid settings");
    settings.out = Some(out.path().to_owned());
    collect(&CollectConfig::from_settings(settings).source(source.dir()).originals(true)).expect("a release");
    let assets = Assets::production(out.path()).expect("an output directory");
    let json = fs::read(out.path().join(MANIFEST_NAME)).expect("a manifest");
    let manifest: Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(manifest["version"], "1.1");
    assert_eq!(manifest["fingerpost"]["components"]["settings"]["files"], 1);

    let values = read(&python, out.path());
    assert_eq!(values["paths"].as_object().map(|paths| paths.len()), Some(204));
    assert_eq!(values["paths"], manifest["paths"]);
    assert_eq!(values["hash"], *assets.app_version());
    assert_same_urls(&values["static"], &assets);
    assert_same_urls(&values["storage"], &assets);
}

#[test]
#[ignore = "needs npm packages and Django: run tests/setup"]
fn fingerpost_reads_a_django_manifest() {
    let (Some(python), Some(source)) = (tools::python(), sources()) else { return };
    let root = TempDir::new().expect("a temporary directory");
    collect_static(&python, root.path(), source.dir());
    let values = read(&python, root.path());
    assert_eq!(values["paths"].as_object().map(|paths| paths.len()), Some(204));

    let file = root.path().join(MANIFEST_NAME);
    let mut manifest: Value = serde_json::from_slice(&fs::read(&file).expect("a manifest")).expect("JSON");
    assert_eq!(manifest["version"], "1.1");
    let assets = Assets::production(root.path()).expect("an output directory");
    assert_same_urls(&values["static"], &assets);
    assert_eq!(*assets.app_version(), values["hash"]);
    for (path, hashed) in values["paths"].as_object().expect("paths") {
        let bytes = fs::read(root.path().join(hashed.as_str().expect("a path"))).expect("a hashed file");
        let integrity = assets.integrity(path).expect("a hashed file");
        assert_eq!(integrity, Digest::from_content(&bytes).integrity(), "{path}");
    }

    let members = manifest.as_object_mut().expect("an object");
    members.insert("version".to_owned(), json!("1.0"));
    members.remove("hash").expect("a hash");
    fs::write(&file, manifest.to_string()).expect("a writable file");
    let assets = Assets::production(root.path()).expect("an output directory");
    assert_same_urls(&values["static"], &assets);
    assert_eq!(*assets.app_version(), *"unknown");
}
