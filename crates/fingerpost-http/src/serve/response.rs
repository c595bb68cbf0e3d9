//! From a decision to a response.

use std::ops::Range;

use fingerpost::manifest::Encoding;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{
        ACCEPT_RANGES, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH,
        CONTENT_RANGE, CONTENT_TYPE, ETAG, LOCATION, RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS,
    },
};
use percent_encoding::{CONTROLS, utf8_percent_encode};

use crate::{
    rfc9110::{
        cache_control::CachePolicy,
        offer::{Decision, Offer, Representation},
    },
    serve::{
        content::Content,
        servable::{Servable, Unavailable},
    },
};

/// Answers a GET or HEAD request; `None` if that has to wait for the disk.
///
/// A variant that is gone, or damaged, is as good as never made.
pub(crate) fn respond(
    found: &impl Servable,
    method: &Method,
    headers: &HeaderMap,
) -> Option<Response<Content>> {
    let mut lost = Vec::new();
    loop {
        let mut variants = found.variants();
        if !lost.is_empty() {
            variants.to_mut().retain(|(encoding, _)| !lost.contains(encoding));
        }
        let mut offer = found.offer(&variants);
        let decision = offer.decide(method, headers);
        let (Decision::Send { encoding, .. } | Decision::NotModified(encoding)) = decision else {
            return Some(offer.respond(&decision, Content::EMPTY));
        };
        let representation = *offer.representation(encoding)?;
        if found.is_pending(&representation) {
            offer.lifetime = CachePolicy::NoStore;
        }
        let Decision::Send { part, .. } = &decision else {
            return Some(offer.respond(&decision, Content::EMPTY));
        };
        let all = 0..representation.size;
        match found.content(encoding, &representation, part.as_ref().unwrap_or(&all)) {
            Ok(content) => return Some(offer.respond(&decision, content)),
            Err(Unavailable::Waiting) => return None,
            Err(Unavailable::Changed) => {}
            Err(Unavailable::Gone) => match encoding {
                Some(encoding) => lost.push(encoding),
                None => return Some(not_found(None)),
            },
        }
    }
}

impl Offer<'_> {
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
