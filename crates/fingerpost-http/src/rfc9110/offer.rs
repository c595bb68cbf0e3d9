//! From what there is, and what a client can use of it, to an answer.

use std::ops::Range;

use fingerpost::manifest::{Digest, Encoding};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{
        ACCEPT_RANGES, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH,
        CONTENT_RANGE, CONTENT_TYPE, ETAG, LOCATION, RANGE, RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS,
    },
};
use percent_encoding::{CONTROLS, utf8_percent_encode};

use crate::{
    rfc9110::{
        cache_control::CachePolicy,
        conditional::{Precondition, may_send_part, precondition},
        encoding::choose_encoding,
        etag::EntityTag,
        range::{Ranged, requested_range},
    },
    serve::content::Content,
};

/// What there is of an asset: the file as it is, and its variants.
#[derive(Debug, Clone)]
pub struct Offer<'a> {
    /// The value of `Content-Type`.
    pub media_type: HeaderValue,
    /// How long it may be kept under the URL that was asked for.
    pub lifetime: CachePolicy,
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
    ///     lifetime: CachePolicy::Immutable,
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
        let tag = self.representation(encoding).and_then(Representation::tag);
        match precondition(headers, tag.as_ref().map(EntityTag::as_str)) {
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
        let tag = self.identity.tag();
        let heeds = may_send_part(headers, tag.as_ref().map(EntityTag::as_str))
            && choose_encoding(headers, self.identity.size, []).is_ok();
        if heeds { requested_range(headers, self.identity.size) } else { Ranged::Whole }
    }

    /// The representation with this encoding, if it is offered.
    pub(crate) fn representation(&self, encoding: Option<Encoding>) -> Option<&Representation> {
        match encoding {
            None => Some(&self.identity),
            Some(encoding) => self.variants.iter().find(|(other, _)| *other == encoding).map(|(_, it)| it),
        }
    }

    /// The answer that follows from a decision of this offer, with all its headers.
    ///
    /// `content` is what [`Decision::Send`] asks for: the bytes of that representation, or of that part of it. For every other
    /// decision it is [`Content::EMPTY`]. `Content-Length` is that of `content`, so for HEAD it is the same as for GET, and
    /// the body is taken off afterwards.
    ///
    /// Sets the validator and the lifetime, `Vary` and `Accept-Ranges`, `Content-Range` and `Content-Encoding` where they
    /// belong, and `no-store` on refusals.
    ///
    /// ```
    /// use fingerpost::manifest::Digest;
    /// use fingerpost_http::{Content, Decision, CachePolicy, Offer, Representation, media_type};
    /// use http::{HeaderMap, HeaderValue, Method, StatusCode, header::RANGE};
    ///
    /// let bytes = b"body{}";
    /// let offer = Offer {
    ///     media_type: media_type("a.css"),
    ///     lifetime: CachePolicy::Immutable,
    ///     identity: Representation { size: 6, sha256: Some(Digest::from_content(bytes)) },
    ///     variants: &[],
    /// };
    /// let mut headers = HeaderMap::new();
    /// headers.insert(RANGE, HeaderValue::from_static("bytes=-2"));
    ///
    /// let decision = offer.decide(&Method::GET, &headers);
    /// let content = match &decision {
    ///     Decision::Send { encoding: None, part: Some(part) } => {
    ///         Content::Bytes(bytes[part.start as usize..part.end as usize].to_vec().into())
    ///     }
    ///     Decision::Send { .. } => Content::Bytes(bytes.to_vec().into()),
    ///     _ => Content::EMPTY,
    /// };
    /// let answer = offer.respond(&decision, content);
    /// assert_eq!(answer.status(), StatusCode::PARTIAL_CONTENT);
    /// assert_eq!(answer.headers()["content-range"], "bytes 4-5/6");
    /// assert_eq!(answer.headers()["cache-control"], "public, max-age=31536000, immutable");
    /// ```
    pub fn respond(&self, decision: &Decision, content: Content) -> Response<Content> {
        let mut answer = match decision {
            Decision::Send { encoding, part } => self.sent(*encoding, part.as_ref(), content),
            Decision::NotModified(encoding) => {
                let mut answer = plain(StatusCode::NOT_MODIFIED, Content::EMPTY, self.lifetime);
                self.set_tag(&mut answer, *encoding);
                answer
            }
            Decision::PreconditionFailed => refused(StatusCode::PRECONDITION_FAILED),
            Decision::NotAcceptable => refused(StatusCode::NOT_ACCEPTABLE),
            Decision::RangeNotSatisfiable => {
                let mut answer = refused(StatusCode::RANGE_NOT_SATISFIABLE);
                set(&mut answer, CONTENT_RANGE, format!("bytes */{}", self.identity.size));
                answer
            }
        };
        // Also where this client gets the file as it is: another one may not.
        if !self.variants.is_empty() {
            answer.headers_mut().insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        }
        answer
    }

    fn sent(
        &self,
        encoding: Option<Encoding>,
        part: Option<&Range<u64>>,
        content: Content,
    ) -> Response<Content> {
        let status = if part.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
        let length = content.len();
        let mut answer = plain(status, content, self.lifetime);
        self.set_tag(&mut answer, encoding);
        let headers = answer.headers_mut();
        headers.insert(CONTENT_TYPE, self.media_type.clone());
        headers.insert(CONTENT_LENGTH, length.into());
        match encoding {
            // Whoever has begun with a variant must not go on with a part of the file as it is.
            Some(encoding) => {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding.as_str()));
            }
            None => {
                headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
            }
        }
        if let Some(Range { start, end }) = part {
            set(&mut answer, CONTENT_RANGE, format!("bytes {start}-{}/{}", end - 1, self.identity.size));
        }
        answer
    }

    fn set_tag(&self, answer: &mut Response<Content>, encoding: Option<Encoding>) {
        if let Some(tag) = self.representation(encoding).and_then(Representation::tag) {
            answer.headers_mut().insert(ETAG, tag.header());
        }
    }
}

impl Representation {
    fn tag(&self) -> Option<EntityTag> {
        self.sha256.as_ref().map(EntityTag::from_digest)
    }
}

/// An answer as it is to a GET or HEAD request. RFC 9110, §9.3.2: HEAD has the same headers, and no body.
pub(crate) fn for_method<B: Default>(method: &Method, mut answer: Response<B>) -> Response<B> {
    if method == Method::HEAD {
        *answer.body_mut() = B::default();
    }
    answer
}

/// What all answers have in common.
fn plain(status: StatusCode, content: Content, lifetime: CachePolicy) -> Response<Content> {
    let mut answer = Response::new(content);
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.reserve(if status == StatusCode::NOT_MODIFIED { 6 } else { 10 });
    headers.insert(CACHE_CONTROL, lifetime.header());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// No error is ever kept.
fn refused(status: StatusCode) -> Response<Content> {
    let reason = status.canonical_reason().unwrap_or_default();
    text(status, reason.to_owned())
}

/// An answer for people.
fn text(status: StatusCode, text: String) -> Response<Content> {
    let length = text.len() as u64;
    let mut answer = plain(status, Content::Bytes(text.into()), CachePolicy::NoStore);
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    answer.headers_mut().insert(CONTENT_LENGTH, length.into());
    answer
}

/// There is no such asset; `reason` is for people.
pub(crate) fn not_found(reason: Option<String>) -> Response<Content> {
    reason.map_or_else(|| refused(StatusCode::NOT_FOUND), |reason| text(StatusCode::NOT_FOUND, reason))
}

/// RFC 9110, §15.5.6.
pub(crate) fn method_not_allowed() -> Response<Content> {
    let mut answer = refused(StatusCode::METHOD_NOT_ALLOWED);
    answer.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    answer
}

/// The asset has another URL now. Not to be kept: after a rollback the other way round is right.
pub(crate) fn moved(location: &str) -> Response<Content> {
    // RFC 9110, §10.2.2: a URI reference, which has no bytes beyond ASCII, though some clients send them.
    let location = utf8_percent_encode(location, CONTROLS).to_string();
    let Ok(location) = HeaderValue::try_from(location) else { return not_found(None) };
    let mut answer = refused(StatusCode::MOVED_PERMANENTLY);
    answer.headers_mut().insert(LOCATION, location);
    answer
}

/// A later deploy's URL, which this process cannot answer yet.
pub(crate) fn not_deployed_yet() -> Response<Content> {
    let mut answer = refused(StatusCode::SERVICE_UNAVAILABLE);
    answer.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("3"));
    answer
}

/// Lets pages of other origins use the answer: fonts, modules and whatever has an `integrity` need it, also on a redirect.
pub(crate) fn allow_all_origins(answer: &mut Response<Content>) {
    answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
}

fn set(answer: &mut Response<Content>, name: HeaderName, value: String) {
    let value = HeaderValue::try_from(value).expect("digits and letters are a header value");
    answer.headers_mut().insert(name, value);
}
