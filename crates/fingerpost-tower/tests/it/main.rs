//! What a site sees of the layers and services, through `oneshot`. One binary, so that it is linked once.

mod site;

mod build_free;
mod development;
mod hostile;
#[cfg(feature = "html")]
mod html_rewrite;
mod negotiation;
mod path_token;
mod production;
mod properties;
mod ranges;
mod releases;
mod soak;
#[cfg(feature = "html")]
mod version;
