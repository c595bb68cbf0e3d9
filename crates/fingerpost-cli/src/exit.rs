use std::{fmt::Display, io, process::ExitCode};

use fingerpost_collect::Error;

use crate::{args::Args, printer::Printer, terminal::escape_controls_per_line};

/// The reason for a failed command.
pub(crate) enum Exit {
    /// The message has not been printed.
    Failed(String),
    /// All problems have been printed.
    AlreadyReported,
    /// A required value is neither on the command line nor in the settings file.
    Usage { command: &'static str, message: &'static str },
    /// Writing to standard output failed.
    Output(io::Error),
}

impl Exit {
    pub(crate) fn failed(message: impl Display) -> Self {
        Self::Failed(message.to_string())
    }

    /// Wrong usage: the command needs a source directory.
    pub(crate) fn no_source_dir(command: &'static str) -> Self {
        let message = "no source directory is set; pass a directory as an argument, or add `sources` to the settings file";
        Self::Usage { command, message }
    }

    /// Wrong usage: `check` needs a source directory. Unlike `collect`, `check` has no argument for source directories.
    pub(crate) fn no_source_to_check() -> Self {
        let message = "no source directory is set; pass `--source`, or add `sources` to the settings file";
        Self::Usage { command: "check", message }
    }

    /// Wrong usage: the command needs an output directory.
    pub(crate) fn no_output_dir(command: &'static str) -> Self {
        let message = "no output directory is set; pass `--out`, or add `out` to the settings file";
        Self::Usage { command, message }
    }

    /// Wrong usage: the command needs a bucket.
    #[cfg(feature = "store")]
    pub(crate) fn no_bucket(command: &'static str) -> Self {
        let message = "no bucket is set; pass a URL, or add `to` to the table [publish] of the settings file";
        Self::Usage { command, message }
    }

    /// Wrong usage: the options for buckets need a bucket.
    pub(crate) fn only_for_buckets(command: &'static str) -> Self {
        let message =
            "`--single-writer`, `--time-limit` and `--lease` are only for buckets; pass the bucket as `--at`";
        Self::Usage { command, message }
    }

    /// Prints the warnings and problems of a failed run, then the summary, the hints and the JSON.
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
            // A closed stdout does not change the exit code 1.
            let _ = printer.json(err);
        }
        Self::AlreadyReported
    }

    /// Prints the message and returns the exit code.
    pub(crate) fn report(self, printer: &Printer) -> ExitCode {
        match self {
            Self::Failed(message) => printer.error(escape_controls_per_line(&message)),
            Self::AlreadyReported => {}
            Self::Usage { command, message } => {
                let _ = Args::usage_error(command, message).print();
                return ExitCode::from(2);
            }
            // The reader, such as `head`, has closed the pipe.
            Self::Output(err) if err.kind() == io::ErrorKind::BrokenPipe => return ExitCode::SUCCESS,
            Self::Output(err) => printer.error(format_args!("cannot write to standard output: {err}")),
        }
        ExitCode::FAILURE
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
