//! What a template sees of the helpers, through the public API alone: in MiniJinja 3.

mod support;

mod allocations;
mod documentation;
mod escaping;
mod helpers;
mod hostile;
mod missing;
mod misuse;
mod registering;
mod reload;

use fingerpost_minijinja::register;
