//! Range requests (RFC 9110, §14).

use std::ops::Range;

use http::{HeaderMap, header::RANGE};

/// The result of a `Range` header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ranged {
    /// There is no range, or the range is ignored: 200.
    Whole,
    /// These bytes are sent: 206.
    Part(Range<u64>),
    /// The range is empty or begins after the last byte of the file: 416.
    Unsatisfiable,
}

/// Parses `Range` for a file of `size` bytes.
///
/// Only a single range of bytes is supported. Malformed headers, other units and several ranges are ignored, as RFC 9110,
/// §14.2, allows. All ranges of an empty file are ignored, too. A suffix longer than the file selects the whole file: 206.
///
/// ```
/// use fingerpost_http::{Ranged, requested_range};
/// use http::{HeaderMap, HeaderValue, header::RANGE};
///
/// let mut headers = HeaderMap::new();
/// assert_eq!(requested_range(&headers, 40), Ranged::Whole);
/// headers.insert(RANGE, HeaderValue::from_static("bytes=-3"));
/// assert_eq!(requested_range(&headers, 40), Ranged::Part(37..40));
/// headers.insert(RANGE, HeaderValue::from_static("bytes=40-"));
/// assert_eq!(requested_range(&headers, 40), Ranged::Unsatisfiable);
/// ```
pub fn requested_range(headers: &HeaderMap, size: u64) -> Ranged {
    let mut values = headers.get_all(RANGE).iter();
    match (values.next(), values.next()) {
        (Some(value), None) if size > 0 => {
            value.to_str().ok().and_then(|text| parse(text, size)).unwrap_or(Ranged::Whole)
        }
        _ => Ranged::Whole,
    }
}

/// Returns `None` if the range is ignored.
fn parse(text: &str, size: u64) -> Option<Ranged> {
    let (unit, set) = text.split_once('=')?;
    if !unit.eq_ignore_ascii_case("bytes") || set.contains(',') {
        return None;
    }
    // An example in §14.1.2 has a space here.
    let (first, last) = set.trim().split_once('-')?;
    let part = match (number(first), number(last)) {
        (Some(first), _) if last.is_empty() => first..size,
        (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(size),
        (None, Some(suffix)) if first.is_empty() => size.saturating_sub(suffix)..size,
        _ => return None,
    };
    Some(if part.is_empty() { Ranged::Unsatisfiable } else { Ranged::Part(part) })
}

/// Parses a number. Numbers that overflow become `u64::MAX`, which exceeds every file size.
fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[track_caller]
    fn ranged(header: &str, size: u64) -> Ranged {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_str(header).unwrap());
        requested_range(&headers, size)
    }

    #[test]
    fn single_range_is_partial_content() {
        for (header, part) in [
            ("bytes=0-13", 0..14),
            ("bytes=21-30", 21..31),
            ("bytes=-3", 37..40),
            ("bytes=21-100000", 21..40),
            ("bytes=21-99999999999999999999999", 21..40),
            ("bytes=-100000", 0..40),
            ("bytes=0-", 0..40),
            ("bytes=39-39", 39..40),
            ("BYTES=1-1", 1..2),
            ("bytes= 0-1", 0..2),
        ] {
            assert_eq!(ranged(header, 40), Ranged::Part(part), "{header:?}");
        }
    }

    #[test]
    fn range_beyond_the_end_is_unsatisfiable() {
        for header in ["bytes=10000-11000", "bytes=40-", "bytes=-0", "bytes=99999999999999999999999-"] {
            assert_eq!(ranged(header, 40), Ranged::Unsatisfiable, "{header:?}");
        }
    }

    #[test]
    fn invalid_ranges_are_ignored() {
        for header in [
            "bytes=15-0",
            "bytes=a-b",
            "items=0-1",
            "bytes=0-1,2-3",
            "bytes=",
            "bytes=-",
            "bytes",
            "0-1",
            "bytes=+1-2",
            "bytes=1 -2",
            "bytes=--3",
            "bytes =0-1",
        ] {
            assert_eq!(ranged(header, 40), Ranged::Whole, "{header:?}");
        }
        assert_eq!(ranged("bytes=0-1", 0), Ranged::Whole);
        assert_eq!(ranged("bytes=-1", 0), Ranged::Whole);
    }

    #[test]
    fn several_range_headers_count_as_several_ranges() {
        let mut headers = HeaderMap::new();
        headers.append(RANGE, HeaderValue::from_static("bytes=0-1"));
        headers.append(RANGE, HeaderValue::from_static("bytes=2-3"));
        assert_eq!(requested_range(&headers, 40), Ranged::Whole);
    }
}
