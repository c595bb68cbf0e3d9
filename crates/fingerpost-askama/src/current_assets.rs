//! The assets that a rendering uses.

use std::{any::Any, sync::OnceLock};

use askama::Values;
use fingerpost::{Assets, Snapshot};

use crate::{
    KEY,
    error::{Error, ErrorKind},
};

static GLOBAL: OnceLock<Assets> = OnceLock::new();

/// Sets the assets of all templates of the process.
///
/// Call `init` once, at start-up. After an [`Assets::reload`], templates use the new release.
///
/// # Errors
///
/// [`ErrorKind::AlreadyInitialized`] on every later call. The assets of the first call remain set.
pub fn init(assets: Assets) -> Result<(), Error> {
    GLOBAL.set(assets).map_err(|_| ErrorKind::AlreadyInitialized.into())
}

/// Returns the assets as a runtime value, for [`Template::render_with_values`](askama::Template::render_with_values).
///
/// The value is a pair of [`KEY`] and the assets. To pass several values, use an array or a map of pairs.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # std::fs::write(dir.path().join("app.css"), "body{}")?;
/// # let assets = fingerpost::Assets::dev(dir.path())?;
/// use askama::Template;
/// use fingerpost_askama::{StaticHelpers as _, values};
///
/// #[derive(Template)]
/// #[template(source = r#"{{ static("app.css") }}"#, ext = "html")]
/// struct Page;
///
/// assert_eq!(Page.render_with_values(&values(&assets))?, "/static/app.css?v=7c98040a5416");
///
/// let more = [values(&assets), ("lang", &"en")];
/// assert_eq!(Page.render_with_values(&more)?, "/static/app.css?v=7c98040a5416");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn values(assets: &Assets) -> (&'static str, &dyn Any) {
    (KEY, assets)
}

/// Calls `lookup` with the assets of the runtime value, the innermost snapshot scope, or [`init`], in this order of
/// precedence. Returns the result.
///
/// If the runtime value and a scope belong to the same assets, `lookup` uses the release of the scope.
#[inline]
pub(crate) fn with_assets<R>(
    values: &dyn Values,
    mut lookup: impl FnMut(&Assets) -> R,
) -> Result<R, ErrorKind> {
    let assets = match askama::get_value(values, KEY) {
        Ok(assets) => assets,
        Err(askama::Error::ValueMissing) => {
            if let Some(value) = Snapshot::with_current(|snapshot| lookup(snapshot.assets())) {
                return Ok(value);
            }
            GLOBAL.get().ok_or(ErrorKind::NoAssets)?
        }
        Err(_) => return Err(ErrorKind::WrongValue),
    };
    Ok(lookup(assets))
}

/// Adds the type of the template to an error.
#[inline]
pub(crate) fn in_template<T>(
    template: &'static str,
    result: Result<Result<T, fingerpost::Error>, ErrorKind>,
) -> askama::Result<T> {
    result
        .map_err(|kind| askama::Error::custom(Error::in_template(kind, template)))?
        .map_err(|err| askama::Error::custom(err.in_template(template)))
}
