use http::{HeaderMap, HeaderValue, header::CACHE_CONTROL};

/// Returns `true` if `Cache-Control` has one of these directives.
pub(crate) fn has_any_directive(headers: &HeaderMap, directives: &[&str]) -> bool {
    let values = headers.get_all(CACHE_CONTROL).iter().filter_map(|value| value.to_str().ok());
    let mut present = values.flat_map(|value| value.split(',')).map(str::trim);
    present.any(|present| directives.iter().any(|directive| present.eq_ignore_ascii_case(directive)))
}

/// The `Cache-Control` of a response (RFC 9111, §5.2.2; RFC 8246 for `immutable`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum CachePolicy {
    /// Stored for a year without revalidation. Only for URLs that identify the bytes of the response.
    Immutable,
    /// Stored for this number of seconds.
    Seconds(u32),
    /// Stored, but revalidated before each use.
    NoCache,
    /// Not stored: errors, redirects, and responses that may be wrong for this URL later.
    NoStore,
}

impl CachePolicy {
    /// Returns the value of `Cache-Control`.
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
                .expect("ASCII text is a valid header value"),
            Self::NoCache => HeaderValue::from_static("no-cache"),
            Self::NoStore => HeaderValue::from_static("no-store"),
        }
    }
}
