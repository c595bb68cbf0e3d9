//! HTML attributes.

/// Appends ` name="value"`. Escapes the value.
pub(crate) fn push_attribute(html: &mut String, name: &str, value: &str) {
    for piece in [" ", name, "=\""] {
        html.push_str(piece);
    }
    for c in value.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            c => html.push(c),
        }
    }
    html.push('"');
}
