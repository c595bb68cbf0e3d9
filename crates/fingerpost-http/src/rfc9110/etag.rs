use std::fmt;

use data_encoding::HEXLOWER;
use fingerpost::manifest::Digest;
use http::HeaderValue;

/// A strong entity tag (RFC 9110, §8.8.3): the first 32 hex digits of the SHA-256 of the bytes that are sent. So each
/// encoding has its own, and all hosts agree on it.
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
    /// The tag of bytes with this SHA-256.
    pub fn from_digest(digest: &Digest) -> Self {
        let mut tag = [b'"'; 34];
        HEXLOWER.encode_mut(&digest.as_bytes()[..16], &mut tag[1..33]);
        Self(tag)
    }

    /// The tag with its quotes.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("quotes and hex digits are ASCII")
    }

    /// The value of the header `ETag`.
    pub fn header(&self) -> HeaderValue {
        HeaderValue::from_bytes(&self.0).expect("quotes and hex digits are a header value")
    }
}

impl fmt::Debug for EntityTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
