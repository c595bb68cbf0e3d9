//! Tests of the core through its public API.

mod support;

mod allocations;

mod bundlers;
mod case_insensitive;
mod components;
mod config;
mod deploy_variables;
mod freshness;
mod git;
mod git_command;
mod hostile;
mod import_map;
mod links;
mod manifest;
mod missing;
mod names;
mod odd_files;
#[cfg(feature = "embed")]
mod packs;
mod pages;
mod permissions;
mod prebuilt;
mod reload;
mod rules;
mod scopes;
mod sources;
mod strategies;
mod tags;
mod types;
mod version_settings;
mod versions;
