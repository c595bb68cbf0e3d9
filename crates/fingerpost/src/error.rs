use std::{fmt, io, path::PathBuf, sync::Arc};

use crate::{
    quote::{quoted, quoted_path},
    suggest::differs_in_case,
};

/// An error. The message is one sentence with the place and the next step.
///
/// Branch on [`kind`](Self::kind) and print the error: `Display` includes the cause, because some template engines drop
/// `source()`. Cheap to clone, so that callers that share a result can share its failure.
///
/// ```
/// use fingerpost::{AssetPath, ErrorKind};
///
/// let err = AssetPath::parse("../secret").unwrap_err();
/// assert_eq!(err.kind(), ErrorKind::InvalidPath);
/// assert_eq!(err.to_string(), "path `../secret` leaves the asset directory");
/// ```
#[derive(Clone)]
pub struct Error(Arc<Problem>);

/// The kinds of [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A path that is not a valid asset path: `..`, a backslash, a scheme, …
    InvalidPath,
    /// A valid asset path without a file.
    NotFound,
    /// A file or directory exists but cannot be read.
    Unreadable,
    /// An invalid base URL or origin.
    InvalidBaseUrl,
    /// `FINGERPOST_MODE` is neither `dev` nor `production`.
    InvalidMode,
    /// An app version that could break a header, a query or a file name.
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
    /// Returns the kind of this error.
    pub fn kind(&self) -> ErrorKind {
        match *self.0 {
            Problem::Path { .. } | Problem::FileName { .. } => ErrorKind::InvalidPath,
            Problem::NotFound(_) => ErrorKind::NotFound,
            Problem::Component { kind, .. } => kind,
            Problem::Unreadable { .. } => ErrorKind::Unreadable,
            Problem::BaseUrl { .. } | Problem::Origin { .. } => ErrorKind::InvalidBaseUrl,
            Problem::Mode(_) => ErrorKind::InvalidMode,
            Problem::Version { .. } => ErrorKind::InvalidVersion,
            Problem::Config(_) => ErrorKind::InvalidConfig,
            Problem::SourceNotFound { .. } => ErrorKind::SourceNotFound,
            Problem::Symlink { .. } => ErrorKind::OutsideSource,
            Problem::ManifestNotFound { .. } => ErrorKind::ManifestNotFound,
            Problem::Manifest { .. } | Problem::NoNumberAfter(_) => ErrorKind::InvalidManifest,
            Problem::InTemplate { ref cause, .. } => cause.kind(),
        }
    }

    /// Adds the name of a template to the message, for adapters whose engine does not.
    pub fn in_template(self, name: &str) -> Self {
        Problem::InTemplate { cause: self, name: name.into() }.into()
    }

    pub(crate) fn unreadable(path: impl Into<PathBuf>, cause: io::Error) -> Self {
        Problem::Unreadable { path: path.into(), cause }.into()
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
        Problem::Config(message.into()).into()
    }

    pub(crate) fn manifest(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Problem::Manifest { place: place.into(), reason: reason.into() }.into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Error({:?}: {})", self.kind(), self.0)
    }
}

impl std::error::Error for Error {}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self(Arc::new(problem))
    }
}

/// The texts of all errors of this crate.
#[derive(thiserror::Error, Debug)]
pub(crate) enum Problem {
    #[error("path {} {reason}", quoted(.path))]
    Path { path: Box<str>, reason: PathReason },
    #[error("{0}")]
    NotFound(Missing),
    #[error("file {} of component {} {reason}", quoted_path(.file), quoted(.component))]
    Component { component: String, file: PathBuf, kind: ErrorKind, reason: String },
    #[error("cannot read {}: {cause}", quoted_path(.path))]
    Unreadable { path: PathBuf, cause: io::Error },
    #[error("base URL {} {reason}; write a path such as `/static/` or a URL such as `https://cdn.example.com/static/`", quoted(.url))]
    BaseUrl { url: String, reason: &'static str },
    #[error("origin {} from {place} {reason}; write scheme and host alone, such as `https://example.com`", quoted(.origin))]
    Origin { origin: String, place: &'static str, reason: &'static str },
    #[error("FINGERPOST_MODE is {}; set it to `dev` or `production`, or unset it to follow the build profile", quoted(.0))]
    Mode(String),
    #[error("app version {} from {place} {reason}", quoted(.version))]
    Version { version: String, place: String, reason: &'static str },
    #[error("{0}")]
    Config(String),
    #[error("source directory {} {reason}", quoted_path(.path))]
    SourceNotFound { path: PathBuf, reason: String },
    #[error("the name of {} {reason}; rename the file or ignore it", quoted_path(.path))]
    FileName { path: PathBuf, reason: &'static str },
    #[error("{} is a symlink to {}, out of its source directory; ignore it, or allow it with `follow-symlinks`", quoted_path(.path), quoted_path(.target))]
    Symlink { path: PathBuf, target: PathBuf },
    #[error("manifest {} was not found{advice}", quoted_path(.place))]
    ManifestNotFound { place: String, advice: String },
    #[error("manifest {} {reason}", quoted_path(.place))]
    Manifest { place: String, reason: String },
    #[error("there is no number after release {0}")]
    NoNumberAfter(u64),
    #[error("{cause} (in template {})", quoted(.name))]
    InTemplate { cause: Error, name: Box<str> },
}

/// The reason why a path is not a valid asset path.
#[derive(thiserror::Error, Debug, Clone, PartialEq, Eq)]
pub(crate) enum PathReason {
    #[error("is empty")]
    Empty,
    #[error("leaves the asset directory")]
    Leaves,
    #[error("has a `.` segment; write {}", quoted(.0))]
    Dot(String),
    #[error("has an empty segment; write {}", quoted(.0))]
    EmptySegment(String),
    #[error("holds a backslash; write {}", quoted(.0))]
    Backslash(String),
    #[error("holds a NUL byte")]
    Nul,
    #[error("starts with `//`, which browsers resolve to another host")]
    OtherHost,
    #[error("has a scheme ({}); an asset path is relative to the asset directory", quoted(.0))]
    Scheme(String),
}

/// The reason why an asset path has no file.
#[derive(Debug, Clone)]
pub(crate) enum Miss {
    /// The asset does not exist. Has a reason if a file with this name exists.
    NotFound(Option<String>),
    Failed(Error),
}

impl From<Error> for Miss {
    fn from(err: Error) -> Self {
        Self::Failed(err)
    }
}

/// A requested asset that does not exist.
#[derive(Debug, Default)]
pub(crate) struct Missing {
    pub(crate) path: String,
    pub(crate) searched: Vec<String>,
    pub(crate) reason: Option<String>,
    pub(crate) nearest: Vec<String>,
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "asset {} was not found", quoted(&self.path))?;
        for (i, place) in self.searched.iter().enumerate() {
            write!(f, "{}{}", if i == 0 { " in " } else { ", " }, quoted_path(place))?;
        }
        if let Some(reason) = &self.reason {
            write!(f, ": {reason}")?;
        }
        for (i, name) in self.nearest.iter().enumerate() {
            write!(f, "{}{}", if i == 0 { " (did you mean " } else { " or " }, quoted(name))?;
            f.write_str(if differs_in_case(&self.path, name) { ", which differs in case" } else { "" })?;
        }
        f.write_str(if self.nearest.is_empty() { "" } else { "?)" })
    }
}
