use super::engine::{Error, ErrorKind};

/// Returns an error of the engine that has the error of the core as its message and as its source. MiniJinja prints the
/// template's name next to the message. Programs read the kind from the source. A reporter that prints message and
/// source repeats the text.
#[cold]
pub(super) fn from_core(err: fingerpost::Error) -> Error {
    Error::new(ErrorKind::InvalidOperation, err.to_string()).with_source(err)
}
