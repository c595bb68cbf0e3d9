//! Updates of open pages in development.
