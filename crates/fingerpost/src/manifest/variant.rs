//! The names of compressed variants and deltas.

use super::{ContentHash, DeltaInfo, Digest, Encoding, EncodingInfo, Entry, FileInfo};

/// Returns the name of a variant of a file.
pub fn variant_name(file: &str, encoding: Encoding) -> String {
    format!("{file}.{}", encoding.extension())
}

/// Returns the names of all variants of a file.
pub fn variant_names<'a>(
    file: &'a str,
    info: &'a FileInfo,
) -> impl Iterator<Item = (String, EncodingInfo)> + 'a {
    let encoding = |name: &String| Encoding::from_name(name).filter(|encoding| *encoding != Encoding::Dcz);
    let name = move |(name, &variant): (&String, _)| Some((variant_name(file, encoding(name)?), variant));
    info.encodings.iter().filter_map(name)
}

/// Returns the name of the delta to a file from the earlier version with this digest.
pub fn delta_name(file: &str, from: &Digest) -> String {
    format!("{file}.{}.{}", ContentHash::from(from), Encoding::Dcz.extension())
}

/// Returns the names of all deltas of a file.
pub fn delta_names<'a>(
    file: &'a str,
    info: &'a FileInfo,
) -> impl Iterator<Item = (String, &'a DeltaInfo)> + 'a {
    info.deltas.iter().map(|delta| (delta_name(file, &delta.from), delta))
}

/// Length and digest of a file. Absent in manifests of other programs.
pub type KnownContent = Option<(u64, Digest)>;

/// Returns the published files of a manifest entry: its variants, its deltas and the file itself.
pub fn files_of(entry: &Entry) -> impl Iterator<Item = (String, KnownContent)> {
    let info = entry.info.as_ref();
    let variants = info.into_iter().flat_map(|info| variant_names(&entry.hashed, info));
    let variants = variants.map(|(name, variant)| (name, Some((variant.size, variant.sha256))));
    let deltas = info.into_iter().flat_map(|info| delta_names(&entry.hashed, info));
    let deltas = deltas.map(|(name, delta)| (name, Some((delta.size, delta.sha256))));
    variants.chain(deltas).chain([(entry.hashed.clone(), info.map(|info| (info.size, info.sha256)))])
}

/// Returns `true` if files with the extension of this path have compressed variants.
///
/// Such files have text formats or uncompressed binary formats. Images, `woff2` and archives are compressed already;
/// other types are too rare.
pub fn is_compressible(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    matches!(
        &*extension.to_ascii_lowercase(),
        "appcache"
            | "atom"
            | "bmp"
            | "cjs"
            | "css"
            | "csv"
            | "cur"
            | "eot"
            | "geojson"
            | "gltf"
            | "glsl"
            | "htm"
            | "html"
            | "ico"
            | "ics"
            | "js"
            | "json"
            | "json5"
            | "jsonld"
            | "jsx"
            | "map"
            | "md"
            | "mjs"
            | "mts"
            | "otf"
            | "rss"
            | "rtf"
            | "scss"
            | "srt"
            | "svg"
            | "topojson"
            | "ts"
            | "tsv"
            | "tsx"
            | "ttc"
            | "ttf"
            | "txt"
            | "vtt"
            | "wasm"
            | "webmanifest"
            | "wgsl"
            | "xhtml"
            | "xml"
            | "xsl"
            | "yaml"
            | "yml"
    )
}

/// Replaces the variants and deltas of a file with the variants and deltas of the same file in a published release. Two builds
/// may compress differently, and a published variant must not change.
pub fn adopt_variants(info: &mut FileInfo, published: &FileInfo) {
    info.encodings.clone_from(&published.encodings);
    info.deltas.clone_from(&published.deltas);
}

/// Removes the variants and deltas whose names are not accepted.
pub fn retain_variants(file: &str, info: &mut FileInfo, is_accepted: impl Fn(&str) -> bool) {
    info.encodings.retain(|name, _| {
        Encoding::from_name(name).is_none_or(|encoding| is_accepted(&variant_name(file, encoding)))
    });
    info.deltas.retain(|delta| is_accepted(&delta_name(file, &delta.from)));
}
