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
    /// `app_version`, as the router reads them. What is empty asks for nothing; headers that contradict each other are skew.
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
        let values = headers.get_all("x-app-requested-version").iter();
        let mut values = values.map(|value| value.as_bytes().trim_ascii()).filter(|value| !value.is_empty());
        let asked_for = values.next().or_else(|| in_cookie(headers));
        match asked_for {
            None => Self::Unversioned,
            Some(asked) if asked == version.as_bytes() && values.all(|other| other == asked) => Self::Match,
            Some(_) => Self::Skew,
        }
    }
}

/// The first cookie of the name, read as leniently as RFC 6265, §5.2 reads `Set-Cookie`.
fn in_cookie(headers: &HeaderMap) -> Option<&[u8]> {
    let mut cookies =
        headers.get_all(COOKIE).iter().flat_map(|list| list.as_bytes().split(|byte| *byte == b';'));
    let value = cookies.find_map(|cookie| {
        let equals = cookie.iter().position(|byte| *byte == b'=')?;
        (cookie[..equals].trim_ascii() == b"app_version").then(|| cookie[equals + 1..].trim_ascii())
    })?;
    let unquoted = value.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\""));
    Some(unquoted.unwrap_or(value)).filter(|value| !value.is_empty())
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
        assert_eq!(of(&[(HEADER, b"v2"), (HEADER, b"v1")]), Skew::Skew);
        assert_eq!(of(&[(HEADER, b"v2"), (HEADER, b" "), (HEADER, b"v2")]), Skew::Match);
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
            b"app_version=; app_version=v2",
        ] {
            assert_eq!(of(&[("cookie", cookies)]), Skew::Unversioned, "{cookies:?}");
        }
    }
}
