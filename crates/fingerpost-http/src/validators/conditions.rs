//! What other headers say of a request or a response.

use http::HeaderMap;

use crate::cache_control::says_any;

/// Whether what is asked for is a part of a page and cannot be HTML itself.
///
/// Fetch Standard, §2.2.5 (request destinations). Those that navigate (`document`, `frame`, `iframe`, `fencedframe`, `object`,
/// `embed`) show HTML, `empty` is what `fetch()` and htmx send, `text` imports any text. So they, and those that nobody knows
/// yet, do not count.
pub(super) fn is_for_subresource(headers: &HeaderMap) -> bool {
    const SUBRESOURCES: [&str; 16] = [
        "audio",
        "audioworklet",
        "font",
        "image",
        "json",
        "manifest",
        "paintworklet",
        "script",
        "serviceworker",
        "sharedworker",
        "speculationrules",
        "style",
        "track",
        "video",
        "worker",
        "xslt",
    ];
    headers
        .get("sec-fetch-dest")
        .is_some_and(|destination| SUBRESOURCES.iter().any(|name| destination == name))
}

/// Whether a response is to reach the client as it is: it says `immutable`, or `no-transform` (RFC 9110, §7.7).
pub(super) fn must_stay(headers: &HeaderMap) -> bool {
    says_any(headers, &["immutable", "no-transform"])
}
