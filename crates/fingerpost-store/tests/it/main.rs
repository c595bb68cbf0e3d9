//! Tests of the public items, with buckets in memory.

mod site;
mod faulty;
mod originals;
mod publish;
mod races;
mod nodes;
mod settings;
