//! Tests that references are found with any white space and comments between the tokens.

use proptest::{prelude::*, sample::select};

use super::js::scan;

/// The tokens of references. `S` is a string, and `C` is a constant, optionally in parentheses.
const FORMS: [&str; 24] = [
    "import S",
    "import a from S ;",
    "import a , { b as c } from S",
    "import * as a from S",
    "import S with { type : 'json' }",
    "export * from S",
    "export * as a from S",
    "export { a , b as default } from S",
    "import ( C )",
    "import ( C , )",
    "import ( C , { with : { } } )",
    "import . defer ( C )",
    "x = import ( C ) . then ( ( a ) )",
    "[ { y : `${ ( import ( C ) ) }` } ]",
    "import . meta . resolve ( C )",
    "import . meta . resolve ( C , x )",
    "import . meta . resolve ?. ( C )",
    "import . meta ?. resolve ( C )",
    "import . meta [ 'resolve' ] ( C )",
    "( ( import . meta ) . resolve ) ( C )",
    "new URL ( C , import . meta . url )",
    "new self . URL ( C , ( import . meta [ `url` ] ) , )",
    "f ( new ( URL ) ( C , import . meta . url ) . href )",
    "class A { x = new URL ( C , import . meta . url ) }",
];

const GAPS: [&str; 16] = [
    "",
    "",
    " ",
    "\t",
    "\n",
    "\r\n",
    "\r",
    "\u{2028}",
    "\u{feff}",
    "/**/",
    "/* @vite-ignore */",
    "/*)*/",
    "/*\n('*/",
    "// '(\n",
    "//`) “/*\r",
    "//\u{2029}",
];

fn is_word(token: &str) -> bool {
    token.chars().all(char::is_alphanumeric)
}

/// Returns a form with gaps between its tokens, and the position of its specifier.
fn with_gaps(form: &str, gaps: &[&str], quote: char, parentheses: usize) -> (String, usize) {
    const SPECIFIER: &str = "./m.js";
    let constant =
        format!("{}{quote}{SPECIFIER}{quote}{}", "( ".repeat(parentheses), " )".repeat(parentheses));
    let quote = if quote == '`' { '\'' } else { quote };
    let tokens = form.replace('C', &constant).replace('S', &format!("{quote}{SPECIFIER}{quote}"));
    let (mut text, mut before) = (String::new(), "");
    for (token, gap) in tokens.split(' ').zip(gaps.iter().copied().cycle()) {
        let touches = gap.is_empty() && is_word(before) && is_word(token);
        text.extend([gap, if touches { " " } else { "" }, token]);
        before = token;
    }
    text.push_str(gaps[0]);
    let start = text.find(SPECIFIER).expect("every form has a specifier");
    (text, start)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn specifier_is_found_with_any_whitespace_and_comments_between_tokens(
        form in select(&FORMS[..]),
        gaps in prop::collection::vec(select(&GAPS[..]), 1..40),
        quote in select(&['"', '\'', '`'][..]),
        parentheses in 0..4_usize,
    ) {
        let (text, start) = with_gaps(form, &gaps, quote, parentheses);
        let scan = scan(&text, false).expect("the script is not too deep");
        let found: Vec<_> = scan.written.iter().map(|written| (written.span.start, &text[written.span.clone()])).collect();
        prop_assert_eq!((found, scan.parse_failure), (vec![(start, "./m.js")], None), "{:?}", text);
    }
}
