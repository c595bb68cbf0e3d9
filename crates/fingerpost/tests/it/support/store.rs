use std::{
    collections::HashMap,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
};

use fingerpost::{Store, manifest::MANIFEST_NAME};
use parking_lot::Mutex;

/// Files in memory, with the number of file reads.
#[derive(Debug, Clone, Default)]
pub(crate) struct Memory(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    files: Mutex<HashMap<String, Vec<u8>>>,
    reads: AtomicUsize,
}

impl Memory {
    /// Creates a store with a Django manifest of these asset and hashed paths.
    pub(crate) fn with_paths(paths: &[(&str, &str)]) -> Self {
        let store = Self::default();
        store.publish(paths);
        store
    }

    pub(crate) fn publish(&self, paths: &[(&str, &str)]) {
        let paths: HashMap<_, _> = paths.iter().copied().collect();
        let manifest = serde_json::json!({"version": "1.1", "hash": "", "paths": paths});
        self.write(MANIFEST_NAME, manifest.to_string());
    }

    pub(crate) fn write(&self, path: &str, content: impl Into<Vec<u8>>) {
        self.0.files.lock().insert(path.to_owned(), content.into());
    }

    /// Returns the number of file reads.
    pub(crate) fn reads(&self) -> usize {
        self.0.reads.load(SeqCst)
    }
}

impl Store for Memory {
    fn place(&self) -> String {
        "memory".to_owned()
    }

    fn read(&self, path: &str) -> io::Result<Vec<u8>> {
        self.0.reads.fetch_add(1, SeqCst);
        self.0.files.lock().get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn releases(&self) -> io::Result<Vec<u64>> {
        Ok(Vec::new())
    }
}
