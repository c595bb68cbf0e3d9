use http::{Method, Response};

/// An answer as it is to a GET or HEAD request. RFC 9110, §9.3.2: HEAD has the same headers, and no body.
pub(crate) fn for_method<B: Default>(method: &Method, mut response: Response<B>) -> Response<B> {
    if method == Method::HEAD {
        *response.body_mut() = B::default();
    }
    response
}
