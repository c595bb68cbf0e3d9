use std::{fmt, ops::RangeInclusive};

/// A compression that browsers support as an HTTP content encoding.
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
    /// RFC 1952, supported by all browsers.
    Gzip,
    /// Brotli, RFC 7932: yields the smallest files. Supported by all browsers, in most browsers over HTTPS only.
    Br,
    /// Zstandard, RFC 8878: compresses faster than Brotli, supported by newer browsers.
    Zstd,
    /// Dictionary-compressed Zstandard, RFC 9842: a delta, which encodes a file as the difference to an earlier version.
    Dcz,
}

impl Encoding {
    /// All encodings.
    pub const ALL: [Self; 4] = [Self::Gzip, Self::Br, Self::Zstd, Self::Dcz];

    /// Returns the name in `Accept-Encoding`, in manifests and in settings.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Br => "br",
            Self::Zstd => "zstd",
            Self::Dcz => "dcz",
        }
    }

    /// Returns the encoding with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|encoding| encoding.as_str() == name)
    }

    /// Returns the file name extension of variants with this encoding.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Gzip => "gz",
            Self::Br => "br",
            Self::Zstd => "zst",
            Self::Dcz => "dcz",
        }
    }

    /// Returns the supported compression levels.
    pub fn levels(self) -> RangeInclusive<u8> {
        match self {
            Self::Gzip => 1..=9,
            Self::Br => 0..=11,
            // RFC 9659: browsers need not support windows of more than 8 MB. Higher levels use larger windows.
            Self::Zstd | Self::Dcz => 1..=19,
        }
    }

    /// Returns the default level.
    ///
    /// For gzip, Brotli and zstd, the default is many times faster than the highest level, and yields slightly larger
    /// files. For deltas, the default is the highest level.
    pub fn default_level(self) -> u8 {
        match self {
            Self::Gzip | Self::Br => 9,
            Self::Zstd => 15,
            Self::Dcz => 19,
        }
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
