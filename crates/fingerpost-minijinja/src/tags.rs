//! The functions `static_tags` and `static_importmap`.

use std::{fmt, sync::Arc};

use fingerpost::Assets;

use super::{
    CallState, arguments,
    engine::{
        AutoEscape, Error, ErrorKind, State,
        value::{Kwargs, Object, ObjectRepr, Value, ValueKind},
    },
    engine_error::from_core,
};

/// The function `static_tags`. An `Object` receives its arguments without a copy, unlike a closure.
#[derive(Debug)]
pub(super) struct StaticTags(pub(super) Assets);

impl StaticTags {
    fn tags(&self, entries: &[Value], keywords: Option<&Kwargs>) -> Result<String, Error> {
        if entries.is_empty() {
            return Err(usage_error(ErrorKind::MissingArgument, "but got no entry"));
        }
        if let Some(wrong) = entries.iter().find(|entry| entry.as_str().is_none()) {
            return Err(usage_error(
                ErrorKind::InvalidOperation,
                &format!("but got {}", arguments::kind(wrong)),
            ));
        }
        let wrong_nonce = |found: &str| {
            let found = format!("and the nonce as a string, but got {found} as the nonce");
            usage_error(ErrorKind::InvalidOperation, &found)
        };
        let nonce = keywords.map(|keywords| arguments::nonce(keywords, wrong_nonce)).transpose()?;
        let entries = entries.iter().filter_map(Value::as_str);
        self.0.tags_with_nonce(entries, text(&nonce)).map_err(from_core)
    }
}

/// Returns the elements of `entries=`, which Tera requires and this crate accepts for compatibility.
fn keyword_entries(entries: &Value) -> Result<Vec<Value>, Error> {
    match entries.kind() {
        ValueKind::Seq | ValueKind::Iterable => Ok(entries.try_iter()?.collect()),
        _ => Ok(vec![entries.clone()]),
    }
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
                let keywords = arguments::keywords(keywords, &["entries", "nonce"], usage_error)?;
                match keywords.has("entries").then(|| keywords.get::<Value>("entries")).transpose()? {
                    None => self.tags(entries, Some(&keywords)),
                    Some(listed) if entries.is_empty() => {
                        self.tags(&keyword_entries(&listed)?, Some(&keywords))
                    }
                    Some(_) => {
                        let found = "but got entries with and without the keyword `entries`";
                        Err(usage_error(ErrorKind::TooManyArguments, found))
                    }
                }
            }
            _ => self.tags(args, None),
        }?;
        Ok(markup(state, tags))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("static_tags")
    }
}

/// The function `static_importmap`.
#[derive(Debug)]
pub(super) struct StaticImportMap(pub(super) Assets);

impl Object for StaticImportMap {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: CallState<'_, '_, '_>, args: &[Value]) -> Result<Value, Error> {
        let wrong_nonce =
            |found: &str| import_map_error(ErrorKind::InvalidOperation, &format!("but got {found}"));
        let nonce = match args {
            [] => None,
            [keywords] if keywords.is_kwargs() => {
                let keywords = arguments::keywords(keywords, &["nonce"], import_map_error)?;
                Some(arguments::nonce(&keywords, wrong_nonce)?)
            }
            _ => {
                let found = "but got an argument without a keyword";
                return Err(import_map_error(ErrorKind::TooManyArguments, found));
            }
        };
        let element = self.0.snapshot().importmap_with_nonce(text(&nonce)).map_err(from_core)?;
        Ok(markup(state, element))
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("static_importmap")
    }
}

fn import_map_error(kind: ErrorKind, found: &str) -> Error {
    const USAGE: &str = "static_importmap() takes only a nonce, such as static_importmap(nonce=csp_nonce)";
    Error::new(kind, format!("{USAGE}, {found}"))
}

/// Returns the text of a nonce, empty without a nonce.
fn text(nonce: &Option<Value>) -> &str {
    nonce.as_ref().and_then(Value::as_str).unwrap_or_default()
}

/// Returns elements as a safe string in HTML templates. JSON and JavaScript templates print a safe string without quotes.
fn markup(state: &State<'_, '_>, elements: String) -> Value {
    let is_html = matches!(state.auto_escape(), AutoEscape::Html);
    if is_html { Value::from_safe_string(elements) } else { Value::from(elements) }
}
