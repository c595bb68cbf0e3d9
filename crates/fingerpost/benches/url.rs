//! Compares `Assets::url` with a baseline. In production, the baseline is a lookup in a hash map. In development, the
//! baseline is `fs::metadata`. With the feature `watch`, the baseline in development is `Assets::url` in production.
#![allow(missing_docs, clippy::print_stdout, reason = "a bench prints results")]

mod ratio;

use std::{
    fs, hint,
    sync::Arc,
    time::{Duration, SystemTime},
};

use fingerpost::{
    AssetPath, Assets, Mode,
    manifest::{ContentHash, Digest, FileInfo, Manifest},
};
use hashbrown::HashMap;

const ASSETS: usize = 5_000;

fn main() -> std::process::ExitCode {
    let dir = tempfile::tempdir_in(if fs::exists("/dev/shm").unwrap() { "/dev/shm" } else { "." }).unwrap();
    let mut manifest = Manifest::new("/static/");
    let mut bare = HashMap::<Box<str>, Arc<str>, foldhash::fast::RandomState>::default();
    for i in 0..ASSETS {
        let path = format!("components/widget-{i}/style.css");
        let hashed = AssetPath::parse(&path).unwrap().hashed(&ContentHash::from_content(path.as_bytes()));
        bare.insert(path.as_str().into(), format!("/static/{hashed}").into());
        manifest.insert(
            AssetPath::parse(&path).unwrap(),
            hashed,
            FileInfo::new(0, Digest::from_content(b"")),
        );
    }
    fs::write(dir.path().join("staticfiles.json"), manifest.to_json()).unwrap();
    let production = Assets::production(dir.path()).unwrap();

    let file = dir.path().join("components/widget-7/style.css");
    fs::create_dir_all(file.parent().unwrap()).unwrap();
    fs::write(&file, "a{}").unwrap();
    let development = Assets::builder().source(dir.path()).mode(Mode::Dev);
    // The cache is used only for files that are older than two seconds.
    let later = || SystemTime::now() + Duration::from_secs(3);
    let development = development.clock(later).build().unwrap();

    let mut criterion = ratio::criterion();
    let path = || hint::black_box("components/widget-7/style.css");
    ratio::compare(
        &mut criterion,
        "Assets::url in production",
        2.5,
        || production.url(path()).unwrap(),
        || Arc::clone(&bare[path()]),
    );
    let snapshot = production.snapshot();
    snapshot.scope(|| {
        ratio::compare(
            &mut criterion,
            "Assets::url in production, in a scope",
            2.5,
            || production.url(path()).unwrap(),
            || Arc::clone(&bare[path()]),
        );
    });
    if cfg!(feature = "watch") {
        ratio::compare(
            &mut criterion,
            "Assets::url in development, a watched hit",
            3.0,
            || development.url(path()).unwrap(),
            || production.url(path()).unwrap(),
        );
    } else {
        ratio::compare(
            &mut criterion,
            "Assets::url in development, a hit",
            1.2,
            || development.url(path()).unwrap(),
            || fs::metadata(&file).unwrap(),
        );
    }
    ratio::finish(&mut criterion)
}
