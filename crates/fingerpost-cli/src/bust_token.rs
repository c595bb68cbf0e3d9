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

fn token_from_file(file: &Path) -> Result<BustToken, Exit> {
    let place = if is_stdin(file) { "standard input".to_owned() } else { quoted(file.display()).to_string() };
    let secret = read(file).map_err(|err| Exit::failed(format_args!("cannot read {place}: {err}")))?;
    BustToken::from_secret(without_line_end(&secret))
        .map_err(|err| Exit::failed(format_args!("{place}: {err}")))
}

fn is_stdin(file: &Path) -> bool {
    file == Path::new("-")
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    if !is_stdin(file) {
        return fs::read(file);
    }
    let mut secret = Vec::new();
    io::stdin().lock().read_to_end(&mut secret)?;
    Ok(secret)
}

/// Strips the line end that editors add to a file.
fn without_line_end(secret: &[u8]) -> &[u8] {
    let line = secret.strip_suffix(b"\n").unwrap_or(secret);
    line.strip_suffix(b"\r").unwrap_or(line)
}
