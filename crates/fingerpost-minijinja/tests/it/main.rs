//! What a template sees of the helpers, through the public API alone: in MiniJinja 3.

mod support;

mod allocations;
mod documentation;
mod escaping;
mod helpers;
mod untrusted_paths;
mod missing_assets;
mod wrong_arguments;
mod registration;
mod reload;

use fingerpost_minijinja::register;
