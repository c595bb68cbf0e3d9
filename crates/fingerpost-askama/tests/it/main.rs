//! What a template sees of the helpers, through the public API alone.

mod support;

mod allocations;
mod compiling;
mod escaping;
mod failing;
mod finding;
mod helpers;
mod hostile;
mod reload;
mod templates;
mod web;
