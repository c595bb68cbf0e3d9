use std::{any::type_name, fmt, marker::PhantomData};

use askama::{FastWritable, NO_VALUES, Values, filters::HtmlSafe};

use crate::current_assets::{in_template, with_assets};

/// The tags of scripts and style sheets, looked up during rendering. The nonce is escaped.
#[derive(Debug, Clone, Copy)]
pub struct StaticTags<'a, E, S> {
    entries: E,
    nonce: &'a str,
    template: &'static str,
    entry: PhantomData<fn() -> S>,
}

impl<'a, E, S> StaticTags<'a, E, S> {
    pub(crate) fn new<T: ?Sized>(entries: E, nonce: &'a str) -> Self {
        Self { entries, nonce, template: type_name::<T>(), entry: PhantomData }
    }
}

impl<E: AsRef<[S]>, S: AsRef<str>> FastWritable for StaticTags<'_, E, S> {
    fn write_into(&self, dest: &mut dyn fmt::Write, values: &dyn Values) -> askama::Result<()> {
        let entries = self.entries.as_ref();
        let tags = with_assets(values, |assets| assets.tags_with_nonce(entries, self.nonce));
        Ok(dest.write_str(&in_template(self.template, tags)?)?)
    }
}

impl<E: AsRef<[S]>, S: AsRef<str>> fmt::Display for StaticTags<'_, E, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write_into(f, NO_VALUES).map_err(|_| fmt::Error)
    }
}

impl<E: AsRef<[S]>, S: AsRef<str>> HtmlSafe for StaticTags<'_, E, S> {}
