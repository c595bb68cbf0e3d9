//! The `Link` header that preloads entries.

use std::fmt::Write as _;

use crate::{error::Error, resolve::Resolver, tags::plan::Plan};

const STYLE: &str = "preload; as=style";
const MODULE: &str = "modulepreload";
/// In browsers that allow only one import map, a `modulepreload` disables every later import map.
const MODULE_BEFORE_IMPORT_MAP: &str = "preload; as=script";

/// Returns the value of a `Link` header that preloads the files in the tags of the entries.
pub(super) fn preload_header<E: AsRef<str>>(
    resolver: &Resolver,
    entries: impl IntoIterator<Item = E>,
) -> Result<String, Error> {
    let module = if resolver.has_import_map() { MODULE_BEFORE_IMPORT_MAP } else { MODULE };
    let plan = Plan::new(resolver, entries)?;
    let mut header = String::new();
    for (relation, files) in [(STYLE, &plan.styles), (module, &plan.preloads), (module, &plan.scripts)] {
        for file in files {
            let (url, integrity) = resolver.page_resource(file)?;
            let separator = if header.is_empty() { "" } else { ", " };
            let integrity = integrity.map_or_else(String::new, |text| format!("; integrity=\"{text}\""));
            let _ = write!(header, "{separator}<{url}>; rel={relation}; crossorigin{integrity}");
        }
    }
    Ok(header)
}
