use std::{fmt, ops::RangeInclusive};

/// A way to compress a file that browsers undo, by its name in HTTP.
///
/// ```
/// use fingerpost::manifest::Encoding;
///
/// assert_eq!((Encoding::Br.as_str(), Encoding::Br.extension()), ("br", "br"));
/// assert_eq!((Encoding::Gzip.as_str(), Encoding::Gzip.extension()), ("gzip", "gz"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// RFC 1952, read by everything.
    Gzip,
    /// Brotli, RFC 7932: the smallest, read by all browsers, most of them over HTTPS only.
    Br,
    /// Zstandard, RFC 8878: compressed faster than Brotli, read by newer browsers.
    Zstd,
}

impl Encoding {
    /// All encodings.
    pub const ALL: [Self; 3] = [Self::Gzip, Self::Br, Self::Zstd];

    /// The name in `Accept-Encoding`, in a manifest and in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Br => "br",
            Self::Zstd => "zstd",
        }
    }

    /// The encoding of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| encoding.as_str() == name)
    }

    /// What the name of a variant ends in, after the file's own name and a dot.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Gzip => "gz",
            Self::Br => "br",
            Self::Zstd => "zst",
        }
    }

    /// The levels that may be asked for.
    pub fn levels(self) -> RangeInclusive<u8> {
        match self {
            Self::Gzip => 1..=9,
            Self::Br => 0..=11,
            // RFC 9659: a window of more than 8 MB, which the levels above need, is not for browsers.
            Self::Zstd => 1..=19,
        }
    }

    /// The level unless another is asked for: a little worse than the highest, and many times as fast.
    pub fn default_level(self) -> u8 {
        match self {
            Self::Gzip | Self::Br => 9,
            Self::Zstd => 15,
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
