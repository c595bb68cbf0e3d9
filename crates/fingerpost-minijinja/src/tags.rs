//! The function `static_tags`.

use std::{fmt, sync::Arc};

use fingerpost::{__private::quoted, Assets};

use super::{
    CallState,
    engine::{
        AutoEscape, Error, ErrorKind,
        value::{Kwargs, Object, ObjectRepr, Value, ValueKind},
    },
    engine_error::from_core,
};

/// The function `static_tags`. An `Object` receives its arguments without a copy, unlike a closure.
#[derive(Debug)]
pub(super) struct StaticTags(pub(super) Assets);

impl StaticTags {
    fn tags(&self, entries: &[Value], nonce: Option<&Value>) -> Result<String, Error> {
        if entries.is_empty() {
            return Err(usage_error(ErrorKind::MissingArgument, "but got no entry"));
        }
        if let Some(wrong) = entries.iter().find(|entry| entry.as_str().is_none()) {
            return Err(usage_error(ErrorKind::InvalidOperation, &format!("but got {}", kind(wrong))));
        }
        let entries = entries.iter().filter_map(Value::as_str);
        let tags = match nonce.filter(|nonce| !nonce.is_none()) {
            None => self.0.tags(entries),
            Some(nonce) => match nonce.as_str() {
                Some(nonce) => self.0.tags_with_nonce(entries, nonce),
                None => {
                    let found = format!("and the nonce as a string, but got {} as the nonce", kind(nonce));
                    return Err(usage_error(ErrorKind::InvalidOperation, &found));
                }
            },
        };
        tags.map_err(from_core)
    }
}

/// Returns the elements of `entries=`, which Tera requires and this crate accepts for compatibility.
fn keyword_entries(entries: &Value) -> Result<Vec<Value>, Error> {
    match entries.kind() {
        ValueKind::Seq | ValueKind::Iterable => Ok(entries.try_iter()?.collect()),
        _ => Ok(vec![entries.clone()]),
    }
}

fn check_keywords(keywords: &Kwargs) -> Result<(), Error> {
    match keywords.args().find(|keyword| !["entries", "nonce"].contains(keyword)) {
        Some(unknown) => {
            let found = format!("but got the unknown keyword {}", quoted(unknown));
            Err(usage_error(ErrorKind::TooManyArguments, &found))
        }
        None => Ok(()),
    }
}

/// Returns only the type of a value, because the value may be long, or a secret.
fn kind(value: &Value) -> String {
    let of_type = if value.is_undefined() || value.is_none() { "" } else { "a value of type " };
    format!("{of_type}{}", value.kind())
}

fn usage_error(kind: ErrorKind, found: &str) -> Error {
    let usage =
        "static_tags() takes scripts and style sheets, such as static_tags('js/app.js', 'css/app.css')";
    Error::new(kind, format!("{usage}, {found}"))
}

impl Object for StaticTags {
    /// Returns `Plain`, because the functions of MiniJinja are plain objects. The default is a map.
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: CallState<'_, '_, '_>, args: &[Value]) -> Result<Value, Error> {
        let tags = match args.split_last() {
            Some((keywords, entries)) if keywords.is_kwargs() => {
                let keywords = Kwargs::try_from(keywords.clone())?;
                check_keywords(&keywords)?;
                let keyword = |name| keywords.has(name).then(|| keywords.get::<Value>(name)).transpose();
                let nonce = keyword("nonce")?;
                match keyword("entries")? {
                    None => self.tags(entries, nonce.as_ref()),
                    Some(listed) if entries.is_empty() => {
                        self.tags(&keyword_entries(&listed)?, nonce.as_ref())
                    }
                    Some(_) => {
                        let found = "but got entries with and without the keyword `entries`";
                        Err(usage_error(ErrorKind::TooManyArguments, found))
                    }
                }
            }
            _ => self.tags(args, None),
        }?;
        // JSON and JavaScript templates print a safe string without quotes.
        let is_html = matches!(state.auto_escape(), AutoEscape::Html);
        Ok(if is_html { Value::from_safe_string(tags) } else { Value::from(tags) })
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("static_tags")
    }
}
