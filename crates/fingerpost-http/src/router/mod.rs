//! Which of several running versions a request is for.

pub(crate) mod version_router;
pub(crate) mod routing;
mod router_config;
mod set_cookie;
#[cfg(test)]
mod tests;
