//! The strategy `Manifest`: all assets at their hashed paths.

use std::{
    io,
    path::Path,
    sync::{Arc, OnceLock},
};

use crate::{
    error::{Error, ErrorKind, Miss},
    files::is_absent,
    manifest::{
        MANIFEST_NAME, Manifest,
        digest::Digest,
        store::{Store, Stored},
    },
    quote::quoted_path,
    resolve::{
        links::Links,
        lookup_table::{Asset, LookupTable},
    },
    url::{asset_path::is_nameable, url_options::UrlOptions},
};

/// The published files of one manifest.
#[derive(Debug)]
pub(crate) struct Collected {
    pub(crate) table: LookupTable,
    /// Indexed by the position of an asset.
    files: Vec<CollectedFile>,
    store: Arc<dyn Store>,
}

#[derive(Debug)]
struct CollectedFile {
    hashed: Box<str>,
    /// The digest in the manifest. If the manifest lacks the digest, the first call computes the digest of the
    /// published file.
    digest: OnceLock<Digest>,
    links: Option<Box<Links>>,
}

impl Collected {
    pub(crate) fn new(options: &UrlOptions, manifest: &Manifest, store: Arc<dyn Store>) -> Self {
        let nameable = manifest.iter().filter(|(path, _)| is_nameable(path));
        let (assets, mut files): (_, Vec<_>) = nameable
            .clone()
            .map(|(path, entry)| {
                let digest = entry.info.as_ref().map_or_else(OnceLock::new, |info| info.sha256.into());
                let urls = options.urls(&entry.hashed, None);
                (
                    Asset { path: path.as_str().into(), urls },
                    CollectedFile { hashed: entry.hashed.as_str().into(), digest, links: None },
                )
            })
            .unzip();
        let table = LookupTable::new(assets).with_entries(manifest.entries());
        for (file, (_, entry)) in files.iter_mut().zip(nameable) {
            file.links = entry.info.as_ref().and_then(|info| Links::new(info, &table));
        }
        Self { table, files, store }
    }

    /// Returns the position and the hashed path of an asset.
    pub(crate) fn find(&self, path: &str) -> Option<(u32, &str)> {
        let position = self.table.position(path)?;
        Some((position as u32, &self.files[position].hashed))
    }

    /// Returns the imports and style sheets of the script at this position.
    pub(crate) fn links(&self, position: u32) -> Option<&Links> {
        self.files[position as usize].links.as_deref()
    }

    /// Returns the path of an asset in the output directory.
    pub(crate) fn hashed_path(&self, path: &str) -> Option<&str> {
        let position = self.table.position(path)?;
        (*self.table.assets[position].path == *path).then(|| &*self.files[position].hashed)
    }

    /// Returns the digest of the bytes that are served for an asset.
    pub(crate) fn digest(&self, path: &str) -> Result<Digest, Miss> {
        let position = self.table.position(path).ok_or(Miss::NotFound(None))?;
        let CollectedFile { hashed, digest, .. } = &self.files[position];
        if let Some(digest) = digest.get() {
            return Ok(*digest);
        }
        // The store is not called inside `get_or_init`, because the store is user code and may call this method.
        let read = read_digest(&*self.store, hashed)
            .map_err(|err| Error::unreadable(Path::new(&self.store.place()).join(&**hashed), &err))?;
        Ok(*digest.get_or_init(|| read))
    }

    /// Returns the name of the manifest in errors.
    pub(crate) fn place(&self) -> String {
        manifest_place(&*self.store)
    }
}

fn read_digest(store: &dyn Store, hashed: &str) -> io::Result<Digest> {
    match store.open(hashed)? {
        Stored::Bytes(bytes) => Ok(Digest::from_content(&bytes)),
        Stored::Static(bytes) => Ok(Digest::from_content(bytes)),
        Stored::File(file) => Ok(Digest::from_reader(file)?.0),
    }
}

/// Reads the manifest and checks that it was made for this base URL.
pub(crate) fn read_manifest(
    options: &UrlOptions,
    store: &dyn Store,
    advice: impl FnOnce() -> String,
) -> Result<Manifest, Error> {
    let place = manifest_place(store);
    let json = store.read(MANIFEST_NAME).map_err(|err| {
        if is_absent(&err) {
            let message = format_args!("manifest {} was not found{}", quoted_path(&place), advice());
            Error::new(ErrorKind::ManifestNotFound, message)
        } else {
            Error::unreadable(&place, &err)
        }
    })?;
    let manifest = Manifest::parse(&json, &place)?;
    store.check_files(&manifest).map_err(|err| Error::unreadable(&place, &err))?;
    match manifest.base_path() {
        Some(made_for) if made_for != options.base.path() => {
            let found =
                format_args!("was made for `{made_for}`, and the base URL here is `{}`", options.base);
            let advice =
                format_args!("run `fingerpost collect` again with `--base-url {}`", options.base.path());
            Err(Error::manifest(place, format_args!("{found}; {advice}")))
        }
        _ => Ok(manifest),
    }
}

fn manifest_place(store: &dyn Store) -> String {
    Path::new(&store.place()).join(MANIFEST_NAME).display().to_string()
}
