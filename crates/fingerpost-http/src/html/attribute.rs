use std::borrow::Cow;

use super::{reference::References, srcset};

/// The new value of an attribute, escaped for double and single quotes; nothing if it stays what it is.
///
/// `raw` is the value as it stands in the document, with its character references. Names them all like a browser:
/// `htmlize` keeps to the standard's table and to its rule that `&copy=` is no reference in an attribute.
pub(super) fn rewritten(name: &str, raw: &str, references: &References) -> Option<String> {
    let version: fn(&str, &References) -> Option<String> = match name {
        "href" | "src" | "poster" => one,
        "srcset" | "imagesrcset" => all,
        _ => return None,
    };
    // Something could not be decoded, and would be lost.
    if raw.contains(char::REPLACEMENT_CHARACTER) {
        return None;
    }
    let value = htmlize::unescape_attribute(raw);
    let new = version(&value, references)?;
    (new != value).then(|| htmlize::escape_all_quotes(Cow::from(new)).into_owned())
}

/// The white space around a URL is no part of it.
fn one(value: &str, references: &References) -> Option<String> {
    let url = value.trim_matches(|c| c <= ' ');
    let start = url.as_ptr().addr() - value.as_ptr().addr();
    let new = references.rewritten(url)?;
    Some(format!("{}{new}{}", &value[..start], &value[start + url.len()..]))
}

fn all(value: &str, references: &References) -> Option<String> {
    let (mut new, mut done) = (String::new(), 0);
    for place in srcset::urls(value) {
        if let Some(url) = references.rewritten(&value[place.clone()]) {
            new.push_str(&value[done..place.start]);
            // A comma at the end of a URL would divide it from what follows.
            let path = url.trim_end_matches(',');
            new.push_str(path);
            new.push_str(&"%2C".repeat(url.len() - path.len()));
            done = place.end;
        }
    }
    (done > 0).then(|| new + &value[done..])
}
