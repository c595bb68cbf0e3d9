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
//!
//! # Features
//!
//! | name | brings | by default |
//! |---|---|---|
//! | `v2` | the module `v2`: the same for MiniJinja 2 | no |
//!
//! [`Assets::url`]: fingerpost::Assets::url
//! [`Assets::absolute_url`]: fingerpost::Assets::absolute_url
//! [`Assets::integrity`]: fingerpost::Assets::integrity
//! [`Assets::app_version`]: fingerpost::Assets::app_version
//! [`Assets::reload`]: fingerpost::Assets::reload
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod helpers;
#[cfg(feature = "v2")]
pub mod v2;

pub use helpers::register;
use minijinja as engine;

/// What the engine passes to a function besides its arguments.
type CallState<'a, 't, 'e> = &'a mut engine::State<'t, 'e>;

/// An argument that a function does not expect, keyword arguments included.
type ExtraArgument = engine::value::ValueOrKwargs;
