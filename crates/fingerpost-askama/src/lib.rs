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
//! | in the template | value |
//! |---|---|
//! | `{{ static("css/app.css") }}`, `{{ "css/app.css"\|static }}` | [`Assets::url`] |
//! | `{{ static_url("img/card.png") }}`, `{{ "img/card.png"\|static_url }}` | [`Assets::absolute_url`], for e-mail, feeds and social cards |
//! | `{{ static_integrity("js/app.js") }}`, `{{ "js/app.js"\|static_integrity }}` | [`Assets::integrity`] |
//! | `{{ static_tags(["js/app.js", "css/app.css"]) }}`, `{{ static_tags_with_nonce(["js/app.js"], nonce) }}` | [`Assets::tags`]: the tags of scripts and style sheets, with preloads of imported modules |
//! | `{{ static_importmap() }}`, `{{ static_importmap_with_nonce(csp_nonce) }}` | [`Snapshot::importmap`](fingerpost::Snapshot::importmap) |
//! | `{{ app_version() }}` | [`Assets::app_version`] |
//!
//! Each module that derives a template needs `use fingerpost_askama::StaticHelpers as _;` for the functions, and
//! `use fingerpost_askama::filters;` for the filters. The [guide] shows the compiler error for a missing
//! `StaticHelpers` line. The guide also has an example of each kind of template: inherited, included, generic, a single
//! block, a response of `askama_web`.
//!
//! The functions accept a `&str`. For a path that the template builds, use the filter: `{{ ("img/" ~ name)|static }}`.
//!
//! # Choosing the assets
//!
//! A helper uses assets from the first available source. The [guide](guide#choosing-the-assets) has an example of each
//! source:
//!
//! 1. The runtime value of this rendering: `page.render_with_values(&fingerpost_askama::values(&assets))`.
//! 2. The innermost [`Snapshot::scope`](fingerpost::Snapshot::scope) on this thread, of any assets.
//! 3. The assets that [`init`] sets once per process.
//!
//! A site calls [`init`] at start-up. A process with two sites, or with tests of different assets, uses runtime values
//! or snapshot scopes.
//!
//! # Escaping
//!
//! A percent-encoded URL contains no character that HTML escapes, so it is written unchanged. If the path in the template
//! contains `?` or `&`, the URL is escaped like other text. In `{{ static("a.svg?x=1&y=2") }}`, `&` becomes `&#38;` in HTML and
//! is unchanged in a text template. JSON and JavaScript templates print every URL without quotes: write the quotes in the
//! template.
//!
//! A custom escaper receives only URLs with a query or an `&`. With `{{ static("a.svg")|escape }}`, the escaper
//! receives every URL.
//!
//! # Errors
//!
//! An unknown asset is an error that contains the type of the template. Errors of filters do not contain the type. The
//! `source()` of the error is a [`fingerpost::Error`], or an [`Error`] if no assets are set:
//!
//! ```text
//! asset `css/ap.css` was not found in `/srv/site/static` (did you mean `css/app.css`?) (in template `site::Page`)
//! ```
//!
//! To get the error, use `render` or `render_into`, as for every Askama template. The error of `write_into` is only "an error
//! occurred when formatting an argument", and `to_string` panics.
//!
//! # Reloads
//!
//! After [`Assets::reload`], the next render shows the new URLs. In a [`Snapshot::scope`](fingerpost::Snapshot::scope), a page
//! shows the URLs of the snapshot. If a runtime value is set, a snapshot of other assets is ignored.
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

mod error;
pub mod filters;
#[doc = include_str!("../docs/guide.md")]
///
/// # In the API
///
/// [`StaticHelpers`], [`filters`], [`init`], [`values`], [`Snapshot::scope`](fingerpost::Snapshot::scope).
pub mod guide {}
mod current_assets;
mod tags;
mod helpers;

pub use current_assets::{init, values};
pub use error::{Error, ErrorKind};
pub use helpers::{StaticHelpers, StaticMarkup, StaticText, StaticUrl};
pub use tags::StaticTags;

/// The key of the runtime value that contains the assets.
///
/// The value is an [`Assets`](fingerpost::Assets), a `Box<Assets>`, an `Rc<Assets>` or an `Arc<Assets>`. [`values`] returns
/// the key and the value.
pub const KEY: &str = "fingerpost";
