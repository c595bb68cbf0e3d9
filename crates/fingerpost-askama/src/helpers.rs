use std::{any::type_name, fmt};

use askama::{
    FastWritable, NO_VALUES, Template, Values,
    filters::{HtmlSafe, MaybeSafe},
};

use crate::{current_assets::CurrentAssets, error::Error};

/// Gives every template `static()`, `static_url()`, `static_integrity()` and `app_version()`.
///
/// One line in each module that derives [`Template`] does it: `use fingerpost_askama::StaticHelpers as _;`. The values
/// are looked up when the template writes them, straight into the output.
pub trait StaticHelpers: Template {
    /// [`Assets::url`](fingerpost::Assets::url): `{{ static("css/app.css") }}`.
    #[inline]
    fn r#static<'a>(&self, path: &'a str) -> MaybeSafe<StaticUrl<'a>> {
        StaticUrl::in_template::<Self>(HelperKind::Url, path)
    }

    /// [`Assets::absolute_url`](fingerpost::Assets::absolute_url): `{{ static_url("img/card.png") }}`.
    #[inline]
    fn static_url<'a>(&self, path: &'a str) -> MaybeSafe<StaticUrl<'a>> {
        StaticUrl::in_template::<Self>(HelperKind::AbsoluteUrl, path)
    }

    /// [`Assets::integrity`](fingerpost::Assets::integrity): `{{ static_integrity("js/app.js") }}`.
    #[inline]
    fn static_integrity<'a>(&self, path: &'a str) -> StaticText<'a> {
        StaticText(HelperCall::new::<Self>(HelperKind::Integrity, path))
    }

    /// [`Assets::app_version`](fingerpost::Assets::app_version): `{{ app_version() }}`.
    #[inline]
    fn app_version(&self) -> StaticText<'static> {
        StaticText(HelperCall::new::<Self>(HelperKind::AppVersion, ""))
    }
}

impl<T: Template + ?Sized> StaticHelpers for T {}

/// The URL of an asset, looked up when the template writes it.
#[derive(Debug, Clone, Copy)]
pub struct StaticUrl<'a>(HelperCall<'a>);

/// An integrity value or the app version, looked up when the template writes it. HTML escaping would leave it as it is.
#[derive(Debug, Clone, Copy)]
pub struct StaticText<'a>(HelperCall<'a>);

impl<'a> StaticUrl<'a> {
    /// Left to the engine to escape if the author wrote a query or an `&`, for only they can bring an `&` into a URL.
    #[inline]
    fn in_template<T: Template + ?Sized>(kind: HelperKind, path: &'a str) -> MaybeSafe<Self> {
        let url = Self(HelperCall::new::<T>(kind, path));
        // No early end: so the compiler knows the answer for a literal beforehand.
        let may_need_escaping = path.bytes().fold(false, |found, byte| found | matches!(byte, b'?' | b'&'));
        if may_need_escaping { MaybeSafe::NeedsEscaping(url) } else { MaybeSafe::Safe(url) }
    }
}

/// A call of a helper in a template.
#[derive(Debug, Clone, Copy)]
struct HelperCall<'a> {
    kind: HelperKind,
    path: &'a str,
    template: &'static str,
}

#[derive(Debug, Clone, Copy)]
enum HelperKind {
    Url,
    AbsoluteUrl,
    Integrity,
    AppVersion,
}

impl<'a> HelperCall<'a> {
    #[inline]
    fn new<T: ?Sized>(kind: HelperKind, path: &'a str) -> Self {
        Self { kind, path, template: type_name::<T>() }
    }

    #[inline]
    fn write(&self, out: &mut dyn fmt::Write, values: &dyn Values) -> askama::Result<()> {
        let path = self.path;
        Ok(match self.kind {
            HelperKind::Url => out.write_str(&self.resolve(values, |assets| assets.url(path))?),
            HelperKind::AbsoluteUrl => {
                out.write_str(&self.resolve(values, |assets| assets.absolute_url(path))?)
            }
            HelperKind::Integrity => out.write_str(&self.resolve(values, |assets| assets.integrity(path))?),
            HelperKind::AppVersion => {
                out.write_str(&self.resolve(values, |assets| Ok(assets.app_version()))?)
            }
        }?)
    }

    #[inline]
    fn resolve<T>(
        &self,
        values: &dyn Values,
        lookup: impl Fn(CurrentAssets<'_>) -> Result<T, fingerpost::Error>,
    ) -> askama::Result<T> {
        CurrentAssets::with(values, lookup)
            .map_err(|kind| askama::Error::custom(Error::in_template(kind, self.template)))?
            .map_err(|err| askama::Error::custom(err.in_template(self.template)))
    }

    /// Where the engine goes through [`fmt::Display`], it has no runtime values and nothing to keep an error in.
    fn display(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, NO_VALUES).map_err(|_| fmt::Error)
    }
}

impl FastWritable for StaticUrl<'_> {
    #[inline]
    fn write_into(&self, dest: &mut dyn fmt::Write, values: &dyn Values) -> askama::Result<()> {
        self.0.write(dest, values)
    }
}

impl FastWritable for StaticText<'_> {
    #[inline]
    fn write_into(&self, dest: &mut dyn fmt::Write, values: &dyn Values) -> askama::Result<()> {
        self.0.write(dest, values)
    }
}

impl fmt::Display for StaticUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display(f)
    }
}

impl fmt::Display for StaticText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display(f)
    }
}

impl HtmlSafe for StaticText<'_> {}
