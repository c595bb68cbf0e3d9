use std::{any::Any, sync::OnceLock};

use askama::Values;
use fingerpost::{AppVersion, Assets, Snapshot, Url};

use crate::{
    KEY,
    error::{Error, ErrorKind},
};

static GLOBAL: OnceLock<Assets> = OnceLock::new();

/// Sets the assets of all templates of the process.
///
/// Call it once, at start-up. Templates see a later [`Assets::reload`] by themselves.
///
/// # Errors
///
/// [`ErrorKind::AlreadyInitialized`] at any further call; the assets of the first stay.
pub fn init(assets: Assets) -> Result<(), Error> {
    GLOBAL.set(assets).map_err(|_| ErrorKind::AlreadyInitialized.into())
}

/// The assets of one rendering, for [`Template::render_with_values`](askama::Template::render_with_values).
///
/// A pair of [`KEY`] and value, so that it can stand in an array or a map beside others.
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
/// let more = [values(&assets), ("answer", &42)];
/// assert_eq!(Page.render_with_values(&more)?, "/static/app.css?v=7c98040a5416");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn values(assets: &Assets) -> (&'static str, &dyn Any) {
    (KEY, assets)
}

/// The assets that a helper looks paths up in.
#[derive(Clone, Copy)]
pub(crate) enum CurrentAssets<'a> {
    Assets(&'a Assets),
    Snapshot(&'a Snapshot),
}

impl CurrentAssets<'_> {
    /// Calls `lookup` with the assets of the runtime value, else of the innermost scope, else of [`init`].
    #[inline]
    pub(crate) fn with<R>(
        values: &dyn Values,
        lookup: impl Fn(CurrentAssets<'_>) -> R,
    ) -> Result<R, ErrorKind> {
        let assets = match askama::get_value(values, KEY) {
            Ok(assets) => assets,
            Err(askama::Error::ValueMissing) => {
                if let Some(value) =
                    Snapshot::with_current(|snapshot| lookup(CurrentAssets::Snapshot(snapshot)))
                {
                    return Ok(value);
                }
                GLOBAL.get().ok_or(ErrorKind::NoAssets)?
            }
            Err(_) => return Err(ErrorKind::WrongValue),
        };
        Ok(lookup(CurrentAssets::Assets(assets)))
    }

    #[inline]
    pub(crate) fn url(self, path: &str) -> Result<Url, fingerpost::Error> {
        match self {
            Self::Assets(assets) => assets.url(path),
            Self::Snapshot(snapshot) => snapshot.url(path),
        }
    }

    pub(crate) fn absolute_url(self, path: &str) -> Result<Url, fingerpost::Error> {
        match self {
            Self::Assets(assets) => assets.absolute_url(path),
            Self::Snapshot(snapshot) => snapshot.absolute_url(path),
        }
    }

    pub(crate) fn integrity(self, path: &str) -> Result<String, fingerpost::Error> {
        match self {
            Self::Assets(assets) => assets.integrity(path),
            Self::Snapshot(snapshot) => snapshot.integrity(path),
        }
    }

    pub(crate) fn app_version(self) -> AppVersion {
        match self {
            Self::Assets(assets) => assets.app_version(),
            Self::Snapshot(snapshot) => snapshot.app_version(),
        }
    }
}
