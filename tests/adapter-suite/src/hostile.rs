use fingerpost::{AssetPath, sources::IgnoreRules};
use proptest::{
    collection::vec,
    prelude::*,
    sample::select,
    test_runner::{TestCaseError, TestRunner},
};

/// Strings that some programs misinterpret.
const PIECES: &[&str] = &[
    "\"",
    "'",
    "<",
    ">",
    "&",
    "&amp;",
    "&#38;",
    "&#x2f;",
    "<script>",
    "</script>",
    "-->",
    "javascript:",
    "data:text/html,",
    "vbscript:",
    "https://evil.example/",
    "//evil.example",
    "///",
    "/",
    "//",
    ".",
    "..",
    "../",
    "/../",
    "%2e%2e",
    "%2e%2e%2f",
    "%2E.",
    ".%00",
    "\0",
    "?",
    "#",
    "?v=3",
    "&v=",
    "?v",
    "?x=1&y=2",
    "\\",
    "\\\\evil",
    "C:",
    "c:\\",
    ":",
    "@",
    "@evil",
    ";",
    "%",
    "%2",
    "%zz",
    "%25",
    "%2f",
    "%00",
    "%c0%ae",
    "+",
    "=",
    "$",
    " ",
    "\t",
    "\r\n",
    "\u{1b}[2J",
    "\u{7f}",
    "\u{85}",
    "\u{a0}",
    "`",
    "{",
    "}",
    "{{x}}",
    "{{",
    "{%",
    "|",
    "^",
    "[",
    "]",
    "(",
    ")",
    "*",
    "~",
    "\u{202e}",
    "\u{2066}",
    "\u{2069}",
    "\u{200f}",
    "\u{feff}",
    "\u{2028}",
    "é",
    "e\u{301}",
    "⊗",
    "．．",
    "／",
    "＼",
    "ｊavascript：",
    "😀",
    "\u{10ffff}",
    "a.css",
    "css/app.css",
    "static/",
    "app",
    ".css",
    "CON",
    "v=",
    "a.css?x&",
];

/// Generates text, most of which is similar to a path or a URL.
pub fn hostile_path() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => select(PIECES).prop_map(str::to_owned),
        2 => any::<char>().prop_map(String::from),
        1 => "[a-z0-9]{1,6}",
    ];
    let short = vec(piece.clone(), 0..8).prop_map(|pieces| pieces.concat());
    let long = vec(piece, 0..800).prop_map(|pieces| cut(pieces.concat(), 4_096));
    let behind = (select(&["a.css", "/a.css", "css/", "a.css?", "a.css#"][..]), short.clone());
    let arbitrary = vec(any::<char>(), 0..2_000).prop_map(|text| cut(text.into_iter().collect(), 4_096));
    prop_oneof![6 => short, 3 => behind.prop_map(|(head, tail)| head.to_owned() + &tail), 1 => long, 1 => arbitrary]
}

fn cut(mut text: String, longest: usize) -> String {
    text.truncate(text.floor_char_boundary(longest));
    text
}

/// Generates an asset path that is a valid file path on Unix. The default ignore rules accept the path.
pub fn hostile_file() -> impl Strategy<Value = String> {
    let is_piece = |piece: &&&str| !piece.contains(['/', '\0']);
    let pieces: Vec<_> = PIECES.iter().filter(is_piece).copied().collect();
    let letter = any::<char>().prop_filter("no separator", |c| !matches!(c, '/' | '\0'));
    let piece = prop_oneof![4 => select(pieces).prop_map(str::to_owned), 1 => letter.prop_map(String::from)];
    let segment = vec(piece, 1..6).prop_map(|pieces| cut(pieces.concat(), 200));
    vec(segment, 1..4).prop_map(|segments| segments.join("/")).prop_filter("an asset path", |path| {
        AssetPath::parse(path).is_ok() && IgnoreRules::default().reason_to_ignore(path).is_none()
    })
}

/// Runs `check` on `cases` values, and panics with the simplest failing value.
#[track_caller]
pub fn check_cases<S: Strategy>(cases: u32, values: &S, check: impl Fn(S::Value)) {
    let config = ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() };
    let result = TestRunner::new(config).run(values, |value| {
        check(value);
        Ok::<_, TestCaseError>(())
    });
    result.unwrap_or_else(|failure| panic!("{failure}"));
}
