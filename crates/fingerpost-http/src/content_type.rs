//! The parts of a `Content-Type`.

/// The type and subtype of a `Content-Type` or of an item of `Accept`, without parameters.
pub(crate) fn essence(value: &str) -> &str {
    value.split(';').next().unwrap_or_default().trim()
}

/// The parameter `charset` of a `Content-Type`.
pub(crate) fn charset(value: &str) -> Option<&str> {
    value.split(';').skip(1).find_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        name.trim().eq_ignore_ascii_case("charset").then(|| value.trim().trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_type_is_read_in_any_spelling() {
        for (value, expected) in [
            ("text/html", ("text/html", None)),
            ("text/html;charset=utf-8", ("text/html", Some("utf-8"))),
            (" text/html ; x=y; Charset = \"UTF-8\" ;", ("text/html", Some("UTF-8"))),
            ("", ("", None)),
        ] {
            assert_eq!((essence(value), charset(value)), expected, "{value}");
        }
    }
}
