use std::{fmt, io, sync::Arc};

use fingerpost::{AssetPath, Store, Stored, manifest::MANIFEST_NAME};
use serde_json::Value;

/// A store whose manifest has only one asset, without earlier releases. A server of one asset would otherwise index all files of
/// all releases.
pub(crate) struct SingleAssetStore {
    store: Arc<dyn Store>,
    path: AssetPath,
}

impl SingleAssetStore {
    pub(crate) fn new(store: Arc<dyn Store>, path: AssetPath) -> Self {
        Self { store, path }
    }
}

impl Store for SingleAssetStore {
    fn place(&self) -> String {
        self.store.place()
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        let bytes = self.store.read(path)?;
        if path != MANIFEST_NAME {
            return Ok(bytes);
        }
        let mut manifest: Value = serde_json::from_slice(&bytes)?;
        for pointer in ["/paths", "/fingerpost/files"] {
            if let Some(Value::Object(assets)) = manifest.pointer_mut(pointer) {
                assets.retain(|path, _| *path == *self.path);
            }
        }
        // Entries must refer to assets of the manifest.
        if let Some(Value::Object(section)) = manifest.get_mut("fingerpost") {
            section.remove("entries");
        }
        Ok(serde_json::to_vec(&manifest)?)
    }

    fn open(&self, path: &str) -> io::Result<Stored> {
        self.store.open(path)
    }

    fn releases(&self) -> io::Result<Vec<u64>> {
        Ok(Vec::new())
    }
}

impl fmt::Debug for SingleAssetStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} in {:?}", self.path, self.store)
    }
}
