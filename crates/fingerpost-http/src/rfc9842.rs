//! Compression dictionaries (RFC 9842).

use data_encoding::BASE64;
use fingerpost::{
    __private::around_chunk_hash,
    manifest::{ContentHash, Digest},
};
use http::{HeaderMap, HeaderName, HeaderValue};
use percent_encoding::percent_decode_str;

/// Section 2.1: the URLs of the requests for which the client may use this response as a dictionary.
pub(crate) const USE_AS_DICTIONARY: HeaderName = HeaderName::from_static("use-as-dictionary");

/// Section 2.2: the digest of the dictionary that the client has.
pub(crate) const AVAILABLE_DICTIONARY: HeaderName = HeaderName::from_static("available-dictionary");

/// Section 6.2: the value of `Vary` for a cacheable response that depends on the dictionary of the client.
pub(crate) const VARY_BY_DICTIONARY: HeaderValue =
    HeaderValue::from_static("Accept-Encoding, Available-Dictionary");

/// Chooses the delta for a client, by the SHA-256 of the dictionary that the client has. `earlier` contains the SHA-256 of
/// the earlier version of each delta.
///
/// Returns the index of the delta, or `None` if the client gets an ordinary encoding:
///
/// - RFC 9842, section 2.2: `Available-Dictionary` is one structured-field byte sequence, the SHA-256 of the decoded
///   dictionary. Several headers, several values and malformed values are ignored, because a delta from another dictionary
///   cannot be decoded.
/// - RFC 9842, section 2.2: a server without a delta for this dictionary ignores the header.
///
/// [`choose_encoding`](crate::choose_encoding) checks that the client accepts `dcz`.
///
/// ```
/// use fingerpost::manifest::Digest;
/// use fingerpost_http::choose_delta;
/// use http::{HeaderMap, HeaderValue};
///
/// let earlier = [Digest::from_content(b"one"), Digest::from_content(b"body{}")];
/// let mut headers = HeaderMap::new();
/// assert_eq!(choose_delta(&headers, earlier), None);
/// let dictionary = HeaderValue::from_static(":fJgEClQWV1hGkK4qHMO0KotTsVnMYMXTq7/suurGyUo=:");
/// headers.insert("available-dictionary", dictionary.clone());
/// assert_eq!(choose_delta(&headers, earlier), Some(1));
/// headers.append("available-dictionary", dictionary);
/// assert_eq!(choose_delta(&headers, earlier), None);
/// ```
pub fn choose_delta(headers: &HeaderMap, earlier: impl IntoIterator<Item = Digest>) -> Option<usize> {
    let mut earlier = earlier.into_iter().peekable();
    earlier.peek()?;
    let dictionary = available_dictionary(headers)?;
    earlier.position(|digest| *digest.as_bytes() == dictionary)
}

fn available_dictionary(headers: &HeaderMap) -> Option<[u8; 32]> {
    let mut values = headers.get_all(AVAILABLE_DICTIONARY).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    // RFC 9651, section 3.3.5: a byte sequence is base64 between colons.
    let base64 = value.as_bytes().trim_ascii().strip_prefix(b":")?.strip_suffix(b":")?;
    let mut decoded = [0; 33];
    if base64.len() != BASE64.encode_len(32) {
        return None;
    }
    (BASE64.decode_mut(base64, &mut decoded) == Ok(32)).then(|| decoded.first_chunk().copied())?
}

/// Returns the value of `Use-As-Dictionary` for a URL path whose file name has a hash. The pattern matches the path with any
/// other hash, so that a client sends the digest of this response in the request for the next version. `hashed` is the decoded
/// path, and `chunk` is the name of the chunk of a prehashed file.
///
/// - Section 2.1.1: `match` is a URL pattern of the same origin without regular expressions. The pattern has the spelling of
///   the URL, because the client compares the encoded paths.
/// - Section 2.1.2: without `match-dest`, the dictionary is available for all destinations.
/// - Section 2.1.3: `id` is omitted, because the digest identifies the dictionary.
///
/// Returns `None` if the path has no hash.
pub(crate) fn use_as_dictionary(
    mount_path: &str,
    path: &str,
    hashed: &str,
    chunk: Option<&str>,
) -> Option<HeaderValue> {
    let (before, after) = match chunk {
        Some(chunk) => around_chunk_hash(hashed, chunk)?,
        None => around_content_hash(hashed)?,
    };
    let start = path.strip_suffix(&hashed[before.len()..])?;
    // The hash starts inside of an escape, as in `%33f2a…`.
    if !percent_decode_str(start).eq(before.bytes()) {
        return None;
    }
    let mut value = String::with_capacity(mount_path.len() + path.len() + 16);
    value.push_str("match=\"");
    push_escaped(&mut value, mount_path);
    push_escaped(&mut value, start);
    value.push('*');
    push_escaped(&mut value, after);
    value.push('"');
    HeaderValue::try_from(value).ok().filter(|value| value.as_bytes().is_ascii())
}

/// Returns the parts of a hashed path before and after the content hash.
fn around_content_hash(hashed: &str) -> Option<(&str, &str)> {
    let name = hashed.rsplit('/').next().unwrap_or(hashed);
    let mut parts = name.rsplit('.');
    let (last, hash) = (parts.next()?, parts.next()?);
    ContentHash::parse(hash)?;
    let end = hashed.len() - last.len() - 1;
    Some((&hashed[..end - hash.len()], &hashed[end..]))
}

/// Appends text that a URL pattern matches literally. RFC 9651, section 3.3.3: in a string, each backslash is escaped again.
fn push_escaped(pattern: &mut String, text: &str) {
    for character in text.chars() {
        match character {
            // URL Pattern Standard, "is a protocol suffix": outside of a group, even an escaped colon ends a scheme.
            ':' => {
                pattern.push_str("{\\\\:}");
                continue;
            }
            '*' | '+' | '?' | '(' | ')' | '{' | '}' => pattern.push_str("\\\\"),
            '\\' => pattern.push_str("\\\\\\"),
            '"' => pattern.push('\\'),
            _ => {}
        }
        pattern.push(character);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(values: &[&str]) -> Option<usize> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(AVAILABLE_DICTIONARY, HeaderValue::from_str(value).unwrap());
        }
        choose_delta(&headers, [b"a", b"b"].map(|content| Digest::from_content(content)))
    }

    fn byte_sequence(bytes: &[u8]) -> String {
        format!(":{}:", BASE64.encode(bytes))
    }

    #[test]
    fn delta_is_chosen_by_the_digest_of_the_dictionary() {
        let sequence = |content: &[u8]| byte_sequence(Digest::from_content(content).as_bytes());
        assert_eq!(chosen(&[&sequence(b"a")]), Some(0));
        assert_eq!(chosen(&[&sequence(b"b")]), Some(1));
        assert_eq!(chosen(&[&sequence(b"c")]), None);
        assert_eq!(chosen(&[]), None);
    }

    #[test]
    fn malformed_and_repeated_headers_are_ignored() {
        let (digest, other) = (Digest::from_content(b"a"), Digest::from_content(b"b"));
        let valid = byte_sequence(digest.as_bytes());
        assert_eq!(chosen(&[&valid]), Some(0));
        let [short, long] =
            [&digest.as_bytes()[..31], &[&digest.as_bytes()[..], &[0]].concat()].map(byte_sequence);
        let unpadded = valid.replace('=', "");
        let url_safe = valid.replace(['+', '/'], "-");
        let (list, parameter) = (format!("{valid}, {valid}"), format!("{valid};a=1"));
        let huge = byte_sequence(&[b'a'; 10_000]);
        for value in [
            "",
            ":",
            "::",
            valid.trim_matches(':'),
            &valid[1..],
            &valid[..valid.len() - 1],
            &format!("\"{}\"", valid.trim_matches(':')),
            &digest.to_string(),
            &format!(":{digest}:"),
            &short,
            &long,
            &unpadded,
            &list,
            &parameter,
            &huge,
            &valid.to_uppercase(),
            &format!(":{}:", "!".repeat(44)),
        ] {
            assert_eq!(chosen(&[value]), None, "{value}");
        }
        assert!(url_safe == valid || chosen(&[&url_safe]).is_none());
        assert_eq!(chosen(&[&valid, &valid]), None);
        assert_eq!(chosen(&[&valid, &byte_sequence(other.as_bytes())]), None);
    }

    #[track_caller]
    fn pattern(path: &str, chunk: Option<&str>) -> Option<String> {
        let hashed = percent_decode_str(path).decode_utf8().unwrap();
        let value = use_as_dictionary("/static/", path, &hashed, chunk)?;
        Some(value.to_str().unwrap().to_owned())
    }

    #[test]
    fn pattern_is_the_url_with_a_wildcard_for_the_hash() {
        for (path, expected) in [
            ("js/app.3f2a91bc0d4e.js", r#"match="/static/js/app.*.js""#),
            ("a.tar.3f2a91bc0d4e.gz", r#"match="/static/a.tar.*.gz""#),
            (
                "a%28b%29*c%7Bd%7D+e:f.3f2a91bc0d4e.js",
                r#"match="/static/a%28b%29\\*c%7Bd%7D\\+e{\\:}f.*.js""#,
            ),
            ("a(b)\"c\\d.3f2a91bc0d4e.js", r#"match="/static/a\\(b\\)\"c\\\\d.*.js""#),
            ("a.3f2a91bc0d4e.3f2a91bc0d4f.js", r#"match="/static/a.3f2a91bc0d4e.*.js""#),
            (".3f2a91bc0d4e.js", r#"match="/static/.*.js""#),
        ] {
            assert_eq!(pattern(path, None).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn pattern_of_a_chunk_has_a_wildcard_after_the_name_of_the_chunk() {
        for (path, chunk, expected) in [
            ("vite/assets/index-AbC12-_3.js", "index", r#"match="/static/vite/assets/index-*.js""#),
            ("a%20b/%C3%BC-AbC123.css", "ü", r#"match="/static/a%20b/%C3%BC-*.css""#),
            ("pack/app.3f2a91bc.js", "app", r#"match="/static/pack/app.*.js""#),
            ("a+b-AbC123.js", "a+b", r#"match="/static/a\\+b-*.js""#),
        ] {
            assert_eq!(pattern(path, Some(chunk)).as_deref(), Some(expected), "{path}");
        }
        assert_eq!(pattern("assets/other-AbC123.js", Some("index")), None);
        assert_eq!(pattern("assets/index-%41bC123.js", Some("index")), None);
    }

    #[test]
    fn path_without_a_hash_has_no_pattern() {
        for path in [
            "",
            "app.js",
            "app.3F2A91BC0D4E.js",
            "3f2a91bc0d4e/app.js",
            "%33f2a91bc0d4e.js",
            "ä.3f2a91bc0d4e.js",
        ] {
            assert_eq!(pattern(path, None), None, "{path}");
        }
    }
}
