use http::{HeaderMap, HeaderValue, header::CACHE_CONTROL};

/// Whether a response says one of these directives in `Cache-Control`.
pub(crate) fn has_any_directive(headers: &HeaderMap, directives: &[&str]) -> bool {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut said = values.flat_map(|value| value.split(',')).map(str::trim);
    said.any(|said| directives.iter().any(|directive| said.eq_ignore_ascii_case(directive)))
}

/// How long an answer may be kept, as `Cache-Control` says it (RFC 9111, §5.2.2, and RFC 8246 for `immutable`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CachePolicy {
    /// A year, without asking again: only what is proven never to change under its URL.
    Immutable,
    /// So many seconds.
    Seconds(u32),
    /// May be kept, and is asked for again each time.
    NoCache,
    /// Is not kept at all: errors, redirects, and what would be wrong under this URL tomorrow.
    NoStore,
}

impl CachePolicy {
    /// The value of the header.
    ///
    /// ```
    /// use fingerpost_http::CachePolicy;
    ///
    /// assert_eq!(CachePolicy::Immutable.header(), "public, max-age=31536000, immutable");
    /// assert_eq!(CachePolicy::Seconds(3600).header(), "public, max-age=3600");
    /// ```
    pub fn header(self) -> HeaderValue {
        match self {
            Self::Immutable => HeaderValue::from_static("public, max-age=31536000, immutable"),
            Self::Seconds(3600) => HeaderValue::from_static("public, max-age=3600"),
            Self::Seconds(seconds) => HeaderValue::try_from(format!("public, max-age={seconds}"))
                .expect("digits and letters are a header value"),
            Self::NoCache => HeaderValue::from_static("no-cache"),
            Self::NoStore => HeaderValue::from_static("no-store"),
        }
    }
}
