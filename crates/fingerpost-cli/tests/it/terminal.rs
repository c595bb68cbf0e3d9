use std::process::Stdio;

use crate::site::{PROGRAM, RunOutput, Site};

#[test]
fn output_is_colored_only_on_terminals_or_on_request() {
    let site = Site::new(&[]);
    let is_colored = |args: &[&str], variables: &[(&str, &str)]| {
        site.run_with(args, variables.iter().copied()).stderr.contains('\u{1b}')
    };
    let fails = ["find", "a.css", "static"];
    let invalid = ["find"];
    for args in [&fails[..], &invalid] {
        assert!(!is_colored(args, &[]), "{args:?}");
        let with = |when| [&["--color", when], args].concat();
        assert!(is_colored(&with("always"), &[]), "{args:?}");
        assert!(!is_colored(&with("never"), &[("CLICOLOR_FORCE", "1")]), "{args:?}");
        assert!(is_colored(args, &[("CLICOLOR_FORCE", "1")]), "{args:?}");
        assert!(!is_colored(args, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]), "{args:?}");
    }
}

#[test]
fn closed_stdout_pipe_is_not_an_error() {
    let site = Site::new(&[("static/a.css", "a")]);
    let mut command = site.command(PROGRAM);
    command
        .args(["collect", "static", "--out", "out", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut program = command.spawn().unwrap();
    drop(program.stdout.take());
    let output = RunOutput::from(program.wait_with_output().unwrap());
    assert_eq!((output.code, output.stderr.lines().count()), (Some(0), 1), "{}", output.stderr);
}

#[cfg(target_os = "linux")]
#[test]
fn failed_write_to_stdout_is_an_error() {
    let site = Site::new(&[("static/a.css", "a")]);
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let mut command = site.command(PROGRAM);
    let output = command.args(["find", "a.css", "static"]).stdout(full).output().unwrap();
    let output = RunOutput::from(output);
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.starts_with("error: cannot write to standard output: "), "{}", output.stderr);
}

#[test]
fn control_characters_in_error_messages_are_escaped() {
    let site = Site::new(&[("static/a.css", "a")]);
    let output = site.run(&["find", "a\u{1b}[2J.css", "static"]);
    assert_eq!(output.code, Some(1));
    assert!(!output.stderr.contains('\u{1b}'), "{}", output.stderr);
}
