//! The arguments of `static_tags`, for both majors.

use fingerpost::{__private::quoted, Assets, Error};

use crate::argument::{Argument, kind_in_error};

/// The arguments of `static_tags(entries=['js/app.js', 'css/app.css'], nonce=nonce)`.
#[derive(Debug)]
pub(crate) struct TagArguments<'a> {
    entries: Vec<&'a str>,
    nonce: Option<&'a str>,
}

impl<'a> TagArguments<'a> {
    /// Parses the arguments, or returns the usage error. `argument` and `list` convert values of the engine.
    pub(crate) fn parse<V>(
        keywords: impl Iterator<Item = (&'a str, &'a V)>,
        argument: fn(&'a V) -> Argument<'a>,
        list: fn(&'a V) -> Option<&'a [V]>,
    ) -> Result<Self, String> {
        let (mut entries, mut nonce, mut unknown) = (None, None, None);
        for (keyword, value) in keywords {
            match keyword {
                "entries" => entries = Some(value),
                "nonce" => nonce = Some(value),
                // Keywords have no order. The greatest keyword makes the error deterministic.
                keyword => unknown = unknown.max(Some(keyword)),
            }
        }
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
        let nonce = match nonce.map(|nonce| text(argument(nonce))).transpose() {
            Ok(nonce) => nonce,
            Err("none" | "null") => None,
            Err(kind) => {
                let found =
                    format!("and the nonce as a string, but got {} as the nonce", kind_in_error(kind));
                return Err(usage_error(&found));
            }
        };
        Ok(Self { entries, nonce })
    }

    pub(crate) fn tags(&self, assets: &Assets) -> Result<String, Error> {
        match self.nonce {
            Some(nonce) => assets.tags_with_nonce(&self.entries, nonce),
            None => assets.tags(&self.entries),
        }
    }
}

fn usage_error(found: &str) -> String {
    let usage = "static_tags() takes scripts and style sheets, such as static_tags(entries=['js/app.js', 'css/app.css'])";
    format!("{usage}, {found}")
}
