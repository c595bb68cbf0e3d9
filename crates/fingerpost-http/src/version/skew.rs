use http::{HeaderMap, header::COOKIE};

/// How the version that a client asks for compares with the one that answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Skew {
    /// They are the same.
    Match,
    /// They are not: a page of another release asks.
    Skew,
    /// The client asks for none: a first visit, a link, a robot, a file.
    Unversioned,
}

impl Skew {
    /// Compares what the headers of a request ask for with `version`: `X-App-Requested-Version`, else the cookie
    /// `app_version`. What is empty asks for nothing.
    ///
    /// ```
    /// use fingerpost_http::Skew;
    /// use http::{HeaderMap, HeaderValue};
    ///
    /// let mut headers = HeaderMap::new();
    /// assert_eq!(Skew::of(&headers, "v2"), Skew::Unversioned);
    /// headers.insert("cookie", HeaderValue::from_static("theme=dark; app_version=v2"));
    /// assert_eq!(Skew::of(&headers, "v2"), Skew::Match);
    /// headers.insert("x-app-requested-version", HeaderValue::from_static("v1"));
    /// assert_eq!(Skew::of(&headers, "v2"), Skew::Skew);
    /// ```
    pub fn of(headers: &HeaderMap, version: &str) -> Self {
        let in_header = headers.get("x-app-requested-version").map(|value| value.as_bytes().trim_ascii());
        let asked_for = in_header.filter(|asked| !asked.is_empty()).or_else(|| in_cookie(headers));
        match asked_for {
            None => Self::Unversioned,
            Some(asked) if asked == version.as_bytes() => Self::Match,
            Some(_) => Self::Skew,
        }
    }
}

/// RFC 6265, §4.2.1; a value may stand in quotes (§4.1.1).
fn in_cookie(headers: &HeaderMap) -> Option<&[u8]> {
    let cookies = headers.get_all(COOKIE).iter().flat_map(|list| list.as_bytes().split(|byte| *byte == b';'));
    cookies
        .filter_map(|cookie| cookie.trim_ascii().strip_prefix(b"app_version="))
        .map(|value| value.strip_prefix(b"\"").and_then(|it| it.strip_suffix(b"\"")).unwrap_or(value))
        .find(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use http::{HeaderName, HeaderValue};

    use super::*;

    #[track_caller]
    fn of(headers: &[(&'static str, &'static [u8])]) -> Skew {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap());
        }
        Skew::of(&map, "v2")
    }

    #[test]
    fn the_header_speaks_before_the_cookie() {
        const HEADER: &str = "x-app-requested-version";
        assert_eq!(of(&[(HEADER, b"v2"), ("cookie", b"app_version=v1")]), Skew::Match);
        assert_eq!(of(&[(HEADER, b"v1"), ("cookie", b"app_version=v2")]), Skew::Skew);
        assert_eq!(of(&[(HEADER, b" "), ("cookie", b"app_version=v2")]), Skew::Match);
        assert_eq!(of(&[(HEADER, b"\xff\"")]), Skew::Skew);
        assert_eq!(of(&[(HEADER, b"")]), Skew::Unversioned);
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        for cookies in [
            &b"app_version=v2"[..],
            b"a=1;app_version=v2 ;b=2",
            b"app_version=\"v2\"",
            b"\xff; app_version=v2",
        ] {
            assert_eq!(of(&[("cookie", cookies)]), Skew::Match, "{cookies:?}");
        }
        assert_eq!(of(&[("cookie", b"a=1"), ("cookie", b"app_version=v1")]), Skew::Skew);
        for cookies in [
            &b""[..],
            b"app_version",
            b"app_version=",
            b"app_version=\"\"",
            b"my_app_version=v2",
            b"x=app_version=v2",
        ] {
            assert_eq!(of(&[("cookie", cookies)]), Skew::Unversioned, "{cookies:?}");
        }
    }
}
