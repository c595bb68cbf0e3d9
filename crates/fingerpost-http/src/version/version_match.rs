use http::HeaderMap;

use crate::version::requested_version::{RequestedVersion, VERSION_COOKIE, VERSION_HEADER};

/// The result of a comparison of the requested version with the version of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VersionMatch {
    /// The versions are equal.
    Match,
    /// The versions differ: the page belongs to another release.
    Different,
    /// The request contains no version, as in a first visit or a request of a crawler.
    Unversioned,
}

impl VersionMatch {
    /// Compares the requested version with `version`: the header `X-App-Requested-Version`, else the cookie `app_version`.
    ///
    /// The rules are the same as in [`VersionRouter`](crate::VersionRouter): empty values are ignored. For several headers with
    /// different values, the result is [`Different`](Self::Different). If one of several cookies matches, the result is
    /// [`Match`](Self::Match).
    ///
    /// ```
    /// use fingerpost_http::VersionMatch;
    /// use http::{HeaderMap, HeaderValue};
    ///
    /// let mut headers = HeaderMap::new();
    /// assert_eq!(VersionMatch::from_headers(&headers, "v2"), VersionMatch::Unversioned);
    /// headers.insert("cookie", HeaderValue::from_static("theme=dark; app_version=v2"));
    /// assert_eq!(VersionMatch::from_headers(&headers, "v2"), VersionMatch::Match);
    /// headers.insert("x-app-requested-version", HeaderValue::from_static("v1"));
    /// assert_eq!(VersionMatch::from_headers(&headers, "v2"), VersionMatch::Different);
    /// ```
    pub fn from_headers(headers: &HeaderMap, version: &str) -> Self {
        match RequestedVersion::from_headers(headers, &VERSION_HEADER, VERSION_COOKIE, |requested| {
            requested == version
        }) {
            RequestedVersion::Nothing => Self::Unversioned,
            requested if requested.version() == Some(version) => Self::Match,
            _ => Self::Different,
        }
    }
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[track_caller]
    fn match_of(headers: &[(&'static str, &'static [u8])]) -> VersionMatch {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap());
        }
        VersionMatch::from_headers(&map, "v2")
    }

    #[test]
    fn header_overrides_the_cookie() {
        const HEADER: &str = "x-app-requested-version";
        assert_eq!(match_of(&[(HEADER, b"v2"), ("cookie", b"app_version=v1")]), VersionMatch::Match);
        assert_eq!(match_of(&[(HEADER, b"v1"), ("cookie", b"app_version=v2")]), VersionMatch::Different);
        assert_eq!(match_of(&[(HEADER, b" "), ("cookie", b"app_version=v2")]), VersionMatch::Match);
        assert_eq!(match_of(&[(HEADER, b"\xff\"")]), VersionMatch::Different);
        assert_eq!(match_of(&[(HEADER, b"v2"), (HEADER, b"v1")]), VersionMatch::Different);
        assert_eq!(match_of(&[(HEADER, b"v2"), (HEADER, b" "), (HEADER, b"v2")]), VersionMatch::Match);
        assert_eq!(match_of(&[(HEADER, b"")]), VersionMatch::Unversioned);
    }

    #[test]
    fn versions_match_if_one_of_several_cookies_matches() {
        assert_eq!(match_of(&[("cookie", b"app_version=of-a-sibling; app_version=v2")]), VersionMatch::Match);
        assert_eq!(
            match_of(&[("cookie", b"app_version=of-a-sibling; app_version=v1")]),
            VersionMatch::Different
        );
    }
}
