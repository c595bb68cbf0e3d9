//! Configuration of the router: its versions and header names.

use std::collections::BTreeMap;

use bytes::Bytes;
use fingerpost::{__private::quoted, AppVersion, Error};
use http::{HeaderName, HeaderValue};

use super::set_cookie::Cookie;

#[derive(Debug, Clone)]
pub(super) struct RouterConfig {
    pub(super) routes: BTreeMap<String, Route>,
    pub(super) default: Option<Route>,
    pub(super) version_header: HeaderName,
    pub(super) target_header: HeaderName,
    pub(super) served_header: HeaderName,
    pub(super) cookie: Cookie,
    pub(super) vary: HeaderValue,
    pub(super) refusal: Bytes,
}

/// A version in the map, with its target.
#[derive(Debug, Clone)]
pub(super) struct Route {
    pub(super) version: HeaderValue,
    pub(super) target: HeaderValue,
}

impl Route {
    pub(super) fn new(version: &str, target: &str) -> Result<Self, Error> {
        let version = AppVersion::explicit(version)
            .map_err(|err| Error::config(format!("the map of the version router is invalid: {err}")))?;
        let is_printable = !target.is_empty() && target.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        let value = HeaderValue::from_str(target).ok().filter(|_| is_printable && target.trim() == target);
        let target = value.ok_or_else(|| {
            Error::config(format!(
                "the target {} of version {} cannot be the value of a header; write printable ASCII characters, such as \
                 `blue`",
                quoted(target),
                quoted(&version)
            ))
        })?;
        let version = HeaderValue::from_str(&version).expect("an app version is valid in a header");
        Ok(Self { version, target })
    }
}
