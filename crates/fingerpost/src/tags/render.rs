//! Writes the tags of a page.

use std::sync::Arc;

use crate::{
    error::Error,
    markup::escaped,
    resolve::{Resolver, tag_cache::TagText},
    tags::plan::Plan,
};

/// The maximum number of entries in a list whose tags are cached.
const MAX_CACHED_ENTRIES: usize = 16;

/// Returns the tags of the entries, separated by line feeds. An empty nonce is left out.
pub(super) fn tags<E: AsRef<str>>(
    resolver: &Resolver,
    entries: impl IntoIterator<Item = E, IntoIter: Clone>,
    nonce: &str,
) -> Result<String, Error> {
    let entries = entries.into_iter();
    let mut buffer = [0; MAX_CACHED_ENTRIES];
    let key = known_positions(resolver, entries.clone(), &mut buffer);
    if let Some(tags) = key.and_then(|key| resolver.tag_cache.get(key, |text| text.with_nonce(nonce))) {
        return Ok(tags);
    }
    let text = Arc::new(tag_text(resolver, &Plan::new(resolver, entries)?)?);
    if let Some(key) = key {
        resolver.tag_cache.insert(key, &text);
    }
    Ok(text.with_nonce(nonce))
}

/// Returns the positions of a list of assets. Returns `None` if the list has more than [`MAX_CACHED_ENTRIES`] entries, or if a
/// name is not exactly an asset path.
fn known_positions<'b, E: AsRef<str>>(
    resolver: &Resolver,
    entries: impl Iterator<Item = E>,
    buffer: &'b mut [u32],
) -> Option<&'b [u32]> {
    let mut count = 0;
    for entry in entries {
        *buffer.get_mut(count)? = resolver.known_position(entry.as_ref())?;
        count += 1;
    }
    Some(&buffer[..count])
}

/// The text before the URL of a tag, and the text after its attributes.
type Frame = (&'static str, &'static str);

const STYLE: Frame = ("<link rel=\"stylesheet\" href=\"", ">");
const PRELOAD: Frame = ("<link rel=\"modulepreload\" href=\"", ">");
const SCRIPT: Frame = ("<script type=\"module\" src=\"", "></script>");

/// Returns the tags of a plan. The attributes are the same in every tag of a URL, so that browsers use a preload for the
/// script.
fn tag_text(resolver: &Resolver, plan: &Plan) -> Result<TagText, Error> {
    let mut text = TagText::default();
    if let Some(server) = resolver.strategy.dev_server().filter(|_| plan.needs_dev_server) {
        let preamble = server.preamble().map(|script| format!(">\n{script}\n</script>"));
        preamble.iter().for_each(|preamble| text.push("<script type=\"module\"", preamble));
        text.push(&format!("{}{}\" crossorigin", SCRIPT.0, server.client()), SCRIPT.1);
    }
    let mut groups = [(STYLE, &plan.styles), (PRELOAD, &plan.preloads), (SCRIPT, &plan.scripts)];
    if plan.has_bundled {
        groups.reverse();
    }
    for ((start, end), files) in groups {
        for file in files {
            let (url, integrity) = resolver.page_resource(file)?;
            let integrity = integrity.map_or_else(String::new, |text| format!(" integrity=\"{text}\""));
            text.push(&format!("{start}{}\"{integrity} crossorigin", escaped(&url)), end);
        }
    }
    Ok(text)
}
