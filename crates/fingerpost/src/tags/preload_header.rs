//! The `Link` header that preloads entries.

use std::fmt::Write as _;

use crate::{
    error::Error,
    resolve::{Resolver, entry::PageFile},
    tags::plan::Plan,
};

const STYLE: &str = "preload; as=style";
const MODULE: &str = "modulepreload";
/// A `modulepreload` disables an import map that follows, in browsers that allow only one import map.
const MODULE_BEFORE_IMPORT_MAP: &str = "preload; as=script";

/// Returns the value of a `Link` header that preloads the entries and everything that the tags of the entries load.
pub(super) fn preload_header<E: AsRef<str>>(
    resolver: &Resolver,
    entries: impl IntoIterator<Item = E>,
) -> Result<String, Error> {
    let module = if resolver.has_import_map() { MODULE_BEFORE_IMPORT_MAP } else { MODULE };
    Plan::with(resolver, entries, |plan| {
        let mut header = String::new();
        let mut link = |relation: &str, file: &PageFile| -> Result<(), Error> {
            let (url, integrity) = resolver.page_resource(file)?;
            let separator = if header.is_empty() { "" } else { ", " };
            let integrity = integrity.map_or_else(String::new, |text| format!("; integrity=\"{text}\""));
            let _ = write!(header, "{separator}<{url}>; rel={relation}; crossorigin{integrity}");
            Ok(())
        };
        plan.styles.iter().try_for_each(|file| link(STYLE, file))?;
        plan.preloads.iter().chain(&plan.scripts).try_for_each(|file| link(module, file))?;
        Ok(header)
    })
}
