//! Chooses the files to compress, by extension and size.

use std::collections::BTreeSet;

use fingerpost::manifest::Encoding;

use crate::{
    compression::Compression,
    diagnostics::{Error, Problem},
};

/// In smaller files, compression saves about as many bytes as the response headers of a variant add.
const SMALLEST: u64 = 100;

/// The compressed variants to create.
pub(crate) struct CompressionSettings {
    usual: Vec<Compression>,
    maps: Vec<Compression>,
}

impl CompressionSettings {
    /// Fails if this build does not support an encoding. The error lists all unsupported encodings.
    pub(crate) fn new(usual: Vec<Compression>, maps: Option<Vec<Compression>>) -> Result<Self, Error> {
        let maps = maps.unwrap_or_else(|| {
            usual.iter().copied().filter(|compression| compression.encoding() == Encoding::Gzip).collect()
        });
        let all: BTreeSet<_> = usual.iter().chain(&maps).map(|compression| compression.encoding()).collect();
        Error::from_problems(all.into_iter().filter_map(|encoding| check(encoding).err()).collect())?;
        Ok(Self { usual, maps })
    }

    /// Returns `true` if no file is ever compressed.
    pub(crate) fn is_empty(&self) -> bool {
        self.usual.is_empty() && self.maps.is_empty()
    }

    /// Returns the variants to create for an asset.
    pub(crate) fn for_asset(&self, path: &str, size: u64) -> &[Compression] {
        if size < SMALLEST {
            return &[];
        }
        let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
        match &*extension.to_ascii_lowercase() {
            "map" => &self.maps,
            // Text and uncompressed binary formats. Images, `woff2` and archives are compressed already; other types are too
            // rare.
            "appcache" | "atom" | "bmp" | "cjs" | "css" | "csv" | "cur" | "eot" | "geojson" | "gltf"
            | "glsl" | "htm" | "html" | "ico" | "ics" | "js" | "json" | "json5" | "jsonld" | "jsx" | "md"
            | "mjs" | "mts" | "otf" | "rss" | "rtf" | "scss" | "srt" | "svg" | "topojson" | "ts" | "tsv"
            | "tsx" | "ttc" | "ttf" | "txt" | "vtt" | "wasm" | "webmanifest" | "wgsl" | "xhtml" | "xml"
            | "xsl" | "yaml" | "yml" => &self.usual,
            _ => &[],
        }
    }
}

/// Fails if this build has no encoder for the encoding.
pub(crate) fn check(encoding: Encoding) -> Result<(), Problem> {
    let feature = match encoding {
        Encoding::Br if cfg!(not(feature = "brotli")) => "brotli",
        Encoding::Zstd if cfg!(not(feature = "zstd")) => "zstd",
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
        let wanted = CompressionSettings { usual: gzip.clone(), maps: Vec::new() };
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
