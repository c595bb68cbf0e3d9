//! A manifest of the form `{"app.js": "app.3f2a91bc.js"}`, which plugins of webpack, Rspack, esbuild and Parcel write.

use std::path::Path;

use serde::Deserialize;

use super::{Bundle, chunks::without_extension};
use crate::{
    error::Error,
    manifest::json::UniqueMap,
    quote::quoted,
    url::{
        asset_path::{AssetPath, is_nameable},
        base_url::{BaseUrl, path_start},
    },
};

/// A file name, alone or with its integrity. Other values, such as the entry points of webpack-assets-manifest, name no file.
#[derive(Deserialize)]
#[serde(untagged)]
enum Value {
    Name(String),
    WithIntegrity { src: String },
    Other(serde::de::IgnoredAny),
}

/// Parses a flat manifest. `place` is the path of the manifest. `prefix` is the asset path of its directory.
///
/// # Errors
///
/// [`ErrorKind::InvalidManifest`](crate::ErrorKind::InvalidManifest) for malformed JSON, and for a file name that is
/// neither a path below the directory of the manifest nor a URL below the base URL.
pub(super) fn parse(
    json: &[u8],
    place: &Path,
    prefix: Option<&str>,
    base: &BaseUrl,
) -> Result<Bundle, Error> {
    let names: UniqueMap<Value> = serde_json::from_slice(json).map_err(|err| {
        Error::manifest(place, format_args!("cannot be read: {err}; run the bundler again"))
    })?;
    let mut bundle = Bundle::default();
    for (written, value) in names.0 {
        let (Value::Name(file) | Value::WithIntegrity { src: file }) = value else { continue };
        let refuse = |reason: &str, advice: &str| {
            let [name, file] = [&written, &file].map(quoted);
            Error::manifest(place, format_args!("has the file {file} for {name}: {reason}; {advice}"))
        };
        if file.contains('?') {
            let advice = "configure the bundler to write hashes into file names";
            return Err(refuse("the version is in the query", advice));
        }
        let path = asset_path(&file, prefix, base).map_err(|reason| {
            let advice =
                "the bundler must write names relative to its output directory, or URLs below the base URL";
            refuse(&reason, advice)
        })?;
        let name = written.strip_prefix('/').unwrap_or(&written);
        if is_nameable(name) && AssetPath::parse(name).is_ok() && *name != *path {
            bundle.entries.insert(name.to_owned(), path.clone());
        }
        // A file with an unchanged name has no hash.
        if name.rsplit('/').next() != path.rsplit('/').next() {
            bundle.set_chunk(&path, without_extension(name));
            bundle.files.entry(path).or_default();
        }
    }
    Ok(bundle)
}

/// Returns the asset path of a file name in a flat manifest. A name may start with the `publicPath` of webpack.
fn asset_path(file: &str, prefix: Option<&str>, base: &BaseUrl) -> Result<AssetPath, String> {
    let invalid = |err: Error| err.to_string();
    let Some(start) = path_start(file) else {
        // Without a public path, webpack-manifest-plugin writes `auto/`.
        let name = file.strip_prefix("./").or_else(|| file.strip_prefix("auto/")).unwrap_or(file);
        let path = AssetPath::parse(name).map_err(invalid)?;
        return match prefix {
            Some(prefix) => AssetPath::parse(&format!("{prefix}/{path}")).map_err(invalid),
            None => Ok(path),
        };
    };
    let below = file[start..].strip_prefix(base.path());
    let path = below.filter(|_| start == 0 || file.starts_with(base.as_str()));
    let path = path.ok_or_else(|| format!("the URL is not below the base URL {}", quoted(base)))?;
    AssetPath::parse(path).map_err(invalid)
}
