//! The arguments of `static_tags`, for both majors.

use fingerpost::{__private::quoted, Assets, Error};

use crate::argument::{Argument, by_name, kind_in_error};

/// The arguments of `static_tags(entries=['js/app.js', 'css/app.css'], nonce=nonce)`.
#[derive(Debug)]
pub(crate) struct TagArguments<'a> {
    entries: Vec<&'a str>,
    /// Empty without a nonce.
    nonce: &'a str,
}

impl<'a> TagArguments<'a> {
    /// Parses the arguments, or returns the usage error. `argument` and `list` convert values of the engine.
    pub(crate) fn parse<V>(
        keywords: impl Iterator<Item = (&'a str, &'a V)>,
        argument: fn(&'a V) -> Argument<'a>,
        list: fn(&'a V) -> Option<&'a [V]>,
    ) -> Result<Self, String> {
        let ([entries, nonce], unknown) = by_name(keywords, ["entries", "nonce"]);
        if let Some(keyword) = unknown {
            return Err(usage_error(&format!("but got the unknown keyword {}", quoted(keyword))));
        }
        let entries = entries.map_or_else(Vec::new, |entries| match list(entries) {
            Some(entries) => entries.iter().map(argument).collect(),
            None => vec![argument(entries)],
        });
        if entries.is_empty() {
            return Err(usage_error("but got no entry"));
        }
        let text = |argument| match argument {
            Argument::Text(text) => Ok(text),
            Argument::Other(kind) => Err(kind),
        };
        let wrong_entry = |kind| usage_error(&format!("but got {}", kind_in_error(kind)));
        let entries = entries.into_iter().map(text).collect::<Result<_, _>>().map_err(wrong_entry)?;
        let wrong_nonce = |kind| {
            let found = format!("and the nonce as a string, but got {} as the nonce", kind_in_error(kind));
            usage_error(&found)
        };
        let nonce = nonce.map(argument).filter(|nonce| !nonce.is_none());
        let nonce = nonce.map_or(Ok(""), text).map_err(wrong_nonce)?;
        Ok(Self { entries, nonce })
    }

    pub(crate) fn tags(&self, assets: &Assets) -> Result<String, Error> {
        assets.tags_with_nonce(&self.entries, self.nonce)
    }
}

fn usage_error(found: &str) -> String {
    let usage = "static_tags() takes scripts and style sheets, such as static_tags(entries=['js/app.js', 'css/app.css'])";
    format!("{usage}, {found}")
}
