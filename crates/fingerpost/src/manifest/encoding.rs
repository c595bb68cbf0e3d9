use std::{fmt, ops::RangeInclusive, str::FromStr};

use crate::{error::Error, quote::quoted};

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

/// An encoding and its level, in settings `gzip` or `br:11`.
///
/// ```
/// use fingerpost::__private::Compression;
/// use fingerpost::manifest::Encoding;
///
/// let best: Compression = "br:11".parse()?;
/// assert_eq!((best.encoding(), best.level()), (Encoding::Br, 11));
/// assert_eq!("zstd".parse::<Compression>()?.level(), 15);
/// assert!("gzip:10".parse::<Compression>().is_err());
/// # Ok::<(), fingerpost::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Compression {
    encoding: Encoding,
    level: u8,
}

impl Compression {
    /// The encoding.
    pub fn encoding(self) -> Encoding {
        self.encoding
    }

    /// One of its [`levels`](Encoding::levels).
    pub fn level(self) -> u8 {
        self.level
    }

    /// Reads several, each of another encoding.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](crate::ErrorKind::InvalidConfig) for an unknown encoding, one that is named twice, and
    /// a level that the encoding does not have.
    pub fn list(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Vec<Self>, Error> {
        let mut list: Vec<Self> = Vec::new();
        for text in texts {
            let one: Self = text.as_ref().parse()?;
            if list.iter().any(|other| other.encoding == one.encoding) {
                return Err(Error::config(format!("compression `{}` is named twice", one.encoding)));
            }
            list.push(one);
        }
        Ok(list)
    }
}

/// At its [default level](Encoding::default_level).
impl From<Encoding> for Compression {
    fn from(encoding: Encoding) -> Self {
        Self { encoding, level: encoding.default_level() }
    }
}

impl FromStr for Compression {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let (name, level) = text.split_once(':').map_or((text, None), |(name, level)| (name, Some(level)));
        let Some(encoding) = Encoding::from_name(name) else {
            let advice = "write `gzip`, `br` or `zstd`, with a level `br:11`";
            return Err(Error::config(format!("compression {} is unknown; {advice}", quoted(text))));
        };
        let Some(level) = level else { return Ok(encoding.into()) };
        let (levels, digits) = (encoding.levels(), level.bytes().all(|byte| byte.is_ascii_digit()));
        match level.parse() {
            Ok(level) if digits && levels.contains(&level) => Ok(Self { encoding, level }),
            _ => Err(Error::config(format!(
                "compression {} has no such level; `{encoding}` has {} to {}",
                quoted(text),
                levels.start(),
                levels.end()
            ))),
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.encoding, self.level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(texts: &[&str]) -> String {
        Compression::list(texts).unwrap_err().to_string()
    }

    #[test]
    fn every_level_of_every_encoding_can_be_asked_for() {
        for encoding in Encoding::ALL {
            for level in encoding.levels() {
                let text = format!("{encoding}:{level}");
                assert_eq!(text.parse::<Compression>().unwrap().to_string(), text);
            }
            assert!(encoding.levels().contains(&encoding.default_level()));
        }
    }

    #[test]
    fn what_cannot_be_done_is_refused_with_what_can() {
        let unknown = "is unknown; write `gzip`, `br` or `zstd`, with a level `br:11`";
        for text in ["brotli", "", "GZIP", "gzip ", " br", "gz:9"] {
            assert_eq!(refused(&[text]), format!("compression `{text}` {unknown}"));
        }
        for text in ["gzip:0", "gzip:10", "gzip:", "gzip:x", "gzip:+9", "gzip:-1", "gzip:9:9", "gzip:256"] {
            assert_eq!(
                refused(&[text]),
                format!("compression `{text}` has no such level; `gzip` has 1 to 9")
            );
        }
        assert_eq!(refused(&["br:12"]), "compression `br:12` has no such level; `br` has 0 to 11");
        assert_eq!(refused(&["zstd:20"]), "compression `zstd:20` has no such level; `zstd` has 1 to 19");
        assert_eq!(refused(&["br", "gzip", "br:5"]), "compression `br` is named twice");
    }
}
