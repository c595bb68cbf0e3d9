//! `{{ "css/app.css"|static }}`, after `use fingerpost_askama::filters;`.
//!
//! The same as the functions, for a path that is put together in the template: `{{ ("img/" ~ name)|static }}`. Beside
//! filters of your own:
//!
//! ```
//! mod filters {
//!     pub use fingerpost_askama::filters::*;
//!
//!     #[askama::filter_fn]
//!     pub fn shout(text: impl std::fmt::Display, _: &dyn askama::Values) -> askama::Result<String> {
//!         Ok(format!("{text}!"))
//!     }
//! }
//! # #[derive(askama::Template)]
//! # #[template(source = r#"{{ "a"|shout }}"#, ext = "txt")]
//! # struct Page;
//! # assert_eq!(askama::Template::render(&Page).unwrap(), "a!");
//! ```
//!
//! A filter does not know which template it is in, so its errors do not say; and it copies the path.

/// [`Assets::url`](fingerpost::Assets::url).
#[doc(inline)]
pub use made::r#static;
/// [`Assets::integrity`](fingerpost::Assets::integrity).
#[doc(inline)]
pub use made::static_integrity;
/// [`Assets::absolute_url`](fingerpost::Assets::absolute_url).
#[doc(inline)]
pub use made::static_url;

mod made {
    #![allow(missing_docs, missing_debug_implementations, reason = "types that `filter_fn` makes")]

    use std::{
        fmt::{Display, Write as _},
        sync::Arc,
    };

    use askama::{
        Values, filter_fn,
        filters::{HtmlSafeOutput, MaybeSafe},
    };
    use fingerpost::Url;

    use crate::{current_assets::Source, error::Error};

    #[filter_fn]
    pub fn r#static(path: impl Display, values: &dyn Values) -> askama::Result<MaybeSafe<Url>> {
        Ok(escapable(ask(path, values, |source, path| source.url(path))?))
    }

    #[filter_fn]
    pub fn static_url(path: impl Display, values: &dyn Values) -> askama::Result<MaybeSafe<Url>> {
        Ok(escapable(ask(path, values, |source, path| source.absolute_url(path))?))
    }

    #[filter_fn]
    pub fn static_integrity(
        path: impl Display,
        values: &dyn Values,
    ) -> askama::Result<HtmlSafeOutput<Arc<str>>> {
        Ok(HtmlSafeOutput(ask(path, values, |source, path| source.integrity(path))?))
    }

    fn ask<T>(
        path: impl Display,
        values: &dyn Values,
        question: fn(Source<'_>, &str) -> Result<T, fingerpost::Error>,
    ) -> askama::Result<T> {
        // Not `to_string`, which panics where the value cannot be shown.
        let mut text = String::new();
        write!(text, "{path}")?;
        Source::ask(values, |source| question(source, &text))
            .map_err(|kind| askama::Error::custom(Error::from(kind)))?
            .map_err(askama::Error::custom)
    }

    fn escapable(url: Url) -> MaybeSafe<Url> {
        if url.is_html_inert() { MaybeSafe::Safe(url) } else { MaybeSafe::NeedsEscaping(url) }
    }
}
