use std::sync::OnceLock;

use fingerpost::Snapshot;
use proptest::{
    collection::vec,
    prelude::{any, prop_assert_eq, prop_oneof, proptest},
    sample::select,
    strategy::Strategy,
};

use super::{by_query, in_pieces};

/// Generates documents from markup, references, and characters with a meaning in HTML or URLs.
fn html() -> impl Strategy<Value = Vec<u8>> {
    const WORDS: &[&str] = &[
        "<",
        ">",
        "/",
        "=",
        "\"",
        "'",
        " ",
        "\n",
        "a",
        "<a ",
        "<img ",
        "</a>",
        "href=",
        "src = ",
        "srcset='",
        "poster=\"",
        "/static/a.css",
        "/static/img/a.png",
        "/static/",
        "/static/nope.css",
        "?",
        "?x=1",
        "&amp;y",
        "#f",
        "?v=1",
        ", ",
        " 2x",
        "<!--",
        "-->",
        "<script>",
        "</script>",
        "<svg>",
        "</svg>",
        "<template>",
        "<style>",
        "</style>",
        "<![CDATA[",
        "]]>",
        "<textarea>",
        "</textarea>",
        "<select>",
        "<xmp>",
        "&#x2f;",
        "data:a,b",
        "(",
        ")",
        "ä",
        "\0",
        "</",
        "<!",
        "<?",
    ];
    const TAGS: &[&str] = &[
        "<a href='/static/a.css'>",
        "<img src=/static/img/a.png alt=x>",
        "<img srcset=\"/static/a.css 1x, /static/nope 2x\">",
        "<video x poster = \"/static/img/a.png?x&amp;y#f\" >",
        "<link href=\" /static/b c.css \"/>",
        "<a href='/static/comma,?v=1'>",
        "<base href='//other.example/'>",
    ];
    let piece = prop_oneof![
        3 => select(TAGS).prop_map(|tag| tag.as_bytes().to_vec()),
        9 => select(WORDS).prop_map(|word| word.as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn output_does_not_depend_on_chunk_sizes(html in html(), sizes in vec(1..9_usize, 1..20)) {
        let snapshot = shared_snapshot();
        let whole = in_pieces([&html[..]], snapshot);
        let (mut rest, mut pieces) = (&html[..], Vec::new());
        for size in sizes.iter().cycle() {
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at((*size).min(rest.len()));
            pieces.push(piece);
            rest = after;
        }
        prop_assert_eq!(in_pieces(pieces, snapshot), whole);
    }

    #[test]
    fn second_pass_changes_nothing(html in html()) {
        let snapshot = shared_snapshot();
        let rewritten = in_pieces([&html[..]], snapshot);
        prop_assert_eq!(in_pieces([&rewritten[..]], snapshot), rewritten);
    }

    #[test]
    fn document_without_assets_is_unchanged(html in html()) {
        let html: Vec<u8> = html.iter().map(|byte| if *byte == b's' { b'z' } else { *byte }).collect();
        prop_assert_eq!(in_pieces([&html[..]], shared_snapshot()), html);
    }

    #[test]
    fn arbitrary_bytes_are_preserved(html in vec(any::<u8>(), 0..200)) {
        prop_assert_eq!(in_pieces([&html[..]], shared_snapshot()), html);
    }
}

fn shared_snapshot() -> &'static Snapshot {
    static SNAPSHOT: OnceLock<Snapshot> = OnceLock::new();
    SNAPSHOT.get_or_init(by_query)
}
