//! Checks that no text results in a path outside of the directory, in markup, or in a URL of another host.
#![no_main]

use std::sync::LazyLock;

use fingerpost::{AssetPath, Assets, OnMissing, manifest::ContentHash};
use fingerpost_collect::{CollectConfig, collect};
use libfuzzer_sys::fuzz_target;

static ASSETS: LazyLock<Assets> = LazyLock::new(|| {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let [source, out] = ["static", "out"].map(|name| dir.path().join(name));
    std::fs::create_dir(&source).expect("a source directory");
    std::fs::write(source.join("a.css"), "a").expect("a writable file");
    collect(&CollectConfig::new(&out).source(&source)).expect("a collected site");
    let assets = Assets::builder().collected(&out).mode(fingerpost::Mode::Production);
    assets.on_missing(OnMissing::Plain).build().expect("assets")
});

fuzz_target!(|text: &str| {
    if let Ok(path) = AssetPath::parse(text) {
        assert!(path.split('/').all(|segment| !matches!(segment, "" | "." | "..")), "{path}");
        assert!(!path.contains(['\\', '\0']), "{path}");
        assert_eq!(AssetPath::parse(&path).ok().as_ref(), Some(&path));
        let hashed = path.hashed(&ContentHash::from_content(b""));
        // The path may already contain the hash.
        let (before, behind) = hashed.rsplit_once(".e3b0c44298fc").expect("the hash");
        assert_eq!(format!("{before}{behind}"), path.as_str());
        assert_eq!(AssetPath::parse(&hashed).expect("a hashed path").as_str(), hashed);
    }
    if let Ok(url) = ASSETS.url(text) {
        assert!(url.starts_with("/static/"), "{url}");
        assert!(!url.contains(['<', '>', '"', '\'', ' ', '\\']), "{url}");
        assert!(!url.contains('&') || text.contains('&'), "{url}");
        assert!(
            !url.split(['?', '#']).next().unwrap_or_default().split('/').any(|segment| segment == ".."),
            "{url}"
        );
    }
});
