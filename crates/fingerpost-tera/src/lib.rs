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
#[cfg(feature = "v1")]
pub mod v1;

pub use helpers::register;
