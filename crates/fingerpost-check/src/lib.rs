//! [rule]: crate::Rule
#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod check_config;
mod report;
mod run;
mod files;
mod template;
mod rust;
mod mention;
mod known_assets;

pub use check_config::CheckConfig;
pub use fingerpost::__private::{Error, ErrorKind, Location, Problem, Rule, Severity};
pub use report::Report;

use crate::run::Run;

/// Checks the asset names in templates and Rust files.
///
/// # Errors
///
/// Returns all errors: names of missing assets, files that cannot be read, and invalid settings. Warnings are in
/// [`Error::warnings`] or [`Report::warnings`].
pub fn check(config: &CheckConfig) -> Result<Report, Error> {
    let mut options = config.options()?;
    let (files, unreadable) = files::list(&options.paths, &options.root);
    let problems = std::mem::take(&mut options.problems).into_iter().chain(unreadable).collect();
    let mut run = Run::new(options, problems);
    run.check_all(&files);
    run.finish()
}
