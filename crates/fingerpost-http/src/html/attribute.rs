use std::borrow::Cow;

use super::{reference::References, srcset};

/// Returns the new value of an attribute, escaped for single and double quotes. Returns `None` if the value is unchanged.
///
/// `raw` is the value in the document, with its character references. `htmlize` decodes the references like a
/// browser, with the table of the HTML Standard. In an attribute, `&copy=` is not a reference.
pub(super) fn rewritten(name: &str, raw: &str, references: &References) -> Option<String> {
    let rewrite: fn(&str, &References) -> Option<String> = match name {
        "href" | "src" | "poster" => rewritten_url,
        "srcset" | "imagesrcset" => rewritten_srcset,
        _ => return None,
    };
    // A rewritten value would lose the characters that could not be decoded.
    if raw.contains(char::REPLACEMENT_CHARACTER) {
        return None;
    }
    let value = htmlize::unescape_attribute(raw);
    let new = rewrite(&value, references)?;
    (new != value).then(|| htmlize::escape_all_quotes(Cow::from(new)).into_owned())
}

/// Rewrites a URL. Preserves surrounding whitespace.
fn rewritten_url(value: &str, references: &References) -> Option<String> {
    let url = value.trim_matches(|c| c <= ' ');
    let start = url.as_ptr().addr() - value.as_ptr().addr();
    let new = references.rewritten(url)?;
    Some(format!("{}{new}{}", &value[..start], &value[start + url.len()..]))
}

fn rewritten_srcset(value: &str, references: &References) -> Option<String> {
    let (mut new, mut done) = (String::new(), 0);
    for range in srcset::urls(value) {
        if let Some(url) = references.rewritten(&value[range.clone()]) {
            new.push_str(&value[done..range.start]);
            // A comma at the end of a URL would end the candidate.
            let path = url.trim_end_matches(',');
            new.push_str(path);
            new.push_str(&"%2C".repeat(url.len() - path.len()));
            done = range.end;
        }
    }
    (done > 0).then(|| new + &value[done..])
}
