//! The names of compressed copies.

use fingerpost::manifest::{Encoding, EncodingInfo, FileInfo};

/// The name of a variant of a file.
pub(crate) fn variant_name(file: &str, encoding: Encoding) -> String {
    format!("{file}.{}", encoding.extension())
}

/// The names of all variants of a file.
pub(crate) fn variant_names<'a>(
    file: &'a str,
    info: &'a FileInfo,
) -> impl Iterator<Item = (String, EncodingInfo)> + 'a {
    let name =
        |(name, &variant): (&String, _)| Some((variant_name(file, Encoding::from_name(name)?), variant));
    info.encodings.iter().filter_map(name)
}
