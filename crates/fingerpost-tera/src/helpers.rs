//! The helpers for Tera 2, and the argument checks that both majors share.

use std::{fmt::Display, sync::Arc};

use crate::{
    argument::{Argument, by_name, kind_in_error},
    tags::TagArguments,
};
use fingerpost::{
    __private::{Prebuilt, quoted},
    Assets, Url,
};
use tera::{Error, Filter, Function, FunctionResult, Kwargs, State, Tera, TeraResult, Value};

/// Registers the functions `static`, `static_url`, `static_integrity`, `static_tags`, `static_importmap` and `app_version`,
/// and the first three as filters.
///
/// Call `register` once, before templates are added. Functions and filters of these names are replaced. In production, the filter
/// `static` returns a prebuilt value and does not allocate.
pub fn register(tera: &mut Tera, assets: &Assets) {
    let urls = Arc::new(Prebuilt::new(assets, url_value));
    for (name, make_value) in HELPERS {
        let helper = Helper { name, make_value, urls: Arc::clone(&urls) };
        tera.register_function(name, helper.clone());
        tera.register_filter(name, helper);
    }
    let tags_assets = assets.clone();
    tera.register_function("static_tags", move |keywords: Kwargs, _: &State<'_>| {
        let arguments = TagArguments::parse(keyword_values(&keywords), argument, Value::as_array);
        let arguments = arguments.map_err(Error::message)?;
        arguments.tags(&tags_assets).map_or_else(resolve_error, |tags| Ok(Value::safe_string(&tags)))
    });
    let import_map = assets.clone();
    tera.register_function("static_importmap", move |keywords: Kwargs, _: &State<'_>| {
        let nonce = nonce_of_call(keyword_arguments(&keywords)).map_err(Error::message)?;
        let element = import_map.snapshot().importmap_with_nonce(nonce);
        element.map_or_else(resolve_error, |element| Ok(Value::safe_string(&element)))
    });
    let assets = assets.clone();
    tera.register_function("app_version", move |keywords: Kwargs, _: &State<'_>| {
        if keywords.iter().next().is_some() {
            return Err(Error::message(APP_VERSION_USAGE));
        }
        Ok(Value::normal_string(&assets.app_version()))
    });
}

/// Returns a safe string if HTML escaping would not change the URL.
fn url_value(url: &Url) -> Value {
    if url.is_html_inert() { Value::safe_string(url) } else { Value::normal_string(url) }
}

/// Returns the value for an asset path.
type MakeValue = fn(&Prebuilt<Value>, &str) -> TeraResult<Value>;

const HELPERS: [(&str, MakeValue); 3] = [
    ("static", |urls, path| urls.get(path, |url| Ok(url.clone())).unwrap_or_else(resolve_error)),
    ("static_url", |urls, path| {
        urls.assets().absolute_url(path).map_or_else(resolve_error, |url| Ok(url_value(&url)))
    }),
    ("static_integrity", |urls, path| {
        urls.assets().integrity(path).map_or_else(resolve_error, |text| Ok(Value::safe_string(&text)))
    }),
];

/// A function or a filter of one asset path.
#[derive(Debug, Clone)]
struct Helper {
    name: &'static str,
    make_value: MakeValue,
    urls: Arc<Prebuilt<Value>>,
}

impl Helper {
    #[inline]
    fn value(&self, path: &str) -> TeraResult<Value> {
        (self.make_value)(&self.urls, path)
    }

    fn checked_value(&self, path: Result<&str, String>) -> TeraResult<Value> {
        self.value(path.map_err(Error::message)?)
    }
}

impl Function<TeraResult<Value>> for Helper {
    fn call(&self, keywords: Kwargs, _: &State<'_>) -> TeraResult<Value> {
        self.checked_value(path_of_call(self.name, keyword_arguments(&keywords)))
    }
}

impl Filter<&Value, UncopiedResult> for Helper {
    #[inline]
    fn call(&self, input: &Value, keywords: Kwargs, _: &State<'_>) -> UncopiedResult {
        match input.as_str() {
            Some(path) if keywords.iter().next().is_none() => {
                // If `keywords` were dropped after the result exists, the compiler would copy the result once more.
                drop(keywords);
                UncopiedResult(self.value(path))
            }
            _ => {
                let keywords = keyword_arguments(&keywords).map(|(keyword, _)| keyword);
                UncopiedResult(self.checked_value(path_of_filter(self.name, argument(input), keywords)))
            }
        }
    }
}

/// A result that Tera returns without a copy. Converting a plain `Result` takes a tenth of the time of a filter call.
struct UncopiedResult(TeraResult<Value>);

impl FunctionResult for UncopiedResult {
    #[inline]
    fn into_result(self) -> TeraResult<Value> {
        self.0
    }
}

fn keyword_arguments(keywords: &Kwargs) -> impl Iterator<Item = (&str, Argument<'_>)> {
    keyword_values(keywords).map(|(keyword, value)| (keyword, argument(value)))
}

fn keyword_values(keywords: &Kwargs) -> impl Iterator<Item = (&str, &Value)> {
    keywords.iter().filter_map(|(keyword, value)| Some((keyword.as_str()?, value)))
}

fn argument(value: &Value) -> Argument<'_> {
    value.as_str().map_or_else(|| Argument::Other(value.name()), Argument::Text)
}

#[cold]
fn resolve_error(err: impl Display) -> TeraResult<Value> {
    Err(Error::message(err))
}

/// The error for a call of `app_version` with an argument.
pub(crate) const APP_VERSION_USAGE: &str = "app_version() takes no argument";

/// Returns the path in `static(path='css/app.css')`, or the usage error.
pub(crate) fn path_of_call<'a>(
    name: &str,
    arguments: impl Iterator<Item = (&'a str, Argument<'a>)>,
) -> Result<&'a str, String> {
    let ([path], unknown) = by_name(arguments, ["path"]);
    single_argument(path, unknown, || {
        format!("{name}() takes an asset path, such as {name}(path='css/app.css')")
    })
}

/// Returns the nonce in `static_importmap(nonce=csp_nonce)`, empty if there is none, or the usage error.
pub(crate) fn nonce_of_call<'a>(
    arguments: impl Iterator<Item = (&'a str, Argument<'a>)>,
) -> Result<&'a str, String> {
    let ([nonce], unknown) = by_name(arguments, ["nonce"]);
    let nonce = nonce.filter(|nonce| !nonce.is_none()).unwrap_or(Argument::Text(""));
    single_argument(Some(nonce), unknown, || {
        "static_importmap() takes only a nonce, such as static_importmap(nonce=csp_nonce)".to_owned()
    })
}

/// Returns the path in `'css/app.css' | static`, or the usage error.
pub(crate) fn path_of_filter<'a>(
    name: &str,
    input: Argument<'a>,
    keywords: impl Iterator<Item = &'a str>,
) -> Result<&'a str, String> {
    single_argument(Some(input), keywords.max(), || {
        format!("the filter {name} takes an asset path, such as 'css/app.css' | {name}")
    })
}

/// Returns the argument if it is a string and the only argument. Otherwise, returns an error that starts with `usage`.
fn single_argument<'a>(
    argument: Option<Argument<'a>>,
    unknown: Option<&str>,
    usage: impl FnOnce() -> String,
) -> Result<&'a str, String> {
    let found = match (argument, unknown) {
        (Some(Argument::Text(text)), None) => return Ok(text),
        (_, Some(keyword)) => format!("the unknown keyword {}", quoted(keyword)),
        (None, None) => "no argument".to_owned(),
        (Some(Argument::Other(kind)), None) => kind_in_error(kind),
    };
    Err(format!("{}, but got {found}", usage()))
}
