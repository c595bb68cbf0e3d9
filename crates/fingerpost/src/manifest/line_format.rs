//! JSON with one line for each asset.

use std::io::{self, Write};

use serde_json::ser::Formatter;

/// The format of manifests with imports. With an indented format, these manifests would be a fifth larger. The keys of the
/// outer objects are on separate lines, so that tools that compare lines show the changed assets.
#[derive(Debug, Default)]
pub(super) struct LineFormat {
    depth: usize,
}

/// The depth of the objects whose keys are asset paths, in `fingerpost.files`.
const DEPTH_OF_FILES: usize = 3;

impl LineFormat {
    fn break_line<W: Write + ?Sized>(&self, writer: &mut W) -> io::Result<()> {
        if self.depth <= DEPTH_OF_FILES { writer.write_all(b"\n") } else { Ok(()) }
    }
}

impl Formatter for LineFormat {
    fn begin_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.depth += 1;
        writer.write_all(b"{")
    }

    fn end_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.break_line(writer)?;
        self.depth -= 1;
        writer.write_all(b"}")
    }

    fn begin_object_key<W: Write + ?Sized>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        writer.write_all(if first { b"" } else { b"," })?;
        self.break_line(writer)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        writer.write_all(b": ")
    }
}
