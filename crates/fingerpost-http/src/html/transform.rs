use bytes::Bytes;

use super::{HeadInserter, UrlRewriter};

/// A change of a document that arrives in chunks of any size.
///
/// ```
/// use fingerpost_http::{HeadInserter, HtmlEncoding, HtmlTransform};
///
/// let mut transform = HtmlTransform::Insert(HeadInserter::new("<meta name=a>", HtmlEncoding::default()));
/// let mut page = Vec::from(transform.write("<head></head>".into()));
/// page.extend(transform.end());
/// assert_eq!(page, b"<head><meta name=a></head>");
/// ```
#[derive(Debug)]
pub enum HtmlTransform {
    /// Rewrites references to assets.
    Rewrite(UrlRewriter),
    /// Inserts markup into the `<head>`.
    Insert(HeadInserter),
}

impl HtmlTransform {
    /// Processes a chunk and returns the new output.
    pub fn write(&mut self, chunk: Bytes) -> Bytes {
        match self {
            Self::Rewrite(rewriter) => rewriter.write(&chunk),
            Self::Insert(inserter) => inserter.write(chunk),
        }
    }

    /// Ends the document and returns the remaining output.
    pub fn end(self) -> Bytes {
        match self {
            Self::Rewrite(rewriter) => rewriter.end(),
            Self::Insert(inserter) => inserter.end(),
        }
    }
}
