//! Arguments that are not an asset path.

use adapter_suite::Site;
use fingerpost::Assets;
use minijinja::{
    Environment,
    ErrorKind::{self, InvalidOperation, MissingArgument, TooManyArguments},
    UndefinedBehavior, Value, context,
};

use crate::support::{core_error, environment, render_error};

fn development() -> (Site, Assets) {
    let site = Site::with_files(&["a.css"]);
    let assets = site.development().build().unwrap();
    (site, assets)
}

fn context() -> Value {
    context! {
        nothing => (),
        number => 42,
        list => ["a.css"],
        user => context! { name => "Ann", password => "hunter2" },
        bytes => Value::from_bytes(vec![0xff]),
        long => Value::make_iterable(|| 0..1_000_000),
    }
}

/// Checks the kind, text and location of the error, with each helper in place of `static`.
#[track_caller]
fn assert_usage_error(env: &Environment<'_>, source: &str, kind: ErrorKind, found: &str) {
    for name in ["static", "static_url", "static_integrity"] {
        let source = format!("<html>\n\n<link href=\"{{{{ {} }}}}\">", source.replace("static", name));
        let err = render_error(env, "page.html", &source, context());
        let text = format!("{name}() takes an asset path, such as {name}('css/app.css'), {found}");
        assert_eq!((err.kind(), err.detail()), (kind, Some(&*text)), "{source}");
        assert_eq!(err.to_string(), format!("{kind}: {text} (in page.html:3)"), "{source}");
        assert_eq!((err.name(), err.line()), (Some("page.html"), Some(3)), "{source}");
        assert!(core_error(&err).is_none(), "{source}");
    }
}

#[test]
fn non_string_argument_is_rejected_without_showing_its_value() {
    let (_site, assets) = development();
    let env = environment(&assets);
    for (value, found) in [
        ("nothing", "but got none"),
        ("unset", "but got undefined"),
        ("user.email", "but got undefined"),
        ("number", "but got a value of type number"),
        ("1.5", "but got a value of type number"),
        ("true", "but got a value of type bool"),
        ("list", "but got a value of type sequence"),
        ("user", "but got a value of type map"),
        ("long", "but got a value of type iterator"),
        ("bytes", "but got a value of type bytes"),
        ("app_version", "but got a value of type plain object"),
    ] {
        for call in ["static(VALUE)", "static(path=VALUE)", "VALUE | static", "static(**{'path': VALUE})"] {
            assert_usage_error(&env, &call.replace("VALUE", value), InvalidOperation, found);
        }
    }
}

#[test]
fn helper_call_requires_exactly_one_path() {
    let (_site, assets) = development();
    let env = environment(&assets);
    for call in ["static()", "static(*[])", "static(**{})", "static(**{1: 'a.css'})"] {
        assert_usage_error(&env, call, MissingArgument, "but got no argument");
    }
    for call in [
        "static('a.css', 'a.css')",
        "static('a.css', none)",
        "static('a.css', path='a.css')",
        "static('a.css', absolute=true)",
        "static(*['a.css', 'a.css'])",
    ] {
        assert_usage_error(&env, call, TooManyArguments, "but got more than one argument");
    }
    for filter in
        ["'a.css' | static('a.css')", "'a.css' | static(path='a.css')", "number | static(absolute=true)"]
    {
        let err = render_error(&env, "page.html", &format!("{{{{ {filter} }}}}"), context());
        assert_eq!((err.kind(), err.line()), (TooManyArguments, Some(1)), "{filter}");
    }
}

#[test]
fn unknown_keyword_arguments_are_rejected() {
    let (_site, assets) = development();
    let env = environment(&assets);
    for (call, keyword) in [
        ("static(absolute=true)", "absolute"),
        ("static(path='a.css', absolute=true)", "absolute"),
        ("static(Path='a.css')", "Path"),
        ("static(**{'a\\nb': 1})", "a\\nb"),
    ] {
        assert_usage_error(&env, call, TooManyArguments, &format!("but got the unknown keyword `{keyword}`"));
    }
}

#[test]
fn tags_require_entries_and_a_nonce_that_is_a_string() {
    let (_site, assets) = development();
    let env = environment(&assets);
    let error = |call: &str| {
        let err = render_error(&env, "page.html", &format!("\n{{{{ {call} }}}}"), context());
        assert_eq!((err.name(), err.line()), (Some("page.html"), Some(2)), "{call}");
        assert!(core_error(&err).is_none(), "{call}");
        let usage =
            "static_tags() takes scripts and style sheets, such as static_tags('js/app.js', 'css/app.css'), ";
        (err.kind(), err.detail().unwrap().strip_prefix(usage).expect("usage prefix").to_owned())
    };
    for (call, kind, found) in [
        ("static_tags()", MissingArgument, "but got no entry"),
        ("static_tags(nonce='x')", MissingArgument, "but got no entry"),
        ("static_tags(entries=[])", MissingArgument, "but got no entry"),
        ("static_tags(unset)", InvalidOperation, "but got undefined"),
        ("static_tags('a.css', 42)", InvalidOperation, "but got a value of type number"),
        ("static_tags(list)", InvalidOperation, "but got a value of type sequence"),
        ("static_tags(entries=['a.css', none])", InvalidOperation, "but got none"),
        ("static_tags(entries=user)", InvalidOperation, "but got a value of type map"),
        ("static_tags('a.css', path='a.css')", TooManyArguments, "but got the unknown keyword `path`"),
        (
            "static_tags('a.css', entries=['a.css'])",
            TooManyArguments,
            "but got entries with and without the keyword `entries`",
        ),
        (
            "static_tags('a.css', nonce=unset)",
            InvalidOperation,
            "and the nonce as a string, but got undefined as the nonce",
        ),
        (
            "static_tags('a.css', nonce=42)",
            InvalidOperation,
            "and the nonce as a string, but got a value of type number as the nonce",
        ),
    ] {
        assert_eq!(error(call), (kind, found.to_owned()), "{call}");
    }
}

#[test]
fn tags_accept_the_keywords_of_tera_and_a_nonce_of_none() {
    let (_site, assets) = development();
    let env = environment(&assets);
    let tags = assets.tags(&["a.css"]).unwrap();
    for call in [
        "static_tags('a.css')",
        "static_tags(*list)",
        "static_tags(entries=list)",
        "static_tags(entries='a.css')",
        "static_tags('a.css', nonce=none)",
    ] {
        let page = env.render_named_str("page.html", &format!("{{{{ {call} }}}}"), context()).unwrap();
        assert_eq!(page, tags, "{call}");
    }
    let json = env.render_named_str("page.json", "{{ static_tags('a.css') }}", ()).unwrap();
    assert!(json.starts_with('"') && json.ends_with('"'), "{json}");
}

#[test]
fn call_block_is_rejected_as_an_argument() {
    let (_site, assets) = development();
    let source = "{% call static('a.css') %}x{% endcall %}";
    let err = render_error(&environment(&assets), "page.html", source, context());
    assert_eq!(err.kind(), TooManyArguments);
}

#[test]
fn app_version_takes_no_argument_and_is_not_a_filter() {
    let (_site, assets) = development();
    let env = environment(&assets);
    for source in ["\n{{ app_version('a.css') }}", "\n{{ app_version(short=true) }}"] {
        let err = render_error(&env, "page.html", source, context());
        let text = "too many arguments: app_version() takes no argument (in page.html:2)";
        assert_eq!(err.to_string(), text);
    }
    let err = render_error(&env, "page.html", "{{ 'a.css' | app_version }}", context());
    assert_eq!(err.kind(), ErrorKind::UnknownFilter);
}

#[test]
fn import_map_takes_only_a_nonce() {
    let (_site, assets) = development();
    let env = environment(&assets);
    for (call, kind, found) in [
        ("static_importmap('x')", TooManyArguments, "an argument without a keyword"),
        ("static_importmap('x', nonce='y')", TooManyArguments, "an argument without a keyword"),
        ("static_importmap(nonse='x')", TooManyArguments, "the unknown keyword `nonse`"),
        ("static_importmap(nonce=unset)", InvalidOperation, "undefined"),
        ("static_importmap(nonce=number)", InvalidOperation, "a value of type number"),
    ] {
        let err = render_error(&env, "page.html", &format!("{{{{ {call} }}}}"), context());
        let usage =
            "static_importmap() takes only a nonce, such as static_importmap(nonce=csp_nonce), but got";
        assert_eq!((err.kind(), err.detail()), (kind, Some(&*format!("{usage} {found}"))), "{call}");
    }
    for call in ["static_importmap()", "static_importmap(nonce=none)", "static_importmap(**{})"] {
        let page = env.render_named_str("page.html", &format!("{{{{ {call} }}}}"), ()).unwrap();
        assert_eq!(page, "", "{call}");
    }
    let json = env.render_named_str("page.json", "{{ static_importmap() }}", ()).unwrap();
    assert_eq!(json, "\"\"");
}

#[test]
fn wrong_argument_is_an_error_with_every_undefined_behavior() {
    let (_site, assets) = development();
    for behavior in [
        UndefinedBehavior::Lenient,
        UndefinedBehavior::Chainable,
        UndefinedBehavior::SemiStrict,
        UndefinedBehavior::Strict,
    ] {
        let mut env = environment(&assets);
        env.set_undefined_behavior(behavior);
        for call in ["static(unset)", "static(path=unset)", "unset | static", "static(user.email)"] {
            assert_usage_error(&env, call, InvalidOperation, "but got undefined");
        }
        let source = "{{ static('a.css') }} {{ 'a.css' | static }} {{ app_version() }}";
        let page = env.render_named_str("page.html", source, ()).unwrap();
        assert_eq!(page, "/static/a.css?v=7c98040a5416 /static/a.css?v=7c98040a5416 v7");
    }
}

#[test]
fn alternate_error_format_shows_the_template_source() {
    let (_site, assets) = development();
    let mut env = environment(&assets);
    env.set_debug(true);
    let err = render_error(&env, "page.html", "<html>\n{{ static(number) }}", context());
    let report = format!("{err:#}");
    assert!(report.contains("{{ static(number) }}"), "{report}");
}
