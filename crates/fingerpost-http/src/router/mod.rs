//! Routes requests to one of several running versions.

pub(crate) mod version_router;
pub(crate) mod routing;
mod router_config;
mod set_cookie;
#[cfg(test)]
mod tests;
