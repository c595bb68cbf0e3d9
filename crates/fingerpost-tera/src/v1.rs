//! The helpers for Tera 1.
//!
//! ```
//! # use tera1 as tera;
//! # let dir = tempfile::tempdir()?;
//! # std::fs::create_dir(dir.path().join("css"))?;
//! # std::fs::write(dir.path().join("css/app.css"), "body{}")?;
//! # let static_dir = dir.path();
//! use fingerpost::{Assets, Error as CoreError};
//! use tera::{Context, Tera};
//!
//! let assets = Assets::dev(static_dir)?;
//! let mut tera = Tera::default();
//! fingerpost_tera::v1::register(&mut tera, &assets);
//! tera.add_raw_template("page.html", r#"<link rel="stylesheet" href="{{ static(path='css/app.css') }}">"#)?;
//!
//! let page = tera.render("page.html", &Context::new())?;
//! assert_eq!(page, r#"<link rel="stylesheet" href="/static/css/app.css?v=7c98040a5416">"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Functions and filters are the same as for [Tera 2](crate). Tera 1 looks up functions and filters when a page is rendered.
//! [`register`] may therefore be called after templates are added, as `Tera::new("templates/**/*")` requires. Functions and
//! filters are equally fast.
//!
//! # Escaping
//!
//! Tera 1 has safe functions and filters, but no safe values, and escapes `/` as `&#x2F;`.
//!
//! - The output of a helper is not escaped.
//! - A URL in a `{% set %}` variable is escaped in HTML. Write `{{ url | safe }}`: a URL contains no markup.
//! - A concatenation that contains a safe function is **not escaped**. Tera 1 does not escape concatenations of strings and
//!   variables either. Do not concatenate user input: write `{{ static(path='icons.svg') }}#{{ icon }}`.
//!
//! A helper has no access to the context of its output. The `&` of a query or fragment is always written as `&amp;`, also in
//! text templates. In a variable, the `&` is escaped twice. Tera 2 does not have this limitation.
//!
//! ```
//! # use tera1 as tera;
//! # let dir = tempfile::tempdir()?;
//! # std::fs::write(dir.path().join("a.svg"), "body{}")?;
//! # let mut tera = tera::Tera::default();
//! # fingerpost_tera::v1::register(&mut tera, &fingerpost::Assets::dev(dir.path())?);
//! # let context = tera::Context::new();
//! tera.add_raw_templates([
//!     ("page.html", "{{ static(path='a.svg?x=1') }}"),
//!     ("mail.txt", "{{ static(path='a.svg?x=1') }}"),
//!     ("set.html", "{% set url = static(path='a.svg?x=1') %}{{ url }}"),
//!     ("safe.html", "{% set url = static(path='a.svg?x=1') %}{{ url | safe }}"),
//! ])?;
//! assert_eq!(tera.render("page.html", &context)?, "/static/a.svg?x=1&amp;v=7c98040a5416"); // right
//! assert_eq!(tera.render("mail.txt", &context)?, "/static/a.svg?x=1&amp;v=7c98040a5416");
//! assert_eq!(tera.render("set.html", &context)?, "&#x2F;static&#x2F;a.svg?x=1&amp;amp;v=7c98040a5416");
//! assert_eq!(tera.render("safe.html", &context)?, "/static/a.svg?x=1&amp;v=7c98040a5416"); // right
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Errors
//!
//! An error has the name of the rendered template, but no line. The last `source()` is a [`fingerpost::Error`]:
//!
//! ```text
//! Failed to render 'page.html'
//! Function call 'static' failed
//! cannot resolve the asset path
//! asset `css/ap.css` was not found in `/srv/site/static` (did you mean `css/app.css`?)
//! ```

use std::collections::HashMap;

use fingerpost::{Assets, Error as CoreError};
use tera1::{Error, Filter, Function, Result, Tera, Value};

use crate::{
    argument::Argument,
    helpers::{APP_VERSION_USAGE, nonce_of_call, path_of_call, path_of_filter},
    tags::TagArguments,
};

/// Registers the functions `static`, `static_url`, `static_integrity`, `static_tags`, `static_importmap` and `app_version`,
/// and the first three as filters.
///
/// Call `register` once, before or after templates are added. Functions and filters of these names are replaced.
pub fn register(tera: &mut Tera, assets: &Assets) {
    for (name, make_text) in HELPERS {
        let helper = Helper { name, make_text, assets: assets.clone() };
        tera.register_function(name, helper.clone());
        tera.register_filter(name, helper);
    }
    tera.register_function("static_tags", StaticTags(assets.clone()));
    tera.register_function("static_importmap", ImportMapHelper(assets.clone()));
    let assets = assets.clone();
    tera.register_function("app_version", move |arguments: &HashMap<String, Value>| {
        if arguments.is_empty() {
            Ok(Value::from(&*assets.app_version()))
        } else {
            Err(APP_VERSION_USAGE.into())
        }
    });
}

/// Returns the text for an asset path.
type MakeText = fn(&Assets, &str) -> std::result::Result<String, CoreError>;

const HELPERS: [(&str, MakeText); 3] = [
    ("static", |assets, path| assets.url(path).map(|url| escape_ampersand(&url))),
    ("static_url", |assets, path| assets.absolute_url(path).map(|url| escape_ampersand(&url))),
    ("static_integrity", Assets::integrity),
];

/// A function or a filter of one asset path.
#[derive(Debug, Clone)]
struct Helper {
    name: &'static str,
    make_text: MakeText,
    assets: Assets,
}

impl Helper {
    fn value(&self, path: std::result::Result<&str, String>) -> Result<Value> {
        resolved((self.make_text)(&self.assets, path?))
    }
}

fn resolved(text: std::result::Result<String, CoreError>) -> Result<Value> {
    text.map(Value::from).map_err(|err| Error::chain("cannot resolve the asset path", err))
}

/// The function `static_tags`.
struct StaticTags(Assets);

impl Function for StaticTags {
    fn call(&self, arguments: &HashMap<String, Value>) -> Result<Value> {
        let arguments = arguments.iter().map(|(keyword, value)| (keyword.as_str(), value));
        resolved(TagArguments::parse(arguments, argument, list)?.tags(&self.0))
    }

    fn is_safe(&self) -> bool {
        true
    }
}

/// The function `static_importmap`.
struct ImportMapHelper(Assets);

impl Function for ImportMapHelper {
    fn call(&self, arguments: &HashMap<String, Value>) -> Result<Value> {
        resolved(self.0.snapshot().importmap_with_nonce(nonce_of_call(keyword_arguments(arguments))?))
    }

    fn is_safe(&self) -> bool {
        true
    }
}

/// Escapes `&`, the only character in a URL that HTML escapes. Tera does not escape the output of a safe function.
fn escape_ampersand(text: &str) -> String {
    text.replace('&', "&amp;")
}

impl Function for Helper {
    fn call(&self, arguments: &HashMap<String, Value>) -> Result<Value> {
        self.value(path_of_call(self.name, keyword_arguments(arguments)))
    }

    fn is_safe(&self) -> bool {
        true
    }
}

impl Filter for Helper {
    fn filter(&self, input: &Value, arguments: &HashMap<String, Value>) -> Result<Value> {
        self.value(path_of_filter(self.name, argument(input), arguments.keys().map(String::as_str)))
    }

    fn is_safe(&self) -> bool {
        true
    }
}

fn keyword_arguments(arguments: &HashMap<String, Value>) -> impl Iterator<Item = (&str, Argument<'_>)> {
    arguments.iter().map(|(keyword, value)| (keyword.as_str(), argument(value)))
}

fn list(value: &Value) -> Option<&[Value]> {
    value.as_array().map(Vec::as_slice)
}

fn argument(value: &Value) -> Argument<'_> {
    match value {
        Value::String(text) => Argument::Text(text),
        Value::Null => Argument::Other("null"),
        Value::Bool(_) => Argument::Other("bool"),
        Value::Number(_) => Argument::Other("number"),
        Value::Array(_) => Argument::Other("array"),
        Value::Object(_) => Argument::Other("object"),
    }
}
