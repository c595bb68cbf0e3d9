//! The names of compressed variants.

use super::{Digest, Encoding, EncodingInfo, Entry, FileInfo};

/// Returns the name of a variant of a file.
pub fn variant_name(file: &str, encoding: Encoding) -> String {
    format!("{file}.{}", encoding.extension())
}

/// Returns the names of all variants of a file.
pub fn variant_names<'a>(
    file: &'a str,
    info: &'a FileInfo,
) -> impl Iterator<Item = (String, EncodingInfo)> + 'a {
    let name =
        |(name, &variant): (&String, _)| Some((variant_name(file, Encoding::from_name(name)?), variant));
    info.encodings.iter().filter_map(name)
}

/// Length and digest of a file. Absent in manifests of other programs.
pub type KnownContent = Option<(u64, Digest)>;

/// Returns the published files of a manifest entry: its variants and the file itself.
pub fn files_of(entry: &Entry) -> impl Iterator<Item = (String, KnownContent)> {
    let info = entry.info.as_ref();
    let variants = info.into_iter().flat_map(|info| variant_names(&entry.hashed, info));
    let variants = variants.map(|(name, variant)| (name, Some((variant.size, variant.sha256))));
    variants.chain([(entry.hashed.clone(), info.map(|info| (info.size, info.sha256)))])
}
