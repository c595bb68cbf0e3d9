//! Checks the names of an import map, and their paths.

use std::collections::BTreeMap;

use crate::{
    error::Error,
    quote::quoted,
    url::asset_path::{AssetPath, is_nameable},
};

/// Checks names and paths. Removes a leading slash of each path.
pub(crate) fn check_imports(imports: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, Error> {
    let checked = |(name, path): (String, String)| {
        check_name(&name)
            .and_then(|()| check_path(&name, &path))
            .map(|path| (name.clone(), path))
            .map_err(|reason| Error::config(format!("import {} {reason}", quoted(name))))
    };
    imports.into_iter().map(checked).collect()
}

fn check_name(name: &str) -> Result<(), String> {
    if name.is_empty() || name.contains(['\0', '\n']) {
        return Err("needs a name without NUL or line feed, such as `htmx`".to_owned());
    }
    // HTML, "parse a URL-like import specifier": such names are relative to the page.
    if ["/", "./", "../"].iter().any(|start| name.starts_with(start)) {
        return Err("is a path; write a bare name such as `htmx`, or add the path to `modules`".to_owned());
    }
    Ok(())
}

fn check_path(name: &str, path: &str) -> Result<String, String> {
    let path = path.strip_prefix('/').unwrap_or(path);
    let dir = path.strip_suffix('/');
    AssetPath::parse(dir.unwrap_or(path)).map_err(|err| format!("cannot be mapped: {err}"))?;
    match (name.ends_with('/'), dir.is_some()) {
        (true, false) => {
            return Err(format!("ends in `/`, so its path must too; write {}", quoted(format!("{path}/"))));
        }
        (false, true) => {
            let with_slash = quoted(format!("{name}/"));
            return Err(format!("has the path of a directory; write {with_slash}, or the path of a file"));
        }
        _ => {}
    }
    if !is_nameable(path) {
        return Err(format!("has the path {}; remove `?` and `#`", quoted(path)));
    }
    Ok(path.to_owned())
}
