use std::fmt;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};

use crate::{
    error::{Error, ErrorKind},
    quote::quoted,
};

/// The base URL of all assets: `/static/` or `https://cdn.example.com/static/`.
///
/// Always ends in exactly one `/`.
///
/// ```
/// use fingerpost::BaseUrl;
///
/// let base = BaseUrl::parse("https://cdn.example.com/x")?;
/// assert_eq!(base.as_str(), "https://cdn.example.com/x/");
/// assert_eq!(base.path(), "/x/");
/// # Ok::<(), fingerpost::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BaseUrl {
    text: String,
    /// The start of the path in `text`: 0 unless there is a host.
    path: usize,
}

impl BaseUrl {
    /// The default base URL.
    pub const DEFAULT: &str = "/static/";

    /// Parses a path or an `http(s)` URL. A missing final `/` is added.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidBaseUrl`](crate::ErrorKind::InvalidBaseUrl) for anything else, and for a query, a fragment,
    /// dot segments or a character that needs escaping in HTML or in a URL.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let refuse = |reason| {
            let advice = "write a path such as `/static/` or a URL such as `https://cdn.example.com/static/`";
            let message = format_args!("base URL {} {reason}; {advice}", quoted(text));
            Err(Error::new(ErrorKind::InvalidBaseUrl, message))
        };
        let Some(path) = path_start(text) else {
            return refuse("is neither an absolute path nor an http or https URL");
        };
        if text.starts_with("//") {
            return refuse("has no scheme");
        }
        if !text.chars().all(is_plain) {
            return refuse(
                "contains a character that is not allowed, such as `?`, `#`, `&`, a quote or a space",
            );
        }
        let mut text = text.to_owned();
        if !text.ends_with('/') {
            text.push('/');
        }
        // Browsers treat `%2e` as a dot when resolving dot segments.
        let mut segments = text[path + 1..].split('/').rev().skip(1).map(str::to_ascii_lowercase);
        if segments.any(|segment| matches!(&*segment.replace("%2e", "."), "" | "." | "..")) {
            return refuse("has an empty, `.` or `..` segment");
        }
        Ok(Self { text, path })
    }

    /// Returns the whole base URL, with the final `/`.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the path alone: `/static/`.
    pub fn path(&self) -> &str {
        &self.text[self.path..]
    }

    /// Returns the URL to which browsers resolve a relative reference to `path`. Browsers encode fewer characters than
    /// [`Url`](crate::Url).
    pub(crate) fn resolved_by_browsers(&self, path: &str) -> String {
        // WHATWG URL, "path percent-encode set". A `%` in a file name has to be encoded in the reference.
        const QUERY: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'<').add(b'>');
        const PATH: &AsciiSet = &QUERY.add(b'?').add(b'^').add(b'`').add(b'{').add(b'}');
        format!("{}{}", self.text, utf8_percent_encode(path, PATH))
    }

    /// Returns `true` if the base URL has a host.
    pub fn is_absolute(&self) -> bool {
        self.path > 0
    }
}

impl Default for BaseUrl {
    /// Returns [`BaseUrl::DEFAULT`].
    fn default() -> Self {
        Self { text: Self::DEFAULT.to_owned(), path: 0 }
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Checks an origin such as `https://example.com` and removes a final `/`. `setting` is the name of the setting in
/// errors.
pub(crate) fn parse_origin(text: &str, setting: &str) -> Result<String, Error> {
    let refuse = |reason| {
        let advice = "write scheme and host alone, such as `https://example.com`";
        let message = format_args!("origin {} from {setting} {reason}; {advice}", quoted(text));
        Err(Error::new(ErrorKind::InvalidBaseUrl, message))
    };
    let origin = text.strip_suffix('/').unwrap_or(text);
    match path_start(origin) {
        None | Some(0) => refuse("is not an http or https URL"),
        Some(path) if path < origin.len() => refuse("has a path"),
        Some(_) if !origin.chars().all(is_plain) => refuse("contains a character that is not allowed"),
        Some(_) => Ok(origin.to_owned()),
    }
}

/// Returns the index at which the path of a URL starts, or the length of a URL without a path. Returns `None` for text
/// that is neither an absolute path nor an `http(s)` URL.
pub(crate) fn path_start(url: &str) -> Option<usize> {
    if url.starts_with('/') {
        return Some(0);
    }
    let host = ["https://", "http://"]
        .iter()
        .find(|scheme| url.get(..scheme.len()).is_some_and(|head| head.eq_ignore_ascii_case(scheme)))?;
    let host = host.len();
    let length = url[host..].find('/').unwrap_or(url.len() - host);
    (length > 0).then_some(host + length)
}

/// Returns `true` for characters that need no escaping in a URL or in HTML.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~:/@!$*+,;=%[]".contains(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(url: &str) -> String {
        BaseUrl::parse(url).unwrap_err().to_string()
    }

    #[test]
    fn base_url_ends_in_exactly_one_slash() {
        for (text, whole, path) in [
            ("/", "/", "/"),
            ("/static", "/static/", "/static/"),
            ("/a/b/", "/a/b/", "/a/b/"),
            ("https://cdn/x", "https://cdn/x/", "/x/"),
            ("https://cdn/x/", "https://cdn/x/", "/x/"),
            ("HTTP://[::1]:8080", "HTTP://[::1]:8080/", "/"),
        ] {
            let base = BaseUrl::parse(text).unwrap();
            assert_eq!((base.as_str(), base.path()), (whole, path));
        }
    }

    #[test]
    fn base_url_must_be_a_path_or_an_http_url() {
        let hint = "; write a path such as `/static/` or a URL such as `https://cdn.example.com/static/`";
        assert_eq!(
            refused("static/"),
            format!("base URL `static/` is neither an absolute path nor an http or https URL{hint}")
        );
        assert_eq!(refused("//cdn/x"), format!("base URL `//cdn/x` has no scheme{hint}"));
        for bad in ["", "javascript:alert(1)", "https:///x", "ftp://x/"] {
            assert!(refused(bad).contains("neither"), "{bad}");
        }
        for bad in ["/a?b", "/a#b", "/a&b", "/a\"b", "/a b", "/ä", "/static/{breaker}/", "/a\\b"] {
            assert!(refused(bad).contains("contains a character"), "{bad}");
        }
        for bad in ["/a//b", "/a/../b", "/./", "https://x//", "/a//"] {
            assert!(refused(bad).contains("segment"), "{bad}");
        }
    }

    #[test]
    fn origin_must_be_scheme_and_host_only() {
        let parse = |origin| parse_origin(origin, "`origin`");
        assert_eq!(parse("https://example.com/").unwrap(), "https://example.com");
        assert_eq!(parse("http://localhost:3000").unwrap(), "http://localhost:3000");
        for bad in ["example.com", "/x", "https://", "https://a/b", "https://a\"b", ""] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }
}
