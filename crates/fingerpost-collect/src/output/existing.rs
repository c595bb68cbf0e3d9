use std::path::Path;

use fingerpost::__private::quoted;

use crate::{
    diagnostics::{ErrorKind, Problem},
    output::Output,
    progress::Progress,
};

/// Opens an existing output directory. Takes the lock if the directory has records, except in a dry run.
pub(crate) fn open_existing(
    out: &Path,
    wait: bool,
    dry_run: bool,
    progress: &dyn Progress,
) -> Result<Output, Problem> {
    if !out.is_dir() {
        let dir = quoted(out.display());
        let message =
            format!("output directory {dir} is not a directory; correct the path, or collect into it first");
        return Err(Problem::new(ErrorKind::Output, message));
    }
    let mut output = Output::dry(out)?;
    if !dry_run && out.join(".fingerpost").is_dir() {
        output.acquire(wait, progress)?;
    }
    Ok(output)
}
