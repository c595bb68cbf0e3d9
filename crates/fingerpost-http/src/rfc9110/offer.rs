//! From what there is, and what a client can use of it, to a decision.

use std::ops::Range;

use fingerpost::manifest::{Digest, Encoding};
use http::{HeaderMap, HeaderValue, Method, header::RANGE};

use crate::rfc9110::{
    cache_control::CachePolicy,
    conditional::{Precondition, may_send_part, precondition},
    encoding::choose_encoding,
    etag::EntityTag,
    range::{Ranged, requested_range},
};

/// What there is of an asset: the file as it is, and its variants.
#[derive(Debug, Clone)]
pub struct Offer<'a> {
    /// The value of `Content-Type`.
    pub media_type: HeaderValue,
    /// How long it may be kept under the URL that was asked for.
    pub policy: CachePolicy,
    /// The file as it is.
    pub identity: Representation,
    /// The file as it is compressed.
    pub variants: &'a [(Encoding, Representation)],
}

/// One way in which the bytes of an asset lie ready.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Representation {
    /// Length in bytes.
    pub size: u64,
    /// The SHA-256 of the bytes, if it is known before they are sent.
    pub sha256: Option<Digest>,
}

/// What a GET or HEAD request gets of an [`Offer`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// This representation, whole or in part: 200 or 206.
    Send {
        /// The variant; `None` for the file as it is.
        encoding: Option<Encoding>,
        /// The bytes asked for; `None` for all.
        part: Option<Range<u64>>,
    },
    /// The client has this representation: 304.
    NotModified(Option<Encoding>),
    /// The client wanted another one: 412.
    PreconditionFailed,
    /// It asked for bytes that are not there: 416.
    RangeNotSatisfiable,
    /// It can use none of the encodings: 406.
    NotAcceptable,
}

impl Offer<'_> {
    /// Decides in the order of RFC 9110, §13.2.2: what is selected, then conditions, then the range.
    ///
    /// A range is one of the file as it is, so that it never depends on how a variant was compressed; a client that cannot
    /// take the file as it is, or whose `If-Range` names a variant, gets everything.
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
        let etag = self.representation(encoding).and_then(Representation::etag);
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

    /// RFC 9110, §14.2: a range means something in a GET request alone.
    fn ranged(&self, method: &Method, headers: &HeaderMap) -> Ranged {
        // Most requests have none, and need not be looked at any further.
        if *method != Method::GET || !headers.contains_key(RANGE) {
            return Ranged::Whole;
        }
        let etag = self.identity.etag();
        let applies = may_send_part(headers, etag.as_ref().map(EntityTag::as_str))
            && choose_encoding(headers, self.identity.size, []).is_ok();
        if applies { requested_range(headers, self.identity.size) } else { Ranged::Whole }
    }

    /// The representation with this encoding, if it is offered.
    pub(crate) fn representation(&self, encoding: Option<Encoding>) -> Option<&Representation> {
        match encoding {
            None => Some(&self.identity),
            Some(encoding) => self.variants.iter().find(|(other, _)| *other == encoding).map(|(_, it)| it),
        }
    }
}

impl Representation {
    pub(crate) fn etag(&self) -> Option<EntityTag> {
        self.sha256.as_ref().map(EntityTag::from_digest)
    }
}
