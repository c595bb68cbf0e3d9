use http::HeaderValue;

use super::{assert_rewritten, by_query, in_pieces};
use crate::html::{HtmlEncoding, UrlRewriter, rewrite_html};

#[test]
fn other_parts_of_a_tag_are_preserved_exactly() {
    assert_rewritten(
        &by_query(),
        "\u{feff}<!DOCTYPE html>\r\n<LINK  Rel = stylesheet\n\thref\t=\n'/static/a.css'   data-x='&#38;&lt;\"'  / >\r\n<p  class= x >",
        "\u{feff}<!DOCTYPE html>\r\n<LINK  Rel = stylesheet\n\thref\t=\n'/static/a.css?v=H'   data-x='&#38;&lt;\"'  / >\r\n<p  class= x >",
    );
}

#[test]
fn documents_in_other_encodings_are_preserved() {
    let snapshot = by_query();
    let rewrite_as = |content_type: &'static str, html: &[u8]| {
        let encoding = HtmlEncoding::from_content_type(&HeaderValue::from_static(content_type)).unwrap();
        let mut rewriter = UrlRewriter::with_encoding(&snapshot, encoding);
        [rewriter.write(html), rewriter.end()].concat()
    };
    // In a Latin-1 document declared as UTF-8, an attribute that is not valid UTF-8 is unchanged. Other attributes are
    // rewritten.
    let latin = b"<p title='\xe4'>\xfc<a href=\"/static/a.css\"><a href='/static/a.css?\xe4'>";
    assert_eq!(
        rewrite_as("text/html", latin),
        b"<p title='\xe4'>\xfc<a href=\"/static/a.css?v=H\"><a href='/static/a.css?\xe4'>"
    );
    let srcset = b"<img alt=\xe4 srcset='/static/a.css 1x, /\xe4.png 2x'>";
    assert_eq!(
        rewrite_as("text/html; charset=iso-8859-1", srcset),
        b"<img alt=\xe4 srcset='/static/a.css?v=H 1x, /\xe4.png 2x'>"
    );
    // In Shift_JIS the second byte of a character may be a backslash.
    let shift_jis = b"<img alt='\x83\x5c' srcset=\"/static/a.css, /\x83\x5c.png 2x, &#9731;.png 3x\">";
    assert_eq!(
        rewrite_as("text/html; charset=Shift_JIS", shift_jis),
        b"<img alt='\x83\x5c' srcset=\"/static/a.css?v=H, /\x83\x5c.png 2x, &#9731;.png 3x\">"
    );
    for content_type in ["text/html; charset=utf-16", "text/html; charset=ISO-2022-JP", "text/plain"] {
        assert_eq!(
            HtmlEncoding::from_content_type(&HeaderValue::from_static(content_type)),
            None,
            "{content_type}"
        );
    }
    assert_eq!(
        HtmlEncoding::from_content_type(&HeaderValue::from_static("text/html; charset=nope")),
        Some(HtmlEncoding::default())
    );
}

#[test]
fn malformed_html_is_passed_through_without_loss_or_duplication() {
    let snapshot = by_query();
    let long = "x".repeat(1 << 20);
    let reference = r#"<a href="/static/a.css">"#;
    for (before, after) in [
        (format!("<p title='{long}'>"), String::new()),
        (format!("<p {long}=1>"), format!("<a href='/static/{long}'>")),
        ("<a b".repeat(10_000) + ">", "<".repeat(10_000)),
        ("<p>".repeat(10_000), "</p>".repeat(10_000)),
        ("<template>".repeat(1_000), "</template>".repeat(1_000)),
        ("<svg><script>".repeat(1_000), "</script></svg>".repeat(1_000)),
        ("\0<p \0=\0>\0".to_owned(), "<a href=\"\0/static/a.css".to_owned()),
        (
            "<select><option><xmp>x</xmp><script>1</script></select>".to_owned(),
            "<frameset><style>".to_owned(),
        ),
        (String::new(), "<a href='/static/a.css".to_owned()),
        (String::new(), "<a href=/static/a.css".to_owned()),
        (String::new(), "<!-- <a href='/static/a.css'>".to_owned()),
    ] {
        let html = format!("{before}{reference}{after}");
        let expected = format!("{before}<a href=\"/static/a.css?v=H\">{after}");
        assert_eq!(rewrite_html(&html, &snapshot), expected);
        let pieces = html.as_bytes().chunks(4096);
        assert_eq!(in_pieces(pieces, &snapshot), expected.as_bytes());
    }
}

#[test]
fn documents_that_exceed_the_memory_limit_pass_unchanged() {
    let snapshot = by_query();
    let reference = r#"<a href="/static/a.css">"#;
    let long = format!("<a title='{}' href='/static/a.css'>", "x".repeat(50_000));
    let deep = "<b>".repeat(100_000);
    for (what, pieces) in [(&long, 100), (&long, 100_000), (&deep, 1_000), (&deep, 1 << 20)] {
        let html = format!("{reference}{what}{reference}");
        let mut rewriter = UrlRewriter::with_memory(&snapshot, HtmlEncoding::default(), 20_000);
        let mut rewritten: Vec<u8> =
            html.as_bytes().chunks(pieces).flat_map(|piece| rewriter.write(piece)).collect();
        rewritten.extend(rewriter.end());
        let rewritten = String::from_utf8(rewritten).unwrap();
        assert_eq!(rewritten.replace("?v=H", ""), html);
        assert!(rewritten.starts_with(r#"<a href="/static/a.css?v=H">"#));
        if pieces == 100 || what == &deep {
            assert!(rewritten.ends_with(reference), "the rest of the document is unchanged");
        }
    }
    let open = format!("{}{reference}", "<b>".repeat(100_000));
    assert!(
        rewrite_html(&open, &snapshot).ends_with(r#"<a href="/static/a.css?v=H">"#),
        "the memory limit is not exceeded"
    );
}

#[test]
fn rewriter_is_send_and_sync() {
    fn is_send_and_sync<T: Send + Sync>() {}
    is_send_and_sync::<UrlRewriter>();
    is_send_and_sync::<HtmlEncoding>();
}
