use std::collections::BTreeMap;

use fingerpost::{
    __private::{ImportMap, escape_controls, quoted},
    Assets, BaseUrl, Error, ErrorKind, Mode, Settings,
    sources::{SourceFile, Sources},
};
use fingerpost_collect::{CollectConfig, Reference, ReferenceKind, ReferenceReport, references};

use crate::{args::FindArgs, exit::Exit, printer::Printer};

pub(crate) fn run(args: &FindArgs, settings: Settings, printer: &Printer) -> Result<(), Exit> {
    let settings = args.site.apply_to(settings);
    if settings.source_dirs()?.is_empty() {
        return Err(Exit::no_source_dir("find"));
    }
    let development = assets(&settings, Mode::Dev)?.url(&args.path)?;
    let name = &*of_entry(&settings, asset_path(&args.path))?;
    let mut lines = source_files(&settings, name)?;
    lines.push(("development", development.to_string()));
    if settings.out.is_some() {
        match production_lines(&settings, &args.path, name) {
            Err(err) if matches!(err.kind(), ErrorKind::ManifestNotFound | ErrorKind::NotFound) => {
                printer.hint("this asset has not been collected yet; run `fingerpost collect`");
            }
            published => lines.extend(published?),
        }
    }
    lines.extend(reference_lines(&settings, name, printer)?);
    for (label, value) in lines {
        printer.data(format_args!("{label:<12} {}", escape_controls(&value)))?;
    }
    Ok(())
}

type Lines = Vec<(&'static str, String)>;

/// Strips the query, the fragment and one leading `/`.
fn asset_path(written: &str) -> &str {
    let name = written.split(['?', '#']).next().unwrap_or(written);
    name.strip_prefix('/').unwrap_or(name)
}

/// Returns the asset path of the bundler entry `name`, or `name` if the bundler has no such entry.
fn of_entry(settings: &Settings, name: &str) -> Result<String, Error> {
    let base = BaseUrl::parse(&settings.base_url_in_force(None))?;
    let bundle = settings.bundles.read(&settings.source_dirs()?, &base)?;
    Ok(bundle.entries.get(name).map_or(name, |asset| asset).to_owned())
}

/// Returns the source file of the asset, and the files that the source file hides.
fn source_files(settings: &Settings, name: &str) -> Result<Lines, Exit> {
    let sources = Sources::open(settings.source_dirs()?, settings.rules()?, settings.out.as_deref())?;
    let listing = sources.list();
    let has_name = |file: &&SourceFile| file.path.as_str() == name;
    let Some(file) = listing.files.iter().find(has_name) else {
        return Err(Exit::failed(format!("{} is a directory, not an asset", quoted(name))));
    };
    let mut lines = vec![("asset", name.to_owned()), ("file", file.file.display().to_string())];
    let hidden = listing.shadowed.iter().filter(has_name);
    lines.extend(hidden.map(|hidden| ("hides", hidden.file.display().to_string())));
    Ok(lines)
}

/// Returns the production URL and the hashed path.
fn production_lines(settings: &Settings, written: &str, name: &str) -> Result<Lines, Error> {
    let snapshot = assets(settings, Mode::Production)?.snapshot();
    let mut lines = vec![("production", snapshot.url(written)?.to_string())];
    lines.extend(snapshot.hashed_path(name).map(|hashed| ("hashed path", hashed.to_owned())));
    Ok(lines)
}

/// Returns the references from and to the asset.
fn reference_lines(settings: &Settings, name: &str, printer: &Printer) -> Result<Lines, Exit> {
    let base_url = settings.base_url.clone().unwrap_or_default();
    let config = CollectConfig::from_settings(settings.clone()).base_url(base_url);
    let ReferenceReport { references, problems, .. } = references(&config).map_err(Exit::failed)?;
    printer.warnings(&problems);
    let (mut to, mut by) = (ReferencesByFile::new(), ReferencesByFile::new());
    for reference in &references {
        if reference.location.asset == name {
            to.entry((&reference.to, remark(reference))).or_default().push(reference);
        }
        if reference.to == name {
            by.entry((&reference.location.asset, remark(reference))).or_default().push(reference);
        }
    }
    // A module in the import map has only one URL.
    let is_mapped = ImportMap::new(settings).is_ok_and(|import_map| import_map.has_module(name));
    let is_import = |reference: &&Reference| reference.kind == ReferenceKind::Module && !is_mapped;
    if let Some(import) = by.values().flatten().copied().find(is_import) {
        printer.hint(format_args!(
            "{} imports this module; if a template also loads the module with `static()`, the module has two URLs in \
             development and with a version query, and runs twice; add it to `[importmap] modules`",
            quoted(&import.location.asset)
        ));
    }
    Ok([labeled("refers to", to), labeled("referred by", by)].concat())
}

fn labeled(label: &'static str, uses: ReferencesByFile<'_>) -> Lines {
    let uses = uses.into_iter();
    let line = |((other, remark), references): (_, Vec<_>)| {
        (label, format!("{other} ({}){remark}", positions(&references)))
    };
    uses.map(line).collect()
}

/// References, grouped by the other file and by the remark.
type ReferencesByFile<'u> = BTreeMap<(&'u str, String), Vec<&'u Reference>>;

fn remark(reference: &Reference) -> String {
    match (&reference.left_out, reference.exists, reference.kind) {
        (Some(reason), ..) => format!(", which is ignored: {reason}"),
        (None, false, _) => ", which does not exist".to_owned(),
        (None, true, ReferenceKind::PlainName) => ", by its plain name".to_owned(),
        (None, true, _) => String::new(),
    }
}

/// Returns the lines and columns of the first references, and the number of further references.
fn positions(references: &[&Reference]) -> String {
    const MOST: usize = 3;
    let place = |reference: &&Reference| format!("{}:{}", reference.location.line, reference.location.column);
    let places: Vec<_> = references.iter().take(MOST).map(place).collect();
    match references.len().saturating_sub(MOST) {
        0 => places.join(", "),
        more => format!("{} and {more} more", places.join(", ")),
    }
}

fn assets(settings: &Settings, mode: Mode) -> Result<Assets, Error> {
    let base_url = settings.base_url.clone().unwrap_or_default();
    Assets::builder().settings(settings.clone()).base_url(base_url).mode(mode).build()
}
