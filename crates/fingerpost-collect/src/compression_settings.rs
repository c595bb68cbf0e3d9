//! Which files are worth compressing, by extension.

use std::collections::BTreeSet;

use fingerpost::manifest::Encoding;

use crate::{
    compression::Compression,
    diagnostics::problem::{Error, Problem},
};

/// The headers that announce a variant are about as long as what a shorter file could gain.
const SMALLEST: u64 = 100;

/// What to make of each file.
pub(crate) struct CompressionSettings {
    usual: Vec<Compression>,
    maps: Vec<Compression>,
}

impl CompressionSettings {
    /// Names every encoding that this program cannot make.
    pub(crate) fn new(usual: Vec<Compression>, maps: Option<Vec<Compression>>) -> Result<Self, Error> {
        let maps = maps.unwrap_or_else(|| {
            usual.iter().copied().filter(|compression| compression.encoding() == Encoding::Gzip).collect()
        });
        let all: BTreeSet<_> = usual.iter().chain(&maps).map(|compression| compression.encoding()).collect();
        Error::from_problems(all.into_iter().filter_map(|encoding| check(encoding).err()).collect())?;
        Ok(Self { usual, maps })
    }

    /// Whether no file is ever compressed.
    pub(crate) fn is_nothing(&self) -> bool {
        self.usual.is_empty() && self.maps.is_empty()
    }

    /// What to make of the asset of this path and size.
    pub(crate) fn for_asset(&self, path: &str, size: u64) -> &[Compression] {
        if size < SMALLEST {
            return &[];
        }
        let extension = path.rsplit_once('.').map_or("", |(_, extension)| extension);
        match &*extension.to_ascii_lowercase() {
            "map" => &self.maps,
            // Text, or bytes in no other compression. Images, `woff2` and archives are compressed already, and all others
            // are too rare to spend time on.
            "appcache" | "atom" | "bmp" | "cjs" | "css" | "csv" | "cur" | "eot" | "geojson" | "gltf"
            | "glsl" | "htm" | "html" | "ico" | "ics" | "js" | "json" | "json5" | "jsonld" | "jsx" | "md"
            | "mjs" | "mts" | "otf" | "rss" | "rtf" | "scss" | "srt" | "svg" | "topojson" | "ts" | "tsv"
            | "tsx" | "ttc" | "ttf" | "txt" | "vtt" | "wasm" | "webmanifest" | "wgsl" | "xhtml" | "xml"
            | "xsl" | "yaml" | "yml" => &self.usual,
            _ => &[],
        }
    }
}

/// Fails if this program has no encoder for it.
pub(crate) fn check(encoding: Encoding) -> Result<(), Problem> {
    let feature = match encoding {
        Encoding::Br if cfg!(not(feature = "brotli")) => "brotli",
        Encoding::Zstd if cfg!(not(feature = "zstd")) => "zstd",
        _ => return Ok(()),
    };
    let message = format!("compression `{encoding}` is not built in; leave it out, or enable the feature");
    Err(Problem::config(format!("{message} `{feature}` of `fingerpost-collect`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_types_are_compressed_and_compressed_types_are_not() {
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
