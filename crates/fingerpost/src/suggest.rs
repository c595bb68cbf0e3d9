use std::collections::BTreeSet;

use strsim::osa_distance;

use crate::quote::quoted;

/// The maximum length of a path that gets suggestions, in bytes.
pub(crate) const MAX_PATH_LENGTH: usize = 200;

const MAX_SUGGESTIONS: usize = 3;

/// Returns the known names that are nearest to `path`, best first, at most three.
///
/// ```
/// let names = ["css/app.css", "css/print.css", "js/app.js"];
/// assert_eq!(fingerpost::__private::nearest("css/ap.css", names.into_iter()), ["css/app.css"]);
/// ```
///
/// The comparison ignores case; a name that [differs only in case](differs_in_case) comes first. A name with the same
/// last segment in another directory counts as near.
///
/// Returns nothing for a path of more than 200 bytes, because a comparison takes long and is unlikely to find a typing
/// error. Takes time in proportion to the number of names. Names with very different letter counts are not compared.
pub fn nearest<'n>(path: &str, names: impl Iterator<Item = &'n str>) -> Vec<String> {
    if path.len() > MAX_PATH_LENGTH {
        return Vec::new();
    }
    let (folded_path, tolerance) = (folded(path), (path.len() / 4).clamp(1, 6));
    let letters = LetterCounts::count(path);
    let file = last_segment(&folded_path);
    let distance = |name, limit| {
        let near = letters.distance(&LetterCounts::count(name)) <= limit;
        near.then(|| osa_distance(&folded_path, &folded(name))).filter(|distance| *distance <= limit)
    };
    let same_file = |name| fold(last_segment(name)).eq(file.chars());
    let mut near = Vec::with_capacity(MAX_SUGGESTIONS + 1);
    // Names with a greater distance than the worst match so far are not compared.
    let mut limit = tolerance;
    for name in names {
        let distance = distance(name, limit).or_else(|| same_file(name).then_some(tolerance + 1));
        let Some(distance) = distance else { continue };
        near.push((distance, osa_distance(path, name), name));
        near.sort_unstable();
        near.truncate(MAX_SUGGESTIONS);
        limit = near.get(MAX_SUGGESTIONS - 1).map_or(limit, |(worst, ..)| limit.min(*worst));
    }
    near.into_iter().map(|(.., name)| name.to_owned()).collect()
}

/// Returns the directories of `names` that are nearest to `dir`, best first, at most three. All directories end in `/`.
pub(crate) fn nearest_dirs<'n>(dir: &str, names: impl Iterator<Item = &'n str>) -> Vec<String> {
    let dirs: BTreeSet<_> = names.filter_map(|name| Some(name.rsplit_once('/')?.0)).collect();
    let near = nearest(dir.trim_end_matches('/'), dirs.into_iter());
    near.into_iter().map(|dir| format!("{dir}/")).collect()
}

/// Returns `true` if two names differ only in case, which some file systems ignore.
///
/// ```
/// assert!(fingerpost::__private::differs_in_case("img/logo.png", "img/Logo.PNG"));
/// assert!(!fingerpost::__private::differs_in_case("img/logo.png", "img/logo.png"));
/// ```
pub fn differs_in_case(one: &str, other: &str) -> bool {
    one != other && fold(one).eq(fold(other))
}

fn fold(text: &str) -> impl Iterator<Item = char> {
    text.chars().flat_map(char::to_lowercase)
}

fn folded(text: &str) -> String {
    fold(text).collect()
}

fn last_segment(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The number of characters per code point modulo 64, ignoring case. The counts of two names give a lower bound for the
/// distance of the names.
struct LetterCounts([u8; 64]);

impl LetterCounts {
    fn count(text: &str) -> Self {
        let mut counts = [0_u8; 64];
        for character in fold(text) {
            let count = &mut counts[character as usize % 64];
            *count = count.saturating_add(1);
        }
        Self(counts)
    }

    /// Returns a lower bound for the distance. An edit changes the counts by at most two.
    fn distance(&self, other: &Self) -> usize {
        let differences = self.0.iter().zip(&other.0).map(|(a, b)| usize::from(a.abs_diff(*b)));
        differences.sum::<usize>().div_ceil(2)
    }
}

/// Returns the question that follows an error about `path`. Returns an empty text if there are no similar names.
pub(crate) fn suggestion(path: &str, nearest: &[String]) -> String {
    if nearest.is_empty() {
        return String::new();
    }
    let names = nearest.iter().map(|name| {
        let remark = if differs_in_case(path, name) { ", which differs in case" } else { "" };
        format!("{}{remark}", quoted(name))
    });
    format!(" (did you mean {}?)", names.collect::<Vec<_>>().join(" or "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_names_are_suggested_first() {
        let names =
            ["css/app.css", "css/apps.css", "js/app.js", "img/logo.svg", "old/app.css", "css/apq.css"];
        let near = |path| nearest(path, names.into_iter());
        assert_eq!(near("css/ap.css"), ["css/app.css", "css/apq.css", "css/apps.css"]);
        assert_eq!(near("app.css"), ["css/app.css", "old/app.css"]);
        assert_eq!(near("img/lgoo.svg"), ["img/logo.svg"]);
        assert_eq!(near("logo.svg"), ["img/logo.svg"]);
        assert!(near("something/else.txt").is_empty());
        let many: Vec<_> = (0..10).rev().map(|number| format!("{number}/index.js")).collect();
        let near = nearest("somewhere/index.js", many.iter().map(String::as_str));
        assert_eq!(near, ["0/index.js", "1/index.js", "2/index.js"]);
    }

    #[test]
    fn names_that_differ_only_in_case_are_nearest() {
        let names =
            ["img/LOGO.PNG", "img/Logo.svg", "img/logos.png", "Lögo.PNG", "img/App.css", "img/app.css"];
        let near = |path| nearest(path, names.into_iter());
        assert_eq!(near("img/logo.png"), ["img/LOGO.PNG", "img/logos.png", "img/Logo.svg"]);
        assert_eq!(near("logo.png"), ["Lögo.PNG", "img/LOGO.PNG"]);
        assert_eq!(near("img/ap.css")[..2], ["img/app.css", "img/App.css"]);
        assert!(differs_in_case("lögo.png", "LÖGO.png") && !differs_in_case("a.png", "b.png"));
    }
}
