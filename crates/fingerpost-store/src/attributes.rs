//! The attributes of the objects: content type, cache policy, digest.

use fingerpost::{__private::media_type, manifest::Digest};
use object_store::{Attribute, Attributes};

use crate::provider::Provider;

/// The name of the metadata field with the SHA-256 of an object, in hex.
pub(crate) const DIGEST: &str = "sha256";

const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Google Cloud Storage decompresses gzip objects for some clients, unless the cache policy forbids transformations.
const IMMUTABLE_AS_IS: &str = "public, max-age=31536000, immutable, no-transform";

/// The cache policy of `StaticFiles` for URLs without a version.
const SHORT: &str = "public, max-age=3600";
const SHORT_AS_IS: &str = "public, max-age=3600, no-transform";

/// Returns the attributes of a file under its hashed path, or of a variant of the file.
pub(crate) fn hashed(hashed_path: &str, name: &str, sha256: &Digest, provider: Provider) -> Attributes {
    file(hashed_path, name, sha256, provider, [IMMUTABLE, IMMUTABLE_AS_IS])
}

/// Returns the attributes of a file under its plain name, or of a variant of the file.
pub(crate) fn plain(path: &str, name: &str, sha256: &Digest, provider: Provider) -> Attributes {
    file(path, name, sha256, provider, [SHORT, SHORT_AS_IS])
}

fn file(
    path: &str,
    name: &str,
    sha256: &Digest,
    provider: Provider,
    [cache_control, as_is]: [&'static str; 2],
) -> Attributes {
    let mut attributes = attributes(path, cache_control, sha256);
    if let Some(encoding) = encoding(path, name) {
        attributes.insert(Attribute::ContentEncoding, encoding.into());
        if provider == Provider::Gcs {
            attributes.insert(Attribute::CacheControl, as_is.into());
        }
    }
    attributes
}

/// Returns the attributes of a manifest, a release file or a lock. Caches must revalidate these objects.
pub(crate) fn record(bytes: &[u8]) -> Attributes {
    attributes("record.json", "no-cache", &Digest::from_content(bytes))
}

/// Returns the attributes of the object that [`probe`](crate::probe::probe) writes.
pub(crate) fn probe(bytes: &[u8]) -> Attributes {
    attributes("probe.txt", "no-cache", &Digest::from_content(bytes))
}

fn attributes(path: &str, cache_control: &'static str, sha256: &Digest) -> Attributes {
    let mut attributes = Attributes::with_capacity(4);
    attributes.insert(Attribute::ContentType, media_type(path).into_owned().into());
    attributes.insert(Attribute::CacheControl, cache_control.into());
    attributes.insert(Attribute::Metadata(DIGEST.into()), sha256.to_string().into());
    attributes
}

/// Returns the content encoding of a variant.
fn encoding(path: &str, name: &str) -> Option<&'static str> {
    match name.strip_prefix(path)?.rsplit_once('.')?.1 {
        "br" => Some("br"),
        "gz" => Some("gzip"),
        "zst" => Some("zstd"),
        "dcz" => Some("dcz"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(attributes: &Attributes, attribute: &Attribute) -> String {
        attributes.get(attribute).map_or_else(String::new, |value| value.to_string())
    }

    #[test]
    fn variant_has_the_content_type_of_the_file_and_its_own_encoding() {
        let sha256 = Digest::from_content(b"");
        for (name, encoding, provider, cache_control) in [
            ("a.0123456789ab.css", "", Provider::Gcs, IMMUTABLE),
            ("a.0123456789ab.css.br", "br", Provider::S3, IMMUTABLE),
            ("a.0123456789ab.css.gz", "gzip", Provider::Gcs, IMMUTABLE_AS_IS),
            ("a.0123456789ab.css.zst", "zstd", Provider::Azure, IMMUTABLE),
            ("a.0123456789ab.css.ba9876543210.dcz", "dcz", Provider::S3, IMMUTABLE),
        ] {
            let attributes = hashed("a.0123456789ab.css", name, &sha256, provider);
            assert_eq!(header(&attributes, &Attribute::ContentType), "text/css; charset=utf-8", "{name}");
            assert_eq!(header(&attributes, &Attribute::ContentEncoding), encoding, "{name}");
            assert_eq!(header(&attributes, &Attribute::CacheControl), cache_control, "{name}");
            assert_eq!(header(&attributes, &Attribute::Metadata(DIGEST.into())), sha256.to_string());
        }
    }
}
