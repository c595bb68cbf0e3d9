//! Measures a check of 1,000 templates, and of templates of 1 MB and 10 MB with unfavorable content.
#![allow(missing_docs, reason = "criterion generates public functions")]

use std::{fs, hint::black_box, path::PathBuf};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use fingerpost_check::{CheckConfig, Rule, Severity, check};
use tempfile::TempDir;

const PAGE: &str = "{% extends 'base.html' %}
{# A page #}
{% block content %}
<link rel=\"stylesheet\" href=\"{{ static('css/app.css') }}\">
{% for item in items if item.visible -%}
  <article class=\"card {% if item.new %}card-new{% endif %}\" id=\"item-{{ item.id }}\">
    <h2>{{ item.title | upper }}</h2>
    <img src=\"{{ 'img/logo.svg' | static }}\" width=\"40\" height=\"40\" alt=\"{{ item.alt }}\">
    <a href=\"/items/{{ item.id }}\" data-url=\"{{ url_for('item', id=item.id) }}\">{{ item.text | truncate(80) }}</a>
  </article>
{%- endfor %}
{% raw %}{{ static('raw') }}{% endraw %}
{% endblock %}
";

/// Patterns for which a simple lexer would read the rest of the template again at each opening delimiter.
const PATTERNS: [(&str, &str); 6] = [
    ("pages", PAGE),
    ("nested calls", "{{ static(static(((("),
    ("comments", "{# {# "),
    ("quotes", "{{ ' \\' "),
    ("filters", "(x)|static|static "),
    ("tags", "{% raw <a href='/static/"),
];

/// A site with two assets, in memory if possible.
struct Site {
    dir: TempDir,
    config: CheckConfig,
}

impl Site {
    fn new() -> Self {
        let dir =
            tempfile::tempdir_in(if fs::exists("/dev/shm").unwrap() { "/dev/shm" } else { "." }).unwrap();
        let [assets, templates] = ["static", "templates"].map(|name| dir.path().join(name));
        for asset in ["css/app.css", "img/logo.svg"] {
            fs::create_dir_all(assets.join(asset).parent().unwrap()).unwrap();
            fs::write(assets.join(asset), "").unwrap();
        }
        fs::create_dir(&templates).unwrap();
        let config = CheckConfig::default()
            .source(&assets)
            .paths([&templates])
            .severity(Rule::Missing, Severity::Ignore);
        Self { dir, config }
    }

    fn template(&self, name: &str) -> PathBuf {
        self.dir.path().join("templates").join(name)
    }
}

fn thousand_templates(criterion: &mut Criterion) {
    let site = Site::new();
    for number in 0..1_000 {
        fs::write(site.template(&format!("{number}.html")), PAGE.repeat(4)).unwrap();
    }
    criterion.bench_function("1,000 templates", |bencher| {
        bencher.iter(|| black_box(check(&site.config)).unwrap())
    });
}

fn large_templates(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("one template");
    group.sample_size(10);
    for (name, pattern) in PATTERNS {
        for megabytes in [1, 10] {
            let site = Site::new();
            fs::write(site.template("large.html"), pattern.repeat(megabytes * 1_000_000 / pattern.len()))
                .unwrap();
            group.throughput(Throughput::Bytes(megabytes as u64 * 1_000_000));
            let id = BenchmarkId::new(name, format!("{megabytes} MB"));
            group.bench_function(id, |bencher| bencher.iter(|| black_box(check(&site.config)).unwrap()));
        }
    }
}

criterion_group!(benches, thousand_templates, large_templates);
criterion_main!(benches);
