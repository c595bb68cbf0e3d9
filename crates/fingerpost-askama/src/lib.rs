//! `{{ static("css/app.css") }}` in [Askama](askama) templates.
//!
//! ```
//! # let dir = tempfile::tempdir()?;
//! # std::fs::create_dir(dir.path().join("css"))?;
//! # std::fs::write(dir.path().join("css/app.css"), "body{}")?;
//! # let static_dir = dir.path();
//! use askama::Template;
//! use fingerpost::Assets;
//! use fingerpost_askama::StaticHelpers as _;
//!
//! #[derive(Template)]
//! #[template(source = r#"<link rel="stylesheet" href="{{ static("css/app.css") }}">"#, ext = "html")]
//! struct Page;
//!
//! fingerpost_askama::init(Assets::dev(static_dir)?)?;
//! assert_eq!(Page.render()?, r#"<link rel="stylesheet" href="/static/css/app.css?v=7c98040a5416">"#);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | in the template | is |
//! |---|---|
//! | `{{ static("css/app.css") }}`, `{{ "css/app.css"\|static }}` | [`Assets::url`] |
//! | `{{ static_url("img/card.png") }}`, `{{ "img/card.png"\|static_url }}` | [`Assets::absolute_url`], for e-mail, feeds and social cards |
//! | `{{ static_integrity("js/app.js") }}`, `{{ "js/app.js"\|static_integrity }}` | [`Assets::integrity`] |
//! | `{{ app_version() }}` | [`Assets::app_version`] |
//!
//! The functions need `use fingerpost_askama::StaticHelpers as _;` in every module that derives a template, the filters
//! `use fingerpost_askama::filters;`. Without the first the compiler says:
//!
//! ```text
//! error[E0599]: no method named `r#static` found for reference `&Page` in the current scope
//!  --> src/page.rs:3:10
//!   |
//! 3 | #[derive(Template)]
//!   |          ^^^^^^^^
//!   |
//!   = help: items from traits can only be used if the trait is in scope
//!   = note: this error originates in the derive macro `Template` (in Nightly builds, run with -Z macro-backtrace for more info)
//! help: trait `StaticHelpers` which provides `r#static` is implemented but not in scope; perhaps you want to import it
//!   |
//! 1 + use fingerpost_askama::StaticHelpers;
//!   |
//! ```
//!
//! A function takes a `&str`; a path that is put together in the template goes to the filter:
//! `{{ ("img/" ~ name)|static }}`.
//!
//! # Which assets
//!
//! A helper asks the first of these that is there:
//!
//! 1. The runtime value of this rendering: `page.render_with_values(&fingerpost_askama::values(&assets))`. Askama hands
//!    it on to included and nested templates.
//! 2. The innermost [`Snapshot::scope`](fingerpost::Snapshot::scope) on this thread, of whichever assets.
//! 3. The global, which [`init`] sets once.
//!
//! So a site calls [`init`] and forgets about it, and a process with two sites, or with tests of different assets, uses
//! one of the others. Askama has no runtime values for `to_string()`, for responses of `askama_web`, and for what a few
//! of its filters take: `{{ "a.png"|static_url|urlencode }}` asks the runtime value,
//! `{{ static_url("a.png")|urlencode }}` cannot.
//!
//! # Escaping
//!
//! A URL is percent-encoded so that HTML escaping has nothing to do, and is written as it is. A URL with a query of the
//! author's is ordinary text: of `{{ static("a.svg?x=1&y=2") }}` HTML gets `&#38;`, a text template `&`. In JSON and
//! JavaScript templates every URL is bare, so write the quotes.
//!
//! An escaper of your own sees URLs with a query alone. `{{ static("a.svg")|escape }}` shows it any.
//!
//! # Errors
//!
//! An unknown asset is an error with the template's type, which a filter does not know. [`fingerpost::Error`] is its
//! `source()`; [`Error`] is, where there are no assets to ask:
//!
//! ```text
//! asset `css/ap.css` was not found in `/srv/site/static` (did you mean `css/app.css`?) (in template `site::Page`)
//! ```
//!
//! As with every error in an Askama template, use `render` or `render_into`: `write_into` says no more than "an error
//! occurred when formatting an argument", and `to_string` panics.
//!
//! # Reloads
//!
//! After [`Assets::reload`] the very next render shows the new URLs. A page that is rendered in a
//! [`Snapshot::scope`](fingerpost::Snapshot::scope) shows those of the snapshot; one that is rendered with runtime
//! values does so if the snapshot is of the same assets.
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

mod error;
pub mod filters;
mod helpers;
mod source;

pub use error::{Error, ErrorKind};
pub use helpers::{StaticHelpers, StaticText, StaticUrl};
pub use source::{KEY, init, values};
