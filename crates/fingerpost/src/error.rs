use std::{fmt, io, path::PathBuf, sync::Arc};

use crate::{
    quote::{quoted, quoted_path},
    suggest::differs_in_case,
};

/// What went wrong, as one sentence that names the place and the next step.
///
/// Branch on [`kind`](Self::kind), print the rest: the whole story, the cause included, is in `Display`, because
/// some template engines drop `source()`. Cheap to clone, so that callers that shared one piece of work share its failure.
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

/// The kinds of [`Error`], for code that has to tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A path that can never name an asset: `..`, a backslash, a scheme, …
    InvalidPath,
    /// A well-formed asset path that names nothing.
    NotFound,
    /// A file or directory is there and cannot be read.
    Unreadable,
    /// A base URL or an origin that is not one.
    InvalidBaseUrl,
    /// `FINGERPOST_MODE` holds something else than `dev` or `production`.
    InvalidMode,
    /// An app version that could break a header, a query or a file name.
    InvalidVersion,
    /// A setting, a settings file or a glob that makes no sense.
    InvalidConfig,
    /// A source dir is not there.
    SourceNotFound,
    /// A symlink leads out of its source dir.
    OutsideSource,
    /// There is no manifest in the output dir, or no output dir.
    ManifestNotFound,
    /// The manifest is there and says something that cannot be used.
    InvalidManifest,
}

impl Error {
    /// The kind of this error.
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

    /// The same error, which now also names the template that it happened in: for adapters whose engine does not.
    pub fn in_template(self, name: &str) -> Self {
        Problem::InTemplate { cause: self, name: name.into() }.into()
    }

    pub(crate) fn unreadable(path: impl Into<PathBuf>, cause: io::Error) -> Self {
        Problem::Unreadable { path: path.into(), cause }.into()
    }

    /// A setting that makes no sense ([`ErrorKind::InvalidConfig`]), in words that say what to do next: for crates that have
    /// settings of their own.
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

/// Every text this crate can fail with, in one place.
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
    #[error("source dir {} {reason}", quoted_path(.path))]
    SourceNotFound { path: PathBuf, reason: String },
    #[error("the name of {} {reason}; rename the file or ignore it", quoted_path(.path))]
    FileName { path: PathBuf, reason: &'static str },
    #[error("{} is a symlink to {}, out of its source dir; ignore it, or allow it with `follow-symlinks`", quoted_path(.path), quoted_path(.target))]
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

/// Why a path can never name an asset.
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
    #[error("starts with `//`, which a browser takes for another host")]
    OtherHost,
    #[error("has a scheme ({}); an asset path is relative to the asset directory", quoted(.0))]
    Scheme(String),
}

/// Why there is no file for an asset path.
#[derive(Debug, Clone)]
pub(crate) enum Miss {
    /// No such asset, and the reason, if a file of the name is there.
    NotFound(Option<String>),
    Failed(Error),
}

impl From<Error> for Miss {
    fn from(err: Error) -> Self {
        Self::Failed(err)
    }
}

/// An asset that was asked for and is not there: what, where, why, and what may have been meant.
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
