//! Chooses the variant for a client (RFC 9110, §12.5.3).

use std::cmp::Reverse;

use fingerpost::manifest::Encoding;
use http::{HeaderMap, header::ACCEPT_ENCODING};

/// No available representation is acceptable to the client: 406.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAcceptable;

/// Chooses between the uncompressed file and its variants. `identity` is the size of the uncompressed file, and
/// `variants` contains the size of each variant. Returns `None` for the uncompressed file.
///
/// The highest weight wins. Among equal weights, the smallest size wins. Among equal sizes, the order is `dcz`, Brotli,
/// Zstandard, gzip.
///
/// - [`Encoding::Dcz`] is the delta from the version that the client has. `*` does not allow `dcz`, because only clients that
///   name the encoding can decode a delta.
/// - If the header is missing or empty, the result is the uncompressed file, because clients that omit the header often
///   cannot decompress.
/// - The uncompressed file is acceptable unless the header refuses it with `q=0`. If the header does not contain
///   `identity`, all encodings in the header are preferred to the uncompressed file.
/// - Malformed items, such as `gzip;q =0`, are ignored.
///
/// # Errors
///
/// [`NotAcceptable`] if the client accepts neither the uncompressed file nor a variant.
///
/// ```
/// use fingerpost::manifest::Encoding;
/// use fingerpost_http::{NotAcceptable, choose_encoding};
/// use http::{HeaderMap, HeaderValue, header::ACCEPT_ENCODING};
///
/// let variants = [(Encoding::Gzip, 300), (Encoding::Br, 250)];
/// let mut headers = HeaderMap::new();
/// assert_eq!(choose_encoding(&headers, 1000, variants), Ok(None));
/// headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip, br;q=0.5"));
/// assert_eq!(choose_encoding(&headers, 1000, variants), Ok(Some(Encoding::Gzip)));
/// headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity;q=0"));
/// assert_eq!(choose_encoding(&headers, 1000, []), Err(NotAcceptable));
/// ```
pub fn choose_encoding(
    headers: &HeaderMap,
    identity: u64,
    variants: impl IntoIterator<Item = (Encoding, u64)>,
) -> Result<Option<Encoding>, NotAcceptable> {
    let accepted = Accepted::from_headers(headers);
    let variants = variants.into_iter().map(|(encoding, size)| (Some(encoding), size));
    let best = variants
        .chain([(None, identity)])
        .map(|(coding, size)| (accepted.weight(coding), size, coding))
        .filter(|(weight, ..)| *weight > 0)
        .min_by_key(|(weight, size, coding)| (Reverse(*weight), *size, position(*coding)));
    best.map(|(.., coding)| coding).ok_or(NotAcceptable)
}

/// Returns the position in the order of preference, which is also the index in [`Accepted::named`].
fn position(coding: Option<Encoding>) -> usize {
    match coding {
        Some(Encoding::Dcz) => 0,
        Some(Encoding::Br) => 1,
        Some(Encoding::Zstd) => 2,
        Some(_) => 3,
        None => 4,
    }
}

/// The weights of `Accept-Encoding` in two-thousandths, so that [`MIN_WEIGHT`] is less than every weight of a header
/// except 0.
#[derive(Default)]
struct Accepted {
    named: [Option<u16>; 5],
    others: Option<u16>,
}

const SCALE: u16 = 2;
const MIN_WEIGHT: u16 = 1;

impl Accepted {
    fn from_headers(headers: &HeaderMap) -> Self {
        let mut accepted = Self::default();
        let values = headers.get_all(ACCEPT_ENCODING).iter();
        let items = values.flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
        for item in items.filter_map(|item| str::from_utf8(item).ok()) {
            let (name, weight) =
                item.split_once(';').map_or((item, Some(1000)), |(name, rest)| (name, weight(rest)));
            // A malformed item neither allows nor refuses an encoding.
            let Some(weight) = weight.map(|weight| weight * SCALE) else { continue };
            match name.trim() {
                "*" => accepted.others = Some(weight),
                name => {
                    if let Some(coding) = parse(name) {
                        accepted.named[position(coding)] = Some(weight);
                    }
                }
            }
        }
        accepted
    }

    fn weight(&self, coding: Option<Encoding>) -> u16 {
        let otherwise = match (coding, self.others) {
            // RFC 9842, section 6.1: a client that has a dictionary names the encoding.
            (Some(Encoding::Dcz), _) => 0,
            (None, None) => MIN_WEIGHT,
            (_, others) => others.unwrap_or(0),
        };
        self.named[position(coding)].unwrap_or(otherwise)
    }
}

/// Parses the name of an encoding. `x-gzip` is `gzip` (RFC 9110, §8.4.1.3).
fn parse(name: &str) -> Option<Option<Encoding>> {
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    if is("identity") {
        return Some(None);
    }
    let encoding = Encoding::ALL.into_iter().find(|encoding| is(encoding.as_str()));
    encoding.or(is("x-gzip").then_some(Encoding::Gzip)).map(Some)
}

/// Parses the parameter of an item, in thousandths. RFC 9110, §12.4.2: `OWS "q=" qvalue`, at most three decimals.
fn weight(parameter: &str) -> Option<u16> {
    let parameter = parameter.trim();
    let q = parameter.strip_prefix("q=").or(parameter.strip_prefix("Q="))?;
    let (whole, decimals) = q.split_once('.').unwrap_or((q, ""));
    if decimals.len() > 3 || !decimals.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths =
        decimals.bytes().chain(*b"000").take(3).fold(0, |sum, digit| sum * 10 + u16::from(digit - b'0'));
    match (whole, thousandths) {
        ("0", thousandths) => Some(thousandths),
        ("1", 0) => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const GZIP: (Encoding, u64) = (Encoding::Gzip, 300);
    const BROTLI: (Encoding, u64) = (Encoding::Br, 250);
    const ZSTD: (Encoding, u64) = (Encoding::Zstd, 250);
    const DCZ: (Encoding, u64) = (Encoding::Dcz, 40);

    #[track_caller]
    fn chosen(header: &str, variants: &[(Encoding, u64)]) -> &'static str {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_str(header).unwrap());
        match choose_encoding(&headers, 1000, variants.iter().copied()) {
            Ok(coding) => coding.map_or("identity", Encoding::as_str),
            Err(NotAcceptable) => "406",
        }
    }

    #[test]
    fn highest_weight_wins_and_then_the_smallest_variant() {
        let all = [GZIP, ZSTD, BROTLI];
        for (header, expected) in [
            ("gzip", "gzip"),
            ("GZIP", "gzip"),
            ("x-gzip", "gzip"),
            ("gzip;q=0", "identity"),
            ("br;q=1,gzip;q=0.5", "br"),
            ("br;q=0.5 , gzip;q=0.501", "gzip"),
            ("*", "br"),
            ("gzip, *;q=0.1", "gzip"),
            ("gzip;q=0.001", "gzip"),
            ("identity, gzip;q=0.5", "identity"),
            ("", "identity"),
            (",,", "identity"),
            ("deflate", "identity"),
            ("zstd, br", "br"),
            ("identity, gzip", "gzip"),
            ("gzip ; Q=0.5", "gzip"),
            ("gzip;q=1.", "gzip"),
        ] {
            assert_eq!(chosen(header, &all), expected, "{header:?}");
        }
    }

    #[test]
    fn deltas_are_sent_only_if_dcz_is_accepted_by_name() {
        let all = [GZIP, BROTLI, DCZ];
        for (header, expected) in [
            ("gzip, br, dcz", "dcz"),
            ("gzip, br, zstd, dcb, DCZ", "dcz"),
            ("gzip, br", "br"),
            ("*", "br"),
            ("gzip, *", "br"),
            ("dcz;q=0, br", "br"),
            ("dcz;q=0, *", "br"),
            ("dcz;q=0.5, br", "br"),
            ("dcz;q=0.5, br;q=0.5", "dcz"),
            ("dcz", "dcz"),
            ("dcb", "identity"),
            ("", "identity"),
        ] {
            assert_eq!(chosen(header, &all), expected, "{header:?}");
        }
        assert_eq!(chosen("dcz, identity;q=0", &[DCZ]), "dcz");
        assert_eq!(chosen("*, identity;q=0", &[DCZ]), "406");
    }

    #[test]
    fn items_with_invalid_parameters_are_ignored() {
        for parameter in [
            "q=nonsense",
            "q=1.5",
            "q =0",
            "q= 0",
            "q =1",
            "q=",
            "q",
            "",
            "level=9",
            "q=1;x=2",
            "x=2;q=0",
            "q=0.0000",
        ] {
            assert_eq!(chosen(&format!("gzip;{parameter}"), &[GZIP]), "identity", "gzip;{parameter}");
            assert_eq!(chosen(&format!("gzip;{parameter}, *"), &[GZIP]), "gzip", "gzip;{parameter}, *");
            assert_eq!(chosen(&format!("identity;{parameter}"), &[]), "identity", "identity;{parameter}");
        }
    }

    #[test]
    fn invalid_bytes_in_accept_encoding_do_not_affect_other_entries() {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT_ENCODING, HeaderValue::from_bytes(b"gzip, \xff, identity;q=0").unwrap());
        assert_eq!(choose_encoding(&headers, 1000, [GZIP]), Ok(Some(Encoding::Gzip)));
        assert_eq!(choose_encoding(&headers, 1000, []), Err(NotAcceptable));
    }

    #[test]
    fn encodings_with_weight_zero_are_not_sent() {
        for (header, expected_with, expected_without) in [
            ("gzip, identity;q=0", "gzip", "406"),
            ("identity;q=0", "406", "406"),
            ("*;q=0", "406", "406"),
            ("*;q=0, gzip", "gzip", "406"),
            ("*;q=0, identity;q=0.1", "identity", "identity"),
        ] {
            assert_eq!(chosen(header, &[GZIP]), expected_with, "{header:?}");
            assert_eq!(chosen(header, &[]), expected_without, "{header:?}");
        }
    }
}
