//! A site whose assets are served from a pack inside the program.

use std::{fs, ops::Deref};

use fingerpost::{Assets, AssetsBuilder, Mode, manifest::TarStore};
use fingerpost_collect::{CollectConfig, collect};

use crate::site::Site as OnDisk;
pub(crate) use crate::site::{
    IMMUTABLE, ONE_HOUR, TestResponse, get, get_hashed, path_below_mount, send, tag,
};

/// A site on disk that is packed after each run of `collect`.
pub(crate) struct Site(OnDisk);

impl Site {
    pub(crate) fn new(files: &[(&str, &[u8])]) -> Self {
        Self(OnDisk::new(files))
    }

    pub(crate) fn collect(&self) -> &Self {
        self.collect_compressed(&[])
    }

    pub(crate) fn collect_compressed(&self, encodings: &[&str]) -> &Self {
        let config = CollectConfig::new(self.dist()).source(self.source()).compress(encodings);
        collect(&config.pack(self.dist().with_extension("tar"))).unwrap();
        self
    }

    /// Returns the bytes of the pack. The memory is never freed, like the static memory of a program.
    pub(crate) fn pack(&self) -> &'static [u8] {
        fs::read(self.dist().with_extension("tar")).unwrap().leak()
    }

    pub(crate) fn builder(&self, mode: Mode) -> AssetsBuilder {
        Assets::builder().embedded(Some(TarStore::from_static("dist.tar", self.pack()))).mode(mode)
    }

    pub(crate) fn production(&self) -> Assets {
        self.builder(Mode::Production).build().unwrap()
    }
}

impl Deref for Site {
    type Target = OnDisk;

    fn deref(&self) -> &OnDisk {
        &self.0
    }
}
