use http::{Method, Response};

/// Removes the body of a response to HEAD. RFC 9110, §9.3.2: the headers are the same as for GET.
pub(crate) fn for_method<B: Default>(method: &Method, mut response: Response<B>) -> Response<B> {
    if method == Method::HEAD {
        *response.body_mut() = B::default();
    }
    response
}
