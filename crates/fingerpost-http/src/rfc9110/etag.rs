use std::fmt;

use data_encoding::HEXLOWER;
use fingerpost::manifest::Digest;
use http::HeaderValue;

/// A strong entity tag (RFC 9110, §8.8.3): the first 32 hex digits of the SHA-256 of the response bytes.
///
/// Each encoding has a different tag. All servers compute the same tag for the same bytes.
///
/// ```
/// use fingerpost::manifest::Digest;
/// use fingerpost_http::EntityTag;
///
/// let tag = EntityTag::from_digest(&Digest::from_content(b"body{}"));
/// assert_eq!(tag.as_str(), "\"7c98040a541657584690ae2a1cc3b42a\"");
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EntityTag([u8; 34]);

impl EntityTag {
    /// Creates the tag of bytes with this SHA-256.
    pub fn from_digest(digest: &Digest) -> Self {
        let mut tag = [b'"'; 34];
        HEXLOWER.encode_mut(&digest.as_bytes()[..16], &mut tag[1..33]);
        Self(tag)
    }

    /// Returns the tag with its quotes.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("quotes and hex digits are ASCII")
    }

    /// Returns the value of `ETag`.
    pub fn header(&self) -> HeaderValue {
        HeaderValue::from_bytes(&self.0).expect("quotes and hex digits are valid in a header")
    }
}

impl fmt::Debug for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
