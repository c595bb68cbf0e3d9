use std::{any::type_name, fmt};

use askama::{
    FastWritable, NO_VALUES, Template, Values,
    filters::{HtmlSafe, MaybeSafe},
};

use crate::{current_assets::Source, error::Error};

/// Gives every template `static()`, `static_url()`, `static_integrity()` and `app_version()`.
///
/// One line in each module that derives [`Template`] does it: `use fingerpost_askama::StaticHelpers as _;`. The values
/// are looked up when the template writes them, straight into the output.
pub trait StaticHelpers: Template {
    /// [`Assets::url`](fingerpost::Assets::url): `{{ static("css/app.css") }}`.
    #[inline]
    fn r#static<'a>(&self, path: &'a str) -> MaybeSafe<StaticUrl<'a>> {
        StaticUrl::of::<Self>(Question::Url, path)
    }

    /// [`Assets::absolute_url`](fingerpost::Assets::absolute_url): `{{ static_url("img/card.png") }}`.
    #[inline]
    fn static_url<'a>(&self, path: &'a str) -> MaybeSafe<StaticUrl<'a>> {
        StaticUrl::of::<Self>(Question::AbsoluteUrl, path)
    }

    /// [`Assets::integrity`](fingerpost::Assets::integrity): `{{ static_integrity("js/app.js") }}`.
    #[inline]
    fn static_integrity<'a>(&self, path: &'a str) -> StaticText<'a> {
        StaticText(Call::of::<Self>(Question::Integrity, path))
    }

    /// [`Assets::app_version`](fingerpost::Assets::app_version): `{{ app_version() }}`.
    #[inline]
    fn app_version(&self) -> StaticText<'static> {
        StaticText(Call::of::<Self>(Question::AppVersion, ""))
    }
}

impl<T: Template + ?Sized> StaticHelpers for T {}

/// The URL of an asset, looked up when the template writes it.
#[derive(Debug, Clone, Copy)]
pub struct StaticUrl<'a>(Call<'a>);

/// An integrity value or the app version, looked up when the template writes it. HTML escaping would leave it as it is.
#[derive(Debug, Clone, Copy)]
pub struct StaticText<'a>(Call<'a>);

impl<'a> StaticUrl<'a> {
    /// Left to the engine to escape if the author wrote a query or an `&`, for only they can bring an `&` into a URL.
    #[inline]
    fn of<T: Template + ?Sized>(question: Question, path: &'a str) -> MaybeSafe<Self> {
        let url = Self(Call::of::<T>(question, path));
        // No early end: so the compiler knows the answer for a literal beforehand.
        let may_need_it = path.bytes().fold(false, |found, byte| found | matches!(byte, b'?' | b'&'));
        if may_need_it { MaybeSafe::NeedsEscaping(url) } else { MaybeSafe::Safe(url) }
    }
}

/// What a template asked.
#[derive(Debug, Clone, Copy)]
struct Call<'a> {
    question: Question,
    path: &'a str,
    template: &'static str,
}

#[derive(Debug, Clone, Copy)]
enum Question {
    Url,
    AbsoluteUrl,
    Integrity,
    AppVersion,
}

impl<'a> Call<'a> {
    #[inline]
    fn of<T: ?Sized>(question: Question, path: &'a str) -> Self {
        Self { question, path, template: type_name::<T>() }
    }

    #[inline]
    fn answer(&self, out: &mut dyn fmt::Write, values: &dyn Values) -> askama::Result<()> {
        let path = self.path;
        Ok(match self.question {
            Question::Url => out.write_str(&self.ask(values, |source| source.url(path))?),
            Question::AbsoluteUrl => out.write_str(&self.ask(values, |source| source.absolute_url(path))?),
            Question::Integrity => out.write_str(&self.ask(values, |source| source.integrity(path))?),
            Question::AppVersion => out.write_str(&self.ask(values, |source| Ok(source.app_version()))?),
        }?)
    }

    #[inline]
    fn ask<T>(
        &self,
        values: &dyn Values,
        question: impl Fn(Source<'_>) -> Result<T, fingerpost::Error>,
    ) -> askama::Result<T> {
        Source::ask(values, question)
            .map_err(|kind| askama::Error::custom(Error::in_template(kind, self.template)))?
            .map_err(|err| askama::Error::custom(err.in_template(self.template)))
    }

    /// Where the engine goes through [`fmt::Display`], it has no runtime values and nothing to keep an error in.
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.answer(f, NO_VALUES).map_err(|_| fmt::Error)
    }
}

impl FastWritable for StaticUrl<'_> {
    #[inline]
    fn write_into(&self, dest: &mut dyn fmt::Write, values: &dyn Values) -> askama::Result<()> {
        self.0.answer(dest, values)
    }
}

impl FastWritable for StaticText<'_> {
    #[inline]
    fn write_into(&self, dest: &mut dyn fmt::Write, values: &dyn Values) -> askama::Result<()> {
        self.0.answer(dest, values)
    }
}

impl fmt::Display for StaticUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(f)
    }
}

impl fmt::Display for StaticText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.show(f)
    }
}

impl HtmlSafe for StaticText<'_> {}
