//! The messages of `clean` and `rollback`, for directories and buckets.

use crate::{plural::pluralize, units::short_bytes};

/// Returns the message for the release that a run recorded.
pub(crate) fn recorded(number: u64, dry_run: bool) -> String {
    let verb = if dry_run { "would record" } else { "recorded" };
    format!("{verb} the current manifest as release {number}, because it differs from the newest release")
}

/// Returns the message for the release `restored`, which was published again with the number `release`.
pub(crate) fn published_again(restored: u64, release: Option<u64>, dry_run: bool) -> String {
    match release {
        Some(number) if dry_run => format!("release {restored} to publish again as release {number}"),
        Some(number) => format!("release {restored} published again as release {number}"),
        None => format!("release {restored} is current, nothing to publish"),
    }
}

/// Returns the part of a summary about plain names, or nothing if no plain name is written.
pub(crate) fn plain_names(count: usize, dry_run: bool) -> String {
    match count {
        0 => String::new(),
        count if dry_run => format!(", {} to write", pluralize(count, "plain name")),
        count => format!(", {} written", pluralize(count, "plain name")),
    }
}

/// Returns the summary for the numbers of removed releases, retained releases and removed files.
pub(crate) fn clean_summary(
    [removed, kept, files]: [usize; 3],
    bytes: u64,
    dry_run: bool,
    seconds: f64,
) -> String {
    let kept = pluralize(kept, "release");
    if removed == 0 {
        return format!("nothing to remove, {kept} kept, {seconds:.2} s");
    }
    let (removed, files) = (pluralize(removed, "release"), pluralize(files, "file"));
    let (gone, free) = if dry_run { ("to remove", "to free") } else { ("removed", "freed") };
    let bytes = short_bytes(bytes);
    format!("{removed} and {files} {gone}, {bytes} {free}, {kept} kept, {seconds:.2} s")
}
