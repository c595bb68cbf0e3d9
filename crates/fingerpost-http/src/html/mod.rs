//! Versions of assets in HTML that nobody rendered through the helpers.

pub(crate) mod validators;

mod attribute;
mod base_element;
mod charset;
mod insertion;
mod reference;
mod rewriting;
mod splicer;
mod srcset;
#[cfg(test)]
mod tests;

use std::{
    fmt,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
};

use bytes::Bytes;
use fingerpost::Snapshot;
use lol_html::{Selector, html_content::Attribute, send::Element};
use parking_lot::Mutex;

pub use charset::HtmlEncoding;
pub use insertion::HeadInserter;

use reference::References;
use rewriting::{MAX_MEMORY, Rewriting, on, selector, settings};
use splicer::{Splicer, SplicerSink};

static REFERRING: LazyLock<Selector> =
    LazyLock::new(|| selector("[href], [src], [srcset], [imagesrcset], [poster]"));
static TEMPLATE_BASE: LazyLock<Selector> = LazyLock::new(|| selector("template base[href]"));

/// Puts the present URLs of assets into HTML that was not rendered through a template helper.
///
/// References below the base URL, `/static/css/app.css`, in the attributes `href`, `src`, `srcset`, `imagesrcset` and
/// `poster` of any element become what [`Snapshot::url`] says; a query and a fragment stay. Where the base URL has a path
/// token or a host, the plain path without them is understood, too.
///
/// Left as they are: unknown assets, anything with a `v` parameter (so that a second pass changes nothing), other hosts,
/// relative URLs, comments, and the text of elements such as `script`, `style`, `textarea`, `noscript` and `iframe`. Every
/// byte outside of a changed attribute's value stays what it was.
///
/// After a `<base href>` with a host other than that of the base URL (any host, if the base URL is a path), a path such as
/// `/static/a.css` is one on that host, and is left as it is, too.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # std::fs::write(dir.path().join("a.css"), "body{}")?;
/// use fingerpost_http::rewrite_html;
///
/// let snapshot = fingerpost::Assets::dev(dir.path())?.snapshot();
/// let html = r#"<link rel=stylesheet href="/static/a.css"><a href="/about">About</a>"#;
/// let rewritten = rewrite_html(html, &snapshot);
/// assert_eq!(rewritten, r#"<link rel=stylesheet href="/static/a.css?v=7c98040a5416"><a href="/about">About</a>"#);
/// assert_eq!(rewrite_html(&rewritten, &snapshot), rewritten);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [`UrlRewriter`] does the same piece by piece.
pub fn rewrite_html(html: &str, snapshot: &Snapshot) -> String {
    let mut rewriter = UrlRewriter::new(snapshot);
    let mut rewritten = Vec::from(rewriter.write(html.as_bytes()));
    rewritten.extend(rewriter.end());
    String::from_utf8(rewritten).unwrap_or_else(|_| html.to_owned())
}

/// [`rewrite_html`] for a document that comes in pieces, of any size and with any boundaries.
///
/// Gives out what it can as soon as it can: only an incomplete tag is held back. A tag of more than 16 MiB ends the work,
/// and so do elements that are open within each other by the hundred thousand: the rest of the document then passes as it
/// is.
///
/// In development each reference below the base URL costs a look at the disk, and a hash if the file is new, as every
/// [`Snapshot::url`] does.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # std::fs::write(dir.path().join("a.js"), "")?;
/// use fingerpost_http::UrlRewriter;
///
/// let snapshot = fingerpost::Assets::dev(dir.path())?.snapshot();
/// let mut rewriter = UrlRewriter::new(&snapshot);
/// assert_eq!(rewriter.write(b"<p>Hello<script src='/stat"), "<p>Hello");
/// assert_eq!(rewriter.write(b"ic/a.js'>"), "<script src='/static/a.js?v=e3b0c44298fc'>");
/// assert_eq!(rewriter.end(), "");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct UrlRewriter {
    rewriting: Rewriting<SplicerSink>,
    splicer: Arc<Mutex<Splicer>>,
}

impl UrlRewriter {
    /// For a document in UTF-8. An attribute that is not UTF-8 is left as it is, everything else comes through.
    pub fn new(snapshot: &Snapshot) -> Self {
        Self::with_encoding(snapshot, HtmlEncoding::default())
    }

    /// For a document in the encoding that its `Content-Type` names.
    pub fn with_encoding(snapshot: &Snapshot, encoding: HtmlEncoding) -> Self {
        Self::with_memory(snapshot, encoding, MAX_MEMORY)
    }

    fn with_memory(snapshot: &Snapshot, encoding: HtmlEncoding, max_memory: usize) -> Self {
        let splicer = Arc::new(Mutex::new(Splicer::new(encoding)));
        let (mut references, edits) = (References::new(snapshot), Arc::clone(&splicer));
        let is_in_template = Arc::new(AtomicBool::new(false));
        let found = Arc::clone(&is_in_template);
        // The handlers of one element are called in this order.
        let on_template_base = on(&TEMPLATE_BASE, move |_| {
            found.store(true, Ordering::Relaxed);
            Ok(())
        });
        let on_element = on(&REFERRING, move |element| {
            if element.tag_name() == "base" {
                if !is_in_template.swap(false, Ordering::Relaxed) {
                    rebase(element, &mut references);
                }
                return Ok(());
            }
            for attribute in element.attributes() {
                rewrite_attribute(attribute, &references, &edits);
            }
            Ok(())
        });
        let settings = settings(encoding, max_memory)
            .append_element_content_handler(on_template_base)
            .append_element_content_handler(on_element);
        Self { rewriting: Rewriting::new(settings, SplicerSink(Arc::clone(&splicer))), splicer }
    }

    /// Takes the next piece and gives out all that is certain by now.
    pub fn write(&mut self, chunk: &[u8]) -> Bytes {
        if self.rewriting.write(chunk) {
            self.splicer.lock().take_output()
        } else {
            Bytes::copy_from_slice(chunk)
        }
    }

    /// Gives out what was held back.
    pub fn end(mut self) -> Bytes {
        self.rewriting.end();
        self.splicer.lock().take_output()
    }
}

/// An element of that name in an image is none of HTML.
fn rebase(base: &Element<'_, '_>, references: &mut References) {
    if base.namespace_uri().ends_with("/xhtml")
        && let Some(href) = base.get_attribute("href")
    {
        references.rebase(&htmlize::unescape_attribute(&href));
    }
}

fn rewrite_attribute(attribute: &Attribute<'_>, references: &References, edits: &Mutex<Splicer>) {
    if let Some(place) = attribute.value_source_location()
        && let Some(value) = attribute::rewritten(&attribute.name(), &attribute.value(), references)
    {
        edits.lock().replace(place.bytes(), value);
    }
}

impl fmt::Debug for UrlRewriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UrlRewriter").finish_non_exhaustive()
    }
}
