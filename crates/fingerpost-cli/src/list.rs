use std::io;

use fingerpost::{
    __private::{escape_controls, quoted},
    Assets, Mode, Settings, Store, Stored, Url,
    manifest::{MANIFEST_NAME, Manifest},
};
use serde::Serialize;

use crate::{
    args::ListArgs,
    bucket,
    exit::Exit,
    printer::Printer,
    table::{Left, Right, Table},
    terminal::stdout_columns,
    units::short_bytes,
};

/// An asset of the current release.
#[derive(Serialize)]
struct ListedAsset {
    path: String,
    /// `false` if the next release may have other bytes under the same URL.
    #[serde(skip)]
    is_hashed: bool,
    url: String,
    size: u64,
    integrity: String,
}

/// An entry of a precache manifest. `revision` is `null`, because the URL changes with the content.
#[derive(Serialize)]
struct WorkboxEntry<'a> {
    url: &'a str,
    revision: Option<&'a str>,
    integrity: &'a str,
}

pub(crate) fn run(args: &ListArgs, settings: Settings, printer: &Printer) -> Result<(), Exit> {
    let settings = args.apply_to(settings);
    if settings.out.is_none() && args.at.at.is_none() {
        return Err(Exit::no_output_dir("list"));
    }
    let base_url = settings.base_url.clone().unwrap_or_default();
    let mut builder = Assets::builder().base_url(base_url).mode(Mode::Production);
    if let Some(url) = &args.at.at {
        builder = builder.store(bucket::open(url, &settings, args.json, printer)?);
    }
    let assets = builder.settings(settings).build()?;
    let list = list(&assets)?;
    if args.workbox {
        printer.json(&list.iter().filter_map(workbox_entry).collect::<Vec<_>>())?;
    } else if args.json {
        printer.json(&list)?;
    } else {
        printer.styled_data(lines(&list, stdout_columns()))?;
    }
    Ok(())
}

fn list(assets: &Assets) -> Result<Vec<ListedAsset>, Exit> {
    let (store, snapshot) = (assets.store().expect("the strategy reads a manifest"), assets.snapshot());
    let manifest = read_manifest(&**store)?;
    let asset = |(path, url): (String, Url)| {
        let entry = manifest.get(&path);
        let hashed = snapshot.hashed_path(&path).unwrap_or(&path).to_owned();
        let info = entry.and_then(|entry| entry.info.as_ref());
        // The hashed path of a prehashed file is the asset path. Manifests of other programs have neither `info` nor prehashed
        // files.
        let is_hashed = hashed != path || info.is_some();
        let size = match info {
            Some(info) => info.size,
            // Manifests of other programs have no sizes.
            None => stored_size(&**store, &hashed).map_err(|err| unreadable(&**store, &hashed, &err))?,
        };
        let integrity = snapshot.integrity(&path)?;
        Ok(ListedAsset { path, is_hashed, url: url.to_string(), size, integrity })
    };
    snapshot.iter().map(asset).collect()
}

fn read_manifest(store: &dyn Store) -> Result<Manifest, Exit> {
    let json = store.read(MANIFEST_NAME).map_err(|err| unreadable(store, MANIFEST_NAME, &err))?;
    Ok(Manifest::parse(&json, MANIFEST_NAME)?)
}

fn stored_size(store: &dyn Store, name: &str) -> io::Result<u64> {
    match store.open(name)? {
        Stored::File(file) => Ok(file.metadata()?.len()),
        _ => Ok(store.read(name)?.len() as u64),
    }
}

fn unreadable(store: &dyn Store, name: &str, err: &io::Error) -> Exit {
    Exit::failed(format_args!("cannot read {} in {}: {err}", quoted(name), quoted(store.place())))
}

/// Returns `None` for an asset without a hash in its name.
fn workbox_entry(asset: &ListedAsset) -> Option<WorkboxEntry<'_>> {
    let ListedAsset { url, integrity, .. } = asset;
    asset.is_hashed.then_some(WorkboxEntry { url, revision: None, integrity })
}

/// Returns a table, or several lines for each asset on a terminal that is too narrow for the table.
fn lines(list: &[ListedAsset], columns: Option<usize>) -> Vec<String> {
    let header = [("PATH", Left), ("SIZE", Right), ("URL", Left), ("INTEGRITY", Left)];
    let rows: Vec<_> = list.iter().map(row).collect();
    let stacked = |[path, size, url, integrity]: &[String; 4]| {
        vec![
            path.clone(),
            format!("  size       {size}"),
            format!("  url        {url}"),
            format!("  integrity  {integrity}"),
        ]
    };
    let stacked: Vec<_> = rows.iter().flat_map(stacked).collect();
    Table::new(header, rows).lines(columns).unwrap_or(stacked)
}

fn row(asset: &ListedAsset) -> [String; 4] {
    let path = escape_controls(&asset.path);
    [path, short_bytes(asset.size), asset.url.clone(), asset.integrity.clone()]
}
