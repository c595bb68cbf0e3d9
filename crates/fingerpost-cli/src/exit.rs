use std::{fmt::Display, io, process::ExitCode};

use fingerpost_collect::Error;

use crate::{args::Args, printer::Printer, terminal::escape_controls_per_line};

/// Why the program ends without success.
pub(crate) enum Exit {
    /// What went wrong.
    Failed(String),
    /// All that went wrong has been told.
    AlreadyReported,
    /// The command line lacks something that no settings file says either.
    Usage { command: &'static str, message: &'static str },
    /// Standard output cannot be written to.
    Output(io::Error),
}

impl Exit {
    pub(crate) fn failed(message: impl Display) -> Self {
        Self::Failed(message.to_string())
    }

    pub(crate) fn usage(command: &'static str, message: &'static str) -> Self {
        Self::Usage { command, message }
    }

    /// Reports all that a run found, then what it comes to, and what to do about it.
    pub(crate) fn from_error(
        err: &Error,
        summary: Option<&str>,
        hints: &[String],
        json: bool,
        printer: &Printer,
    ) -> Self {
        printer.warnings(err.warnings());
        printer.errors(err.problems());
        summary.into_iter().for_each(|summary| printer.info(summary));
        hints.iter().for_each(|hint| printer.hint(hint));
        if json {
            // The run has failed already, whoever reads it or not.
            let _ = printer.data(serde_json::to_string(err).expect("problems are plain data"));
        }
        Self::AlreadyReported
    }

    /// Tells what went wrong and returns the exit code.
    pub(crate) fn report(self, printer: &Printer) -> ExitCode {
        match self {
            Self::Failed(message) => {
                printer.error(escape_controls_per_line(&message));
                ExitCode::FAILURE
            }
            Self::AlreadyReported => ExitCode::FAILURE,
            Self::Usage { command, message } => {
                let _ = Args::usage_error(command, message).print();
                ExitCode::from(2)
            }
            // Whoever reads has seen enough, as `head` does.
            Self::Output(err) if err.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Self::Output(err) => {
                printer.error(format_args!("cannot write to standard output: {err}"));
                ExitCode::FAILURE
            }
        }
    }
}

impl From<fingerpost::Error> for Exit {
    fn from(err: fingerpost::Error) -> Self {
        Self::failed(err)
    }
}

impl From<io::Error> for Exit {
    fn from(err: io::Error) -> Self {
        Self::Output(err)
    }
}
