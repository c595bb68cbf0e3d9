//! Builds responses from decisions.

use std::{ops::Range, sync::Arc};

use bytes::Bytes;
use fingerpost::manifest::Encoding;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{
        ACCEPT_RANGES, ALLOW, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE,
        ETAG, LOCATION, RETRY_AFTER, VARY, X_CONTENT_TYPE_OPTIONS,
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
        shared_headers::UnclonedResponse,
    },
};

/// Responds like [`respond_uncloned`], with cloned headers.
pub(crate) fn respond(
    servable: &impl Servable,
    policy: CachePolicy,
    method: &Method,
    headers: &HeaderMap,
) -> Option<Response<Content>> {
    respond_uncloned(servable, policy, method, headers).map(UnclonedResponse::into_response)
}

/// Responds to a GET or HEAD request. Returns `None` if the response has to wait for the disk.
///
/// Missing and damaged variants are skipped.
pub(crate) fn respond_uncloned(
    servable: &impl Servable,
    policy: CachePolicy,
    method: &Method,
    headers: &HeaderMap,
) -> Option<UnclonedResponse> {
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
            return Some(offer.respond(&decision, Content::EMPTY).into());
        };
        let representation = *offer.representation(encoding)?;
        if servable.is_pending(&representation) {
            offer.policy = CachePolicy::NoStore;
        }
        // All other `immutable` responses with this encoding and status have the same headers.
        let is_cacheable = offer.policy == CachePolicy::Immutable && unavailable.is_empty();
        let respond = |content| match &decision {
            Decision::Send { part: Some(_), .. } => offer.respond(&decision, content).into(),
            _ if is_cacheable => with_cached_headers(servable, &offer, (encoding, &decision), content),
            _ => offer.respond(&decision, content).into(),
        };
        let Decision::Send { part, .. } = &decision else { return Some(respond(Content::EMPTY)) };
        let all = 0..representation.size;
        match servable.content(encoding, &representation, part.as_ref().unwrap_or(&all)) {
            Ok(content) => return Some(respond(content)),
            Err(Unavailable::Waiting) => return None,
            Err(Unavailable::Changed) => {}
            Err(Unavailable::Gone) => match encoding {
                Some(encoding) => unavailable.push(encoding),
                None => return Some(not_found(None).into()),
            },
        }
    }
}

/// Builds a full response or a 304, with the headers of an earlier response if they are cached. Cloning headers is faster than
/// inserting each header.
fn with_cached_headers(
    servable: &impl Servable,
    offer: &Offer<'_>,
    (encoding, decision): (Option<Encoding>, &Decision),
    content: Content,
) -> UnclonedResponse {
    let is_not_modified = matches!(decision, Decision::NotModified(_));
    if let Some(headers) = servable.cached_headers(encoding, is_not_modified) {
        let status = if is_not_modified { StatusCode::NOT_MODIFIED } else { StatusCode::OK };
        return UnclonedResponse::Shared(status, Arc::clone(headers), content);
    }
    let response = offer.respond(decision, content);
    servable.cache_headers(encoding, is_not_modified, response.headers());
    response.into()
}

impl Offer<'_> {
    /// Builds the response for a decision about this offer, with all headers.
    ///
    /// For [`Decision::Send`], `content` contains the bytes of the representation, or of the requested part. For all
    /// other decisions, `content` is [`Content::EMPTY`]. For HEAD, pass the same content as for GET, because
    /// `Content-Length` is the length of `content`. Remove the body afterwards.
    ///
    /// Sets `ETag`, `Cache-Control`, `Vary`, `Accept-Ranges`, `Content-Range` and `Content-Encoding` where these headers apply.
    /// Error responses are `no-store`.
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
        // Responses without an encoding also need `Vary`, because other clients may get an encoding.
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
        let (name, value) = match encoding {
            // No `Accept-Ranges`: a client must not resume a variant with a part of the uncompressed file.
            Some(encoding) => (CONTENT_ENCODING, encoding.as_str()),
            None => (ACCEPT_RANGES, "bytes"),
        };
        headers.insert(name, HeaderValue::from_static(value));
        if let Some(Range { start, end }) = part {
            let content_range = format!("bytes {start}-{}/{}", end - 1, self.identity.size);
            set_header(&mut response, CONTENT_RANGE, content_range);
        }
        response
    }

    fn set_etag(&self, response: &mut Response<Content>, encoding: Option<Encoding>) {
        if let Some(tag) = self.representation(encoding).and_then(Representation::etag) {
            response.headers_mut().insert(ETAG, tag.header());
        }
    }
}

/// Creates a response with the headers that all responses have.
fn base_response<B>(status: StatusCode, body: B, policy: CachePolicy) -> Response<B> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.reserve(if status == StatusCode::NOT_MODIFIED { 6 } else { 10 });
    headers.insert(CACHE_CONTROL, policy.header());
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Creates an error response, which is `no-store`.
fn error_response(status: StatusCode) -> Response<Content> {
    text_response(status, status.canonical_reason().unwrap_or_default().to_owned())
}

/// Creates a plain-text response.
fn text_response(status: StatusCode, text: String) -> Response<Content> {
    uncached_response(status, "text/plain; charset=utf-8", text.into()).map(Content::Bytes)
}

/// Creates a `no-store` response with a generated body.
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

/// Creates a 404 response. `reason` is the text of the response.
pub(crate) fn not_found(reason: Option<String>) -> Response<Content> {
    text_response(StatusCode::NOT_FOUND, reason.unwrap_or_else(|| "Not Found".to_owned()))
}

/// Creates a 405 response (RFC 9110, §15.5.6).
pub(crate) fn method_not_allowed() -> Response<Content> {
    let mut response = error_response(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
    response
}

/// Creates a redirect to the current URL of an asset. The redirect is `no-store`, because a rollback reverses its direction.
pub(crate) fn moved(location: &str) -> Response<Content> {
    // RFC 9110, §10.2.2: a URI reference is ASCII, but some clients send other bytes.
    let location = utf8_percent_encode(location, CONTROLS).to_string();
    let Ok(location) = HeaderValue::try_from(location) else { return not_found(None) };
    let mut response = error_response(StatusCode::MOVED_PERMANENTLY);
    response.headers_mut().insert(LOCATION, location);
    response
}

/// Creates the response to a request for a URL of a later deploy. This process does not have the later deploy yet.
pub(crate) fn not_deployed_yet() -> Response<Content> {
    let mut response = error_response(StatusCode::SERVICE_UNAVAILABLE);
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("3"));
    response
}

fn set_header(response: &mut Response<Content>, name: HeaderName, value: String) {
    let value = HeaderValue::try_from(value).expect("ASCII text is a valid header value");
    response.headers_mut().insert(name, value);
}
