use std::{fmt::Display, io, process::ExitCode};

use crate::{args::Args, printer::Console, terminal::harmless_lines};

/// Why the program ends without success.
pub(crate) enum Failure {
    /// What went wrong.
    Failed(String),
    /// All that went wrong has been told.
    Told,
    /// The command line lacks something that no settings file says either.
    Usage { command: &'static str, message: &'static str },
    /// Standard output cannot be written to.
    Output(io::Error),
}

impl Failure {
    pub(crate) fn failed(problem: impl Display) -> Self {
        Self::Failed(problem.to_string())
    }

    pub(crate) fn usage(command: &'static str, message: &'static str) -> Self {
        Self::Usage { command, message }
    }

    /// Tells what went wrong and returns the exit code.
    pub(crate) fn report(self, console: &Console) -> ExitCode {
        match self {
            Self::Failed(problem) => {
                console.error(harmless_lines(&problem));
                ExitCode::FAILURE
            }
            Self::Told => ExitCode::FAILURE,
            Self::Usage { command, message } => {
                let _ = Args::complaint(command, message).print();
                ExitCode::from(2)
            }
            // Whoever reads has seen enough, as `head` does.
            Self::Output(err) if err.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
            Self::Output(err) => {
                console.error(format_args!("cannot write to standard output: {err}"));
                ExitCode::FAILURE
            }
        }
    }
}

impl From<fingerpost::Error> for Failure {
    fn from(err: fingerpost::Error) -> Self {
        Self::failed(err)
    }
}

impl From<io::Error> for Failure {
    fn from(err: io::Error) -> Self {
        Self::Output(err)
    }
}
