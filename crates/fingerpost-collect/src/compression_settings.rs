//! Chooses the files to compress, by extension and size.

use std::collections::BTreeSet;

use fingerpost::{__private::is_compressible, manifest::Encoding};

use crate::{
    compression::Compression,
    diagnostics::{Error, Problem},
};

/// The minimum length of a file with variants, in bytes. In smaller files, compression saves about as many bytes as the
/// response headers of a variant add.
const SMALLEST: u64 = 100;

/// The compressed variants and the deltas to create.
pub(crate) struct CompressionSettings {
    usual: Encodings,
    maps: Encodings,
}

/// The encodings of one group of files.
struct Encodings {
    variants: Vec<Compression>,
    deltas: Option<Compression>,
}

impl From<Vec<Compression>> for Encodings {
    fn from(list: Vec<Compression>) -> Self {
        let (deltas, variants): (Vec<_>, _) =
            list.into_iter().partition(|compression| compression.encoding() == Encoding::Dcz);
        Self { variants, deltas: deltas.first().copied() }
    }
}

impl CompressionSettings {
    /// Fails if this build does not support an encoding. The error lists all unsupported encodings.
    pub(crate) fn new(usual: Vec<Compression>, maps: Option<Vec<Compression>>) -> Result<Self, Error> {
        let maps = maps.unwrap_or_else(|| {
            usual.iter().copied().filter(|compression| compression.encoding() == Encoding::Gzip).collect()
        });
        let all: BTreeSet<_> = usual.iter().chain(&maps).map(|compression| compression.encoding()).collect();
        Error::from_problems(all.into_iter().filter_map(|encoding| check(encoding).err()).collect())?;
        Ok(Self { usual: usual.into(), maps: maps.into() })
    }

    /// Returns `true` if no file has variants.
    pub(crate) fn is_empty(&self) -> bool {
        self.usual.variants.is_empty() && self.maps.variants.is_empty()
    }

    /// Returns `true` if deltas are enabled.
    pub(crate) fn has_deltas(&self) -> bool {
        self.usual.deltas.is_some() || self.maps.deltas.is_some()
    }

    /// Returns the variants to create for an asset.
    pub(crate) fn for_asset(&self, path: &str, size: u64) -> &[Compression] {
        self.encodings(path, size).map_or(&[], |encodings| &encodings.variants)
    }

    /// Returns the compression of the deltas of an asset. `None` if the asset has no deltas.
    pub(crate) fn deltas_of(&self, path: &str, size: u64) -> Option<Compression> {
        self.encodings(path, size)?.deltas
    }

    fn encodings(&self, path: &str, size: u64) -> Option<&Encodings> {
        if size < SMALLEST || !is_compressible(path) {
            return None;
        }
        Some(if is_map(path) { &self.maps } else { &self.usual })
    }
}

fn is_map(path: &str) -> bool {
    path.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("map"))
}

/// Fails if this build has no encoder for the encoding.
pub(crate) fn check(encoding: Encoding) -> Result<(), Problem> {
    let feature = match encoding {
        Encoding::Br if cfg!(not(feature = "brotli")) => "brotli",
        Encoding::Zstd | Encoding::Dcz if cfg!(not(feature = "zstd")) => "zstd",
        _ => return Ok(()),
    };
    let message = format!("compression `{encoding}` is not built in; omit it, or enable the feature");
    Err(Problem::config(format!("{message} `{feature}` of `fingerpost-collect`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_formats_are_compressed_and_compressed_formats_are_skipped() {
        let gzip = vec![Compression::from(Encoding::Gzip)];
        let wanted = CompressionSettings::new(gzip.clone(), Some(Vec::new())).ok().unwrap();
        for path in ["a.css", "A.CSS", "x.y/a.min.js", "a.svg", "a.wasm", "a.ttf", "a.webmanifest", ".html"] {
            assert_eq!(wanted.for_asset(path, 100), gzip, "{path}");
        }
        for path in
            ["a.png", "a.woff2", "a.gz", "a.css.gz", "a.br", "a.mp4", "css", "css/LICENSE", "x.js/y", "a.map"]
        {
            assert_eq!(wanted.for_asset(path, 100), [], "{path}");
        }
        assert_eq!(wanted.for_asset("a.css", 99), []);
    }
}
