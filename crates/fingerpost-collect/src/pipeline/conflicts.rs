//! Checks that no two files have the same name in the output directory.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use fingerpost::{
    __private::{delta_names, files_of, quoted, reserved, variant_names},
    manifest::{ContentHash, Manifest},
};

use crate::{
    diagnostics::{Diagnostics, ErrorKind},
    output::dirs_above,
    pipeline::{asset::Asset, import_releases::ImportedReleases, run_context::Run},
};

/// Compares the names of this run with each other, and with reserved, imported and published names.
pub(crate) fn check_names(
    run: &Run<'_>,
    assets: &[Asset],
    kept: &ImportedReleases,
    diagnostics: &mut Diagnostics,
) {
    let originals = if run.options.originals { assets } else { &[] };
    let hashed = assets.iter().map(|asset| (asset.hashed.as_str(), asset));
    let names: Vec<_> = hashed.chain(originals.iter().map(|asset| (asset.path.as_str(), asset))).collect();
    assets.iter().for_each(|asset| check_length(asset, &asset.hashed, "hashed", diagnostics));
    check_reserved(&names, diagnostics);
    check_each_other(&names, diagnostics);
    check_imported(&names, kept, diagnostics);
    check_published(run, (assets, originals), kept, diagnostics);
}

/// Checks the names of compressed variants and deltas, which are created last. The hashed path of a variant equals the hashed
/// path of a file only if the file is prehashed.
pub(crate) fn check_variants(run: &Run<'_>, assets: &[Asset], diagnostics: &mut Diagnostics) {
    let mut clashes = BTreeSet::new();
    let first_from = |path: &str| assets.get(assets.partition_point(|other| *other.path < *path));
    for asset in assets {
        let hashed = variant_names(&asset.hashed, &asset.info);
        let hashed = hashed.map(|(name, variant)| (name, variant.sha256));
        let deltas = delta_names(&asset.hashed, &asset.info).map(|(name, delta)| (name, delta.sha256));
        let plain = run.options.originals.then(|| variant_names(&asset.path, &asset.info));
        let plain = plain.into_iter().flatten().map(|(name, variant)| (name, variant.sha256));
        for (name, sha256) in hashed.chain(deltas).chain(plain) {
            check_length(asset, &name, "compressed", diagnostics);
            let same = first_from(&name).filter(|other| {
                let has_plain_name = run.options.originals || other.is_prehashed();
                *other.path == *name && has_plain_name && other.info.sha256 != sha256
            });
            let dir = format!("{name}/");
            let below = first_from(&dir).filter(|other| other.path.starts_with(&dir));
            clashes.extend(same.into_iter().chain(below).map(|other| variant_clash(&name, asset, other)));
        }
    }
    clashes.into_iter().for_each(|clash| diagnostics.problem(ErrorKind::Clash, clash));
}

/// The maximum length of a file name on common file systems: in bytes, or on Windows in UTF-16 code units.
const LONGEST: usize = 255;

/// Returns `true` if the file name of a path is too long for common file systems.
pub(crate) fn is_too_long(path: &str) -> bool {
    name_length(path).0 > LONGEST
}

fn name_length(path: &str) -> (usize, &'static str) {
    let name = path.rsplit('/').next().unwrap_or(path);
    if cfg!(windows) { (name.encode_utf16().count(), "characters") } else { (name.len(), "bytes") }
}

fn check_length(asset: &Asset, path: &str, kind: &str, diagnostics: &mut Diagnostics) {
    let (length, unit) = name_length(path);
    if length > LONGEST {
        let asset = quoted(both_ends(&asset.path));
        let message = format!(
            "the {kind} name of asset {asset} has {length} {unit}, more than the limit of {LONGEST}; shorten it"
        );
        diagnostics.problem(ErrorKind::Source, message);
    }
}

/// Replaces the middle of a long path by `…`.
fn both_ends(path: &str) -> String {
    const SHOWN: usize = 80;
    let count = path.chars().count();
    if count <= 2 * SHOWN {
        return path.to_owned();
    }
    let chars = path.chars();
    chars.clone().take(SHOWN).chain(['…']).chain(chars.skip(count - SHOWN)).collect()
}

fn check_reserved(names: &[(&str, &Asset)], diagnostics: &mut Diagnostics) {
    let reserved: BTreeMap<_, _> =
        names.iter().filter_map(|(name, asset)| Some((&asset.path, reserved(name)?))).collect();
    for (asset, owner) in reserved {
        let message = format!("asset {} has the name of {owner}; rename or ignore it", quoted(asset));
        diagnostics.problem(ErrorKind::Clash, message);
    }
}

fn check_each_other(names: &[(&str, &Asset)], diagnostics: &mut Diagnostics) {
    let (mut owners, mut clashes) = (HashMap::<&str, &Asset>::new(), BTreeSet::new());
    for &(name, asset) in names {
        let other = owners.insert(name, asset).filter(|other| other.info.sha256 != asset.info.sha256);
        clashes.extend(other.map(|other| name_clash(name, other, asset)));
    }
    for (name, asset) in &owners {
        clashes.extend(dirs_above(name).filter_map(|dir| Some(name_clash(dir, owners.get(dir)?, asset))));
    }
    clashes.into_iter().for_each(|clash| diagnostics.problem(ErrorKind::Clash, clash));
}

/// Reports imported files at paths where this run needs a directory, and the reverse.
fn check_imported(names: &[(&str, &Asset)], kept: &ImportedReleases, diagnostics: &mut Diagnostics) {
    if kept.names.is_empty() {
        return;
    }
    let kept: BTreeSet<_> = kept.names.iter().map(String::as_str).collect();
    for (name, asset) in names {
        let below = format!("{name}/");
        let file = dirs_above(name).find(|dir| kept.contains(dir));
        let file_below = || kept.range(&*below..).next().filter(|file| file.starts_with(&below)).copied();
        if let Some(file) = file.or_else(file_below) {
            let [asset, file] = [asset.path.as_str(), file].map(quoted);
            let advice =
                "one path is both a file and a directory; rename the asset, or leave out `--keep-from`";
            let message = format!("asset {asset} conflicts with file {file} of an earlier release: {advice}");
            diagnostics.problem(ErrorKind::Clash, message);
        }
    }
}

/// Reports names that were published with other bytes, because browsers cache hashed names for a year. There are three
/// causes. The name of an original may look hashed, or be the name of an earlier prehashed file. Another tool may reuse the
/// name of a prehashed file. A member of a cycle is named by a hash of the group, before references inside the group are
/// rewritten. Under another base URL, the same name may then have other bytes.
fn check_published(
    run: &Run<'_>,
    (assets, originals): (&[Asset], &[Asset]),
    kept: &ImportedReleases,
    diagnostics: &mut Diagnostics,
) {
    let plain = originals.iter().filter(|asset| !asset.is_prehashed());
    let mut plain: BTreeMap<_, _> = plain.map(|asset| (&*asset.path, asset)).collect();
    let uncertain = assets.iter().filter(|asset| asset.is_in_group() || asset.is_prehashed());
    let mut uncertain: BTreeMap<_, _> = uncertain.map(|asset| (&*asset.hashed, asset)).collect();
    if plain.is_empty() && uncertain.is_empty() {
        return;
    }
    let current = run.history.manifest();
    let was_prehashed =
        |path: &str| current.and_then(|current| current.get(path)).is_some_and(|entry| entry.hashed == path);
    // Releases are read only in two cases. An original may have a published name. The name of a prehashed file or of a member
    // of a cycle may exist, without the same bytes in the current manifest.
    let is_suspect = plain.keys().any(|path| looks_hashed(path) || was_prehashed(path))
        || uncertain
            .values()
            .any(|asset| asset.unchanged_info(run).is_none() && run.output.has_any(&asset.hashed));
    let releases: Vec<_> = if is_suspect { run.history.releases(diagnostics).collect() } else { Vec::new() };
    let manifests = releases.iter().chain(&kept.releases).map(|release| &release.manifest);
    for manifest in manifests.chain(current).chain(&kept.current) {
        let files = manifest.iter().flat_map(|(path, entry)| files_of(entry).map(move |file| (path, file)));
        for (path, (name, known)) in files {
            let sha256 = known.map(|(_, sha256)| sha256);
            let differs = |asset: &&Asset| sha256 != Some(asset.info.sha256);
            if plain.get(&*name).is_some_and(differs) {
                plain.remove(&*name);
                let (name, path) = (quoted(&name), quoted(path));
                let message =
                    format!("asset {name} has a name that was published for {path} before; rename it");
                diagnostics.problem(ErrorKind::Clash, message);
            }
            let asset = uncertain.get(&*name).copied().filter(|_| sha256.is_some()).filter(differs);
            if let Some(asset) = asset {
                uncertain.remove(&*name);
                diagnostics.problem(ErrorKind::Clash, published_with_other_bytes(asset, manifest));
            }
        }
    }
}

/// Returns `true` if `path` may be a hashed path.
pub(crate) fn looks_hashed(path: &str) -> bool {
    path.split('.').skip(1).any(|part| ContentHash::parse(part).is_some())
}

fn name_clash(name: &str, one: &Asset, other: &Asset) -> String {
    let [one, other, name] = [one.path.as_str(), other.path.as_str(), name].map(quoted);
    format!("assets {one} and {other} both need {name} in the output directory; rename one of them")
}

fn variant_clash(name: &str, asset: &Asset, other: &Asset) -> String {
    let [asset, other, name] = [asset.path.as_str(), other.path.as_str(), name].map(quoted);
    format!(
        "the compressed asset {asset} and the asset {other} both need {name} in the output directory; rename one of them"
    )
}

fn published_with_other_bytes(asset: &Asset, manifest: &Manifest) -> String {
    let [path, hashed] = [asset.path.as_str(), &asset.hashed].map(quoted);
    if asset.is_prehashed() {
        let advice =
            "browsers cache it for a year; let the tool that made it put a hash of the content into the name";
        return format!("prehashed asset {path} was published with different bytes; {advice}");
    }
    let base = manifest.base_path().map(|base| format!(" for base URL {}", quoted(base))).unwrap_or_default();
    let advice = "use a separate output directory for each base URL";
    format!("asset {path} was published{base} as {hashed} with different bytes; {advice}")
}
