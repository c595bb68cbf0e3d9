use std::{io, path::Path};

use fingerpost::{
    __private::quoted,
    AppVersion, Assets, DirStore, Mode, Settings, Store,
    manifest::{MANIFEST_NAME, Manifest},
};

use crate::{args::VersionArgs, exit::Failure, printer::Console};

pub(crate) fn run(args: &VersionArgs, settings: Settings, console: &Console) -> Result<(), Failure> {
    let version = app_version(args, settings)?;
    let source = version.source();
    if version.is_fallback() {
        console.hint("set FINGERPOST_APP_VERSION, or collect first: the manifest has a version");
    }
    if args.json {
        console.data(serde_json::json!({ "version": *version, "source": source.as_str() }))?;
    } else {
        console.data(format_args!("{version} ({source})"))?;
    }
    Ok(())
}

/// The version that the site has in production.
fn app_version(args: &VersionArgs, settings: Settings) -> Result<AppVersion, Failure> {
    let settings = args.put_before(settings);
    let out = DirStore::new(settings.out.clone().unwrap_or_default());
    let manifest = if settings.out.is_some() { manifest(&out)? } else { None };
    if let (Some(dir), None) = (&args.out, &manifest) {
        return Err(not_collected(dir, &out));
    }
    let store = WithoutAssets { place: out.place(), manifest };
    Ok(Assets::builder().settings(settings).mode(Mode::Production).store(store).build()?.app_version())
}

/// What was collected; nothing, if nothing was yet.
fn manifest(out: &DirStore) -> Result<Option<Manifest>, Failure> {
    let place = place(out);
    match out.read(MANIFEST_NAME) {
        Ok(json) => Ok(Some(Manifest::parse(&json, &place)?)),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(err) => Err(Failure::failed(format_args!("cannot read {}: {err}", quoted(place)))),
    }
}

fn not_collected(dir: &Path, out: &DirStore) -> Failure {
    let command = quoted(format!("fingerpost collect <source> --out {}", dir.display()));
    Failure::failed(format_args!("{} was not found; run {command} to make it", quoted(place(out))))
}

fn place(out: &DirStore) -> String {
    Path::new(&out.place()).join(MANIFEST_NAME).display().to_string()
}

/// A manifest without its assets, if there is one: the version is the same whatever base URL they were collected for.
#[derive(Debug)]
struct WithoutAssets {
    place: String,
    manifest: Option<Manifest>,
}

impl Store for WithoutAssets {
    fn place(&self) -> String {
        self.place.clone()
    }

    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        let manifest = self.manifest.as_ref();
        let components = manifest.map(Manifest::components).cloned().unwrap_or_default();
        let manifest = serde_json::json!({
            "version": "1.1",
            "paths": {},
            "hash": manifest.and_then(Manifest::hash),
            "fingerpost": { "schema": 1, "components": components },
        });
        Ok(manifest.to_string().into_bytes())
    }

    fn releases(&self) -> io::Result<Vec<u64>> {
        Ok(Vec::new())
    }
}
