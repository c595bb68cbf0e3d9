use std::fmt;

use serde::Serialize;

/// An error. The message contains the location and the next step, but no credentials.
///
/// Branch on [`kind`](Self::kind) and print the error: `Display` includes the cause.
///
/// ```
/// use fingerpost_store::{Bucket, ErrorKind};
///
/// let err = Bucket::open("ftp://assets.example.com").unwrap_err();
/// assert_eq!(err.kind(), ErrorKind::Config);
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    message: String,
}

/// The kinds of [`Error`]. A kind serializes to its name in kebab case, such as `bucket-not-found`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum ErrorKind {
    /// An invalid URL or setting.
    Config,
    /// The store refused the credentials, or no credentials were found.
    Credentials,
    /// The bucket or container does not exist.
    BucketNotFound,
    /// The store cannot be reached, does not respond in time, or responds with 429 or 5xx.
    Unavailable,
    /// The store ignores conditions on writes.
    Unconditional,
    /// Another run holds the lock of the bucket.
    Locked,
    /// A manifest or a release file is missing or damaged.
    Manifest,
    /// The release to publish again does not exist or is damaged, or the default release is not known.
    Release,
    /// A published file is missing or damaged.
    File,
    /// The bucket has other bytes under an immutable name.
    Conflict,
    /// Every other error of the store.
    Store,
}

impl Error {
    pub(crate) fn new(kind: ErrorKind, message: impl fmt::Display) -> Self {
        Self(Box::new(Inner { kind, message: message.to_string() }))
    }

    /// Returns the kind of this error.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }
}

impl From<fingerpost::Error> for Error {
    fn from(err: fingerpost::Error) -> Self {
        let kind = match err.kind() {
            fingerpost::ErrorKind::InvalidConfig => ErrorKind::Config,
            _ => ErrorKind::Manifest,
        };
        Self::new(kind, err)
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
