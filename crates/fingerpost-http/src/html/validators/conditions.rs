//! Checks the headers of requests and responses for reasons not to change a response.

use http::{HeaderMap, header::CONTENT_DISPOSITION};

use crate::rfc9110::cache_control::has_any_directive;

/// Returns `true` if `Sec-Fetch-Dest` is a destination whose response cannot be HTML.
///
/// Fetch Standard, §2.2.5 (request destinations). The list omits destinations whose response may be HTML:
///
/// - destinations of navigations: `document`, `frame`, `iframe`, `fencedframe`, `object`, `embed`;
/// - `empty`, the destination of `fetch()` and htmx;
/// - `text`, the destination of text modules, which may be HTML.
///
/// The list also omits `report` and `webidentity`, whose requests load neither pages nor assets. Unknown destinations do
/// not match.
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

/// Returns `true` for responses that must not be changed: `immutable` or `no-transform` (RFC 9110, §7.7), and downloads.
pub(super) fn must_stay(headers: &HeaderMap) -> bool {
    has_any_directive(headers, &["immutable", "no-transform"]) || is_download(headers)
}

/// RFC 6266, §4.2: an unknown disposition type means `attachment`. Browsers show a response whose disposition type is
/// missing.
fn is_download(headers: &HeaderMap) -> bool {
    let disposition = headers
        .get(CONTENT_DISPOSITION)
        .and_then(|value| value.as_bytes().split(|byte| *byte == b';').next());
    disposition.map(<[u8]>::trim_ascii).is_some_and(|kind| {
        !kind.is_empty() && !kind.contains(&b'=') && !kind.eq_ignore_ascii_case(b"inline")
    })
}
