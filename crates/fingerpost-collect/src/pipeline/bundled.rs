//! Checks the files in the manifests of bundlers.

use std::{
    collections::{BTreeSet, HashSet},
    fs,
};

use fingerpost::{
    __private::{BundledFile, quoted},
    manifest::Manifest,
    sources::SourceFile,
};
use rayon::prelude::*;

use crate::{
    diagnostics::{Diagnostics, ErrorKind},
    pipeline::{asset::Asset, run_context::Run},
};

/// Reports missing files, and entries with the name of an asset. `files` are sorted by path.
pub(crate) fn check_bundle(files: &[SourceFile], run: &Run<'_>, diagnostics: &mut Diagnostics) {
    let bundle = &run.options.prehashed.bundle;
    let find = |path: &str| files.binary_search_by(|file| (*file.path).cmp(path)).ok();
    let targets: BTreeSet<_> = bundle.files.keys().chain(bundle.entries.values()).collect();
    for path in targets.into_iter().filter(|path| find(path).is_none()) {
        let reason = match run.options.sources.find_ignored(path) {
            Some((_, reason)) => format!("is not an asset, because {reason}"),
            None => "does not exist; run the bundler again, such as `vite build`".to_owned(),
        };
        let message = format!("the manifest of the bundler names {}, which {reason}", quoted(path));
        diagnostics.problem(ErrorKind::Source, message);
    }
    for name in bundle.entries.keys().filter(|name| find(name).is_some()) {
        let message = format!(
            "{} is both an asset and an entry of the bundler; rename or ignore the asset",
            quoted(name)
        );
        diagnostics.problem(ErrorKind::Clash, message);
    }
}

/// Returns the scripts and style sheets of Vite.
pub(crate) fn scripts_and_styles(files: &[SourceFile], run: &Run<'_>) -> Vec<SourceFile> {
    let bundle = &run.options.prehashed.bundle;
    let is_built = |file: &&SourceFile| {
        bundle.files.contains_key(&file.path)
            && [".js", ".mjs", ".css"].iter().any(|end| file.path.ends_with(end))
    };
    let is_vite = run.options.vite_prefix.is_some();
    files.iter().filter(|_| is_vite).filter(is_built).cloned().collect()
}

/// Reports the first file of Vite with URLs for another base URL. Skips the files of the current release, which an earlier run
/// has checked. `assets` are sorted by path.
pub(crate) fn check_base(
    built: &[SourceFile],
    assets: &[Asset],
    run: &Run<'_>,
    diagnostics: &mut Diagnostics,
) {
    let Some(prefix) = &run.options.vite_prefix else { return };
    let with_hash = run.options.prehashed.bundle.files.iter().filter(|(path, file)| has_hash(path, file));
    let names: HashSet<_> = with_hash.filter_map(|(path, _)| path.strip_prefix(prefix.as_str())).collect();
    let served_at = format!("{}{prefix}", run.options.base);
    // The manifest contains the base URL without the host.
    let last_base = run.history.manifest().and_then(Manifest::base_path);
    let is_same_base = last_base == Some(run.options.base.as_str());
    let is_checked = |file: &SourceFile| {
        let asset = Asset::find(assets, &file.path).filter(|_| is_same_base);
        asset.is_some_and(|asset| asset.unchanged_info(run).is_some())
    };
    let wrong_base = |file: &SourceFile| {
        let bytes = fs::read(&file.file).unwrap_or_default();
        let text = String::from_utf8_lossy(&bytes);
        let base = bases(&text, &names).into_iter().find(|base| !is_same_place(base, &served_at))?;
        Some((quoted(file.file.display()).to_string(), quoted(base).to_string()))
    };
    let unchecked = built.par_iter().filter(|file| !is_checked(file));
    let Some((place, base)) = unchecked.filter_map(wrong_base).find_first(|_| true) else { return };
    let (served_at, advice) =
        (quoted(&served_at), "set `base: './'` in the configuration of Vite, and run `vite build` again");
    let message = format!("{place} was built with the base {base}, but is served at {served_at}; {advice}");
    diagnostics.problem(ErrorKind::Source, message);
}

/// The minimum length of a hash in a file name.
const MIN_HASH: usize = 6;

/// Returns `true` if the name of a file has a hash. The URLs of other sites may contain names without a hash.
fn has_hash(path: &str, file: &BundledFile) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let hash = stem.rsplit_once(['-', '.', '_']).map_or("", |(_, hash)| hash);
    file.chunk.is_some() || hash.len() >= MIN_HASH
}

/// The maximum length of a URL that is compared with the names of files, in bytes. Scripts may contain long literals.
const MAX_URL: usize = 1_000;

/// The maximum distance between `modulepreload` and `return` in the function of Vite that preloads files, in bytes.
const MAX_DISTANCE: usize = 100;

/// Returns the part of each absolute URL before the file name, and the base in the function of Vite that preloads files.
fn bases<'t>(text: &'t str, names: &HashSet<&str>) -> Vec<&'t str> {
    let urls = text.split(['"', '\'', '`', '(', ')']).filter(|url| url.len() <= MAX_URL && is_absolute(url));
    let in_url = urls.filter_map(|url| {
        let path = url.split(['?', '#']).next().unwrap_or(url);
        let slashes = path.match_indices('/').map(|(at, _)| at + 1);
        let start = slashes.into_iter().find(|&start| names.contains(&path[start..]))?;
        Some(&path[..start])
    });
    in_url.chain(preload_base(text)).collect()
}

/// Returns `/static/vite/` of `…"modulepreload",f=function(e){return"/static/vite/"+e}`.
fn preload_base(text: &str) -> Option<&str> {
    // The function dispatches this event after a failed preload. Other scripts may contain `modulepreload` as well.
    text.contains("vite:preloadError").then_some(())?;
    let (_, after) = text.split_once("modulepreload")?;
    let (_, returned) = after.split_once("return").filter(|(before, _)| before.len() <= MAX_DISTANCE)?;
    let returned = returned.trim_start();
    let quote = returned.chars().next().filter(|c| ['"', '\'', '`'].contains(c))?;
    let (base, rest) = returned[1..].split_once(quote)?;
    (is_absolute(base) && rest.trim_start().starts_with('+')).then_some(base)
}

fn is_absolute(url: &str) -> bool {
    url.starts_with('/') || url.starts_with("http://") || url.starts_with("https://")
}

/// Returns `true` if two absolute URLs have the same path, and the same host if both have a host.
fn is_same_place(one: &str, other: &str) -> bool {
    let ((host, path), (other_host, other_path)) = (host_and_path(one), host_and_path(other));
    path == other_path && (host == other_host || host.is_empty() || other_host.is_empty())
}

/// Returns the host and the path of an absolute URL.
fn host_and_path(url: &str) -> (&str, &str) {
    let Some((_, rest)) = url.split_once("//").filter(|(scheme, _)| !scheme.contains('/')) else {
        return ("", url);
    };
    rest.find('/').map_or((rest, "/"), |slash| rest.split_at(slash))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_is_found_in_urls_and_in_the_preload_function() {
        let names = HashSet::from(["assets/logo-CoVDG0GC.svg"]);
        let found = |text: &'static str| bases(text, &names);
        assert_eq!(found(r#"var t="/static/vite/assets/logo-CoVDG0GC.svg""#), ["/static/vite/"]);
        assert_eq!(
            found("a{b:url(https://cdn.example.com/assets/logo-CoVDG0GC.svg?x#y)}"),
            ["https://cdn.example.com/"]
        );
        assert_eq!(found("r=`modulepreload`,i=function(e){return`/`+e};'vite:preloadError'"), ["/"]);
        let spaced =
            "const a = 'modulepreload', b = function(dep) { return \"/x/\" + dep }; 'vite:preloadError'";
        assert_eq!(found(spaced), ["/x/"]);
        for relative in [
            "new URL(\"logo-CoVDG0GC.svg\",import.meta.url)",
            "r=`modulepreload`,i=function(e,t){return new URL(e,t).href};'vite:preloadError'",
            "link.rel = 'modulepreload'; function api(path) { return '/api/' + path }",
            "d=[\"assets/logo-CoVDG0GC.svg\"]",
            "fetch('/api/assets')",
        ] {
            assert_eq!(found(relative), [""; 0], "{relative}");
        }
    }

    #[test]
    fn absolute_url_is_split_into_host_and_path() {
        let all = ["/a/", "https://h/a/", "//h/a/", "http://h"].map(host_and_path);
        assert_eq!(all, [("", "/a/"), ("h", "/a/"), ("h", "/a/"), ("h", "/")]);
    }

    #[test]
    fn hosts_are_compared_if_both_urls_have_a_host() {
        assert!(is_same_place("/a/", "https://h/a/") && is_same_place("//h/a/", "https://h/a/"));
        assert!(!is_same_place("https://i/a/", "https://h/a/") && !is_same_place("/b/", "https://h/a/"));
    }
}
