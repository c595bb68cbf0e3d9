use std::{fmt, str::FromStr};

use fingerpost::{__private::quoted, Error, manifest::Encoding};

/// An encoding and its level, such as `gzip` or `br:11` in settings.
///
/// ```
/// use fingerpost_collect::Compression;
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
    /// Returns the encoding.
    pub fn encoding(self) -> Encoding {
        self.encoding
    }

    /// Returns the level, a number in [`Encoding::levels`].
    pub fn level(self) -> u8 {
        self.level
    }

    /// Parses a list of compressions, each with a different encoding.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidConfig`](fingerpost::ErrorKind::InvalidConfig) for an unknown encoding, a duplicate encoding, or a
    /// level that the encoding does not have.
    pub fn list(texts: impl IntoIterator<Item = impl AsRef<str>>) -> Result<Vec<Self>, Error> {
        let mut list: Vec<Self> = Vec::new();
        for text in texts {
            let compression: Self = text.as_ref().parse()?;
            if list.iter().any(|other| other.encoding == compression.encoding) {
                return Err(Error::config(format!("compression `{}` is listed twice", compression.encoding)));
            }
            list.push(compression);
        }
        Ok(list)
    }
}

/// Uses the [default level](Encoding::default_level).
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
            let advice = "write `gzip`, `br`, `zstd` or `dcz`, optionally with a level, such as `br:11`";
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
    fn error_of(texts: &[&str]) -> String {
        Compression::list(texts).unwrap_err().to_string()
    }

    #[test]
    fn every_level_of_every_encoding_is_parsed() {
        for encoding in Encoding::ALL {
            for level in encoding.levels() {
                let text = format!("{encoding}:{level}");
                assert_eq!(text.parse::<Compression>().unwrap().to_string(), text);
            }
            assert!(encoding.levels().contains(&encoding.default_level()));
        }
    }

    #[test]
    fn errors_for_invalid_compressions_list_the_valid_values() {
        let unknown =
            "is unknown; write `gzip`, `br`, `zstd` or `dcz`, optionally with a level, such as `br:11`";
        for text in ["brotli", "", "GZIP", "gzip ", " br", "gz:9"] {
            assert_eq!(error_of(&[text]), format!("compression `{text}` {unknown}"));
        }
        for text in ["gzip:0", "gzip:10", "gzip:", "gzip:x", "gzip:+9", "gzip:-1", "gzip:9:9", "gzip:256"] {
            assert_eq!(
                error_of(&[text]),
                format!("compression `{text}` has no such level; `gzip` has 1 to 9")
            );
        }
        assert_eq!(error_of(&["br:12"]), "compression `br:12` has no such level; `br` has 0 to 11");
        assert_eq!(error_of(&["zstd:20"]), "compression `zstd:20` has no such level; `zstd` has 1 to 19");
        assert_eq!(error_of(&["br", "gzip", "br:5"]), "compression `br` is listed twice");
    }
}
