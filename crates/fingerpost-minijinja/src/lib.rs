//! `{{ static('css/app.css') }}` in [MiniJinja](minijinja) templates.
//!
//! ```
//! # let dir = tempfile::tempdir()?;
//! # std::fs::create_dir(dir.path().join("css"))?;
//! # std::fs::write(dir.path().join("css/app.css"), "body{}")?;
//! # let static_dir = dir.path();
//! use fingerpost::Assets;
//! use minijinja::Environment;
//!
//! let assets = Assets::dev(static_dir)?;
//! let mut env = Environment::new();
//! fingerpost_minijinja::register(&mut env, &assets);
//! env.add_template("page.html", r#"<link rel="stylesheet" href="{{ static('css/app.css') }}">"#)?;
//!
//! let page = env.get_template("page.html")?.render(())?;
//! assert_eq!(page, r#"<link rel="stylesheet" href="/static/css/app.css?v=7c98040a5416">"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | in the template | is |
//! |---|---|
//! | `{{ static('css/app.css') }}`, `{{ 'css/app.css' \| static }}` | [`Assets::url`] |
//! | `{{ static_url('img/card.png') }}`, `{{ 'img/card.png' \| static_url }}` | [`Assets::absolute_url`], for e-mail, feeds and social cards |
//! | `{{ static_integrity('js/app.js') }}` | [`Assets::integrity`] |
//! | `{{ app_version() }}` | [`Assets::app_version`] |
//!
//! `path=` works, too, so that templates can be copied from Tera. There is no other keyword.
//!
//! # Escaping
//!
//! A URL is percent-encoded so that HTML escaping has nothing to do, and is marked safe where a template escapes HTML:
//! without that MiniJinja would print each `/` as `&#x2f;`. A URL with an `&`, which only an author's own query can bring
//! in, is an ordinary string. In JSON and JavaScript templates every URL is an ordinary string, so it comes out quoted.
//!
//! A URL is marked where it is made: one that is kept by `{% set %}` in an HTML template, and printed in an
//! `{% autoescape 'json' %}` or in an included script, has no quotes. Call `static()` there, or add `|tojson`.
//!
//! # Errors
//!
//! A wrong argument and an unknown asset are errors with the template's name and line. Behind the latter, as its
//! `source()`, stands a [`fingerpost::Error`]; in an included template it is one `source()` further down.
//!
//! ```text
//! invalid operation: asset `css/ap.css` was not found in `/srv/site/static` (did you mean `css/app.css`?) (in page.html:2)
//! ```
//!
//! A variable named `static` hides the function, as in every Jinja template, but not the filter.
//!
//! # Reloads
//!
//! After [`Assets::reload`] the very next render shows the new URLs. A page that is rendered in a
//! [`Snapshot::scope`](fingerpost::Snapshot::scope) shows those of the snapshot.
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

use std::{fmt, sync::Arc};

use fingerpost::{Assets, Prebuilt, Url, quoted};
use minijinja::{
    AutoEscape, Environment, Error, ErrorKind, State,
    value::{Kwargs, Object, ObjectRepr, Rest, Value, ValueOrKwargs},
};

/// Registers the functions `static`, `static_url`, `static_integrity` and `app_version`, and the first three as filters.
///
/// Call it once, before or after templates are added; functions and filters of these names are replaced. In production
/// the URLs of a release become engine values beforehand; `static` then clones such a value and allocates nothing.
pub fn register(env: &mut Environment<'_>, assets: &Assets) {
    let urls = Arc::new(Prebuilt::new(assets, UrlValue::new));
    for answer in [Answer::Url, Answer::AbsoluteUrl, Answer::Integrity] {
        let helper = Helper { answer, urls: Arc::clone(&urls) };
        let filter = helper.clone();
        env.add_global(answer.name(), Value::from_object(helper));
        env.add_filter(
            answer.name(),
            // A third parameter, to say what is wrong with it, would make every call a third slower.
            move |state: &State<'_, '_>, path: &Value| filter.of(state, path),
        );
    }
    let assets = assets.clone();
    env.add_function("app_version", move |more: Rest<ValueOrKwargs>| {
        if more.is_empty() {
            Ok(Value::from(&*assets.app_version()))
        } else {
            Err(Error::new(ErrorKind::TooManyArguments, "app_version() takes no argument"))
        }
    });
}

/// What a helper makes of an asset path.
#[derive(Debug, Clone, Copy)]
enum Answer {
    Url,
    AbsoluteUrl,
    Integrity,
}

impl Answer {
    /// What templates call it.
    fn name(self) -> &'static str {
        match self {
            Self::Url => "static",
            Self::AbsoluteUrl => "static_url",
            Self::Integrity => "static_integrity",
        }
    }
}

/// A text that HTML escaping would leave as it is, in both of the engine's forms. Cloning either only counts a reference.
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

    /// Base64 has nothing to escape but the slash, which MiniJinja escapes for no reason of HTML's.
    fn of_integrity(integrity: &str) -> Self {
        Self { safe: Value::from_safe_string(integrity.to_owned()), plain: Value::from(integrity) }
    }

    /// Safe where HTML is escaped. A safe string in a JSON or JavaScript template would come out unquoted.
    #[inline]
    fn for_template(&self, state: &State<'_, '_>) -> Value {
        if matches!(state.auto_escape(), AutoEscape::Html) { self.safe.clone() } else { self.plain.clone() }
    }
}

/// A function of one asset path, as an object: only so does a call see its arguments without a copy.
#[derive(Debug, Clone)]
struct Helper {
    answer: Answer,
    urls: Arc<Prebuilt<UrlValue>>,
}

impl Helper {
    #[inline]
    fn of(&self, state: &State<'_, '_>, path: &Value) -> Result<Value, Error> {
        match path.as_str() {
            Some(path) => self.of_path(state, path),
            None => Err(self.wrong_type(path)),
        }
    }

    #[inline]
    fn of_path(&self, state: &State<'_, '_>, path: &str) -> Result<Value, Error> {
        let assets = self.urls.assets();
        match self.answer {
            Answer::Url => self.urls.get(path, |url| Ok(url.for_template(state))).unwrap_or_else(failed),
            Answer::AbsoluteUrl => assets
                .absolute_url(path)
                .map_or_else(failed, |url| Ok(UrlValue::new(&url).for_template(state))),
            Answer::Integrity => assets
                .integrity(path)
                .map_or_else(failed, |integrity| Ok(UrlValue::of_integrity(&integrity).for_template(state))),
        }
    }

    /// `path=`, which is how Tera wants it.
    fn keyword(&self, keywords: &Value) -> Result<Value, Error> {
        let keywords = Kwargs::try_from(keywords.clone())?;
        if let Some(unknown) = keywords.args().find(|keyword| *keyword != "path") {
            let found = format!("and no keyword {}", quoted(unknown));
            return Err(self.misused(ErrorKind::TooManyArguments, &found));
        }
        keywords.get("path").map_err(|_| self.no_path())
    }

    fn no_path(&self) -> Error {
        self.misused(ErrorKind::MissingArgument, "but has no argument")
    }

    fn more_than_a_path(&self) -> Error {
        self.misused(ErrorKind::TooManyArguments, "and nothing else")
    }

    /// Does not show the value: it may be long, or a secret.
    fn wrong_type(&self, path: &Value) -> Error {
        let of_type = if path.is_undefined() || path.is_none() { "" } else { "of type " };
        self.misused(ErrorKind::InvalidOperation, &format!("but it is {of_type}{}", path.kind()))
    }

    fn misused(&self, kind: ErrorKind, found: &str) -> Error {
        let name = self.answer.name();
        Error::new(kind, format!("{name}() takes an asset path, such as {name}('css/app.css'), {found}"))
    }
}

/// In the message, because only that stands beside the template's name; and as the source, because only there can a program
/// ask for its kind. A report that prints both says it twice.
#[cold]
fn failed(err: fingerpost::Error) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, err.to_string()).with_source(err))
}

impl Object for Helper {
    /// As the engine's own functions, not a map.
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn call(self: &Arc<Self>, state: &mut State<'_, '_>, args: &[Value]) -> Result<Value, Error> {
        match args {
            [path] if !path.is_kwargs() => self.of(state, path),
            [keywords] => self.of(state, &self.keyword(keywords)?),
            [] => Err(self.no_path()),
            _ => Err(self.more_than_a_path()),
        }
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.answer.name())
    }
}
