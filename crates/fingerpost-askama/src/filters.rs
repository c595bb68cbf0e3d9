//! The helpers as filters: `{{ "css/app.css"|static }}`, after `use fingerpost_askama::filters;`.
//!
//! Unlike the functions, the filters accept a path that the template builds: `{{ ("img/" ~ name)|static }}`. To combine the
//! filters with your own filters:
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
//! A filter copies the path. Errors of filters do not contain the type of the template, because Askama does not pass the type
//! to filters.

/// Returns the URL of an asset: [`Assets::url`](fingerpost::Assets::url).
#[doc(inline)]
pub use generated::r#static;
/// Returns the integrity value of an asset: [`Assets::integrity`](fingerpost::Assets::integrity).
#[doc(inline)]
pub use generated::static_integrity;
/// Returns the absolute URL of an asset: [`Assets::absolute_url`](fingerpost::Assets::absolute_url).
#[doc(inline)]
pub use generated::static_url;

mod generated {
    #![allow(missing_docs, missing_debug_implementations, reason = "types that `filter_fn` generates")]

    use std::fmt::{Display, Write as _};

    use askama::{
        Values, filter_fn,
        filters::{HtmlSafeOutput, MaybeSafe},
    };
    use fingerpost::{Assets, Url};

    use crate::{current_assets::with_assets, error::Error};

    #[filter_fn]
    pub fn r#static(path: impl Display, values: &dyn Values) -> askama::Result<MaybeSafe<Url>> {
        Ok(mark_safe(resolve(path, values, Assets::url)?))
    }

    #[filter_fn]
    pub fn static_url(path: impl Display, values: &dyn Values) -> askama::Result<MaybeSafe<Url>> {
        Ok(mark_safe(resolve(path, values, Assets::absolute_url)?))
    }

    #[filter_fn]
    pub fn static_integrity(
        path: impl Display,
        values: &dyn Values,
    ) -> askama::Result<HtmlSafeOutput<String>> {
        Ok(HtmlSafeOutput(resolve(path, values, Assets::integrity)?))
    }

    fn resolve<T>(
        path: impl Display,
        values: &dyn Values,
        lookup: fn(&Assets, &str) -> Result<T, fingerpost::Error>,
    ) -> askama::Result<T> {
        // `to_string` would panic if `Display` fails.
        let mut text = String::new();
        write!(text, "{path}")?;
        with_assets(values, |assets| lookup(assets, &text))
            .map_err(|kind| askama::Error::custom(Error::from(kind)))?
            .map_err(askama::Error::custom)
    }

    fn mark_safe(url: Url) -> MaybeSafe<Url> {
        if url.is_html_inert() { MaybeSafe::Safe(url) } else { MaybeSafe::NeedsEscaping(url) }
    }
}
