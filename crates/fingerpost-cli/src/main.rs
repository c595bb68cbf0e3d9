//! The `fingerpost` program.

mod args;
mod printer;
mod collect;
mod clean;
mod summaries;
mod releases;
mod rollback;
mod list;
mod publish;
#[cfg_attr(not(feature = "store"), path = "no_bucket.rs")]
mod bucket;
mod find;
mod check;
mod version;
mod bust_token;
mod diagnostics;
mod terminal;
mod table;
mod units;
mod hints;
mod suppress;
mod plural;
mod exit;

use std::process::ExitCode;

use fingerpost::Settings;
use fingerpost_collect::__private::check_tables;

use crate::{
    args::{Args, Command},
    exit::Exit,
    printer::Printer,
};

fn main() -> ExitCode {
    let args = Args::from_command_line();
    let printer = Printer::new(args.color);
    match run(&args, &printer) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(&printer),
    }
}

fn run(args: &Args, printer: &Printer) -> Result<(), Exit> {
    match &args.command {
        Command::Collect(collect) => collect::run(collect, args, printer),
        Command::Clean(clean) => clean::run(clean, args.settings()?, args.verbose, printer),
        Command::Releases(releases) => releases::run(releases, &checked_settings(args, printer)?, printer),
        Command::Rollback(rollback) => rollback::run(rollback, args.settings()?, printer),
        Command::Publish(publish) => publish::run(publish, checked_settings(args, printer)?, printer),
        Command::List(list) => list::run(list, checked_settings(args, printer)?, printer),
        Command::Find(find) => find::run(find, checked_settings(args, printer)?, printer),
        Command::Check(check) => check::run(check, args, printer),
        Command::Version(version) => version::run(version, checked_settings(args, printer)?, printer),
        Command::BustToken(bust_token) => bust_token::run(bust_token, printer),
    }
}

/// Returns the settings. Fails if the tables of `fingerpost-collect` are invalid.
fn checked_settings(args: &Args, printer: &Printer) -> Result<Settings, Exit> {
    let settings = args.settings()?;
    check_tables(&settings).map_err(|err| {
        printer.errors(err.problems());
        Exit::AlreadyReported
    })?;
    Ok(settings)
}
