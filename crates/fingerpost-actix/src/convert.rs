//! Conversions between actix-web, which uses `http` 0.2, and `fingerpost-http`, which uses `http` 1.
//!
//! Both versions accept the same methods, statuses, names and values, so every conversion is lossless.

use actix_web::{
    HttpMessage as _, HttpResponse,
    body::BoxBody,
    dev::ServiceRequest,
    http::{StatusCode, header},
};
use bytes::Bytes;
use fingerpost::{Assets, Snapshot};
#[cfg(feature = "html")]
use fingerpost_http::CspNonce;
use fingerpost_http::{Content, UnclonedResponse};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Request, Response, Uri, header::CONTENT_LENGTH, request,
    response, uri::PathAndQuery,
};

use crate::content_body::content_body;

/// The extensions of a response of `fingerpost-http`, for outer layers.
struct HttpExtensions(http::Extensions);

/// Returns the head of a request, with the snapshot and the nonce that all layers share.
pub(crate) fn request_parts(request: &ServiceRequest) -> request::Parts {
    let parts = request_parts_at(request, path_and_query(request), |_| true);
    #[cfg(feature = "html")]
    let parts = with_nonce(request, parts);
    parts
}

/// Returns the head of a request without headers.
pub(crate) fn request_line(request: &ServiceRequest) -> request::Parts {
    request_parts_at(request, path_and_query(request), |_| false)
}

fn path_and_query(request: &ServiceRequest) -> &str {
    request.uri().path_and_query().map_or("/", |path| path.as_str())
}

#[cfg(feature = "html")]
fn with_nonce(request: &ServiceRequest, mut parts: request::Parts) -> request::Parts {
    if let Some(nonce) = request.extensions().get::<CspNonce>() {
        parts.extensions.insert(nonce.clone());
    }
    parts
}

/// Returns the head of a request, with this path and query, and with the needed headers.
pub(crate) fn request_parts_at(
    request: &ServiceRequest,
    path: &str,
    is_needed: impl Fn(&header::HeaderName) -> bool,
) -> request::Parts {
    let (mut parts, ()) = Request::new(()).into_parts();
    parts.method = Method::from_bytes(request.method().as_str().as_bytes()).unwrap_or_default();
    parts.uri = PathAndQuery::try_from(path).map_or_else(|_| Uri::default(), Uri::from);
    parts.headers = to_http(request.headers(), is_needed);
    if let Some(snapshot) = request.extensions().get::<Snapshot>() {
        parts.extensions.insert(snapshot.clone());
    }
    parts
}

/// Returns the snapshot of a request, which all layers of the same assets share.
pub(crate) fn request_snapshot(
    assets: &Assets,
    request: &ServiceRequest,
    parts: &mut request::Parts,
) -> Snapshot {
    let snapshot = fingerpost_http::request_snapshot(assets, &mut parts.extensions);
    request.extensions_mut().insert(snapshot.clone());
    snapshot
}

/// The converted headers of a response, without `Content-Length`, which actix-web sets from the size of the body.
struct Converted {
    length: Option<u64>,
    headers: Vec<(header::HeaderName, header::HeaderValue)>,
}

impl Converted {
    fn new(headers: &HeaderMap) -> Self {
        let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
        let others = headers.iter().filter(|(name, _)| *name != CONTENT_LENGTH);
        Self { length, headers: others.filter_map(|(name, value)| from_http(name, value)).collect() }
    }

    fn response(&self, status: http::StatusCode, content: Content) -> HttpResponse<BoxBody> {
        let status = StatusCode::from_u16(status.as_u16()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = HttpResponse::with_body(status, content_body(content, self.length));
        for (name, value) in &self.headers {
            response.headers_mut().append(name.clone(), value.clone());
        }
        response
    }
}

/// Converts a response of `fingerpost-http`. Shared headers are converted once, because converting headers takes longer than
/// looking up a file.
pub(crate) fn from_uncloned(response: UnclonedResponse) -> HttpResponse<BoxBody> {
    match response {
        UnclonedResponse::Owned(response) => into_response(response),
        UnclonedResponse::Shared(status, headers, content) => match headers.converted(Converted::new) {
            Some(converted) => converted.response(status, content),
            // Another framework in this process has converted the headers.
            None => into_response(UnclonedResponse::Shared(status, headers, content).into_response()),
        },
    }
}

/// Converts a response of `fingerpost-http`.
pub(crate) fn into_response(response: Response<Content>) -> HttpResponse<BoxBody> {
    let (parts, content) = response.into_parts();
    let mut response = Converted::new(&parts.headers).response(parts.status, content);
    if !parts.extensions.is_empty() {
        response.extensions_mut().insert(HttpExtensions(parts.extensions));
    }
    response
}

/// Converts a response with a generated body.
pub(crate) fn bytes_into_response(response: Response<Bytes>) -> HttpResponse<BoxBody> {
    into_response(response.map(Content::Bytes))
}

/// Applies the change of a layer to the head of a response.
pub(crate) fn change_head<B, T>(
    response: &mut HttpResponse<B>,
    change: impl FnOnce(&mut response::Parts) -> T,
) -> T {
    let (mut parts, ()) = Response::new(()).into_parts();
    parts.status = http::StatusCode::from_u16(response.status().as_u16()).unwrap_or_default();
    parts.headers = to_http(response.headers(), |_| true);
    let extensions = response.extensions_mut().remove::<HttpExtensions>();
    parts.extensions = extensions.map(|HttpExtensions(inner)| inner).unwrap_or_default();
    let result = change(&mut parts);
    copy_changes(&parts.headers, response.headers_mut());
    response.extensions_mut().insert(HttpExtensions(parts.extensions));
    result
}

fn to_http(headers: &header::HeaderMap, is_needed: impl Fn(&header::HeaderName) -> bool) -> HeaderMap {
    let mut converted = HeaderMap::new();
    for (name, value) in headers.iter().filter(|(name, _)| is_needed(name)) {
        let name = HeaderName::from_bytes(name.as_str().as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.as_bytes())) {
            converted.append(name, value);
        }
    }
    converted
}

/// Makes `to` equal to `from`. Most headers are already equal and are skipped.
pub(crate) fn copy_changes(from: &HeaderMap, to: &mut header::HeaderMap) {
    to.retain(|name, _| from.contains_key(name.as_str()));
    for name in from.keys() {
        let values = from.get_all(name);
        let existing = to.get_all(name.as_str());
        if existing.map(|value| value.as_bytes()).eq(values.iter().map(HeaderValue::as_bytes)) {
            continue;
        }
        to.remove(name.as_str());
        for (name, value) in values.iter().filter_map(|value| from_http(name, value)) {
            to.append(name, value);
        }
    }
}

fn from_http(name: &HeaderName, value: &HeaderValue) -> Option<(header::HeaderName, header::HeaderValue)> {
    let name = header::HeaderName::from_bytes(name.as_str().as_bytes()).ok()?;
    Some((name, header::HeaderValue::from_bytes(value.as_bytes()).ok()?))
}
