use std::{fmt, io, path::Path, sync::Arc};

use crate::quote::{quoted, quoted_path};

/// An error. The message is one sentence with the location and the next step.
///
/// Branch on [`kind`](Self::kind) and print the error: `Display` includes the cause, because some template engines drop
/// `source()`. Cheap to clone, so that several callers can share one error.
///
/// ```
/// use fingerpost::{AssetPath, ErrorKind};
///
/// let err = AssetPath::parse("../secret").unwrap_err();
/// assert_eq!(err.kind(), ErrorKind::InvalidPath);
/// assert_eq!(err.to_string(), "path `../secret` leaves the asset directory");
/// ```
#[derive(Clone)]
pub struct Error(Arc<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
}

/// The kinds of [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A path that is not a valid asset path: `..`, a backslash, a scheme, …
    InvalidPath,
    /// A valid asset path without a file.
    NotFound,
    /// An asset that is neither a script nor a style sheet, where an entry of a page is required.
    NotAnEntry,
    /// A file or directory exists but cannot be read.
    Unreadable,
    /// An invalid base URL or origin.
    InvalidBaseUrl,
    /// `FINGERPOST_MODE` is neither `dev` nor `production`.
    InvalidMode,
    /// An app version with a character that is not allowed in a header, a query or a file name.
    InvalidVersion,
    /// An invalid setting, settings file or glob.
    InvalidConfig,
    /// A source directory does not exist.
    SourceNotFound,
    /// The target of a symlink is outside its source directory.
    OutsideSource,
    /// The output directory or its manifest does not exist.
    ManifestNotFound,
    /// The manifest exists but cannot be used.
    InvalidManifest,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl fmt::Display) -> Self {
        Self(Arc::new(Inner { kind, message: message.to_string() }))
    }

    /// Returns the kind of this error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// Adds the name of a template to the message, for engines that do not add the name.
    pub fn in_template(self, name: &str) -> Self {
        Self::new(self.kind(), format_args!("{self} (in template {})", quoted(name)))
    }

    pub(crate) fn unreadable(path: impl AsRef<Path>, cause: &io::Error) -> Self {
        Self::new(ErrorKind::Unreadable, format_args!("cannot read {}: {cause}", quoted_path(path)))
    }

    /// Creates an error of kind [`ErrorKind::InvalidConfig`], for crates with their own settings. `message` should
    /// state the next step.
    ///
    /// ```
    /// use fingerpost::{Error, ErrorKind};
    ///
    /// let err = Error::config("the default `v3` is not in the map; add it there");
    /// assert_eq!(err.kind(), ErrorKind::InvalidConfig);
    /// ```
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidConfig, message.into())
    }

    pub(crate) fn manifest(place: impl AsRef<Path>, reason: impl fmt::Display) -> Self {
        Self::new(ErrorKind::InvalidManifest, format_args!("manifest {} {reason}", quoted_path(place)))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {self})", self.kind())
    }
}

impl std::error::Error for Error {}

/// The reason why an asset path has no file.
#[derive(Debug, Clone)]
pub(crate) enum Miss {
    /// The asset does not exist. Contains a reason if a file with this name exists.
    NotFound(Option<String>),
    Failed(Error),
}

impl From<Error> for Miss {
    fn from(err: Error) -> Self {
        Self::Failed(err)
    }
}
