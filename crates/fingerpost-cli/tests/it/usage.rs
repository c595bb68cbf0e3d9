use crate::site::Site;

#[test]
fn usage_error_exits_with_code_2_and_advice() {
    let site = Site::new(&[("static/a.css", "a")]);
    for (args, message) in [
        (
            &["collect", "static"][..],
            "error: no output directory is set; pass `--out`, or add `out` to the settings file",
        ),
        (
            &["collect", "--out", "out"],
            "error: no source directory is set; pass a directory as an argument, or add `sources` to the settings file",
        ),
        (&["clean"], "error: no output directory is set; pass `--out`, or add `out` to the settings file"),
        (&["releases"], "error: no output directory is set; pass `--out`, or add `out` to the settings file"),
        (&["rollback"], "error: no output directory is set; pass `--out`, or add `out` to the settings file"),
        (&["list"], "error: no output directory is set; pass `--out`, or add `out` to the settings file"),
        (&["list", "--json", "--workbox"], "error: the argument '--json' cannot be used with '--workbox'"),
        (&["rollback", "one"], "error: invalid value 'one' for '[NUMBER]': invalid digit"),
        (&["rollback", "1", "2"], "error: unexpected argument '2' found"),
        (&["clean", "--keep", "-1"], "error: unexpected argument '-1' found"),
        (&["clean", "--keep", "few"], "error: invalid value 'few' for '--keep <N>'"),
        (
            &["clean", "--older-than", "7"],
            "error: invalid value '7' for '--older-than <AGE>': duration `7` is invalid; write",
        ),
        (
            &["find", "a.css"],
            "error: no source directory is set; pass a directory as an argument, or add `sources` to the settings file",
        ),
        (&["find"], "error: the following required arguments were not provided:"),
        (&["bust-token", "0123456789abcdef"], "error: unexpected argument '0123456789abcdef' found"),
        (&["bust-token", "--secret", "x"], "error: unexpected argument '--secret' found"),
        (&["colect"], "error: unrecognized subcommand 'colect'"),
        (&["collect", "--orignals"], "error: unexpected argument '--orignals' found"),
        (&["collect", "--shadowed", "loud"], "error: invalid value 'loud' for '--shadowed <LEVEL>'"),
        (
            &["collect", "--ignore", "["],
            "error: invalid value '[' for '--ignore <GLOB>': ignore glob `[` cannot be read: ",
        ),
        (
            &["collect", "../up=static"],
            "error: invalid value '../up=static' for '[SOURCE]...': path `../up` leaves",
        ),
        (
            &["collect", "--base-url", "x"],
            "error: invalid value 'x' for '--base-url <URL>': base URL `x` is neither",
        ),
    ] {
        let output = site.run(args);
        assert_eq!((output.code, &*output.stdout), (Some(2), ""), "{args:?}");
        assert!(output.stderr.starts_with(message), "{args:?}: {}", output.stderr);
        assert!(output.stderr.contains("--help"), "{args:?}: {}", output.stderr);
    }
    let output = site.run(&["collect", "static"]);
    assert!(output.stderr.contains("Usage: fingerpost collect [OPTIONS] [SOURCE]..."), "{}", output.stderr);
}

#[test]
fn help_and_version_are_written_to_stdout() {
    let site = Site::new(&[]);
    for args in [
        &["--help"][..],
        &["collect", "--help"],
        &["clean", "--help"],
        &["releases", "--help"],
        &["rollback", "--help"],
        &["list", "--help"],
        &["find", "-h"],
        &["version", "-h"],
        &["bust-token", "--help"],
        &["help", "collect"],
    ] {
        let output = site.run(args);
        assert_eq!((output.code, &*output.stderr), (Some(0), ""), "{args:?}");
        assert!(output.stdout.contains("Usage: fingerpost"), "{args:?}: {}", output.stdout);
    }
    assert!(site.run(&["--help"]).stdout.contains("fingerpost collect static --out dist/static"));
    let version = site.run(&["--version"]);
    assert_eq!(version.stdout, concat!("fingerpost ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn missing_command_prints_the_list_of_commands() {
    let output = Site::new(&[]).run(&[]);
    assert_eq!((output.code, &*output.stdout), (Some(2), ""));
    assert!(output.stderr.contains("collect"), "{}", output.stderr);
}
