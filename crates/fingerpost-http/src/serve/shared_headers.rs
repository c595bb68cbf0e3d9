use std::{
    any::Any,
    sync::{Arc, OnceLock},
};

use http::{HeaderMap, Response, StatusCode};

use crate::serve::content::Content;

/// Headers that many responses share.
#[derive(Debug)]
pub struct SharedHeaders {
    headers: HeaderMap,
    converted: OnceLock<Box<dyn Any + Send + Sync>>,
}

/// A response of [`AssetServer`](crate::AssetServer) before shared headers are cloned.
#[derive(Debug)]
pub enum UnclonedResponse {
    /// A response with its own headers.
    Owned(Response<Content>),
    /// A response with shared headers.
    Shared(StatusCode, Arc<SharedHeaders>, Content),
}

impl SharedHeaders {
    pub(crate) fn new(headers: HeaderMap) -> Self {
        Self { headers, converted: OnceLock::new() }
    }

    /// Returns the headers in the types of a framework. `convert` is called once.
    pub fn converted<T: Any + Send + Sync>(&self, convert: impl FnOnce(&HeaderMap) -> T) -> Option<&T> {
        self.converted.get_or_init(|| Box::new(convert(&self.headers))).downcast_ref()
    }
}

impl UnclonedResponse {
    /// Returns the response with a clone of its headers.
    pub fn into_response(self) -> Response<Content> {
        match self {
            Self::Owned(response) => response,
            Self::Shared(status, shared, content) => {
                let mut response = Response::new(content);
                *response.status_mut() = status;
                *response.headers_mut() = shared.headers.clone();
                response
            }
        }
    }
}

impl From<Response<Content>> for UnclonedResponse {
    fn from(response: Response<Content>) -> Self {
        Self::Owned(response)
    }
}
