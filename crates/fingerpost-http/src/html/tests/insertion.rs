use bytes::Bytes;
use http::HeaderValue;
use proptest::{collection::vec, prelude::any, prop_assert_eq, proptest};

use crate::html::{HeadInserter, HtmlEncoding};

const TAG: &str = "<script src=\"/x.js\"></script>";

fn insert_into<'a>(mut inserter: HeadInserter, pieces: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut document = Vec::new();
    for piece in pieces {
        document.extend(inserter.write(Bytes::copy_from_slice(piece)));
    }
    document.extend(inserter.end());
    document
}

fn inserter() -> HeadInserter {
    HeadInserter::new(TAG, HtmlEncoding::default())
}

/// Checks that the tag is inserted only at `¦`.
#[track_caller]
fn assert_inserted(marked: &str) {
    let (html, expected) = (marked.replace('¦', ""), marked.replace('¦', TAG));
    let whole = insert_into(inserter(), [html.as_bytes()]);
    assert_eq!(String::from_utf8(whole).unwrap(), expected);
    for at in 0..=html.len() {
        let (before, after) = html.as_bytes().split_at(at);
        assert_eq!(insert_into(inserter(), [before, after]), expected.as_bytes(), "split at {at}");
    }
    assert_eq!(insert_into(inserter(), html.as_bytes().chunks(1)), expected.as_bytes(), "byte by byte");
}

#[test]
fn tag_becomes_the_first_child_of_the_first_head() {
    for marked in [
        "<!DOCTYPE html><html lang=\"en\"><head>¦<title>x</title></head><body><head></head>",
        "\u{feff}<!doctype html>\r\n<!-- <head> -->\r\n<HTML>\n<HEAD  id = x data-y='&#38;>' >¦\n<meta charset=utf-8>",
        "<head>¦",
        "<head/>¦<title>x</title>",
        "<head / >¦",
        "<head a=<head>¦ b>",
        "<header><head>¦</head></header>",
        "<p>a late head<head>¦</head>",
        "<template><head></head></template><head>¦</head>",
        "<template><p><template><head></template><head></p></template><html><head>¦</html>",
        "<svg><head></head></svg><math><head></head></math><head>¦",
        "<script>'<head>'</script><style><head></style><head>¦",
        "<textarea><head></textarea><title><head></title><xmp><head></xmp><head>¦",
        "<iframe><head></iframe><noscript><head></noscript><head>¦",
        "<select><option><xmp><head></xmp></select><head>¦",
        "<head>¦<template><head>",
    ] {
        assert_inserted(marked);
    }
}

#[test]
fn document_without_a_head_is_unchanged() {
    for html in [
        "",
        "<div>a fragment</div>",
        "<tr><td>1",
        "<head",
        "<head ",
        "<head title='>",
        "</head>",
        "<header>",
        "< head>",
        "&lt;head>",
        "<!-- <head>",
        "<!--><!-- <head> -->",
        "<script><head>",
        "<textarea><head>",
        "<plaintext><head>",
        "<template><head></head></template>",
        "<template><div><head></div>",
        "<svg><g><head></g></svg>",
        "<svg><![CDATA[<head>]]></svg>",
    ] {
        assert_inserted(html);
    }
}

#[test]
fn invalid_utf_8_and_other_encodings_are_preserved() {
    let latin = b"<html title='\xe4'><!-- \xff --><head>\xfc</head>\xc3";
    let expected = [b"<html title='\xe4'><!-- \xff --><head>", TAG.as_bytes(), b"\xfc</head>\xc3"].concat();
    for content_type in ["text/html", "text/html; charset=iso-8859-1", "text/html; charset=Shift_JIS"] {
        let encoding = HtmlEncoding::from_content_type(&HeaderValue::from_static(content_type)).unwrap();
        let inserter = HeadInserter::new(TAG, encoding);
        assert_eq!(insert_into(inserter, [&latin[..]]), expected, "{content_type}");
    }
}

#[test]
fn documents_that_exceed_the_memory_limit_pass_unchanged() {
    let long = format!("<html title='{}'><head>", "x".repeat(50_000));
    let deep = format!("{}<head>", "<b>".repeat(100_000));
    for html in [long, deep] {
        for size in [100, 1 << 20] {
            let inserter = HeadInserter::with_memory(TAG.to_owned(), HtmlEncoding::default(), 20_000);
            let document = insert_into(inserter, html.as_bytes().chunks(size));
            assert_eq!(String::from_utf8(document).unwrap().replace(TAG, ""), html);
        }
        let document = insert_into(inserter(), html.as_bytes().chunks(4096));
        assert!(document.ends_with(TAG.as_bytes()), "the memory limit is not exceeded");
    }
}

#[test]
fn chunks_after_the_insertion_are_passed_through_without_copying() {
    let mut inserter = inserter();
    assert_eq!(inserter.write(Bytes::from_static(b"<head><ti")), format!("<head>{TAG}<ti"));
    let next = Bytes::from_static(b"tle>x</title><head><p");
    assert_eq!(inserter.write(next.clone()).as_ptr(), next.as_ptr());
    assert_eq!(inserter.end(), "");
}

proptest! {
    #[test]
    fn arbitrary_bytes_are_preserved(html in vec(any::<u8>(), 0..200), size in 1..50_usize) {
        prop_assert_eq!(insert_into(inserter(), html.chunks(size)), html);
    }

    #[test]
    fn arbitrary_bytes_after_the_head_are_preserved(html in vec(any::<u8>(), 0..200), size in 1..50_usize) {
        let document = [b"<head>", &html[..]].concat();
        let expected = [b"<head>", TAG.as_bytes(), &html].concat();
        prop_assert_eq!(insert_into(inserter(), document.chunks(size)), expected);
    }
}
