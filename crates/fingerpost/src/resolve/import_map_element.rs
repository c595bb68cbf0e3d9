use crate::{manifest::digest::Digest, resolve::tag_cache::TagText};

/// The element `<script type="importmap">` of one release.
#[derive(Debug)]
pub(crate) struct ImportMapElement {
    pub(crate) tag: TagText,
    /// The hash of the content for a Content-Security-Policy, in single quotes.
    pub(crate) csp_hash: String,
}

impl ImportMapElement {
    /// Creates the element of a map in JSON that is safe in a `<script>` element.
    pub(crate) fn new(json: &str) -> Self {
        let mut tag = TagText::default();
        tag.push("<script type=\"importmap\"", &format!(">{json}</script>"));
        Self { tag, csp_hash: format!("'{}'", Digest::from_content(json.as_bytes()).integrity()) }
    }
}
