//! Writes the tags of a page.

use std::borrow::Cow;

use crate::{
    error::Error,
    resolve::{Resolver, entry::PageFile},
    tags::plan::Plan,
};

/// The text before the URL of a tag, and the text after its attributes.
type Frame = (&'static str, &'static str);

const STYLE: Frame = ("<link rel=\"stylesheet\" href=\"", ">");
const PRELOAD: Frame = ("<link rel=\"modulepreload\" href=\"", ">");
const SCRIPT: Frame = ("<script type=\"module\" src=\"", "></script>");

/// Returns the tags of the entries, separated by line feeds.
pub(super) fn tags<E: AsRef<str>>(
    resolver: &Resolver,
    entries: impl IntoIterator<Item = E>,
    nonce: Option<&str>,
) -> Result<String, Error> {
    let nonce = nonce.map(escaped);
    Plan::with(resolver, entries, |plan| {
        let mut length = 0;
        each_tag(resolver, plan, nonce.as_deref(), |piece| length += piece.len())?;
        let mut out = String::with_capacity(length);
        each_tag(resolver, plan, nonce.as_deref(), |piece| out.push_str(piece))?;
        out.pop();
        Ok(out)
    })
}

/// Passes the pieces of all tags to `write`, each tag with a line feed at its end.
fn each_tag(
    resolver: &Resolver,
    plan: &Plan,
    nonce: Option<&str>,
    mut write: impl FnMut(&str),
) -> Result<(), Error> {
    let mut tag = |(start, end): Frame, file: &PageFile| -> Result<(), Error> {
        write(start);
        write(&attributes(resolver, file)?);
        if let Some(nonce) = nonce {
            [" nonce=\"", nonce, "\""].into_iter().for_each(&mut write);
        }
        write(end);
        write("\n");
        Ok(())
    };
    plan.styles.iter().try_for_each(|file| tag(STYLE, file))?;
    plan.preloads.iter().try_for_each(|file| tag(PRELOAD, file))?;
    plan.scripts.iter().try_for_each(|file| tag(SCRIPT, file))
}

/// Returns the rest of a tag from the URL on, with the integrity value. The same text in every tag of a URL lets browsers
/// use a preload for the script.
fn attributes<'a>(resolver: &'a Resolver, file: &PageFile) -> Result<Cow<'a, str>, Error> {
    let text = || {
        let (url, integrity) = resolver.page_resource(file)?;
        let integrity = integrity.map_or_else(String::new, |text| format!(" integrity=\"{text}\""));
        Ok(format!("{}\"{integrity} crossorigin", escaped(&url)))
    };
    match file {
        PageFile::Asset(position) => {
            resolver.tag_attributes.get_or_try_make(*position, text).map(Cow::Borrowed)
        }
        PageFile::Other { .. } => text().map(Cow::Owned),
    }
}

/// Escapes text for an attribute in double quotes.
fn escaped(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped.into()
}
