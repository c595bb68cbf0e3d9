use std::{any::type_name, fmt};

use askama::{
    FastWritable, NO_VALUES, Template, Values,
    filters::{HtmlSafe, MaybeSafe},
};
use fingerpost::Assets;

use crate::{
    current_assets::{in_template, with_assets},
    tags::StaticTags,
};

/// Adds the functions `static()`, `static_url()`, `static_integrity()`, `static_tags()`, `static_tags_with_nonce()`,
/// `static_importmap()`, `static_importmap_with_nonce()` and `app_version()` to every template.
///
/// Add `use fingerpost_askama::StaticHelpers as _;` to each module that derives [`Template`]. The functions look up values
/// when the template is rendered, and write directly to the output.
pub trait StaticHelpers: Template {
    /// Writes the URL of an asset, [`Assets::url`](fingerpost::Assets::url): `{{ static("css/app.css") }}`.
    #[inline]
    fn r#static<'a>(&self, path: &'a str) -> MaybeSafe<StaticUrl<'a>> {
        StaticUrl::in_template::<Self>(path, |assets, path, out| {
            assets.with_url(path, |url| out.write_str(url))
        })
    }

    /// Writes the absolute URL of an asset, [`Assets::absolute_url`](fingerpost::Assets::absolute_url): `{{ static_url("img/card.png") }}`.
    #[inline]
    fn static_url<'a>(&self, path: &'a str) -> MaybeSafe<StaticUrl<'a>> {
        StaticUrl::in_template::<Self>(path, |assets, path, out| {
            Ok(out.write_str(&assets.absolute_url(path)?))
        })
    }

    /// Writes the integrity value of an asset, [`Assets::integrity`](fingerpost::Assets::integrity): `{{ static_integrity("js/app.js") }}`.
    #[inline]
    fn static_integrity<'a>(&self, path: &'a str) -> StaticText<'a> {
        StaticText(HelperCall::new::<Self>(path, |assets, path, out| {
            Ok(out.write_str(&assets.integrity(path)?))
        }))
    }

    /// Writes the tags that load scripts and style sheets, with preloads of imported modules,
    /// [`Assets::tags`](fingerpost::Assets::tags): `{{ static_tags(["js/app.js", "css/app.css"]) }}`.
    #[inline]
    fn static_tags<E: AsRef<[S]>, S: AsRef<str>>(&self, entries: E) -> StaticTags<'static, E, S> {
        StaticTags::new::<Self>(entries, "")
    }

    /// Writes the tags with a nonce, [`Assets::tags_with_nonce`](fingerpost::Assets::tags_with_nonce):
    /// `{{ static_tags_with_nonce(["js/app.js"], nonce) }}`.
    #[inline]
    fn static_tags_with_nonce<'a, E: AsRef<[S]>, S: AsRef<str>>(
        &self,
        entries: E,
        nonce: &'a str,
    ) -> StaticTags<'a, E, S> {
        StaticTags::new::<Self>(entries, nonce)
    }

    /// Writes the import map, [`Snapshot::importmap`](fingerpost::Snapshot::importmap): `{{ static_importmap() }}`.
    #[inline]
    fn static_importmap(&self) -> StaticMarkup<'static> {
        self.static_importmap_with_nonce("")
    }

    /// Writes the import map with a nonce,
    /// [`Snapshot::importmap_with_nonce`](fingerpost::Snapshot::importmap_with_nonce):
    /// `{{ static_importmap_with_nonce(csp_nonce) }}`.
    #[inline]
    fn static_importmap_with_nonce<'a>(&self, nonce: &'a str) -> StaticMarkup<'a> {
        StaticMarkup(HelperCall::new::<Self>(nonce, |assets, nonce, out| {
            Ok(out.write_str(&assets.snapshot().importmap_with_nonce(nonce)?))
        }))
    }

    /// Writes the app version, [`Assets::app_version`](fingerpost::Assets::app_version): `{{ app_version() }}`.
    #[inline]
    fn app_version(&self) -> StaticText<'static> {
        StaticText(HelperCall::new::<Self>("", |assets, _, out| Ok(out.write_str(&assets.app_version()))))
    }
}

impl<T: Template + ?Sized> StaticHelpers for T {}

/// The URL of an asset, looked up during rendering.
#[derive(Debug, Clone, Copy)]
pub struct StaticUrl<'a>(HelperCall<'a>);

/// An integrity value or the app version, looked up during rendering. Integrity values and app versions contain no character
/// that HTML escapes.
#[derive(Debug, Clone, Copy)]
pub struct StaticText<'a>(HelperCall<'a>);

/// HTML elements, made during rendering. Their attributes are already escaped.
#[derive(Debug, Clone, Copy)]
pub struct StaticMarkup<'a>(HelperCall<'a>);

impl<'a> StaticUrl<'a> {
    /// Returns the URL, marked for escaping if `path` contains `?` or `&`. The URLs of other paths contain no `&`.
    #[inline]
    fn in_template<T: Template + ?Sized>(path: &'a str, write: WriteValue) -> MaybeSafe<Self> {
        let url = Self(HelperCall::new::<T>(path, write));
        // Without an early exit, the loop is evaluated at compile time for a literal.
        let may_need_escaping = path.bytes().fold(false, |found, byte| found | matches!(byte, b'?' | b'&'));
        if may_need_escaping { MaybeSafe::NeedsEscaping(url) } else { MaybeSafe::Safe(url) }
    }
}

/// Writes the value for an asset path, or the elements for a nonce.
type WriteValue = fn(&Assets, &str, &mut dyn fmt::Write) -> Result<fmt::Result, fingerpost::Error>;

/// A call of a helper in a template.
#[derive(Debug, Clone, Copy)]
struct HelperCall<'a> {
    argument: &'a str,
    write: WriteValue,
    template: &'static str,
}

impl<'a> HelperCall<'a> {
    #[inline]
    fn new<T: ?Sized>(argument: &'a str, write: WriteValue) -> Self {
        Self { argument, write, template: type_name::<T>() }
    }

    #[inline]
    fn write(&self, out: &mut dyn fmt::Write, values: &dyn Values) -> askama::Result<()> {
        let written = with_assets(values, |assets| (self.write)(assets, self.argument, out));
        Ok(in_template(self.template, written)??)
    }

    /// Writes the value without runtime values, because [`fmt::Display`] cannot pass runtime values or return the error.
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

impl FastWritable for StaticMarkup<'_> {
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

impl fmt::Display for StaticMarkup<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.display(f)
    }
}

impl HtmlSafe for StaticText<'_> {}

impl HtmlSafe for StaticMarkup<'_> {}
