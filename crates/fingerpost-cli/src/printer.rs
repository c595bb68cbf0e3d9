use std::{
    fmt::Display,
    io::{self, Write as _},
};

use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use fingerpost_collect::Problem;
use miette::Severity;

use crate::{
    diagnostics::{Diagnostics, in_one_line},
    terminal::Screen,
};

/// So many problems are shown with the lines that they stand in, and the others in one line each: more nobody reads.
const SHOWN_IN_FULL: usize = 50;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::Green.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Where the program speaks: data to stdout, everything else to stderr.
pub(crate) struct Console {
    color: ColorChoice,
    pub(crate) screen: Screen,
}

impl Console {
    pub(crate) fn new(color: clap::ColorChoice) -> Self {
        let color = match color {
            clap::ColorChoice::Auto => ColorChoice::Auto,
            clap::ColorChoice::Always => ColorChoice::Always,
            clap::ColorChoice::Never => ColorChoice::Never,
        };
        Self { color, screen: Screen::of_stderr() }
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

    pub(crate) fn note(&self, message: impl Display) {
        self.tell(format_args!("{NOTE}note:{NOTE:#} {message}"));
    }

    /// What stops a run.
    pub(crate) fn errors<'p>(&self, problems: impl IntoIterator<Item = &'p Problem>) {
        self.problems(problems, Severity::Error);
    }

    /// What does not.
    pub(crate) fn warnings<'p>(&self, problems: impl IntoIterator<Item = &'p Problem>) {
        self.problems(problems, Severity::Warning);
    }

    fn problems<'p>(&self, problems: impl IntoIterator<Item = &'p Problem>, severity: Severity) {
        let diagnostics = Diagnostics::on(&self.screen);
        for (number, problem) in problems.into_iter().enumerate() {
            let in_full = (number < SHOWN_IN_FULL).then(|| diagnostics.in_full(problem, severity));
            match (in_full.flatten(), severity) {
                (Some(text), _) => self.tell(text),
                (None, Severity::Error) => self.error(in_one_line(problem, &self.screen)),
                (None, _) => self.warning(in_one_line(problem, &self.screen)),
            }
        }
    }

    pub(crate) fn hint(&self, message: impl Display) {
        self.tell(format_args!("{HINT}hint:{HINT:#} {message}"));
    }

    /// Prints a line for the person who looks on. If nobody does, there is nothing to be done about it.
    pub(crate) fn tell(&self, message: impl Display) {
        let _ = writeln!(AutoStream::new(io::stderr().lock(), self.color), "{message}");
    }
}
