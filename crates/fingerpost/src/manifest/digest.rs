use std::{
    borrow::Cow,
    fmt,
    io::{self, Read},
};

use data_encoding::{BASE64, HEXLOWER};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest as _, Sha256};

/// The first 12 lower-case hex digits of a SHA-256. The digits identify the content of one asset.
///
/// ```
/// use fingerpost::manifest::ContentHash;
///
/// let hash = ContentHash::from_content(b"body{}");
/// assert_eq!(hash.as_str(), "7c98040a5416");
/// assert_eq!(serde_json::from_str::<ContentHash>("\"7c98040a5416\"")?, hash);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentHash([u8; 12]);

impl ContentHash {
    /// Returns the content hash of `bytes`.
    pub fn from_content(bytes: &[u8]) -> Self {
        Self::from(&Digest::from_content(bytes))
    }

    /// Parses exactly twelve lower-case hex digits.
    ///
    /// ```
    /// use fingerpost::manifest::ContentHash;
    ///
    /// assert_eq!(ContentHash::parse("7c98040a5416"), Some(ContentHash::from_content(b"body{}")));
    /// assert_eq!(ContentHash::parse("7C98040A5416"), None);
    /// ```
    pub fn parse(digits: impl AsRef<[u8]>) -> Option<Self> {
        let digits: [u8; 12] = digits.as_ref().try_into().ok()?;
        digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f')).then_some(Self(digits))
    }

    /// Returns the twelve digits.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("hex digits are ASCII")
    }
}

impl From<&Digest> for ContentHash {
    fn from(digest: &Digest) -> Self {
        let mut digits = [0; 12];
        HEXLOWER.encode_mut(&digest.0[..6], &mut digits);
        Self(digits)
    }
}

impl fmt::Display for ContentHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for ContentHash {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for ContentHash {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text)
            .ok_or_else(|| de::Error::custom(format_args!("`{text}` is not 12 lower-case hex digits")))
    }
}

/// A complete SHA-256, written as 64 lower-case hex digits.
///
/// The [`ContentHash`] and the [`integrity`](Self::integrity) value of a file derive from this digest.
///
/// ```
/// use fingerpost::manifest::{ContentHash, Digest};
///
/// let digest = Digest::from_content(b"body{}");
/// assert!(digest.to_string().starts_with(ContentHash::from(&digest).as_str()));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Returns the digest of `bytes`.
    pub fn from_content(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }

    /// Returns the 32 bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns the value of an `integrity` attribute: `sha256-` and the digest in base64.
    ///
    /// W3C Subresource Integrity, section 3.1. Browsers are required to support SHA-256.
    ///
    /// ```
    /// use fingerpost::manifest::Digest;
    ///
    /// let digest = Digest::from_content(b"body{}");
    /// assert_eq!(digest.integrity(), "sha256-fJgEClQWV1hGkK4qHMO0KotTsVnMYMXTq7/suurGyUo=");
    /// ```
    pub fn integrity(&self) -> String {
        format!("sha256-{}", BASE64.encode(&self.0))
    }

    /// Returns the digest of the bytes that `hasher` has received.
    pub(crate) fn from_hasher(hasher: Sha256) -> Self {
        Self(hasher.finalize().into())
    }

    /// Returns the digest and the number of the remaining bytes of `reader`. Needs constant memory.
    ///
    /// # Errors
    ///
    /// Errors of the reader.
    pub fn from_reader(mut reader: impl Read) -> io::Result<(Self, u64)> {
        let (mut hasher, mut size) = (Sha256::new(), 0);
        let mut buffer = vec![0; 64 * 1024];
        loop {
            match reader.read(&mut buffer) {
                Ok(0) => return Ok((Self::from_hasher(hasher), size)),
                Ok(n) => {
                    hasher.update(&buffer[..n]);
                    size += n as u64;
                }
                Err(err) if err.kind() == io::ErrorKind::Interrupted => {}
                Err(err) => return Err(err),
            }
        }
    }
}

/// Wraps a digest that other code has computed.
impl From<[u8; 32]> for Digest {
    fn from(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // Borrowed from the JSON: a manifest has thousands of digests.
        let Text(text) = Text::deserialize(deserializer)?;
        let mut bytes = [0; 32];
        let is_valid = text.len() == 64 && HEXLOWER.decode_mut(text.as_bytes(), &mut bytes).is_ok();
        is_valid
            .then_some(Self(bytes))
            .ok_or_else(|| de::Error::custom(format_args!("`{text}` is not 64 lower-case hex digits")))
    }
}

/// A string, borrowed from the input unless it has escapes.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
