//! Checks that the manifest of a bundler yields the same valid paths after formatting, and that its entries have tags.
#![no_main]

use std::{
    fs,
    path::{Path, PathBuf},
};

use fingerpost::{
    __private::{Bundle, BundleSettings},
    AssetPath, Assets, BaseUrl, Mode, Settings,
    sources::SourceDir,
};
use libfuzzer_sys::fuzz_target;
use tempfile::TempDir;

struct Site {
    dir: TempDir,
    vite: BundleSettings,
    flat: BundleSettings,
    base: BaseUrl,
}

impl Site {
    fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let path = |name: &str| dir.path().join(name);
        fs::create_dir_all(path("vite/.vite")).expect("a new directory");
        fs::create_dir_all(path("static/d")).expect("a new directory");
        fs::write(path("fingerpost.toml"), "sources = ['static']\nvite.out = 'vite'").expect("a new file");
        let [mut vite, mut flat] = [BundleSettings::default(), BundleSettings::default()];
        vite.vite.out = Some(path("vite"));
        flat.manifest = Some(path("static/d/manifest.json"));
        Self { dir, vite, flat, base: BaseUrl::parse("/static/").expect("a base URL") }
    }

    fn manifests(&self) -> [(PathBuf, &BundleSettings); 2] {
        let at = |name: &str| self.dir.path().join(name);
        [(at("vite/.vite/manifest.json"), &self.vite), (at("static/d/manifest.json"), &self.flat)]
    }

    fn parse(&self, place: &Path, settings: &BundleSettings, json: &[u8]) -> Option<Bundle> {
        fs::write(place, json).expect("a writable file");
        settings.read(&[SourceDir::new(self.dir.path().join("static"))], &self.base).ok()
    }
}

fn assert_is_valid(bundle: &Bundle) {
    let files = bundle
        .files
        .iter()
        .flat_map(|(path, file)| [path].into_iter().chain(&file.imports).chain(&file.styles));
    for path in bundle.entries.values().chain(files) {
        assert_eq!(AssetPath::parse(path).ok().as_ref(), Some(path));
    }
    for name in bundle.entries.keys() {
        assert!(AssetPath::parse(name).is_ok_and(|path| path.as_str() == name), "{name}");
    }
}

thread_local! {
    static SITE: Site = Site::new();
}

fuzz_target!(|json: &[u8]| SITE.with(|site| {
    for (place, settings) in site.manifests() {
        let Some(bundle) = site.parse(&place, settings, json) else { continue };
        assert_is_valid(&bundle);
        let value: serde_json::Value = serde_json::from_slice(json).expect("the JSON that was parsed before");
        let pretty = serde_json::to_vec_pretty(&value).expect("JSON");
        assert_eq!(site.parse(&place, settings, &pretty), Some(bundle));
    }
    let settings = Settings::read(site.dir.path().join("fingerpost.toml")).expect("valid settings");
    let Ok(assets) = Assets::builder().settings(settings).mode(Mode::Dev).build() else { return };
    let Some(bundle) = site.parse(&site.manifests()[0].0, &site.vite, json) else { return };
    for entry in bundle.entries.keys() {
        // Most entries have no file.
        if let Ok(tags) = assets.snapshot().tags(&[entry]) {
            assert!(tags.is_empty() || tags.starts_with('<'), "{tags}");
        }
    }
}));
