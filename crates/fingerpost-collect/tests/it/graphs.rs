//! Compares the hashed paths for random graphs of references with a second implementation of the documented rules.

use std::collections::BTreeMap;

use fingerpost::manifest::{Digest, MANIFEST_NAME};
use fingerpost_collect::{CollectConfig, collect};
use proptest::prelude::*;
use rayon::ThreadPoolBuilder;

use crate::site::Site;

#[derive(Debug, Clone)]
struct Node {
    extension: &'static str,
    text: String,
    /// The indices of the referenced files.
    targets: Vec<usize>,
}

#[derive(Debug, Clone)]
struct Graph(Vec<Node>);

impl Graph {
    /// Returns the path of a file, with the hash, if any, before the extension.
    fn path(&self, node: usize, hash: Option<&str>) -> String {
        let Node { extension, .. } = &self.0[node];
        let hash = hash.map_or_else(String::new, |hash| format!(".{hash}"));
        format!("d{}/f{node}{hash}.{extension}", node % 3)
    }

    /// Returns the text of a file, with hashed paths of its targets.
    fn text(&self, node: usize, hash: impl Fn(usize) -> Option<String>) -> String {
        let Node { extension, text, targets } = &self.0[node];
        let references = targets.iter().enumerate().map(|(number, &target)| {
            let path = format!("../{}", self.path(target, hash(target).as_deref()));
            match (*extension, number % 2) {
                ("css", 0) => format!("@import \"{path}\";\n"),
                ("css", _) => format!("a{{b:url({path}?x#y)}}\n"),
                (_, 0) => format!("import '{path}';\n"),
                (_, _) => format!("new URL('{path}', import.meta.url);\n"),
            }
        });
        format!("/* {text} */\n{}", references.collect::<String>())
    }

    fn source(&self, node: usize) -> String {
        self.text(node, |_| None)
    }

    fn targets(&self, node: usize) -> &[usize] {
        &self.0[node].targets
    }

    /// Returns all files reachable from a file. The file itself is included only if the file is in a cycle.
    fn reachable(&self, node: usize) -> Vec<usize> {
        let (mut found, mut open) = (Vec::new(), self.targets(node).to_vec());
        while let Some(next) = open.pop() {
            if !found.contains(&next) {
                found.push(next);
                open.extend(self.targets(next));
            }
        }
        found
    }

    /// Returns the hash in the name of each file: the hash of its served bytes, or of its group and its path.
    fn hashes(&self) -> BTreeMap<usize, String> {
        let reached: Vec<_> = (0..self.0.len()).map(|node| self.reachable(node)).collect();
        let mut hashes = BTreeMap::new();
        while hashes.len() < self.0.len() {
            for node in 0..self.0.len() {
                let is_in_same_cycle =
                    |other: &usize| reached[node].contains(other) && reached[*other].contains(&node);
                let mut group: Vec<_> = reached[node].iter().copied().filter(is_in_same_cycle).collect();
                group.sort_by_key(|&member| self.path(member, None));
                let is_outside = |target: &usize| !group.contains(target);
                if reached[node]
                    .iter()
                    .filter(|&target| is_outside(target))
                    .all(|target| hashes.contains_key(target))
                {
                    let outside =
                        |target: usize| hashes.get(&target).filter(|_| is_outside(&target)).cloned();
                    let hash = if group.is_empty() {
                        first_12(&sha256(self.text(node, outside).as_bytes()))
                    } else {
                        let group = sha256(
                            &group
                                .iter()
                                .flat_map(|&member| self.group_bytes(member, outside))
                                .collect::<Vec<_>>(),
                        );
                        first_12(&sha256(&[&group[..], b"\0", self.path(node, None).as_bytes()].concat()))
                    };
                    hashes.insert(node, hash);
                }
            }
        }
        hashes
    }

    /// Returns the bytes that a member contributes to the hash of its group.
    fn group_bytes(&self, member: usize, outside: impl Fn(usize) -> Option<String>) -> Vec<u8> {
        let text = self.text(member, outside);
        let length = (text.len() as u64).to_be_bytes();
        [self.path(member, None).as_bytes(), b"\0", &length, text.as_bytes()].concat()
    }
}

fn sha256(bytes: &[u8]) -> Vec<u8> {
    Digest::from_content(bytes)
        .to_string()
        .as_bytes()
        .chunks(2)
        .map(|pair| u8::from_str_radix(str::from_utf8(pair).expect("digits"), 16).expect("hex digits"))
        .collect()
}

fn first_12(digest: &[u8]) -> String {
    digest[..6].iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Generates scripts, style sheets and images. Scripts and style sheets refer to random files.
fn graphs() -> impl Strategy<Value = Graph> {
    let extensions: &[&str] =
        if cfg!(feature = "js") { &["css", "js", "mjs", "png"] } else { &["css", "png"] };
    let node = (
        prop::sample::select(extensions),
        "[a-z]{0,3}",
        prop::collection::vec(any::<prop::sample::Index>(), 0..4),
    );
    prop::collection::vec(node, 1..14).prop_map(|nodes| {
        let count = nodes.len();
        let node = |(extension, text, targets): (_, _, Vec<prop::sample::Index>)| {
            let targets = targets.into_iter().map(|target| target.index(count));
            Node { extension, text, targets: targets.filter(|_| extension != "png").collect() }
        };
        Graph(nodes.into_iter().map(node).collect())
    })
}

/// Collects with this many threads, and returns the manifest.
fn manifest_of(site: &Site, config: &CollectConfig, threads: usize) -> String {
    let pool = ThreadPoolBuilder::new().num_threads(threads).build().expect("a thread pool");
    pool.install(|| collect(config)).expect("a successful run");
    site.read(&format!("out/{MANIFEST_NAME}"))
}

#[track_caller]
fn assert_hashed_paths(graph: &Graph, site: &Site, hashes: &BTreeMap<usize, String>) {
    let manifest = site.manifest("out");
    let hash = |node: usize| hashes.get(&node).map(String::as_str);
    for node in 0..graph.0.len() {
        let (path, hashed) = (graph.path(node, None), graph.path(node, hash(node)));
        assert_eq!(manifest.get(&path).map(|entry| &*entry.hashed), Some(&*hashed), "{graph:?}");
        let text = graph.text(node, |target| hash(target).map(str::to_owned));
        assert_eq!(site.read(&format!("out/{hashed}")), text, "{graph:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn hashed_paths_depend_only_on_content_and_asset_paths(
        graph in graphs(),
        in_theme in prop::collection::vec(any::<bool>(), 14),
    ) {
        let one = site_of(&graph);
        let manifest = manifest_of(&one, &one.config(), 1);
        assert_hashed_paths(&graph, &one, &graph.hashes());

        // Collects the files again in another directory, from two source directories, with four threads.
        let other = Site::new(&[]);
        let dir = |node: usize| if in_theme[node] { "theme" } else { "static" };
        for node in (0..graph.0.len()).rev() {
            other.write(&format!("{}/{}", dir(node), graph.path(node, None)), graph.source(node));
        }
        std::fs::create_dir_all(other.path("theme")).expect("a directory");
        let config = other.config().source(other.path("theme"));
        prop_assert_eq!(manifest_of(&other, &config, 4), manifest);
    }

    #[test]
    fn change_renames_exactly_the_dependent_files(graph in graphs(), changed in any::<prop::sample::Index>()) {
        let site = site_of(&graph);
        site.collect();
        let before = site.manifest("out");
        let changed = changed.index(graph.0.len());
        site.write(&format!("static/{}", graph.path(changed, None)), graph.source(changed) + " ");
        site.collect();
        let after = site.manifest("out");
        for node in 0..graph.0.len() {
            let path = graph.path(node, None);
            let hashed = [&before, &after].map(|manifest| manifest.get(&path).map(|entry| entry.hashed.clone()));
            let reaches = node == changed || graph.reachable(node).contains(&changed);
            prop_assert_eq!(hashed[0] != hashed[1], reaches, "{} when {} changes", node, changed);
        }
    }
}

/// Returns style sheets in which each file imports the next file, and the last file imports `last_imports`.
fn chain(length: usize, last_imports: &[usize]) -> Graph {
    let node = |number: usize| Node {
        extension: "css",
        text: String::new(),
        targets: if number + 1 < length { vec![number + 1] } else { last_imports.to_vec() },
    };
    Graph((0..length).map(node).collect())
}

fn site_of(graph: &Graph) -> Site {
    let site = Site::new(&[]);
    for node in 0..graph.0.len() {
        site.write(&format!("static/{}", graph.path(node, None)), graph.source(node));
    }
    site
}

#[test]
fn chain_of_ten_thousand_files_is_named_from_its_end() {
    let graph = chain(10_000, &[]);
    let site = site_of(&graph);
    site.collect();
    let mut hashes: BTreeMap<usize, String> = BTreeMap::new();
    for node in (0..graph.0.len()).rev() {
        let text = graph.text(node, |target| hashes.get(&target).cloned());
        hashes.insert(node, first_12(&sha256(text.as_bytes())));
    }
    assert_hashed_paths(&graph, &site, &hashes);
}

#[test]
fn cycle_of_a_thousand_files_is_one_group() {
    let graph = chain(1_000, &[0]);
    let site = site_of(&graph);
    site.collect();
    let mut members: Vec<_> = (0..graph.0.len()).collect();
    members.sort_by_key(|&member| graph.path(member, None));
    let group =
        sha256(&members.iter().flat_map(|&member| graph.group_bytes(member, |_| None)).collect::<Vec<_>>());
    let name = |member: usize| [&group[..], b"\0", graph.path(member, None).as_bytes()].concat();
    let hashes = (0..graph.0.len()).map(|member| (member, first_12(&sha256(&name(member))))).collect();
    assert_hashed_paths(&graph, &site, &hashes);
}
