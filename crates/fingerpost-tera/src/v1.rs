//! The same for Tera 1.
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
//! The functions and filters are those of [Tera 2](crate). Tera 1 looks for them when a page is rendered, so that they may
//! be registered after the templates, as with `Tera::new("templates/**/*")`. Neither form is faster than the other.
//!
//! # Escaping
//!
//! Tera 1 knows safe functions and filters, but no safe values; otherwise it escapes `/` as `&#x2F;`.
//!
//! - What a helper answers comes out as it is.
//! - What `{% set %}` keeps is escaped once more. Write `{{ url | safe }}`, which loses nothing: a URL never has markup.
//! - A concatenation with a safe function in it is **not escaped**, just as Tera 1 escapes no concatenation of strings and
//!   variables. Where a part of it comes from a user, do not concatenate: `{{ static(path='icons.svg') }}#{{ icon }}`.
//!
//! A limitation: a helper does not know where its answer goes, so in a URL with an `&`, which only an author's own query
//! or fragment can bring in, that is always written as HTML wants it. In a text template it should be bare, and in a variable it is
//! escaped twice. Tera 2 does either right.
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
//! Tera 1 tells the page that was asked for, without the line. [`fingerpost::Error`] is the last `source()`:
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

use crate::helpers::{APP_VERSION_USAGE, Argument, path_of_call, path_of_filter};

/// Registers the functions `static`, `static_url`, `static_integrity` and `app_version`, and the first three as filters.
///
/// Call it once, before or after templates are added; functions and filters of these names are replaced.
pub fn register(tera: &mut Tera, assets: &Assets) {
    for (name, make_text) in HELPERS {
        let helper = Helper { name, make_text, assets: assets.clone() };
        tera.register_function(name, helper.clone());
        tera.register_filter(name, helper);
    }
    let assets = assets.clone();
    tera.register_function("app_version", move |arguments: &HashMap<String, Value>| {
        if arguments.is_empty() {
            Ok(Value::from(&*assets.app_version()))
        } else {
            Err(APP_VERSION_USAGE.into())
        }
    });
}

/// Makes the text of an asset path.
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
        let text = (self.make_text)(&self.assets, path?);
        text.map(Value::from).map_err(|err| Error::chain("cannot resolve the asset path", err))
    }
}

/// Escapes the one character that a URL may have and HTML may not: nobody does it after a safe function.
fn escape_ampersand(text: &str) -> String {
    text.replace('&', "&amp;")
}

impl Function for Helper {
    fn call(&self, arguments: &HashMap<String, Value>) -> Result<Value> {
        let arguments = arguments.iter().map(|(keyword, value)| (keyword.as_str(), argument(value)));
        self.value(path_of_call(self.name, arguments))
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
