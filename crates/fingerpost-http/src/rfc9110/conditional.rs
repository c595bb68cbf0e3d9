//! Conditional requests (RFC 9110, §13).
//!
//! There is no `Last-Modified`, because a rollback would set this header to an earlier date. `If-Modified-Since` and
//! `If-Unmodified-Since` are therefore ignored.

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{IF_MATCH, IF_NONE_MATCH, IF_RANGE},
};

/// The result of the conditions of a GET or HEAD request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Precondition {
    /// The representation is sent.
    Met,
    /// The client already has the representation: 304.
    NotModified,
    /// `If-Match` does not match: 412.
    Failed,
}

/// Evaluates `If-Match` and `If-None-Match` in the order of RFC 9110, §13.2.2.
///
/// `tag` is the strong tag of the representation with its quotes. A representation without a tag matches only `*`.
///
/// ```
/// use fingerpost_http::{Precondition, precondition};
/// use http::{HeaderMap, HeaderValue, header::IF_NONE_MATCH};
///
/// let tag = Some("\"3f2a91bc\"");
/// let mut headers = HeaderMap::new();
/// assert_eq!(precondition(&headers, tag), Precondition::Met);
/// headers.insert(IF_NONE_MATCH, HeaderValue::from_static("\"x\", W/\"3f2a91bc\""));
/// assert_eq!(precondition(&headers, tag), Precondition::NotModified);
/// ```
pub fn precondition(headers: &HeaderMap, tag: Option<&str>) -> Precondition {
    if headers.contains_key(IF_MATCH) && !matches_tag(headers, &IF_MATCH, tag, Comparison::Strong) {
        Precondition::Failed
    } else if matches_tag(headers, &IF_NONE_MATCH, tag, Comparison::Weak) {
        Precondition::NotModified
    } else {
        Precondition::Met
    }
}

/// Returns `true` if `Range` applies: `If-Range` is missing or equals this tag.
///
/// A date or a weak tag never matches (RFC 9110, §13.1.5).
pub fn may_send_part(headers: &HeaderMap, tag: Option<&str>) -> bool {
    let is_tag =
        |condition: &HeaderValue| tag.is_some_and(|tag| condition.as_bytes().trim_ascii() == tag.as_bytes());
    headers.get(IF_RANGE).is_none_or(is_tag)
}

#[derive(Clone, Copy, PartialEq)]
enum Comparison {
    /// §13.1.1: weak tags never match.
    Strong,
    /// §13.1.2: weak and strong tags match each other.
    Weak,
}

/// Returns `true` if a list of tags contains this tag, or is `*`.
fn matches_tag(headers: &HeaderMap, name: &HeaderName, tag: Option<&str>, comparison: Comparison) -> bool {
    let is_tag = |(is_weak, other): (bool, &[u8])| {
        tag.is_some_and(|tag| other == tag.as_bytes()) && !(is_weak && comparison == Comparison::Strong)
    };
    headers.get_all(name).iter().any(|list| {
        let list = list.as_bytes().trim_ascii();
        list == b"*" || Tags(list).any(is_tag)
    })
}

/// Iterates over a list of tags. Each item contains `true` for a weak tag, and the tag with its quotes. Stops at the
/// first malformed tag.
///
/// A tag may contain commas.
pub(crate) struct Tags<'a>(pub(crate) &'a [u8]);

impl<'a> Iterator for Tags<'a> {
    type Item = (bool, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let is_between = |byte: &u8| matches!(byte, b' ' | b'\t' | b',');
        let rest = &self.0[self.0.iter().take_while(|byte| is_between(byte)).count()..];
        let (is_weak, rest) = match rest.strip_prefix(b"W/") {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let inside = rest.strip_prefix(b"\"")?;
        let length = inside.iter().position(|byte| *byte == b'"')?;
        let (tag, rest) = rest.split_at(length + 2);
        self.0 = rest;
        Some((is_weak, tag))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn result(name: HeaderName, value: &str) -> Precondition {
        let mut headers = HeaderMap::new();
        headers.insert(name, HeaderValue::from_str(value).unwrap());
        precondition(&headers, Some("\"a\""))
    }

    #[test]
    fn matching_if_none_match_yields_not_modified() {
        for list in ["\"a\"", "W/\"a\"", "*", " * ", "\"x\",\"a\"", "\"x\" , , W/\"a\"", "\"x,\", \"a\""] {
            assert_eq!(result(IF_NONE_MATCH, list), Precondition::NotModified, "{list:?}");
        }
        for list in ["", "\"x\"", "a", "\"a", "\"A\"", "\"x,\"a\"\"", "w/\"a\"", "\"*\"", "*, \"x\""] {
            assert_eq!(result(IF_NONE_MATCH, list), Precondition::Met, "{list:?}");
        }
    }

    #[test]
    fn non_matching_if_match_fails_the_precondition() {
        for list in ["\"a\"", "*", "\"x\", \"a\""] {
            assert_eq!(result(IF_MATCH, list), Precondition::Met, "{list:?}");
        }
        for list in ["\"x\"", "W/\"a\"", ""] {
            assert_eq!(result(IF_MATCH, list), Precondition::Failed, "{list:?}");
        }
    }

    #[test]
    fn range_is_sent_only_if_if_range_matches() {
        let tag = Some("\"a\"");
        let with = |value: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(IF_RANGE, HeaderValue::from_static(value));
            may_send_part(&headers, tag)
        };
        assert!(may_send_part(&HeaderMap::new(), tag));
        assert!(with("\"a\""));
        assert!(!with("W/\"a\"") && !with("\"b\"") && !with("Sat, 29 Oct 1994 19:43:31 GMT"));
    }
}
