//! The `fingerpost` program.

mod args;
mod clean;
mod collect;
mod console;
mod failure;
mod find;
mod version;

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
    let settings = args.settings()?;
    match &args.command {
        Command::Collect(collect) => collect::run(collect, settings, args.verbose, console),
        Command::Clean(clean) => clean::run(clean, settings, args.verbose, console),
        Command::Find(find) => find::run(find, settings, console),
        Command::Version(version) => version::run(version, settings, console),
    }
}
