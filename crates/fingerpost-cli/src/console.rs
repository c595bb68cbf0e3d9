use std::{
    fmt::Display,
    io::{self, Write as _},
};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Where the program speaks: data to stdout, everything else to stderr.
pub(crate) struct Console {
    color: ColorChoice,
}

impl Console {
    pub(crate) fn new(color: clap::ColorChoice) -> Self {
        let color = match color {
            clap::ColorChoice::Auto => ColorChoice::Auto,
            clap::ColorChoice::Always => ColorChoice::Always,
            clap::ColorChoice::Never => ColorChoice::Never,
        };
        Self { color }
    }

    /// Prints data.
    pub(crate) fn data(&self, line: impl Display) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{line}")?;
        stdout.flush()
    }

    pub(crate) fn error(&self, message: impl Display) {
        self.tell(format_args!("{ERROR}error:{ERROR:#} {message}"));
    }

    pub(crate) fn warning(&self, message: impl Display) {
        self.tell(format_args!("{WARNING}warning:{WARNING:#} {message}"));
    }

    pub(crate) fn hint(&self, message: impl Display) {
        self.tell(format_args!("{HINT}hint:{HINT:#} {message}"));
    }

    /// Prints a line for the person who looks on. If nobody does, there is nothing to be done about it.
    pub(crate) fn tell(&self, message: impl Display) {
        let _ = writeln!(AutoStream::new(io::stderr().lock(), self.color), "{message}");
    }
}
