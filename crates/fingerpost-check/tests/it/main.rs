//! Tests of `check` on sites in temporary directories.

mod site;
mod templates;
mod html;
mod rust;
mod rules;
