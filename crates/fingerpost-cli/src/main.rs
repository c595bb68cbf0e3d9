//! The `fingerpost` program.

mod args;
mod bust_token;
mod clean;
mod collect;
mod command_line;
mod console;
mod diagnostics;
mod failure;
mod find;
mod hints;
mod screen;
mod silence;
mod version;
mod words;

use std::process::ExitCode;

use crate::{
    args::{Args, Command},
    console::Console,
    failure::Failure,
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
