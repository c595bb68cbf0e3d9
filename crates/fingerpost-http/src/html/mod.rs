//! Rewrites HTML that was not rendered through template helpers.

pub(crate) mod validators;

mod attribute;
mod base_element;
mod charset;
mod insertion;
mod reference;
mod rewriting;
mod splicer;
mod srcset;
mod transform;
#[cfg(test)]
mod tests;

use std::sync::{
    Arc, LazyLock,
    atomic::{AtomicBool, Ordering},
};

use bytes::Bytes;
use fingerpost::Snapshot;
use lol_html::{Selector, send::Element};
use parking_lot::Mutex;

pub use charset::HtmlEncoding;
pub use insertion::HeadInserter;
pub use transform::HtmlTransform;

use attribute::rewritten;
use reference::References;
use rewriting::{MAX_MEMORY, Rewriting, on, selector};
use splicer::Splicer;

static REFERRING: LazyLock<Selector> =
    LazyLock::new(|| selector("[href], [src], [srcset], [imagesrcset], [poster]"));
static TEMPLATE_BASE: LazyLock<Selector> = LazyLock::new(|| selector("template base[href]"));

/// Replaces references to assets in HTML by their current URLs, for pages without template helpers.
///
/// Applies [`Snapshot::url`] to references below the base URL, such as `/static/css/app.css`, in the attributes `href`,
/// `src`, `srcset`, `imagesrcset` and `poster` of all elements. Query and fragment are preserved. If the base URL has a path
/// token or a host, paths without the token or the host are recognized, too.
///
/// Unknown assets, URLs with a `v` parameter, URLs of other hosts and relative URLs are unchanged. A second pass changes
/// nothing. Comments and the text of elements such as `script`, `style`, `textarea`, `noscript` and `iframe` are unchanged.
/// All bytes outside changed attribute values are preserved.
///
/// After a `<base href>` whose host differs from the host of the base URL, a path such as `/static/a.css` refers to the
/// other host and is unchanged. If the base URL is a path, every host in a `<base href>` counts as another host.
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
/// [`UrlRewriter`] rewrites documents in chunks.
pub fn rewrite_html(html: &str, snapshot: &Snapshot) -> String {
    let mut rewriter = UrlRewriter::new(snapshot);
    let mut rewritten = Vec::from(rewriter.write(html.as_bytes()));
    rewritten.extend(rewriter.end());
    String::from_utf8(rewritten).unwrap_or_else(|_| html.to_owned())
}

/// Applies [`rewrite_html`] to a document that arrives in chunks of any size.
///
/// Output is returned as early as possible: only an incomplete tag is buffered. If a tag has more than 16 MiB, or hundreds
/// of thousands of elements are nested, the rest of the document passes unchanged.
///
/// In development, each reference below the base URL costs as much as a call of [`Snapshot::url`]: a `stat`, and a hash
/// if the file is new or has changed.
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
#[derive(Debug)]
pub struct UrlRewriter {
    rewriting: Rewriting,
    splicer: Arc<Mutex<Splicer>>,
}

impl UrlRewriter {
    /// Creates a rewriter for UTF-8 documents. Attributes with invalid UTF-8 are unchanged.
    pub fn new(snapshot: &Snapshot) -> Self {
        Self::with_encoding(snapshot, HtmlEncoding::default())
    }

    /// Creates a rewriter for documents in this encoding.
    pub fn with_encoding(snapshot: &Snapshot, encoding: HtmlEncoding) -> Self {
        Self::with_memory(snapshot, encoding, MAX_MEMORY)
    }

    fn with_memory(snapshot: &Snapshot, encoding: HtmlEncoding, max_memory: usize) -> Self {
        let splicer = Arc::new(Mutex::new(Splicer::new(encoding)));
        let (edits, passed) = (Arc::clone(&splicer), Arc::clone(&splicer));
        let mut references = References::new(snapshot);
        let is_in_template = Arc::new(AtomicBool::new(false));
        let found = Arc::clone(&is_in_template);
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
                if let Some(location) = attribute.value_source_location()
                    && let Some(value) = rewritten(&attribute.name(), &attribute.value(), &references)
                {
                    edits.lock().replace(location.bytes(), value);
                }
            }
            Ok(())
        });
        let handlers = [on_template_base, on_element];
        let pass = move |chunk: &[u8]| passed.lock().pass(chunk);
        Self { rewriting: Rewriting::new(encoding, max_memory, handlers, pass), splicer }
    }

    /// Processes the next chunk, and returns the new output.
    pub fn write(&mut self, chunk: &[u8]) -> Bytes {
        if self.rewriting.write(chunk) {
            self.splicer.lock().take_output()
        } else {
            Bytes::copy_from_slice(chunk)
        }
    }

    /// Returns the rest of the output.
    pub fn end(mut self) -> Bytes {
        self.rewriting.end();
        self.splicer.lock().take_output()
    }
}

/// Applies a `<base>` element of HTML. SVG elements named `base` are ignored.
fn rebase(base: &Element<'_, '_>, references: &mut References) {
    if base.namespace_uri().ends_with("/xhtml")
        && let Some(href) = base.get_attribute("href")
    {
        references.rebase(&htmlize::unescape_attribute(&href));
    }
}
