//! The helpers for one major version of MiniJinja.
//!
//! This file is a module of the crate root for MiniJinja 3, and of `v2` for MiniJinja 2. The parent module defines `engine`
//! and the two types that differ between the majors.

use std::{fmt, sync::Arc};

use fingerpost::{__private::Prebuilt, Assets, Url};

use super::{
    CallState, ExtraArgument, arguments,
    engine::{
        AutoEscape, Environment, Error, ErrorKind, State,
        value::{Object, ObjectRepr, Rest, Value},
    },
    engine_error::from_core,
    tags::{StaticImportMap, StaticTags},
};

/// Registers the functions `static`, `static_url`, `static_integrity`, `static_tags`, `static_importmap` and `app_version`,
/// and the first three as filters.
///
/// Call `register` once, before or after templates are added. Functions and filters of these names are replaced. In
/// production, `static` returns a prebuilt value and does not allocate.
pub fn register(env: &mut Environment<'_>, assets: &Assets) {
    let urls = Arc::new(Prebuilt::new(assets, UrlValue::new));
    for (name, make_value) in HELPERS {
        let helper = Helper { name, make_value, urls: Arc::clone(&urls) };
        let filter = helper.clone();
        env.add_global(name, Value::from_object(helper));
        env.add_filter(
            name,
            // The engine rejects extra arguments. A check here would need another parameter, and increase the time of a call
            // by a third.
            move |state: &State<'_, '_>, path: &Value| filter.value(state, path),
        );
    }
    env.add_global("static_tags", Value::from_object(StaticTags(assets.clone())));
    env.add_global("static_importmap", Value::from_object(StaticImportMap(assets.clone())));
    let assets = assets.clone();
    env.add_function("app_version", move |extra: Rest<ExtraArgument>| {
        if extra.is_empty() {
            Ok(Value::from(&*assets.app_version()))
        } else {
            Err(Error::new(ErrorKind::TooManyArguments, "app_version() takes no argument"))
        }
    });
}

/// A URL or integrity value, as a safe and as an ordinary string.
///
/// Both strings are prebuilt, because cloning a value only increments a reference count.
struct UrlValue {
    safe: Value,
    plain: Value,
}

impl UrlValue {
    fn new(url: &Url) -> Self {
        let plain = Value::from(url.as_str());
        let safe = if url.is_html_inert() { Value::from_safe_string(url.to_string()) } else { plain.clone() };
        Self { safe, plain }
    }

    /// Creates the value for an `integrity` attribute: Base64 is safe in HTML without escaping, but MiniJinja would
    /// escape the `/`.
    fn from_integrity(integrity: String) -> Self {
        Self { plain: Value::from(&*integrity), safe: Value::from_safe_string(integrity) }
    }

    /// Returns the safe form only in HTML templates: JSON and JavaScript templates print a safe string without quotes.
    #[inline]
    fn for_template(&self, state: &State<'_, '_>) -> Value {
        if matches!(state.auto_escape(), AutoEscape::Html) { self.safe.clone() } else { self.plain.clone() }
    }
}

/// Returns the value for an asset path.
type MakeValue = fn(&Prebuilt<UrlValue>, &str, &State<'_, '_>) -> Result<Value, Error>;

const HELPERS: [(&str, MakeValue); 3] = [
    ("static", |urls, path, state| {
        urls.get(path, |url| Ok(url.for_template(state))).unwrap_or_else(resolve_error)
    }),
    ("static_url", |urls, path, state| {
        let url = urls.assets().absolute_url(path);
        url.map_or_else(resolve_error, |url| Ok(UrlValue::new(&url).for_template(state)))
    }),
    ("static_integrity", |urls, path, state| {
        let integrity = urls.assets().integrity(path);
        integrity.map_or_else(resolve_error, |text| Ok(UrlValue::from_integrity(text).for_template(state)))
    }),
];

/// A function of one asset path. An `Object` receives its arguments without a copy, unlike a closure.
#[derive(Debug, Clone)]
struct Helper {
    name: &'static str,
    make_value: MakeValue,
    urls: Arc<Prebuilt<UrlValue>>,
}

impl Helper {
    #[inline]
    fn value(&self, state: &State<'_, '_>, path: &Value) -> Result<Value, Error> {
        match path.as_str() {
            Some(path) => (self.make_value)(&self.urls, path, state),
            None => Err(self.wrong_type_error(path)),
        }
    }

    /// Returns the argument `path=`, which Tera requires and this crate accepts for compatibility.
    fn path_keyword(&self, keywords: &Value) -> Result<Value, Error> {
        let keywords = arguments::keywords(keywords, &["path"], |kind, found| self.usage_error(kind, found))?;
        keywords.get("path").map_err(|_| self.missing_path())
    }

    fn missing_path(&self) -> Error {
        self.usage_error(ErrorKind::MissingArgument, "but got no argument")
    }

    fn wrong_type_error(&self, path: &Value) -> Error {
        self.usage_error(ErrorKind::InvalidOperation, &format!("but got {}", arguments::kind(path)))
    }

    fn usage_error(&self, kind: ErrorKind, found: &str) -> Error {
        let name = self.name;
        Error::new(kind, format!("{name}() takes an asset path, such as {name}('css/app.css'), {found}"))
    }
}

#[cold]
fn resolve_error(err: fingerpost::Error) -> Result<Value, Error> {
    Err(from_core(err))
}

impl Object for Helper {
    /// Returns `Plain`, because the functions of MiniJinja are plain objects. The default is a map.
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: CallState<'_, '_, '_>, args: &[Value]) -> Result<Value, Error> {
        match args {
            [path] if !path.is_kwargs() => self.value(state, path),
            [keywords] => self.value(state, &self.path_keyword(keywords)?),
            [] => Err(self.missing_path()),
            _ => Err(self.usage_error(ErrorKind::TooManyArguments, "but got more than one argument")),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
