use std::{
    fmt::Display,
    io::{self, Write as _},
};

use annotate_snippets::Level;
use anstream::{AutoStream, ColorChoice};
use anstyle::{AnsiColor, Style};
use fingerpost_collect::{Problem, Progress};
use serde::Serialize;

use crate::{
    diagnostics::{one_line, with_excerpt},
    terminal::Terminal,
};

/// The maximum number of problems with an excerpt. All further problems are printed on one line each.
const MAX_EXCERPTS: usize = 50;

const ERROR: Style = AnsiColor::Red.on_default().bold();
const WARNING: Style = AnsiColor::Yellow.on_default().bold();
const NOTE: Style = AnsiColor::Green.on_default().bold();
const HINT: Style = AnsiColor::Cyan.on_default().bold();

/// Prints data to stdout, and messages to stderr.
pub(crate) struct Printer {
    color: ColorChoice,
    pub(crate) terminal: Terminal,
}

impl Printer {
    pub(crate) fn new(color: clap::ColorChoice) -> Self {
        let color = match color {
            clap::ColorChoice::Auto => ColorChoice::Auto,
            clap::ColorChoice::Always => ColorChoice::Always,
            clap::ColorChoice::Never => ColorChoice::Never,
        };
        Self { color, terminal: Terminal::stderr() }
    }

    /// Prints a line of data.
    pub(crate) fn data(&self, line: impl Display) -> io::Result<()> {
        let mut stdout = io::stdout().lock();
        writeln!(stdout, "{line}")?;
        stdout.flush()
    }

    /// Prints data as one line of JSON.
    pub(crate) fn json(&self, data: &(impl Serialize + ?Sized)) -> io::Result<()> {
        self.data(serde_json::to_string(data).expect("reports and lists are plain data"))
    }

    /// Prints lines of data. Styles are removed unless stdout is a terminal or colors are requested.
    pub(crate) fn styled_data(&self, lines: impl IntoIterator<Item = impl Display>) -> io::Result<()> {
        let mut stdout = AutoStream::new(io::stdout().lock(), self.color);
        lines.into_iter().try_for_each(|line| writeln!(stdout, "{line}"))?;
        stdout.flush()
    }

    pub(crate) fn error(&self, message: impl Display) {
        self.info(format_args!("{ERROR}error:{ERROR:#} {message}"));
    }

    pub(crate) fn warning(&self, message: impl Display) {
        self.info(format_args!("{WARNING}warning:{WARNING:#} {message}"));
    }

    pub(crate) fn note(&self, message: impl Display) {
        self.info(format_args!("{NOTE}note:{NOTE:#} {message}"));
    }

    pub(crate) fn errors<'p>(&self, problems: impl IntoIterator<Item = &'p Problem>) {
        self.problems(problems, &Level::ERROR, |line| self.error(line));
    }

    pub(crate) fn warnings<'p>(&self, problems: impl IntoIterator<Item = &'p Problem>) {
        self.problems(problems, &Level::WARNING, |line| self.warning(line));
    }

    fn problems<'p>(
        &self,
        problems: impl IntoIterator<Item = &'p Problem>,
        level: &Level<'_>,
        print_line: impl Fn(String),
    ) {
        for (number, problem) in problems.into_iter().enumerate() {
            let is_first = number < MAX_EXCERPTS;
            match is_first.then(|| with_excerpt(problem, level.clone(), &self.terminal)).flatten() {
                Some(text) => self.info(text),
                None => print_line(one_line(problem, &self.terminal)),
            }
        }
    }

    pub(crate) fn hint(&self, message: impl Display) {
        self.info(format_args!("{HINT}hint:{HINT:#} {message}"));
    }

    /// Prints a line to stderr. Write errors are ignored.
    pub(crate) fn info(&self, message: impl Display) {
        let _ = writeln!(AutoStream::new(io::stderr().lock(), self.color), "{message}");
    }
}

/// Prints a message when a run has to wait for the lock. Ignores all other progress.
impl Progress for Printer {
    fn waiting(&self, message: &str) {
        self.info(message);
    }
}
