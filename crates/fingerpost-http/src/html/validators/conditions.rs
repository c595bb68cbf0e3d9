//! What other headers say of a request or a response.

use http::{HeaderMap, header::CONTENT_DISPOSITION};

use crate::rfc9110::cache_control::has_any_directive;

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

/// Returns `true` if a response must reach the client unchanged: it says `immutable` or `no-transform` (RFC 9110, §7.7), or it is
/// a download.
pub(super) fn must_stay(headers: &HeaderMap) -> bool {
    has_any_directive(headers, &["immutable", "no-transform"]) || is_download(headers)
}

/// RFC 6266, §4.2: an unknown disposition type means `attachment`. Browsers show a response whose type is missing.
fn is_download(headers: &HeaderMap) -> bool {
    let disposition = headers
        .get(CONTENT_DISPOSITION)
        .and_then(|value| value.as_bytes().split(|byte| *byte == b';').next());
    disposition.map(<[u8]>::trim_ascii).is_some_and(|kind| {
        !kind.is_empty() && !kind.contains(&b'=') && !kind.eq_ignore_ascii_case(b"inline")
    })
}
