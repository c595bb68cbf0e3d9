//! The version that a request asks for.

use http::{HeaderMap, HeaderName, header::COOKIE};

/// The header that speaks for one tab.
pub(crate) static VERSION_HEADER: HeaderName = HeaderName::from_static("x-app-requested-version");

/// The name of the cookie that all tabs share.
pub(crate) const VERSION_COOKIE: &str = "app_version";

/// Bytes of a client: nothing is known of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked<'r> {
    Nothing,
    ByCookie(&'r [u8]),
    /// `None` if several headers say different things.
    ByHeader(Option<&'r [u8]>),
}

impl<'r> Asked<'r> {
    /// Of several headers of the name all have to say the same, of several cookies the first counts.
    pub(crate) fn of(headers: &'r HeaderMap, header: &HeaderName, cookie_name: &str) -> Self {
        let values = headers.get_all(header).iter();
        let mut values = values.map(|value| value.as_bytes().trim_ascii()).filter(|value| !value.is_empty());
        if let Some(first) = values.next() {
            return Self::ByHeader(values.all(|other| other == first).then_some(first));
        }
        match cookie(headers, cookie_name).filter(|value| !value.is_empty()) {
            Some(value) => Self::ByCookie(value),
            None => Self::Nothing,
        }
    }

    pub(crate) fn version(self) -> Option<&'r str> {
        let bytes = match self {
            Self::Nothing | Self::ByHeader(None) => return None,
            Self::ByCookie(bytes) | Self::ByHeader(Some(bytes)) => bytes,
        };
        str::from_utf8(bytes).ok()
    }
}

/// The value of the first cookie of a name, read as leniently as RFC 6265, §5.2 reads `Set-Cookie`: whitespace and quotes
/// around it do not count. HTTP/2 may have several `Cookie` headers.
fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h [u8]> {
    let pairs = headers.get_all(COOKIE).iter().flat_map(|list| list.as_bytes().split(|byte| *byte == b';'));
    let value = |pair: &'h [u8]| {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        (pair[..equals].trim_ascii() == name.as_bytes()).then(|| pair[equals + 1..].trim_ascii())
    };
    pairs.filter_map(value).next().map(unquoted)
}

fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value)
}
