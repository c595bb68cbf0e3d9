//! One binary, so that it is linked once.

mod site;

mod build_free;
mod development;
mod hostile;
mod negotiation;
mod path_token;
mod production;
mod properties;
mod ranges;
mod releases;
