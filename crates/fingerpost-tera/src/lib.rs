//! `{{ static(path='css/app.css') }}` in [Tera](tera) templates.
//!
//! ```
//! # let dir = tempfile::tempdir()?;
//! # std::fs::create_dir(dir.path().join("css"))?;
//! # std::fs::write(dir.path().join("css/app.css"), "body{}")?;
//! # let static_dir = dir.path();
//! use fingerpost::Assets;
//! use tera::{Context, Tera};
//!
//! let assets = Assets::dev(static_dir)?;
//! let mut tera = Tera::default();
//! fingerpost_tera::register(&mut tera, &assets); // before templates are added
//! tera.add_raw_template("page.html", r#"<link rel="stylesheet" href="{{ static(path='css/app.css') }}">"#)?;
//!
//! let page = tera.render("page.html", &Context::new())?;
//! assert_eq!(page, r#"<link rel="stylesheet" href="/static/css/app.css?v=7c98040a5416">"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | in the template | is |
//! |---|---|
//! | `{{ static(path='css/app.css') }}`, `{{ 'css/app.css' \| static }}` | [`Assets::url`] |
//! | `{{ static_url(path='img/card.png') }}`, `{{ 'img/card.png' \| static_url }}` | [`Assets::absolute_url`], for e-mail, feeds and social cards |
//! | `{{ static_integrity(path='js/app.js') }}`, `{{ 'js/app.js' \| static_integrity }}` | [`Assets::integrity`] |
//! | `{{ app_version() }}` | [`Assets::app_version`] |
//!
//! The filter is the faster form: Tera makes a map of the keywords for every call of a function, and nothing for a filter.
//! A function takes keywords alone: `static('css/app.css')` is the syntax error `Found string but expected identifier.`
//!
//! # Register first
//!
//! Tera looks for functions and filters when a template is added, so [`register`] comes before `load_from_glob` and
//! `add_raw_template`. Otherwise they say:
//!
//! ```text
//! error: Unknown function `static`
//!  --> page.html:1:33
//!   |
//! 1 | <link rel="stylesheet" href="{{ static(path='css/app.css') }}">
//!   |                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^
//! ```
//!
//! A clone of a `Tera` has the helpers, too, `register_from` takes them over, and `render_str` knows them; `Tera::one_off`
//! starts without.
//!
//! # Escaping
//!
//! A URL is percent-encoded so that HTML escaping has nothing to do, and is marked safe, which spares Tera the search. A
//! URL with an `&`, which only an author's own query can bring in, is an ordinary string, and so is a concatenation: Tera
//! escapes either where a template escapes. In all other templates, JSON and JavaScript among them, a URL comes out bare:
//! put quotes around it.
//!
//! A filter binds closer than `~`: write `{{ ('css/' ~ theme) | static }}`.
//!
//! # Errors
//!
//! An unknown asset and a wrong argument are errors with the template's name and line. Tera keeps no `source()`, so the
//! text is all there is of [`fingerpost::Error`]:
//!
//! ```text
//! error: asset `css/ap.css` was not found in `/srv/site/static` (did you mean `css/app.css`?)
//!  --> page.html:2:33
//!   |
//! 2 | <link rel="stylesheet" href="{{ static(path='css/ap.css') }}">
//!   |                                 ^^^^^^^^^^^^^^^^^^^^^^^^^
//! ```
//!
//! # Reloads
//!
//! After [`Assets::reload`] the very next render shows the new URLs. A page that is rendered in a
//! [`Snapshot::scope`](fingerpost::Snapshot::scope) shows those of the snapshot.
//!
//! # Features
//!
//! | name | brings | by default |
//! |---|---|---|
//! | `v1` | the module `v1`: the same for Tera 1 | no |
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod helpers;
#[cfg(feature = "v1")]
pub mod v1;

use std::{fmt::Display, sync::Arc};

use fingerpost::{__private::Prebuilt, Assets, Url};
use tera::{Error, Filter, Function, FunctionResult, Kwargs, State, Tera, TeraResult, Value};

use crate::helpers::{APP_VERSION_TAKES, Answer, Argument};

/// Registers the functions `static`, `static_url`, `static_integrity` and `app_version`, and the first three as filters.
///
/// Call it once, before templates are added; functions and filters of these names are replaced. In production the URLs of
/// a release become engine values beforehand; a filter clones such a value and allocates nothing.
pub fn register(tera: &mut Tera, assets: &Assets) {
    let urls = Arc::new(Prebuilt::new(assets, url_value));
    for answer in Answer::ALL {
        let helper = Helper { answer, urls: Arc::clone(&urls) };
        tera.register_function(answer.name(), helper.clone());
        tera.register_filter(answer.name(), helper);
    }
    let assets = assets.clone();
    tera.register_function("app_version", move |keywords: Kwargs, _: &State<'_>| {
        if keywords.iter().next().is_some() {
            return Err(Error::message(APP_VERSION_TAKES));
        }
        Ok(Value::normal_string(&assets.app_version()))
    });
}

/// Safe where HTML escaping would leave it as it is anyway.
fn url_value(url: &Url) -> Value {
    if url.is_html_inert() { Value::safe_string(url) } else { Value::normal_string(url) }
}

/// A function or a filter of one asset path.
#[derive(Debug, Clone)]
struct Helper {
    answer: Answer,
    urls: Arc<Prebuilt<Value>>,
}

impl Helper {
    #[inline]
    fn of(&self, path: &str) -> TeraResult<Value> {
        let assets = self.urls.assets();
        match self.answer {
            Answer::Url => self.urls.get(path, |url| Ok(url.clone())).unwrap_or_else(failed),
            Answer::AbsoluteUrl => assets.absolute_url(path).map_or_else(failed, |url| Ok(url_value(&url))),
            Answer::Integrity => {
                assets.integrity(path).map_or_else(failed, |text| Ok(Value::safe_string(&text)))
            }
        }
    }

    fn checked(&self, path: Result<&str, String>) -> TeraResult<Value> {
        self.of(path.map_err(Error::message)?)
    }
}

impl Function<TeraResult<Value>> for Helper {
    fn call(&self, keywords: Kwargs, _: &State<'_>) -> TeraResult<Value> {
        self.checked(self.answer.called(named(&keywords)))
    }
}

impl Filter<&Value, Outcome> for Helper {
    #[inline]
    fn call(&self, input: &Value, keywords: Kwargs, _: &State<'_>) -> Outcome {
        match input.as_str() {
            Some(path) if keywords.iter().next().is_none() => {
                // An answer that had to wait for this would be copied once more.
                drop(keywords);
                Outcome(self.of(path))
            }
            _ => {
                let keywords = named(&keywords).map(|(keyword, _)| keyword);
                Outcome(self.checked(self.answer.piped(argument(input), keywords)))
            }
        }
    }
}

/// What Tera takes as it is, whereas it converts a `Result` and copies it: a tenth of what a filter costs.
struct Outcome(TeraResult<Value>);

impl FunctionResult for Outcome {
    #[inline]
    fn into_result(self) -> TeraResult<Value> {
        self.0
    }
}

fn named(keywords: &Kwargs) -> impl Iterator<Item = (&str, Argument<'_>)> {
    keywords.iter().filter_map(|(keyword, value)| Some((keyword.as_str()?, argument(value))))
}

fn argument(value: &Value) -> Argument<'_> {
    value.as_str().map_or_else(|| Argument::Other(value.name()), Argument::Text)
}

#[cold]
fn failed(err: impl Display) -> TeraResult<Value> {
    Err(Error::message(err))
}
