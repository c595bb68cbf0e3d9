use fingerpost::{DirStore, Settings};
use fingerpost_collect::{ReleaseList, ReleaseSummary, releases};

use crate::{
    args::ReleasesArgs,
    bucket,
    exit::Exit,
    plural::pluralize,
    printer::Printer,
    table::{Left, Right, Table},
    terminal::stdout_columns,
    units::{short_bytes, utc_minute},
};

pub(crate) fn run(args: &ReleasesArgs, settings: &Settings, printer: &Printer) -> Result<(), Exit> {
    let list = match (&args.at.at, args.out.clone().or_else(|| settings.out.clone())) {
        (Some(url), _) => releases(&bucket::open(url, settings, args.json, printer)?),
        (None, Some(out)) => releases(&DirStore::new(out)),
        (None, None) => return Err(Exit::no_output_dir("releases")),
    };
    let list = list.map_err(|err| Exit::from_error(&err, None, &[], args.json, printer))?;
    if args.json {
        printer.json(&list)?;
    } else {
        printer.styled_data(lines(&list, stdout_columns()))?;
    }
    printer.warnings(&list.warnings);
    let current = list.releases.iter().find(|release| Some(release.number) == list.current);
    current.and_then(summary).iter().for_each(|summary| printer.info(summary));
    Ok(())
}

/// Returns a table, or several lines for each release on a terminal that is too narrow for the table.
fn lines(list: &ReleaseList, columns: Option<usize>) -> Vec<String> {
    let header = [
        ("#", Right),
        ("PUBLISHED (UTC)", Left),
        ("STATE", Left),
        ("FILES", Right),
        ("SIZE", Right),
        ("ADDED", Right),
        ("CHANGED", Right),
        ("RETURNING VISITOR", Left),
    ];
    let rows = list.releases.iter().map(|release| row(release, list.current)).collect();
    let stacked = || list.releases.iter().flat_map(|release| paragraph(release, list.current)).collect();
    Table::new(header, rows).lines(columns).unwrap_or_else(stacked)
}

fn row(release: &ReleaseSummary, current: Option<u64>) -> [String; 8] {
    let changes = release.changes.as_ref();
    let count = |count: Option<usize>| count.map_or_else(unknown, |count| count.to_string());
    [
        release.number.to_string(),
        utc_minute(release.published),
        state(release, current).to_owned(),
        release.files.to_string(),
        release.bytes.map_or_else(unknown, short_bytes),
        count(changes.map(|changes| changes.added)),
        count(changes.map(|changes| changes.changed)),
        download(release).unwrap_or_else(unknown),
    ]
}

fn paragraph(release: &ReleaseSummary, current: Option<u64>) -> Vec<String> {
    let [number, published, state, _, size, added, changed, download] = row(release, current);
    let files = pluralize(release.files, "file");
    vec![
        format!("release {number}, {state}"),
        format!("  published  {published} UTC"),
        format!("  content    {files}, {size}"),
        format!("  changes    {added} added, {changed} changed"),
        format!("  download   {download}"),
    ]
}

fn state(release: &ReleaseSummary, current: Option<u64>) -> &'static str {
    if Some(release.number) == current { "current" } else { "retained" }
}

/// Returns the download sizes for a returning visitor and for a new visitor. `None` if the replaced release is not retained.
fn download(release: &ReleaseSummary) -> Option<String> {
    let returning = release.changes.as_ref()?.download?;
    Some(format!("{} of {}", short_bytes(returning), short_bytes(release.first_download?)))
}

fn summary(release: &ReleaseSummary) -> Option<String> {
    let (number, download) = (release.number, download(release)?);
    Some(format!("release {number} is current; a returning visitor downloads {download}"))
}

fn unknown() -> String {
    "-".to_owned()
}
