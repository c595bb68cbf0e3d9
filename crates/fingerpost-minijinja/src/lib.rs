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
//! | in the template | value |
//! |---|---|
//! | `{{ static('css/app.css') }}`, `{{ 'css/app.css' \| static }}` | [`Assets::url`] |
//! | `{{ static_url('img/card.png') }}`, `{{ 'img/card.png' \| static_url }}` | [`Assets::absolute_url`], for e-mail, feeds and social cards |
//! | `{{ static_integrity('js/app.js') }}`, `{{ 'js/app.js' \| static_integrity }}` | [`Assets::integrity`] |
//! | `{{ static_tags('js/app.js', 'css/app.css') }}`, `{{ static_tags('js/app.js', nonce=nonce) }}` | [`Assets::tags`]: the tags of scripts and style sheets, with preloads of imported modules |
//! | `{{ static_importmap() }}`, `{{ static_importmap(nonce=csp_nonce) }}` | [`Snapshot::importmap`](fingerpost::Snapshot::importmap) |
//! | `{{ app_version() }}` | [`Assets::app_version`] |
//!
//! The functions also accept the keywords `path=` and `entries=`, so that templates can be copied from Tera.
//!
//! # Escaping
//!
//! A percent-encoded URL contains no character that HTML requires to be escaped. In HTML templates, such a URL is a safe
//! string: MiniJinja would print each `/` of an ordinary string as `&#x2f;`. A URL with an `&` from a query or fragment in
//! the template is an ordinary string. In JSON and JavaScript templates every URL is an ordinary string, which MiniJinja
//! prints in quotes.
//!
//! The template that contains the call determines the kind of string. If an HTML template assigns a URL with `{% set %}`, an
//! `{% autoescape 'json' %}` block or an included script prints the URL without quotes. Call `static()` in the block or the
//! script instead, or add `|tojson`.
//!
//! # Errors
//!
//! Unknown assets and wrong arguments are errors with the template's name and line. For an unknown asset, the `source()` is a
//! [`fingerpost::Error`]. In an included template, the [`fingerpost::Error`] is the `source()` of the `source()`.
//!
//! ```text
//! invalid operation: asset `css/ap.css` was not found in `/srv/site/static` (did you mean `css/app.css`?) (in page.html:2)
//! ```
//!
//! A variable named `static` hides the function, but not the filter.
//!
//! # Reloads
//!
//! After [`Assets::reload`], the next render shows the new URLs. In a [`Snapshot::scope`](fingerpost::Snapshot::scope), a page
//! shows the URLs of the snapshot.
//!
//! # Features
//!
//! | name | description | default? |
//! |---|---|---|
//! | `v2` | the module `v2`, for MiniJinja 2 | no |
//!
//! [`Assets::url`]: fingerpost::Assets::url
//! [`Assets::absolute_url`]: fingerpost::Assets::absolute_url
//! [`Assets::integrity`]: fingerpost::Assets::integrity
//! [`Assets::tags`]: fingerpost::Assets::tags
//! [`Assets::app_version`]: fingerpost::Assets::app_version
//! [`Assets::reload`]: fingerpost::Assets::reload
#![cfg_attr(docsrs, feature(doc_cfg))]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

mod engine_error;
mod arguments;
mod tags;
mod helpers;
#[cfg(feature = "v2")]
pub mod v2;

pub use helpers::register;
use minijinja as engine;

/// The render state that the engine passes to a function.
type CallState<'a, 't, 'e> = &'a mut engine::State<'t, 'e>;

/// An unexpected argument, positional or keyword.
type ExtraArgument = engine::value::ValueOrKwargs;
