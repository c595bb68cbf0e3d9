use std::borrow::Cow;

use lol_html::{
    HandlerResult, MemorySettings, Selector,
    send::{Element, ElementContentHandlers, HtmlRewriter, Settings},
};
use parking_lot::Mutex;

use super::HtmlEncoding;

/// The limit of memory for an incomplete tag and for the stack of open elements, in bytes.
pub(super) const MAX_MEMORY: usize = 16 * 1024 * 1024;

/// A document that `lol_html` rewrites.
///
/// The rewriter is `None` after an error or the end. The mutex is never locked, and only makes the type `Sync`, because
/// bodies must be `Sync`.
#[derive(Debug)]
pub(super) struct Rewriting(Mutex<Option<Box<HtmlRewriter<'static, Sink>>>>);

/// Receives the rewritten document.
type Sink = Box<dyn FnMut(&[u8]) + Send>;

/// A selector and the handler of its elements.
type Handler = (Cow<'static, Selector>, ElementContentHandlers<'static>);

/// Parses a constant selector. Parsing takes a fifth of the time of rewriting a page, so store the selector in a
/// `static`.
pub(super) fn selector(text: &str) -> Selector {
    text.parse().expect("constant selectors are valid")
}

/// Calls `handler` with each element that matches `selector`.
pub(super) fn on(
    selector: &'static Selector,
    handler: impl FnMut(&mut Element<'_, '_>) -> HandlerResult + Send + 'static,
) -> Handler {
    (Cow::Borrowed(selector), ElementContentHandlers::default().element(handler))
}

impl Rewriting {
    /// Calls the handlers of one element in the order of `handlers`.
    pub(super) fn new(
        encoding: HtmlEncoding,
        max_memory: usize,
        handlers: impl IntoIterator<Item = Handler>,
        sink: impl FnMut(&[u8]) + Send + 'static,
    ) -> Self {
        // With both bail-out options, all input has been passed to the sink when an error is returned. Strict mode would
        // fail at a `<script>` inside of a `<select>`.
        let memory = MemorySettings::new()
            .with_max_allowed_memory_usage(max_memory)
            .with_graceful_bail_out_on_memory_limit_exceeded(true);
        let settings = Settings::new_send()
            .with_encoding(encoding.0)
            .with_memory_settings(memory)
            .with_graceful_bail_out_on_content_handler_error(true)
            .with_strict(false);
        let settings = handlers.into_iter().fold(settings, Settings::append_element_content_handler);
        Self(Mutex::new(Some(Box::new(HtmlRewriter::new(settings, Box::new(sink))))))
    }

    /// Processes the next chunk. Returns `false` if rewriting has ended and the chunk must be passed on unchanged.
    pub(super) fn write(&mut self, chunk: &[u8]) -> bool {
        let rewriter = self.0.get_mut();
        let Some(rewriting) = rewriter else { return false };
        if rewriting.write(chunk).is_err() {
            *rewriter = None;
        }
        true
    }

    /// Passes the rest of the document to the sink.
    pub(super) fn end(&mut self) {
        if let Some(rewriter) = self.0.get_mut().take() {
            rewriter.end().ok();
        }
    }
}
