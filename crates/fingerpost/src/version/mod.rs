//! The app version and its sources.

pub(crate) mod bust_token;
pub(crate) mod components;
pub(crate) mod git;
pub(crate) mod settings;
pub(crate) mod version_sources;

use std::{fmt, ops::Deref, sync::Arc};

use crate::{
    error::{Error, ErrorKind},
    quote::quoted,
};

/// The version of the whole running site, sent as `X-App-Version` and available in templates as `app_version()`.
///
/// A version has 1 to 128 characters of `A-Z a-z 0-9 . _ ~ + -`, which need no escaping in a header or a file name.
///
/// ```
/// use fingerpost::{AppVersion, VersionSource};
///
/// let version = AppVersion::explicit("v1.2.3+build.7")?;
/// assert_eq!(&*version, "v1.2.3+build.7");
/// assert_eq!(version.source(), VersionSource::Explicit);
/// assert!(AppVersion::explicit("1.2\r\nX-Evil: 1").is_err());
/// # Ok::<(), fingerpost::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct AppVersion {
    text: Arc<str>,
    source: VersionSource,
}

/// The source of an [`AppVersion`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VersionSource {
    /// The builder, `FINGERPOST_APP_VERSION`, or the settings file.
    Explicit,
    /// The git commit; `dev` if no commit was found.
    Git,
    /// The hash of the manifest, and of the components if there are any.
    Manifest,
    /// The hash of the components alone.
    Components,
    /// No source was available: `unknown`.
    Unknown,
}

/// The version if the git commit was requested but not found.
const NO_COMMIT: &str = "dev";

/// The version if there is no source.
const UNKNOWN: &str = "unknown";

/// The maximum number of characters in a version.
const MAX_LENGTH: usize = 128;

impl AppVersion {
    /// Creates an explicit version.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidVersion`](crate::ErrorKind::InvalidVersion) if `version` is empty, longer than 128
    /// characters, or contains a character that an app version cannot have.
    pub fn explicit(version: &str) -> Result<Self, Error> {
        Self::checked(version, VersionSource::Explicit, "the caller")
    }

    pub(crate) fn checked(version: &str, source: VersionSource, source_name: &str) -> Result<Self, Error> {
        let refuse = |reason| {
            let message = format_args!("app version {} from {source_name} {reason}", quoted(version));
            Err(Error::new(ErrorKind::InvalidVersion, message))
        };
        if !version.bytes().all(|b| b.is_ascii_alphanumeric() || b"._~+-".contains(&b)) {
            return refuse("may contain only letters, digits and `. _ ~ + -`");
        }
        // The version is ASCII, so the number of bytes is the number of characters.
        if !(1..=MAX_LENGTH).contains(&version.len()) {
            return refuse("must have 1 to 128 characters");
        }
        Ok(Self { text: version.into(), source })
    }

    /// Creates a version from the first 7 digits of a commit, or `dev`.
    pub(crate) fn git(commit: Option<&str>) -> Self {
        Self { text: commit.unwrap_or(NO_COMMIT).into(), source: VersionSource::Git }
    }

    pub(crate) fn unknown() -> Self {
        Self { text: UNKNOWN.into(), source: VersionSource::Unknown }
    }

    /// Returns the source.
    pub fn source(&self) -> VersionSource {
        self.source
    }

    /// Returns `true` for `dev` and `unknown`, from any source. A fallback never makes a response cacheable.
    pub fn is_fallback(&self) -> bool {
        matches!(&*self.text, NO_COMMIT | UNKNOWN)
    }
}

impl VersionSource {
    /// Returns the name used by `/version`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Explicit => "explicit",
            Self::Git => "git",
            Self::Manifest => "manifest",
            Self::Components => "components",
            Self::Unknown => "unknown",
        }
    }
}

impl Deref for AppVersion {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

impl fmt::Display for AppVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Display for VersionSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
