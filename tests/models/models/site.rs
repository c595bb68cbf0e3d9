//! A site in memory whose releases are published during a scenario.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
};

use fingerpost::{
    Assets, Mode, Store,
    manifest::{MANIFEST_NAME, Manifest, Release},
};

/// The state of the store. Shared by all clones.
#[derive(Debug, Clone, Default)]
pub struct Site(Arc<Counts>);

#[derive(Debug, Default)]
struct Counts {
    release: AtomicU32,
    readers: AtomicU32,
    overlaps: AtomicU32,
    manifests: AtomicU32,
}

impl Site {
    pub fn assets(&self) -> Assets {
        Assets::builder().store(self.clone()).mode(Mode::Production).build().expect("a valid manifest")
    }

    /// Publishes the next release. Returns its number.
    pub fn publish(&self) -> u32 {
        self.0.release.fetch_add(1, SeqCst) + 1
    }

    pub fn release(&self) -> u32 {
        self.0.release.load(SeqCst)
    }

    /// Returns the number of reads of the manifest.
    pub fn manifests(&self) -> u32 {
        self.0.manifests.load(SeqCst)
    }

    /// Returns the number of reads of the manifest that began during another read.
    pub fn overlaps(&self) -> u32 {
        self.0.overlaps.load(SeqCst)
    }

    fn manifest(&self) -> Vec<u8> {
        self.0.manifests.fetch_add(1, SeqCst);
        let readers = self.0.readers.fetch_add(1, SeqCst);
        self.0.overlaps.fetch_add(u32::from(readers > 0), SeqCst);
        let release = self.release();
        // Other threads run between the begin and the end of the read.
        shuttle::thread::yield_now();
        self.0.readers.fetch_sub(1, SeqCst);
        manifest(release).into()
    }
}

fn manifest(release: u32) -> String {
    let [style, script] = [hashed("a", release, "css"), hashed("b", release, "js")];
    format!(r#"{{"version": "1.1", "paths": {{"a.css": "{style}", "b.js": "{script}"}}}}"#)
}

fn hashed(stem: &str, release: u32, extension: &str) -> String {
    format!("{stem}.{release:012x}.{extension}")
}

/// Returns the release that a URL belongs to.
pub fn release_of(url: &str) -> u32 {
    let hash = url.rsplit('.').nth(1).expect("a hash");
    u32::from_str_radix(hash, 16).expect("the number of a release")
}

impl Store for Site {
    fn place(&self) -> String {
        "memory".into()
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        if path == MANIFEST_NAME {
            return Ok(self.manifest());
        }
        let number = path.strip_prefix(".fingerpost/releases/").and_then(|name| name.strip_suffix(".json"));
        if let Some(number) = number.and_then(|number| number.parse().ok()) {
            let manifest = Manifest::parse(manifest(number).as_bytes(), path).expect("a valid manifest");
            return Ok(Release::new(manifest).to_json());
        }
        // The store has the files of all published releases.
        if path.contains('.') && release_of(path) <= self.release() {
            return Ok(path.into());
        }
        Err(io::ErrorKind::NotFound.into())
    }

    fn releases(&self) -> io::Result<Vec<u64>> {
        Ok((0..=self.release().into()).collect())
    }
}
