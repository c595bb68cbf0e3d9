use std::io;

use fingerpost::{AppVersion, Assets, Error, MANIFEST_NAME, Mode, Settings, Store};

use crate::{args::VersionArgs, console::Console, failure::Failure};

pub(crate) fn run(args: &VersionArgs, settings: Settings, console: &Console) -> Result<(), Failure> {
    let version = app_version(args.put_before(settings))?;
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
fn app_version(settings: Settings) -> Result<AppVersion, Error> {
    let is_collected = settings.out.as_ref().is_some_and(|out| out.join(MANIFEST_NAME).exists());
    let builder = Assets::builder().settings(settings).mode(Mode::Production);
    let builder = if is_collected { builder } else { builder.store(NothingCollected) };
    Ok(builder.build()?.app_version())
}

/// Stands for an output dir that is not there yet, so that a version that was set can be asked for before.
#[derive(Debug)]
struct NothingCollected;

impl Store for NothingCollected {
    fn place(&self) -> String {
        "nothing".to_owned()
    }

    fn read(&self, _: &str) -> io::Result<Vec<u8>> {
        Ok(br#"{"version": "1.1", "paths": {}}"#.to_vec())
    }

    fn releases(&self) -> io::Result<Vec<u64>> {
        Ok(Vec::new())
    }
}
