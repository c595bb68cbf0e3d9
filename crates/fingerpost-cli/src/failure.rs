use std::{fmt::Display, io, process::ExitCode};

use crate::{args::Args, console::Console};

/// Why the program ends without success.
pub(crate) enum Failure {
    /// What went wrong, one message each, and what may help.
    Failed { problems: Vec<String>, hints: Vec<&'static str> },
    /// The command line lacks something that no settings file says either.
    Usage { command: &'static str, message: &'static str },
    /// Standard output cannot be written to.
    Output(io::Error),
}

impl Failure {
    pub(crate) fn failed(problem: impl Display) -> Self {
        Self::Failed { problems: vec![problem.to_string()], hints: Vec::new() }
    }

    pub(crate) fn usage(command: &'static str, message: &'static str) -> Self {
        Self::Usage { command, message }
    }

    /// Tells what went wrong and returns the exit code.
    pub(crate) fn report(self, console: &Console) -> ExitCode {
        match self {
            Self::Failed { problems, hints } => {
                problems.iter().for_each(|problem| console.error(problem));
                hints.iter().for_each(|hint| console.hint(hint));
                ExitCode::FAILURE
            }
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
