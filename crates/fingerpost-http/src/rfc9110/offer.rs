//! Content negotiation, conditions and ranges of one asset.

use std::ops::Range;

use fingerpost::manifest::{Digest, Encoding};
use http::{
    HeaderMap, HeaderValue, Method,
    header::{IF_MATCH, IF_NONE_MATCH, RANGE},
};

use crate::rfc9110::{
    cache_control::CachePolicy,
    conditional::{Precondition, may_send_part, precondition},
    encoding::choose_encoding,
    etag::EntityTag,
    range::{Ranged, requested_range},
};

/// An asset that can be sent: the uncompressed file and its variants.
#[derive(Debug, Clone)]
pub struct Offer<'a> {
    /// The value of `Content-Type`.
    pub media_type: HeaderValue,
    /// The cache policy for the requested URL.
    pub policy: CachePolicy,
    /// The uncompressed file.
    pub identity: Representation,
    /// The compressed copies.
    pub variants: &'a [(Encoding, Representation)],
}

/// Size and digest of the file or of one variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Representation {
    /// Length in bytes.
    pub size: u64,
    /// The SHA-256 of the bytes. `None` if the digest is unknown when the response begins.
    pub sha256: Option<Digest>,
}

/// The response to a GET or HEAD request for an [`Offer`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// The representation is sent, in full or in part: 200 or 206.
    Send {
        /// The variant. `None` for the uncompressed file.
        encoding: Option<Encoding>,
        /// The requested bytes. `None` for all.
        part: Option<Range<u64>>,
    },
    /// The client already has this representation: 304.
    NotModified(Option<Encoding>),
    /// `If-Match` does not match: 412.
    PreconditionFailed,
    /// The range is empty or begins after the last byte of the file: 416.
    RangeNotSatisfiable,
    /// The client accepts none of the encodings: 406.
    NotAcceptable,
}

impl Offer<'_> {
    /// Chooses the representation, evaluates the conditions, then applies the range (RFC 9110, §13.2.2).
    ///
    /// Ranges refer to the uncompressed file, so that ranges do not depend on the compression of a variant. The range is
    /// ignored if the client refuses the uncompressed file, or if `If-Range` is the tag of a variant.
    ///
    /// ```
    /// use fingerpost::manifest::Digest;
    /// use fingerpost_http::{Decision, CachePolicy, Offer, Representation, media_type};
    /// use http::{HeaderMap, HeaderValue, Method, header::RANGE};
    ///
    /// let sha256 = Some(Digest::from_content(b"body{}"));
    /// let offer = Offer {
    ///     media_type: media_type("a.css"),
    ///     policy: CachePolicy::Immutable,
    ///     identity: Representation { size: 6, sha256 },
    ///     variants: &[],
    /// };
    /// let mut headers = HeaderMap::new();
    /// headers.insert(RANGE, HeaderValue::from_static("bytes=-2"));
    /// assert_eq!(offer.decide(&Method::GET, &headers), Decision::Send { encoding: None, part: Some(4..6) });
    /// assert_eq!(offer.decide(&Method::HEAD, &headers), Decision::Send { encoding: None, part: None });
    /// ```
    pub fn decide(&self, method: &Method, headers: &HeaderMap) -> Decision {
        let sizes = self.variants.iter().map(|(encoding, variant)| (*encoding, variant.size));
        let Ok(chosen) = choose_encoding(headers, self.identity.size, sizes) else {
            return Decision::NotAcceptable;
        };
        let ranged = self.ranged(method, headers);
        let encoding = if ranged == Ranged::Whole { chosen } else { None };
        // Avoids computing the tag: most requests have no condition.
        let is_conditional = headers.contains_key(IF_NONE_MATCH) || headers.contains_key(IF_MATCH);
        let conditional = self.representation(encoding).filter(|_| is_conditional);
        let etag = conditional.and_then(Representation::etag);
        match precondition(headers, etag.as_ref().map(EntityTag::as_str)) {
            Precondition::Failed => Decision::PreconditionFailed,
            Precondition::NotModified => Decision::NotModified(encoding),
            Precondition::Met => match ranged {
                Ranged::Whole => Decision::Send { encoding, part: None },
                Ranged::Part(part) => Decision::Send { encoding, part: Some(part) },
                Ranged::Unsatisfiable => Decision::RangeNotSatisfiable,
            },
        }
    }

    /// RFC 9110, §14.2: a range applies only to GET.
    fn ranged(&self, method: &Method, headers: &HeaderMap) -> Ranged {
        // Avoids computing the tag: most requests have no range.
        if *method != Method::GET || !headers.contains_key(RANGE) {
            return Ranged::Whole;
        }
        let etag = self.identity.etag();
        let applies = may_send_part(headers, etag.as_ref().map(EntityTag::as_str))
            && choose_encoding(headers, self.identity.size, []).is_ok();
        if applies { requested_range(headers, self.identity.size) } else { Ranged::Whole }
    }

    /// Returns the representation with this encoding, if available.
    pub(crate) fn representation(&self, encoding: Option<Encoding>) -> Option<&Representation> {
        match encoding {
            None => Some(&self.identity),
            Some(encoding) => {
                self.variants.iter().find(|(other, _)| *other == encoding).map(|(_, variant)| variant)
            }
        }
    }
}

impl Representation {
    pub(crate) fn etag(&self) -> Option<EntityTag> {
        self.sha256.as_ref().map(EntityTag::from_digest)
    }
}
