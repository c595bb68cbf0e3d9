use std::borrow::Cow;

use lol_html::{
    HandlerResult, MemorySettings, OutputSink, Selector,
    send::{Element, ElementContentHandlers, HtmlRewriter, Settings},
};
use parking_lot::Mutex;

use super::HtmlEncoding;

/// How much of a document is held back while one tag is incomplete, and how much may be known of the elements that are
/// open, in bytes.
pub(super) const MAX_MEMORY: usize = 16 * 1024 * 1024;

/// A document on its way through `lol_html`, into `O`.
///
/// Nothing after an error or the end. The lock is never taken: it makes the whole `Sync`, so that it fits into any body.
pub(super) struct Rewriting<O: OutputSink>(Mutex<Option<Box<HtmlRewriter<'static, O>>>>);

/// What all documents have in common; the handlers come on top.
pub(super) fn settings(encoding: HtmlEncoding, max_memory: usize) -> Settings<'static, 'static> {
    // With both of these it has given out all that it took when it reports an error. It is not strict, because it would
    // stop at a `<script>` inside of a `<select>`, and nothing here is worth that.
    let memory = MemorySettings::new()
        .with_max_allowed_memory_usage(max_memory)
        .with_graceful_bail_out_on_memory_limit_exceeded(true);
    Settings::new_send()
        .with_encoding(encoding.ascii_compatible())
        .with_memory_settings(memory)
        .with_graceful_bail_out_on_content_handler_error(true)
        .with_strict(false)
}

/// One of ours. Parsing costs a fifth of what a page does, so it belongs into a `static`.
pub(super) fn selector(text: &str) -> Selector {
    text.parse().expect("a selector")
}

/// Calls `handler` with each element that `selector` names.
pub(super) fn on(
    selector: &'static Selector,
    handler: impl FnMut(&mut Element<'_, '_>) -> HandlerResult + Send + 'static,
) -> (Cow<'static, Selector>, ElementContentHandlers<'static>) {
    (Cow::Borrowed(selector), ElementContentHandlers::default().element(handler))
}

impl<O: OutputSink> Rewriting<O> {
    pub(super) fn new(settings: Settings<'static, 'static>, sink: O) -> Self {
        Self(Mutex::new(Some(Box::new(HtmlRewriter::new(settings, sink)))))
    }

    /// Takes the next piece; `false` if it takes nothing any more, so that the piece has to pass as it is.
    pub(super) fn write(&mut self, chunk: &[u8]) -> bool {
        let rewriter = self.0.get_mut();
        let Some(rewriting) = rewriter else { return false };
        if rewriting.write(chunk).is_err() {
            *rewriter = None;
        }
        true
    }

    /// Gives out what was held back, after an error, too.
    pub(super) fn end(&mut self) {
        if let Some(rewriter) = self.0.get_mut().take() {
            rewriter.end().ok();
        }
    }
}
