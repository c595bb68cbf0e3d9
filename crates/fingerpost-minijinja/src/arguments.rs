//! Checks of arguments.

use fingerpost::__private::quoted;

use super::engine::{
    Error, ErrorKind,
    value::{Kwargs, Value},
};

/// Returns the keyword arguments of a call, or the usage error for the first keyword that is not in `known`.
pub(super) fn keywords(
    keywords: &Value,
    known: &[&str],
    usage_error: impl FnOnce(ErrorKind, &str) -> Error,
) -> Result<Kwargs, Error> {
    let keywords = Kwargs::try_from(keywords.clone())?;
    if let Some(unknown) = keywords.args().find(|keyword| !known.contains(keyword)) {
        let found = format!("but got the unknown keyword {}", quoted(unknown));
        return Err(usage_error(ErrorKind::TooManyArguments, &found));
    }
    Ok(keywords)
}

/// Returns the argument `nonce=`, or an empty string if the argument is missing or `none`. `usage_error` receives the
/// description of a value that is neither a string nor `none`.
pub(super) fn nonce(keywords: &Kwargs, usage_error: impl FnOnce(&str) -> Error) -> Result<Value, Error> {
    let nonce = if keywords.has("nonce") { keywords.get::<Value>("nonce")? } else { Value::from(()) };
    match nonce.as_str() {
        Some(_) => Ok(nonce),
        None if nonce.is_none() => Ok(Value::from("")),
        None => Err(usage_error(&kind(&nonce))),
    }
}

/// Returns the description of a wrong value. The description has only the type, because the value may be long, or a secret.
pub(super) fn kind(value: &Value) -> String {
    let of_type = if value.is_undefined() || value.is_none() { "" } else { "a value of type " };
    format!("{of_type}{}", value.kind())
}
