//! Tests that the Markdown pages of the repository render correctly in a repository browser and in rustdoc.

use std::{
    collections::HashSet,
    fs,
    path::{Path, PathBuf},
};

use crate::{readme::root, workspace::packages};

/// A Markdown file. `prose` is the text without code blocks.
struct Page {
    path: PathBuf,
    prose: String,
    code: Vec<Code>,
}

/// A code block: the text after the opening fence, and the lines before the closing fence.
struct Code {
    info: String,
    lines: Vec<String>,
}

impl Page {
    fn read(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).unwrap_or_else(|err| panic!("{}: {err}", path.display()));
        Self::parse(path, &text)
    }

    fn parse(path: PathBuf, text: &str) -> Self {
        let (mut prose, mut code, mut is_code) = (String::new(), Vec::<Code>::new(), false);
        for line in text.lines() {
            let fence = line.trim_start().strip_prefix("```");
            match (fence, is_code) {
                (Some(info), false) => code.push(Code { info: info.to_owned(), lines: Vec::new() }),
                (None, true) => code.last_mut().expect("a code block").lines.push(line.to_owned()),
                (None, false) => prose.extend([line, "\n"]),
                (Some(_), true) => {}
            }
            is_code ^= fence.is_some();
        }
        Self { path, prose: without_brackets_in_code(&prose), code }
    }

    fn name(&self) -> String {
        self.path.strip_prefix(root()).unwrap_or(&self.path).display().to_string()
    }

    fn links(&self) -> Vec<&str> {
        let after = |start: &str, end: &[char]| {
            let targets = self.prose.split(start).skip(1);
            targets.map(|rest| rest.split(end).next().unwrap_or_default()).collect::<Vec<_>>()
        };
        let defined = self.definitions().into_iter().map(|(_, target)| target);
        [after("](", &[')', ' ']), after("href=\"", &['"']), after("src=\"", &['"']), defined.collect()]
            .concat()
    }

    /// Returns the label and the target of every `[label]: target`.
    fn definitions(&self) -> Vec<(String, &str)> {
        let definitions = self.prose.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: "));
        definitions
            .map(|(label, target)| (normalized(label), target.split(' ').next().unwrap_or_default()))
            .collect()
    }

    /// Returns the labels of links such as `[label]`, `[label][]` and `[text][label]`.
    fn labels(&self) -> Vec<String> {
        let mut labels = Vec::new();
        let mut rest = self.prose.as_str();
        while let Some((label, after)) = bracketed(rest) {
            let is_other = after.starts_with(['(', ':']) || label.is_empty();
            let has_own_label = after.starts_with('[') && !after.starts_with("[]");
            if !is_other && !has_own_label {
                labels.push(normalized(label));
            }
            rest = after;
        }
        labels
    }

    /// Returns the anchors that repository browsers and rustdoc generate for the headings.
    fn anchors(&self) -> HashSet<String> {
        let headings = self.prose.lines().filter(|line| line.starts_with('#'));
        headings.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
    }
}

impl Code {
    fn is_rust(&self) -> bool {
        self.info.split(',').next() == Some("rust")
    }
}

/// Returns the text in the first pair of brackets, and the text after the pair.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    text.split_once('[')?.1.split_once(']')
}

/// Removes brackets and parentheses between backticks, because code contains no links.
fn without_brackets_in_code(prose: &str) -> String {
    let code = |(i, text): (usize, &str)| {
        if i % 2 == 1 { text.replace(['[', ']', '(', ')'], "") } else { text.to_owned() }
    };
    prose.split('`').enumerate().map(code).collect::<Vec<_>>().join("`")
}

fn normalized(label: &str) -> String {
    label.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

fn anchor(heading: &str) -> String {
    let characters = heading.chars().filter(|c| c.is_alphanumeric() || ['-', '_', ' '].contains(c));
    characters.collect::<String>().replace(' ', "-").to_lowercase()
}

/// Returns the files below a directory, except hidden and generated files.
pub(crate) fn files_below(dir: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(dir).expect("a readable directory").map(|entry| entry.expect("an entry").path());
    let is_source = |path: &PathBuf| {
        let name = path.file_name().expect("a name").to_string_lossy();
        !name.starts_with('.') && !["target", "dist", "node_modules"].contains(&&*name)
    };
    let below = |path: PathBuf| if path.is_dir() { files_below(&path) } else { vec![path] };
    entries.filter(is_source).flat_map(below).collect()
}

fn pages() -> Vec<Page> {
    let files = files_below(root()).into_iter();
    let pages: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|extension| extension == "md")).collect();
    assert!(pages.len() > 20, "{pages:?}");
    pages.into_iter().map(Page::read).collect()
}

/// Returns the findings of `find` for all pages, each with the name of the page.
fn on_pages(find: impl Fn(&Page) -> Vec<String>) -> Vec<String> {
    let found =
        |page: &Page| find(page).into_iter().map(|found| format!("{}: {found}", page.name())).collect();
    pages().iter().flat_map::<Vec<_>, _>(found).collect()
}

#[test]
fn all_kinds_of_markdown_links_are_found() {
    let text = "[a](b.md) [`c`](d.md#e 'title') `[code](no)` [f] [g][f] [f\n  h][] [[i]\n```sh\n[no](no)\n```\n\
                [f]: j.md\n<a href=\"k.md\">\n# A `b::c` & d";
    let page = Page::parse(PathBuf::new(), text);
    assert_eq!(page.links(), ["b.md", "d.md#e", "k.md", "j.md"]);
    assert_eq!(page.labels(), ["f", "f", "f h", "[i"]);
    assert_eq!(page.anchors(), HashSet::from(["a-bc--d".to_owned()]));
    assert_eq!((&*page.code[0].info, &*page.code[0].lines), ("sh", &["[no](no)".to_owned()][..]));
}

#[test]
fn relative_links_point_to_existing_files_and_headings() {
    let broken = on_pages(|page| {
        let is_broken = |link: &&str| {
            let (file, fragment) = link.split_once('#').unwrap_or((link, ""));
            let target = if file.is_empty() { page.path.clone() } else { page.path.with_file_name(file) };
            let has_heading =
                || fragment.is_empty() || Page::read(target.clone()).anchors().contains(fragment);
            !(link.contains("://") || target.exists() && has_heading())
        };
        page.links().into_iter().filter(is_broken).map(str::to_owned).collect()
    });
    assert_eq!(broken, [""; 0]);
}

#[test]
fn reference_links_have_a_definition() {
    let undefined = on_pages(|page| {
        let defined: Vec<_> = page.definitions().into_iter().map(|(label, _)| label).collect();
        page.labels().into_iter().filter(|label| !defined.contains(label)).collect()
    });
    assert_eq!(undefined, [""; 0]);
}

/// A repository browser shows lines that rustdoc hides, and does not highlight code blocks without a language.
#[test]
fn code_blocks_have_a_language_and_no_hidden_lines() {
    let wrong = on_pages(|page| {
        let hidden = |code: &Code| {
            let is_hidden = |line: &&String| line.trim() == "#" || line.trim_start().starts_with("# ");
            code.lines.iter().filter(is_hidden).cloned().collect::<Vec<_>>()
        };
        let untagged = page.code.iter().filter(|code| code.info.is_empty());
        let untagged = untagged.map(|code| format!("no language: {:?}", code.lines.first()));
        page.code.iter().filter(|code| code.is_rust()).flat_map(hidden).chain(untagged).collect()
    });
    assert_eq!(wrong, [""; 0]);
}

#[test]
fn pages_do_not_link_to_registries_for_unpublished_crates() {
    let names: Vec<_> =
        packages().iter().map(|package| package["name"].as_str().expect("a name").to_owned()).collect();
    let registries = ["docs.rs/", "docs.rs/crate/", "crates.io/crates/", "lib.rs/crates/"];
    let broken = on_pages(|page| {
        let is_ours = |link: &&str| {
            let after =
                |registry| Some(link.split_once(registry)?.1.split(['/', '#', '?']).next()?.to_owned());
            registries.iter().filter_map(after).any(|name| names.contains(&name))
        };
        page.links().into_iter().filter(is_ours).map(str::to_owned).collect()
    });
    assert_eq!(broken, [""; 0]);
}

/// The first definition of a label applies in Markdown. A crate therefore defines the rustdoc target of a label before
/// the crate includes the page.
#[test]
fn file_links_have_a_separate_target_in_rustdoc() {
    let mut broken = Vec::new();
    let mut included = 0;
    for source in files_below(&root().join("crates")) {
        if source.extension().is_none_or(|extension| extension != "rs") {
            continue;
        }
        let text = fs::read_to_string(&source).expect("a readable file");
        for (before, page) in included_pages(&source, &text) {
            included += 1;
            let defined = Page::parse(source.clone(), &before);
            let defined: Vec<_> = defined.definitions().into_iter().map(|(label, _)| label).collect();
            let own: Vec<_> = page.definitions();
            let is_dead = |link: &&str| {
                let has_other = own.iter().any(|(label, target)| target == link && defined.contains(label));
                !link.starts_with('#') && !link.contains("://") && !has_other
            };
            broken.extend(
                page.links().into_iter().filter(is_dead).map(|link| format!("{}: {link}", page.name())),
            );
        }
    }
    assert!(included > 5, "{included} pages are part of rustdoc");
    assert_eq!(broken, [""; 0]);
}

/// Returns the pages that a source file includes in its documentation, each with the comment lines before the page.
fn included_pages(source: &Path, text: &str) -> Vec<(String, Page)> {
    let (mut before, mut pages, mut is_test) = (String::new(), Vec::new(), false);
    for line in text.lines() {
        let comment = line.strip_prefix("//! ").or_else(|| line.strip_prefix("/// "));
        match (comment, line.split_once("doc = include_str!(\"")) {
            (Some(comment), _) => before.extend([comment, "\n"]),
            (None, Some((_, rest))) if !is_test => {
                let file = rest.split('"').next().expect("a path");
                pages.push((before.clone(), Page::read(source.with_file_name(file))));
            }
            _ => before.clear(),
        }
        is_test = line == "#[cfg(doctest)]";
    }
    pages
}
