//! What a template sees of the helpers, through the public API alone.

mod support;

mod allocations;
mod escaping;
mod helpers;
mod hostile;
mod missing;
mod misuse;
mod registering;
mod reload;
