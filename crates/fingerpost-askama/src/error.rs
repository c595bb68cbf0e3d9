use std::fmt;

use fingerpost::__private::quoted;

use crate::KEY;

/// An error in the setup of the assets.
///
/// A missing asset is a [`fingerpost::Error`] instead.
#[derive(Debug, Clone)]
pub struct Error {
    kind: ErrorKind,
    template: Option<&'static str>,
}

/// The kind of an [`Error`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// [`init`](crate::init) was called a second time.
    AlreadyInitialized,
    /// A helper was called without a runtime value and outside of a snapshot scope, and [`init`](crate::init) was not called.
    NoAssets,
    /// The runtime value [`KEY`] is not an [`Assets`](fingerpost::Assets).
    WrongValue,
}

impl Error {
    /// Returns the kind of this error.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    pub(crate) fn in_template(kind: ErrorKind, template: &'static str) -> Self {
        Self { kind, template: Some(template) }
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self { kind, template: None }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind {
            ErrorKind::AlreadyInitialized => {
                f.write_str("`fingerpost_askama::init` was already called; call it once, at start-up")
            }
            ErrorKind::NoAssets => f.write_str(
                "templates have no assets; call `fingerpost_askama::init(assets)` at start-up, or render with \
                 `fingerpost_askama::values(&assets)`",
            ),
            ErrorKind::WrongValue => write!(
                f,
                "the runtime value {} is not a `fingerpost::Assets`; pass `fingerpost_askama::values(&assets)`",
                quoted(KEY)
            ),
        }?;
        match self.template {
            Some(template) => write!(f, " (in template {})", quoted(template)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}
