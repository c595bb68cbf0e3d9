use crate::site::{Site, places_in};

#[track_caller]
fn assert_urls(template: &str, expected: &[&str]) {
    let places = places_in("templates/a.html", template, "[check.rules]\nmissing = 'ignore'");
    let texts: Vec<_> = places.into_iter().map(|(.., text)| text).collect();
    assert_eq!(texts, expected, "{template}");
}

#[test]
fn urls_in_attributes_are_reported() {
    let site = Site::new();
    site.write("templates/a.html", "<img src=\"/static/img/a.png?x\">\n<img src=/static/img/c.png>");
    site.write("templates/b.html", "<img src=\"/static/img/b%20c.png\">");
    assert_eq!(
        site.problems(),
        [
            "`templates/a.html`:2:10: asset `img/c.png` does not exist (did you mean `img/a.png`?)",
            "`templates/a.html`:1:11: `/static/img/a.png?x` is written by hand, so the URL does not change with the file (write \
             `\"img/a.png?x\" | static`)",
            "`templates/b.html`:1:11: `/static/img/b%20c.png` is written by hand, so the URL does not change with the file (write \
             `\"img/b c.png\" | static`)",
        ]
    );
}

#[test]
fn attributes_are_read_like_in_html() {
    assert_urls(
        "<a href='/static/a'><b HREF = \"/static/b\"/><c x href=/static/c>",
        &["/static/a", "/static/b", "/static/c"],
    );
    assert_urls("<img srcset=\"/static/a 1x, /static/b 2x,/x 3x\">", &["/static/a", "/static/b"]);
    assert_urls("<a href=\" /static/a \">", &["/static/a"]);
    assert_urls("<a\nhref\n=\n\"/static/a\"\n>", &["/static/a"]);
    assert_urls("<a title=\"a > b\" href=\"/static/a\">", &["/static/a"]);
    assert_urls(
        "<a href=\"/other/a\"><a href=\"https://x/static/a\"><a title=\"see /static/a\">/static/a",
        &[],
    );
    assert_urls("<!-- <a href=\"/static/a\"> --><a href=\"/static/b\">", &["/static/b"]);
    assert_urls("<script>x = '<a href=\"/static/a\">'</script><a href=\"/static/b\">", &["/static/b"]);
    assert_urls(
        "<script src=\"/static/a\">fetch(\"/static/b\")</SCRIPT><a href=\"/static/c\">",
        &["/static/a", "/static/c"],
    );
    assert_urls("1 < 2 <> href=\"/static/a\"", &[]);
}

#[test]
fn expressions_in_tags_are_skipped() {
    assert_urls(
        "<a {% if x %}href=\"/static/a\"{% endif %} {{ y }} src=\"/static/b\">",
        &["/static/a", "/static/b"],
    );
    assert_urls("<a href=\"{{ base }}/static/a\" src={{ x }}/static/b title=\"{{ y }}\">", &[]);
    assert_urls("<a href=\"/static/{{ name }}.png\"><a href=\"/static/b\">", &["/static/", "/static/b"]);
    assert_urls("{# <a href=\"/static/a\"> #}{% raw %}<a href=\"/static/b\">{% endraw %}", &[]);
    // The name after the expression is unknown, so only the first part of the URL is known.
    let site = Site::new();
    site.write("templates/a.html", "<img src=\"/static/img/{{ name }}.png\">");
    assert_eq!(
        site.problems(),
        [
            "`templates/a.html`:1:11: `/static/img/` is written by hand, so the URL does not change with the file"
        ]
    );
}

#[test]
fn values_that_blocks_select_are_checked() {
    let site = Site::new();
    site.write(
        "templates/a.html",
        "<link href=\"{% if dark %}/static/css/ap.css{% elif x %}/static/css/print.css{% else %}/static/css/app.css{% endif %}\">",
    );
    site.write("templates/b.html", "<img src='{% if a %}/static/im{% endif %}g/a.png'>");
    site.write("templates/c.html", "<img src={% if a %}/static/img/c.png{% endif %}>{{ static('x.css') }}");
    let problems = site.problems();
    let places: Vec<_> = problems.iter().map(|problem| problem.split(" (").next().unwrap()).collect();
    assert_eq!(
        places,
        [
            "`templates/a.html`:1:26: asset `css/ap.css` does not exist",
            "`templates/c.html`:1:20: asset `img/c.png` does not exist",
            "`templates/c.html`:1:60: asset `x.css` does not exist",
            "`templates/a.html`:1:56: `/static/css/print.css` is written by hand, so the URL does not change with the file",
            "`templates/a.html`:1:87: `/static/css/app.css` is written by hand, so the URL does not change with the file",
            "`templates/b.html`:1:21: `/static/im` is written by hand, so the URL does not change with the file",
        ]
    );
}

#[test]
fn base_url_of_the_whole_host_matches_only_existing_assets() {
    let text = "<a href=\"/about\"><form action=\"/\"><embed src=\"//cdn.example.com/x.js\"><img src=\"/img/a.png\">\
                <a href=\"/img/\"><a href=\"/{{ page }}\">";
    let places = places_in("templates/a.html", text, "base-url = '/'");
    assert_eq!(places, [(1, 81, "/img/a.png".to_owned())]);
}

#[test]
fn links_below_the_base_url_of_the_whole_host_leave_suggestions_for_names() {
    let site = Site::new();
    let links: String = (0..300).map(|n| format!("<a href='/page-{n}'></a>")).collect();
    site.write("templates/a.html", format!("{links}{{{{ static('css/ap.css') }}}}"));
    site.write("fingerpost.toml", "sources = ['static']\nbase-url = '/'");
    let [problem] = &site.problems()[..] else { panic!("one problem is expected") };
    assert!(problem.contains("did you mean `css/app.css`?"), "{problem}");
}

#[test]
fn base_url_of_another_host_is_compared_as_a_whole() {
    let settings = "base-url = 'https://cdn.example.com/static/'";
    let text = "<a href=\"/static/a\"><a href=\"https://cdn.example.com/static/img/b%20c.png\">";
    let places = places_in("templates/a.html", text, settings);
    assert_eq!(places, [(1, 30, "https://cdn.example.com/static/img/b%20c.png".to_owned())]);
}
