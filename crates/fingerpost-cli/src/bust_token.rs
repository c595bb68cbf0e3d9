use std::{
    fs,
    io::{self, Read as _},
    path::Path,
};

use fingerpost::{__private::quoted, BustToken};

use crate::{args::BustTokenArgs, exit::Exit, printer::Printer};

pub(crate) fn run(args: &BustTokenArgs, printer: &Printer) -> Result<(), Exit> {
    let token = match &args.secret_file {
        Some(file) => token_from_file(file)?,
        None => BustToken::from_env().map_err(|err| {
            printer.error(err);
            printer.hint(
                "to read the secret from a file, pass `--secret-file FILE`; from standard input, `--secret-file -`",
            );
            Exit::AlreadyReported
        })?,
    };
    Ok(printer.data(token.as_str())?)
}

/// Reads the secret. Strips the line end that editors add, so that the secret in a file equals the secret in
/// `FINGERPOST_SECRET`.
fn token_from_file(file: &Path) -> Result<BustToken, Exit> {
    let (place, secret) = if file == Path::new("-") {
        ("standard input".to_owned(), io::stdin().lock().bytes().collect())
    } else {
        (quoted(file.display()).to_string(), fs::read(file))
    };
    let secret: Vec<u8> = secret.map_err(|err| Exit::failed(format_args!("cannot read {place}: {err}")))?;
    let line = secret.strip_suffix(b"\n").unwrap_or(&secret);
    BustToken::from_secret(line.strip_suffix(b"\r").unwrap_or(line))
        .map_err(|err| Exit::failed(format_args!("{place}: {err}")))
}
