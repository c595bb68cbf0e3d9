//! Tests of several crates together, and tests that need a browser or another tool that `tests/setup` installs.

mod app_version;
mod axum_htmx;
mod blue_green;
mod client;
mod development;
mod django;
mod engines;
mod examples;
mod first_program;
mod harness;
mod hyperdjango;
mod modules;
mod nginx;
mod nginx_snippet;
mod packages;
mod pages;
mod readme;
mod references;
mod releases;
mod rolling_deploy;
mod second_visit;
mod single_binary;
mod site;
mod static_site;
mod tools;
mod workspace;
