use std::{
    io::Write as _,
    process::{Output, Stdio},
};

use crate::site::{PROGRAM, RunOutput, Site};

/// The token of `SECRET`: `printf cache-bust | openssl dgst -sha256 -hmac "$SECRET" | cut -c -32`.
const TOKEN: &str = "85c22b8e81fe715f95128a252b7c5c8f\n";
const SECRET: &str = "correct horse battery staple";
const TOO_SHORT: &str = "and the bust token needs at least 16; `openssl rand -hex 32` generates a secret\n";

fn run_with_stdin(site: &Site, secret: &[u8]) -> RunOutput {
    let mut command = site.command(PROGRAM);
    command.args(["bust-token", "--secret-file", "-"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = command.spawn().unwrap();
    running.stdin.take().unwrap().write_all(secret).unwrap();
    Output::into(running.wait_with_output().unwrap())
}

#[track_caller]
fn assert_prints_token(output: &RunOutput) {
    assert_eq!((output.code, &*output.stdout, &*output.stderr), (Some(0), TOKEN, ""));
}

#[track_caller]
fn assert_fails(output: &RunOutput, message: &str) {
    assert_eq!((output.code, &*output.stdout, &*output.stderr), (Some(1), "", message));
}

#[test]
fn secret_is_read_from_the_environment_a_file_or_standard_input() {
    let site =
        Site::new(&[("secret", SECRET), ("lf", &format!("{SECRET}\n")), ("crlf", &format!("{SECRET}\r\n"))]);
    assert_prints_token(&site.run_with(&["bust-token"], [("FINGERPOST_SECRET", SECRET)]));
    for file in ["secret", "lf", "crlf"] {
        let variables = [("FINGERPOST_SECRET", "overridden by the flag")];
        assert_prints_token(&site.run_with(&["bust-token", "--secret-file", file], variables));
    }
    assert_prints_token(&run_with_stdin(&site, format!("{SECRET}\n").as_bytes()));
    // Only one line end is stripped.
    assert_ne!(run_with_stdin(&site, format!("{SECRET}\n\n").as_bytes()).stdout, TOKEN);
}

#[test]
fn missing_secret_is_an_error_that_names_the_variable_and_the_flag() {
    let site = Site::new(&[]);
    let message = "error: there is no secret for the bust token; set FINGERPOST_SECRET to at least 16 bytes\n\
                   hint: to read the secret from a file, pass `--secret-file FILE`; from standard input, `--secret-file -`\n";
    assert_fails(&site.run(&["bust-token"]), message);
    assert_fails(&site.run_with(&["bust-token"], [("FINGERPOST_SECRET", "")]), message);
}

#[test]
fn short_secret_is_rejected_and_not_printed() {
    let site = Site::new(&[("short", "hunter2\n")]);
    assert_fails(
        &site.run(&["bust-token", "--secret-file", "short"]),
        &format!("error: `short`: the secret has 7 bytes, {TOO_SHORT}"),
    );
    assert_fails(
        &run_with_stdin(&site, b""),
        &format!("error: standard input: the secret has 0 bytes, {TOO_SHORT}"),
    );
    let output = site.run_with(&["bust-token"], [("FINGERPOST_SECRET", "hunter2")]);
    assert_eq!((output.code, &*output.stdout), (Some(1), ""));
    assert!(
        output.stderr.contains(&format!("error: FINGERPOST_SECRET has 7 bytes, {TOO_SHORT}")),
        "{}",
        output.stderr
    );
    assert!(!output.stderr.contains("hunter2"), "{}", output.stderr);
}

#[test]
fn unreadable_secret_file_is_an_error() {
    let output = Site::new(&[]).run(&["bust-token", "--secret-file", "nope"]);
    assert_eq!((output.code, &*output.stdout), (Some(1), ""));
    assert!(output.stderr.starts_with("error: cannot read `nope`: "), "{}", output.stderr);
}

#[test]
fn help_explains_why_the_secret_is_not_an_argument() {
    let output = Site::new(&[]).run(&["bust-token", "--help"]);
    assert!(output.stdout.contains("list of processes"), "{}", output.stdout);
}
