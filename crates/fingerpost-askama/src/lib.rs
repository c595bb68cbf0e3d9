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
//! `use fingerpost_askama::filters;`. The [guide] shows what the compiler says without the first, and an example of each
//! kind of template: inherited, included, generic, a block alone, a response of `askama_web`.
//!
//! A function takes a `&str`; a path that is put together in the template goes to the filter:
//! `{{ ("img/" ~ name)|static }}`.
//!
//! # Which assets
//!
//! A helper asks the first of these that is there; the [guide](guide#which-assets) has an example of each:
//!
//! 1. The runtime value of this rendering: `page.render_with_values(&fingerpost_askama::values(&assets))`.
//! 2. The innermost [`Snapshot::scope`](fingerpost::Snapshot::scope) on this thread, of whichever assets.
//! 3. The global, which [`init`] sets once.
//!
//! So a site calls [`init`] and forgets about it, and a process with two sites, or with tests of different assets, uses
//! one of the others.
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
#[doc = include_str!("../docs/guide.md")]
///
/// # In the API
///
/// [`StaticHelpers`], [`filters`], [`init`], [`values`], [`Snapshot::scope`](fingerpost::Snapshot::scope).
pub mod guide {}
mod helpers;

pub use error::{Error, ErrorKind};
pub use helpers::{StaticHelpers, StaticText, StaticUrl, init, values};

/// The key of the runtime value that helpers look for, before anything else.
///
/// Its value is an [`Assets`](fingerpost::Assets), or a `Box`, `Rc` or `Arc` of one. [`values`] makes the pair.
pub const KEY: &str = "fingerpost";
