//! The `fingerpost` program.

mod args;
mod printer;
mod collect;
mod clean;
mod find;
mod version;
mod bust_token;
mod diagnostics;
mod terminal;
mod hints;
mod suppress;
mod rerun;
mod plural;
mod exit;

use std::process::ExitCode;

use crate::{
    args::{Args, Command},
    exit::Failure,
    printer::Console,
};

fn main() -> ExitCode {
    let args = Args::from_command_line();
    let console = Console::new(args.color);
    match run(&args, &console) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(&console),
    }
}

fn run(args: &Args, console: &Console) -> Result<(), Failure> {
    match &args.command {
        Command::Collect(collect) => collect::run(collect, args, console),
        Command::Clean(clean) => clean::run(clean, args.settings()?, args.verbose, console),
        Command::Find(find) => find::run(find, args.settings()?, console),
        Command::Version(version) => version::run(version, args.settings()?, console),
        Command::BustToken(bust_token) => bust_token::run(bust_token, console),
    }
}
