//! The names of the chunks of bundlers.

/// Returns the parts of a path before and after the hash that a bundler added to the name of a chunk: `assets/main-` and `.js`
/// of `assets/main-BRBmoGS9.js` for the chunk `main`. Both parts are the same in every build.
///
/// Returns `None` if the file name does not start with the name of the chunk, or has no hash or no extension.
pub fn around_chunk_hash<'p>(path: &'p str, chunk: &str) -> Option<(&'p str, &'p str)> {
    let name = path.rfind('/').map_or(0, |slash| slash + 1);
    let rest = path[name..].strip_prefix(chunk).filter(|_| !chunk.is_empty())?;
    let hash = rest.strip_prefix(['-', '.', '_'])?;
    let extension = hash.rfind('.').filter(|dot| *dot > 0)?;
    let start = path.len() - hash.len();
    Some((&path[..start], &path[start + extension..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_between_the_name_of_the_chunk_and_the_extension() {
        for (path, chunk, expected) in [
            ("vite/assets/main-BRBmoGS9.js", "main", Some(("vite/assets/main-", ".js"))),
            ("main-a-_b.js", "main", Some(("main-", ".js"))),
            ("pack/app.3f2a91bc.min.js", "app", Some(("pack/app.", ".js"))),
            ("app_1.css", "app", Some(("app_", ".css"))),
            ("a/b/ü-1.js", "ü", Some(("a/b/ü-", ".js"))),
            ("mains-1.js", "main", None),
            ("other-1.js", "main", None),
            ("main/x-1.js", "main", None),
            ("main.js", "main", None),
            ("main-.js", "main", None),
            ("main-1", "main", None),
            ("-1.js", "", None),
            ("", "main", None),
        ] {
            assert_eq!(around_chunk_hash(path, chunk), expected, "{path}");
        }
    }
}
