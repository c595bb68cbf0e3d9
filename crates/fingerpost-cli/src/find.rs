use fingerpost::{
    Assets, DirStore, Error, ErrorKind, MANIFEST_NAME, Manifest, Mode, Settings, SourceFile, Sources,
    Store as _, quoted,
};

use crate::{args::FindArgs, console::Console, failure::Failure};

pub(crate) fn run(args: &FindArgs, settings: Settings, console: &Console) -> Result<(), Failure> {
    let settings = args.put_before(settings);
    if settings.sources.is_empty() {
        return Err(Failure::usage("find", "no source dir is named here or in a settings file"));
    }
    let development = assets(&settings, Mode::Dev)?.url(&args.path)?;
    let name = asset_path(&args.path);
    let mut lines = places(&settings, name)?;
    lines.push(("development", development.to_string()));
    if settings.out.is_some() {
        match published(&settings, &args.path, name) {
            Err(err) if matches!(err.kind(), ErrorKind::ManifestNotFound | ErrorKind::NotFound) => {
                console.hint("it has not been collected yet; run `fingerpost collect`");
            }
            published => lines.extend(published?),
        }
    }
    for (label, value) in lines {
        console.data(format_args!("{label:<12} {value}"))?;
    }
    Ok(())
}

type Lines = Vec<(&'static str, String)>;

/// What an author wrote, without what may stand behind a name or before it.
fn asset_path(written: &str) -> &str {
    let name = written.split(['?', '#']).next().unwrap_or(written);
    name.strip_prefix('/').unwrap_or(name)
}

/// The file, and those of the same name that it hides.
fn places(settings: &Settings, name: &str) -> Result<Lines, Failure> {
    let sources = Sources::open(settings.sources.clone(), settings.rules()?, settings.out.as_deref())?;
    let listing = sources.list();
    let is_meant = |file: &&SourceFile| file.path.as_str() == name;
    let Some(file) = listing.files.iter().find(is_meant) else {
        return Err(Failure::failed(format!("{} names a directory and no asset", quoted(name))));
    };
    let mut lines = vec![("asset", name.to_owned()), ("file", file.file.display().to_string())];
    let hidden = listing.shadowed.iter().filter(is_meant);
    lines.extend(hidden.map(|hidden| ("hides", hidden.file.display().to_string())));
    Ok(lines)
}

/// What the manifest makes of the asset.
fn published(settings: &Settings, written: &str, name: &str) -> Result<Lines, Error> {
    let url = assets(settings, Mode::Production)?.url(written)?;
    let mut lines = vec![("production", url.to_string())];
    let store = DirStore::new(settings.out.clone().unwrap_or_default());
    if let Ok(json) = store.read(MANIFEST_NAME)
        && let Some(entry) = Manifest::parse(&json, &store.place())?.get(name)
    {
        lines.push(("hashed path", entry.hashed.clone()));
    }
    Ok(lines)
}

fn assets(settings: &Settings, mode: Mode) -> Result<Assets, Error> {
    let base_url = settings.base_url.clone().unwrap_or_default();
    Assets::builder().settings(settings.clone()).base_url(base_url).mode(mode).build()
}
