use std::borrow::Cow;

use encoding_rs::Encoding;
use http::HeaderValue;
use lol_html::AsciiCompatibleEncoding;

use crate::rfc9110::accept::essence;

/// The ASCII-compatible encoding of an HTML document. Defaults to UTF-8.
///
/// ```
/// use fingerpost_http::HtmlEncoding;
/// use http::HeaderValue;
///
/// let of = |content_type| HtmlEncoding::from_content_type(&HeaderValue::from_static(content_type));
/// assert_eq!(of("text/html"), Some(HtmlEncoding::default()));
/// assert!(of("Text/HTML; charset=shift_jis").is_some());
/// assert_eq!(of("text/html; charset=utf-16le"), None);
/// assert_eq!(of("application/xhtml+xml"), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HtmlEncoding(pub(super) AsciiCompatibleEncoding);

impl HtmlEncoding {
    /// Returns the encoding in a `Content-Type`. `None` if the type is not HTML, or the encoding is not ASCII-compatible, such
    /// as UTF-16.
    ///
    /// XHTML does not count as HTML, because XHTML has other parsing rules. A missing or unknown charset counts as UTF-8.
    /// Browsers also ignore unknown charsets.
    pub fn from_content_type(content_type: &HeaderValue) -> Option<Self> {
        let content_type = content_type.to_str().ok()?;
        if !essence(content_type).eq_ignore_ascii_case("text/html") {
            return None;
        }
        match charset(content_type).and_then(|label| Encoding::for_label(label.as_bytes())) {
            None => Some(Self::default()),
            Some(encoding) => AsciiCompatibleEncoding::new(encoding).map(Self),
        }
    }

    /// Encodes the text of an attribute. Characters that the encoding does not contain become character references.
    pub(super) fn encode(self, text: &str) -> Cow<'_, [u8]> {
        <&Encoding>::from(self.0).encode(text).0
    }
}

impl Default for HtmlEncoding {
    fn default() -> Self {
        Self(AsciiCompatibleEncoding::utf_8())
    }
}

/// Returns the parameter `charset` of a `Content-Type`.
fn charset(value: &str) -> Option<&str> {
    value.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_type_is_split_into_media_type_and_charset() {
        for (value, expected) in [
            ("text/html", ("text/html", None)),
            ("text/html;charset=utf-8", ("text/html", Some("utf-8"))),
            (" text/html ; x=y; Charset = \"UTF-8\" ;", ("text/html", Some("UTF-8"))),
            ("", ("", None)),
        ] {
            assert_eq!((essence(value), charset(value)), expected, "{value}");
        }
    }
}
