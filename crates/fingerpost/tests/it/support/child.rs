//! Child processes for tests of per-process state: environment, working directory, user, byte counters.

use std::{
    env,
    io::{self, Write as _},
    process::{self, Command},
};

const MARK: &str = "FINGERPOST_IT_CHILD";
const RESULT: &str = "result: ";

/// Runs `job` in a child process, and returns the result of `job`.
///
/// The child process executes only the calling test of this program. The first call of this function in the child process
/// runs the job and exits. The closure must therefore be written in the test itself, and a test can have only one job.
#[track_caller]
pub(crate) fn in_child<J: FnOnce() -> String>(job: J) -> String {
    in_command(this_program(), job)
}

/// Like [`in_child`], with environment variables.
#[track_caller]
pub(crate) fn in_child_with<J: FnOnce() -> String>(variables: &[(&str, &str)], job: J) -> String {
    let mut command = this_program();
    command.envs(variables.iter().copied());
    in_command(command, job)
}

/// Like [`in_child`], in the process that `command` starts. `command` must run this program, directly or indirectly.
#[track_caller]
pub(crate) fn in_command<J: FnOnce() -> String>(mut command: Command, job: J) -> String {
    if env::var_os(MARK).is_some() {
        write!(io::stderr(), "{RESULT}{}", job()).expect("standard error can be written to");
        process::exit(0);
    }
    let test = std::any::type_name::<J>().replace("::{{closure}}", "");
    let (_crate, test) = test.split_once("::").expect("the closure is in a module");
    remove_variables(&mut command);
    command.args([test, "--exact", "--nocapture", "--test-threads=1"]).env(MARK, "1");
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    match stderr.split_once(RESULT) {
        Some((_, result)) if output.status.success() => result.to_owned(),
        _ => panic!("{test} in a child process: {}\n{stderr}", output.status),
    }
}

pub(crate) fn this_program() -> Command {
    Command::new(env::current_exe().unwrap())
}

/// Removes the variables that this crate reads, except the variables of the command.
fn remove_variables(command: &mut Command) {
    for (name, _) in env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("FINGERPOST_")) {
        if !command.get_envs().any(|(set, _)| set == name) {
            command.env_remove(name);
        }
    }
}
