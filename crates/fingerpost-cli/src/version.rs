use std::{io, path::Path};

use fingerpost::{
    __private::quoted,
    AppVersion, Assets, DirStore, Mode, Settings, Store,
    manifest::{MANIFEST_NAME, Manifest},
};

use crate::{args::VersionArgs, exit::Exit, printer::Printer};

pub(crate) fn run(args: &VersionArgs, settings: Settings, printer: &Printer) -> Result<(), Exit> {
    let version = app_version(args, settings)?;
    let source = version.source();
    if version.is_fallback() {
        printer
            .hint("set FINGERPOST_APP_VERSION, or run `fingerpost collect`: the manifest provides a version");
    }
    if args.json {
        printer.data(serde_json::json!({ "version": *version, "source": source.as_str() }))?;
    } else {
        printer.data(format_args!("{version} ({source})"))?;
    }
    Ok(())
}

/// Returns the app version of the site in production.
fn app_version(args: &VersionArgs, mut settings: Settings) -> Result<AppVersion, Exit> {
    settings.out = args.out.clone().or(settings.out);
    let out = DirStore::new(settings.out.clone().unwrap_or_default());
    let file = Path::new(&out.place()).join(MANIFEST_NAME).display().to_string();
    let manifest = if settings.out.is_some() { read_manifest(&out, &file)? } else { None };
    if let (Some(dir), None) = (&args.out, &manifest) {
        let command = quoted(format!("fingerpost collect <source> --out {}", dir.display()));
        let message = format_args!("{} was not found; run {command} to create it", quoted(file));
        return Err(Exit::failed(message));
    }
    let store = VersionOnlyStore { place: out.place(), manifest };
    Ok(Assets::builder().settings(settings).mode(Mode::Production).store(store).build()?.app_version())
}

/// Reads the manifest. Returns `None` if the manifest does not exist.
fn read_manifest(out: &DirStore, file: &str) -> Result<Option<Manifest>, Exit> {
    match out.read(MANIFEST_NAME) {
        Ok(json) => Ok(Some(Manifest::parse(&json, file)?)),
        Err(err) if err.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(err) => Err(Exit::failed(format_args!("cannot read {}: {err}", quoted(file)))),
    }
}

/// A store whose manifest has the hash and the components of the real manifest, but no base path. The version does not
/// depend on the base URL.
#[derive(Debug)]
struct VersionOnlyStore {
    place: String,
    manifest: Option<Manifest>,
}

impl Store for VersionOnlyStore {
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
