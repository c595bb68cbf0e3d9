//! The version requested by a client.

use http::{HeaderMap, HeaderName, header::COOKIE};

/// The request header with the version of one tab.
pub(crate) static VERSION_HEADER: HeaderName = HeaderName::from_static("x-app-requested-version");

/// The name of the version cookie, which all tabs share.
pub(crate) const VERSION_COOKIE: &str = "app_version";

/// The requested version, as unchecked bytes of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestedVersion<'r> {
    Nothing,
    ByCookie(&'r [u8]),
    /// `None` if several headers have different values.
    ByHeader(Option<&'r [u8]>),
}

impl<'r> RequestedVersion<'r> {
    /// Reads the header, then the cookie.
    ///
    /// Several headers must have the same value. If there are several cookies, the first cookie with a known version is
    /// used, because a sibling host may have set another cookie with `Domain=`. If no version is known, the first cookie
    /// that is not empty is used.
    pub(crate) fn from_headers(
        headers: &'r HeaderMap,
        header: &HeaderName,
        cookie_name: &str,
        is_known: impl Fn(&str) -> bool,
    ) -> Self {
        let values = headers.get_all(header).iter();
        let mut values = values.map(|value| value.as_bytes().trim_ascii()).filter(|value| !value.is_empty());
        if let Some(first) = values.next() {
            return Self::ByHeader(values.all(|other| other == first).then_some(first));
        }
        let cookies = || cookies(headers, cookie_name).filter(|value| !value.is_empty());
        let known = cookies().find(|value| str::from_utf8(value).is_ok_and(&is_known));
        known.or_else(|| cookies().next()).map_or(Self::Nothing, Self::ByCookie)
    }

    pub(crate) fn version(self) -> Option<&'r str> {
        let bytes = match self {
            Self::Nothing | Self::ByHeader(None) => return None,
            Self::ByCookie(bytes) | Self::ByHeader(Some(bytes)) => bytes,
        };
        str::from_utf8(bytes).ok()
    }
}

/// Returns the values of the cookies with this name, without surrounding whitespace or quotes.
///
/// Cookies are parsed as leniently as `Set-Cookie` in RFC 6265, §5.2. An HTTP/2 request may have several `Cookie`
/// headers.
fn cookies<'h>(headers: &'h HeaderMap, name: &str) -> impl Iterator<Item = &'h [u8]> {
    let pairs = headers.get_all(COOKIE).iter().flat_map(|list| list.as_bytes().split(|byte| *byte == b';'));
    pairs.filter_map(move |pair| {
        let equals = pair.iter().position(|byte| *byte == b'=')?;
        (pair[..equals].trim_ascii() == name.as_bytes()).then(|| unquoted(pair[equals + 1..].trim_ascii()))
    })
}

fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(value)
}
