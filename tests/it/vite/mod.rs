//! Tests with sites whose scripts and style sheets are built by published versions of Vite.

mod deltas;
mod example;
mod graph;
mod pages;
mod project;
mod updates;
