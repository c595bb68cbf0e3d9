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
//! | in the template | value |
//! |---|---|
//! | `{{ static(path='css/app.css') }}`, `{{ 'css/app.css' \| static }}` | [`Assets::url`] |
//! | `{{ static_url(path='img/card.png') }}`, `{{ 'img/card.png' \| static_url }}` | [`Assets::absolute_url`], for e-mail, feeds and social cards |
//! | `{{ static_integrity(path='js/app.js') }}`, `{{ 'js/app.js' \| static_integrity }}` | [`Assets::integrity`] |
//! | `{{ static_tags(entries=['js/app.js', 'css/app.css'], nonce=nonce) }}` | [`Assets::tags`]: the tags of scripts and style sheets, with preloads of imported modules |
//! | `{{ static_importmap() }}`, `{{ static_importmap(nonce=csp_nonce) }}` | [`Snapshot::importmap`](fingerpost::Snapshot::importmap) |
//! | `{{ app_version() }}` | [`Assets::app_version`] |
//!
//! Filters are faster: Tera builds a map of the keywords for each call of a function, but not for a filter. Functions accept
//! only keyword arguments: `static('css/app.css')` is the syntax error `Found string but expected identifier.`
//!
//! # Register first
//!
//! Tera looks up functions and filters when a template is added. Call [`register`] before `load_from_glob` and
//! `add_raw_template`, which otherwise fail:
//!
//! ```text
//! error: Unknown function `static`
//!  --> page.html:1:33
//!   |
//! 1 | <link rel="stylesheet" href="{{ static(path='css/app.css') }}">
//!   |                                 ^^^^^^^^^^^^^^^^^^^^^^^^^^
//! ```
//!
//! The helpers are available in clones of a `Tera` and in `render_str`, and `register_from` copies the helpers. In
//! `Tera::one_off`, the helpers are not available.
//!
//! # Escaping
//!
//! A percent-encoded URL is a safe string, because it contains no character that HTML escapes. A URL with an `&` from a query
//! or fragment in the template is an ordinary string. Every concatenation is also an ordinary string. Tera escapes ordinary
//! strings in HTML templates. In all other templates, including JSON and JavaScript, a URL is printed without quotes: write
//! the quotes in the template.
//!
//! Filters have higher precedence than `~`: write `{{ ('css/' ~ theme) | static }}`.
//!
//! # Errors
//!
//! Unknown assets and wrong arguments are errors with the template's name and line. Tera discards the `source()`, so only the
//! text of the [`fingerpost::Error`] is available:
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
//! After [`Assets::reload`], the next render shows the new URLs. In a [`Snapshot::scope`](fingerpost::Snapshot::scope), a page
//! shows the URLs of the snapshot.
//!
//! # Features
//!
//! | name | description | default? |
//! |---|---|---|
//! | `v1` | the module `v1`, for Tera 1 | no |
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

mod argument;
mod tags;
mod helpers;
#[cfg(feature = "v1")]
pub mod v1;

pub use helpers::register;
