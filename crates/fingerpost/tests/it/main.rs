//! What a site sees of the core, through its public API alone.

mod support;

mod case_insensitive;
mod config;
mod files;
mod freshness;
mod hostile;
mod links;
mod manifest;
mod missing;
mod names;
mod prebuilt;
mod reload;
mod scopes;
mod types;
mod versions;
