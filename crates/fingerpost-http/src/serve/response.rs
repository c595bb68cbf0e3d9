//! From a decision to a response.

use std::ops::Range;

use bytes::Bytes;
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
    servable: &impl Servable,
    policy: CachePolicy,
    method: &Method,
    headers: &HeaderMap,
) -> Option<Response<Content>> {
    let mut unavailable = Vec::new();
    loop {
        let mut variants = servable.variants();
        if !unavailable.is_empty() {
            variants.to_mut().retain(|(encoding, _)| !unavailable.contains(encoding));
        }
        let (media_type, identity) = (servable.media_type(), servable.identity());
        let mut offer = Offer { media_type, policy, identity, variants: &variants };
        let decision = offer.decide(method, headers);
        let (Decision::Send { encoding, .. } | Decision::NotModified(encoding)) = decision else {
            return Some(offer.respond(&decision, Content::EMPTY));
        };
        let representation = *offer.representation(encoding)?;
        if servable.is_pending(&representation) {
            offer.policy = CachePolicy::NoStore;
        }
        let Decision::Send { part, .. } = &decision else {
            return Some(offer.respond(&decision, Content::EMPTY));
        };
        let all = 0..representation.size;
        match servable.content(encoding, &representation, part.as_ref().unwrap_or(&all)) {
            Ok(content) => return Some(offer.respond(&decision, content)),
            Err(Unavailable::Waiting) => return None,
            Err(Unavailable::Changed) => {}
            Err(Unavailable::Gone) => match encoding {
                Some(encoding) => unavailable.push(encoding),
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
    ///     policy: CachePolicy::Immutable,
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
    /// let response = offer.respond(&decision, content);
    /// assert_eq!(response.status(), StatusCode::PARTIAL_CONTENT);
    /// assert_eq!(response.headers()["content-range"], "bytes 4-5/6");
    /// assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable");
    /// ```
    pub fn respond(&self, decision: &Decision, content: Content) -> Response<Content> {
        let mut response = match decision {
            Decision::Send { encoding, part } => self.content_response(*encoding, part.as_ref(), content),
            Decision::NotModified(encoding) => {
                let mut response = base_response(StatusCode::NOT_MODIFIED, Content::EMPTY, self.policy);
                self.set_etag(&mut response, *encoding);
                response
            }
            Decision::PreconditionFailed => error_response(StatusCode::PRECONDITION_FAILED),
            Decision::NotAcceptable => error_response(StatusCode::NOT_ACCEPTABLE),
            Decision::RangeNotSatisfiable => {
                let mut response = error_response(StatusCode::RANGE_NOT_SATISFIABLE);
                set_header(&mut response, CONTENT_RANGE, format!("bytes */{}", self.identity.size));
                response
            }
        };
        // Also where this client gets the file as it is: another one may not.
        if !self.variants.is_empty() {
            response.headers_mut().insert(VARY, HeaderValue::from_static("Accept-Encoding"));
        }
        response
    }

    fn content_response(
        &self,
        encoding: Option<Encoding>,
        part: Option<&Range<u64>>,
        content: Content,
    ) -> Response<Content> {
        let status = if part.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
        let length = content.len();
        let mut response = base_response(status, content, self.policy);
        self.set_etag(&mut response, encoding);
        let headers = response.headers_mut();
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
            set_header(
                &mut response,
                CONTENT_RANGE,
                format!("bytes {start}-{}/{}", end - 1, self.identity.size),
            );
        }
        response
    }

    fn set_etag(&self, response: &mut Response<Content>, encoding: Option<Encoding>) {
        if let Some(tag) = self.representation(encoding).and_then(Representation::etag) {
            response.headers_mut().insert(ETAG, tag.header());
        }
    }
}

/// What all answers have in common.
fn base_response<B>(status: StatusCode, body: B, policy: CachePolicy) -> Response<B> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.reserve(if status == StatusCode::NOT_MODIFIED { 6 } else { 10 });
    headers.insert(CACHE_CONTROL, policy.header());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// No error is ever kept.
fn error_response(status: StatusCode) -> Response<Content> {
    let reason = status.canonical_reason().unwrap_or_default();
    text_response(status, reason.to_owned())
}

/// An answer for people.
fn text_response(status: StatusCode, text: String) -> Response<Content> {
    uncached_response(status, "text/plain; charset=utf-8", text.into()).map(Content::Bytes)
}

/// A `no-store` response with a body that is made for it.
pub(crate) fn uncached_response(
    status: StatusCode,
    media_type: &'static str,
    body: Bytes,
) -> Response<Bytes> {
    let length = body.len() as u64;
    let mut response = base_response(status, body, CachePolicy::NoStore);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    response.headers_mut().insert(CONTENT_LENGTH, length.into());
    response
}

/// There is no such asset; `reason` is for people.
pub(crate) fn not_found(reason: Option<String>) -> Response<Content> {
    reason.map_or_else(
        || error_response(StatusCode::NOT_FOUND),
        |reason| text_response(StatusCode::NOT_FOUND, reason),
    )
}

/// RFC 9110, §15.5.6.
pub(crate) fn method_not_allowed() -> Response<Content> {
    let mut response = error_response(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

/// The asset has another URL now. Not to be kept: after a rollback the other way round is right.
pub(crate) fn moved(location: &str) -> Response<Content> {
    // RFC 9110, §10.2.2: a URI reference, which has no bytes beyond ASCII, though some clients send them.
    let location = utf8_percent_encode(location, CONTROLS).to_string();
    let Ok(location) = HeaderValue::try_from(location) else { return not_found(None) };
    let mut response = error_response(StatusCode::MOVED_PERMANENTLY);
    response.headers_mut().insert(LOCATION, location);
    response
}

/// A later deploy's URL, which this process cannot answer yet.
pub(crate) fn not_deployed_yet() -> Response<Content> {
    let mut response = error_response(StatusCode::SERVICE_UNAVAILABLE);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("3"));
    response
}

/// Lets pages of other origins use the answer: fonts, modules and whatever has an `integrity` need it, also on a redirect.
pub(crate) fn allow_any_origin(response: &mut Response<Content>) {
    response.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
}

fn set_header(response: &mut Response<Content>, name: HeaderName, value: String) {
    let value = HeaderValue::try_from(value).expect("digits and letters are a header value");
    response.headers_mut().insert(name, value);
}
