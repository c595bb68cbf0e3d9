use std::borrow::Cow;

use http::HeaderValue;

/// Returns the `Content-Type` for the extension of a file.
///
/// Text has `charset=utf-8`, except XML, which declares its encoding itself.
///
/// ```
/// use fingerpost_http::media_type;
///
/// assert_eq!(media_type("js/app.mjs"), "text/javascript; charset=utf-8");
/// assert_eq!(media_type("LICENSE"), "application/octet-stream");
/// ```
pub fn media_type(path: &str) -> HeaderValue {
    match fingerpost::__private::media_type(path) {
        Cow::Borrowed(known) => HeaderValue::from_static(known),
        Cow::Owned(guess) => {
            HeaderValue::try_from(guess).unwrap_or(HeaderValue::from_static("application/octet-stream"))
        }
    }
}
