//! Tests that no crate has an import cycle, and that no stage of a pipeline imports a later stage.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use syn::{Attribute, Expr, ExprLit, Item, ItemMod, ItemUse, Lit, UseTree, Visibility, visit::Visit};

use crate::workspace::packages;

/// Groups of modules that may import each other.
const ALLOWED: &[&[&str]] = &[&["assets", "snapshot"]];

/// A path relative to the crate root, as segments: `["url", "base_url"]`.
type ModulePath = Vec<String>;

#[derive(Default)]
struct Module {
    /// Child modules in separate files, in the order of their `mod` lines.
    children: Vec<String>,
    /// The files of children with a `#[path]` attribute, by name.
    paths: BTreeMap<String, String>,
    /// Items re-exported by `pub use`: name → path.
    reexports: BTreeMap<String, ModulePath>,
    /// Modules whose items are all re-exported.
    globs: Vec<ModulePath>,
    /// The paths used in the code of the file.
    named: BTreeSet<ModulePath>,
}

#[derive(Default)]
struct Crate(BTreeMap<ModulePath, Module>);

impl Crate {
    /// Reads the module in `file`, then its children.
    fn read(&mut self, file: &Path, path: &ModulePath) {
        let text = fs::read_to_string(file).unwrap_or_else(|err| panic!("{}: {err}", file.display()));
        let code = syn::parse_file(&text).unwrap_or_else(|err| panic!("{}: {err}", file.display()));
        let mut reader = Reader { here: path, inner: 0, used: BTreeSet::new(), module: Module::default() };
        code.items.iter().for_each(|item| reader.visit_item(item));
        let Reader { mut module, used, .. } = reader;
        // A re-export that the module itself uses is a dependency as well.
        let own = module.reexports.iter().filter(|(name, _)| used.contains(*name));
        module.named.extend(own.map(|(_, path)| path.clone()));
        let is_dir_module =
            matches!(file.file_stem().and_then(|stem| stem.to_str()), Some("lib" | "main" | "mod"));
        let dir = if is_dir_module { file.with_file_name("") } else { file.with_extension("") };
        for child in &module.children {
            let mut child_path = path.clone();
            child_path.push(child.clone());
            let single_file = dir.join(format!("{child}.rs"));
            let file = match module.paths.get(child) {
                Some(named) => file.with_file_name(named),
                None if single_file.exists() => single_file,
                None => dir.join(child).join("mod.rs"),
            };
            self.read(&file, &child_path);
        }
        self.0.insert(path.clone(), module);
    }

    /// Returns the module that defines the item of `path`. Follows at most `steps` re-exports.
    fn definition(&self, path: &ModulePath, steps: usize) -> Option<&ModulePath> {
        let depth = (0..=path.len()).rev().find(|&depth| self.0.contains_key(&path[..depth]))?;
        let (found, module) = self.0.get_key_value(&path[..depth])?;
        let Some(name) = path.get(depth).filter(|_| steps > 0) else { return Some(found) };
        if let Some(target) = module.reexports.get(name) {
            return self.definition(target, steps - 1);
        }
        let through_glob = module.globs.iter().find_map(|glob| {
            let target =
                self.definition(&[glob.as_slice(), std::slice::from_ref(name)].concat(), steps - 1)?;
            (target != found && target.len() > found.len()).then_some(target)
        });
        Some(through_glob.unwrap_or(found))
    }

    /// Returns the imports of every module.
    fn imports(&self) -> BTreeMap<&ModulePath, BTreeSet<&ModulePath>> {
        let of_module = |(path, module): (_, &Module)| {
            let all = module.named.iter().filter_map(|named| self.definition(named, 8));
            (path, all.filter(|target| *target != path).collect())
        };
        self.0.iter().map(of_module).collect()
    }

    /// Returns the groups of modules that import each other, except [`ALLOWED`].
    fn cycles(&self) -> Vec<Vec<String>> {
        let imports = self.imports();
        let reached = |from: &ModulePath| {
            let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
            while let Some(module) = next.pop() {
                next.extend(imports[module].iter().filter(|target| seen.insert((**target).clone())));
            }
            seen
        };
        let reached: BTreeMap<_, _> = imports.keys().map(|path| (*path, reached(path))).collect();
        let in_cycle = |path: &ModulePath| {
            reached
                .iter()
                .filter(|(other, seen)| seen.contains(path) && reached[path].contains(**other))
                .map(|(other, _)| other.join("::"))
                .collect::<Vec<_>>()
        };
        let groups: BTreeSet<_> = self.0.keys().map(in_cycle).filter(|group| group.len() > 1).collect();
        groups.into_iter().filter(|group| !ALLOWED.iter().any(|allowed| group == allowed)).collect()
    }

    /// Returns the stages of `pipeline` that import a later stage. Stages are ordered by their `mod` lines.
    fn backward_stages(&self) -> Vec<String> {
        let pipeline = vec!["pipeline".to_owned()];
        let stages = self.0.get(&pipeline).map(|module| module.children.as_slice()).unwrap_or_default();
        let position = |path: &ModulePath| {
            stages.iter().position(|stage| path.starts_with(&pipeline) && path.get(1) == Some(stage))
        };
        let backward = |(path, targets): (&ModulePath, BTreeSet<&ModulePath>)| {
            let own = position(path)?;
            let later =
                targets.into_iter().find(|target| position(target).is_some_and(|position| position > own))?;
            Some(format!("{} imports {}", path.join("::"), later.join("::")))
        };
        self.imports().into_iter().filter_map(backward).collect()
    }
}

/// Collects the declarations and used paths of one file.
struct Reader<'m> {
    here: &'m ModulePath,
    /// The nesting depth of inline modules at the visited item.
    inner: usize,
    /// The first segments of all paths in the file.
    used: BTreeSet<String>,
    module: Module,
}

impl Reader<'_> {
    /// Returns the path from the root of the crate. Returns `None` unless the path starts with `crate`, `self`, `super`
    /// or a child of the file.
    fn absolute(&self, segments: &[String]) -> Option<ModulePath> {
        let (first, mut rest) = segments.split_first()?;
        let mut base = match first.as_str() {
            "crate" => Vec::new(),
            "self" | "super" => self.here.clone(),
            child if self.module.children.iter().any(|known| known == child) => {
                return Some([self.here.as_slice(), segments].concat());
            }
            _ => return None,
        };
        let mut inner = self.inner;
        let mut leave_module = || match inner.checked_sub(1) {
            Some(less) => inner = less,
            None => drop(base.pop()),
        };
        if first == "super" {
            leave_module();
        }
        while let Some(("super", more)) = rest.split_first().map(|(first, more)| (first.as_str(), more)) {
            leave_module();
            rest = more;
        }
        Some([base.as_slice(), rest].concat())
    }

    fn visit_tree(&mut self, tree: &UseTree, before: &[String], is_reexport: bool) {
        let with = |ident: &dyn ToString| [before, &[ident.to_string()]].concat();
        let (segments, name) = match tree {
            UseTree::Path(path) => return self.visit_tree(&path.tree, &with(&path.ident), is_reexport),
            UseTree::Group(group) => {
                return group.items.iter().for_each(|tree| self.visit_tree(tree, before, is_reexport));
            }
            UseTree::Name(name) if name.ident == "self" => (before.to_vec(), before.last().cloned()),
            UseTree::Name(name) => (with(&name.ident), Some(name.ident.to_string())),
            UseTree::Rename(rename) => (with(&rename.ident), Some(rename.rename.to_string())),
            UseTree::Glob(_) => (before.to_vec(), None),
        };
        let Some(path) = self.absolute(&segments) else { return };
        match name {
            _ if !is_reexport => drop(self.module.named.insert(path)),
            Some(name) => drop(self.module.reexports.insert(name, path)),
            None => self.module.globs.push(path),
        }
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let text = attribute.meta.require_list().map(|list| list.tokens.to_string()).unwrap_or_default();
        let condition = text.trim_start_matches("all (");
        attribute.path().is_ident("cfg") && ["test", "doctest"].iter().any(|name| condition.starts_with(name))
    })
}

/// Returns the value of `#[path = "…"]`.
fn path_attribute(attributes: &[Attribute]) -> Option<String> {
    let attribute = attributes.iter().find(|attribute| attribute.path().is_ident("path"))?;
    match &attribute.meta.require_name_value().ok()?.value {
        Expr::Lit(ExprLit { lit: Lit::Str(file), .. }) => Some(file.value()),
        _ => None,
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if let Item::Mod(ItemMod { attrs, .. }) = item
            && is_test(attrs)
        {
            return;
        }
        syn::visit::visit_item(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        match &item.content {
            None => {
                let name = item.ident.to_string();
                self.module.children.push(name.clone());
                self.module.paths.extend(path_attribute(&item.attrs).map(|file| (name, file)));
            }
            Some((_, items)) => {
                self.inner += 1;
                items.iter().for_each(|item| self.visit_item(item));
                self.inner -= 1;
            }
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        // A re-export alone is no dependency, because its users depend on the defining module.
        let is_reexport = !matches!(item.vis, Visibility::Inherited);
        self.visit_tree(&item.tree, &[], is_reexport);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        self.used.extend(segments.first().cloned());
        if segments.len() > 1 && path.leading_colon.is_none() {
            let absolute = self.absolute(&segments);
            self.module.named.extend(absolute);
        }
        syn::visit::visit_path(self, path);
    }
}

#[track_caller]
fn read(root: &Path) -> Crate {
    let mut modules = Crate::default();
    modules.read(root, &Vec::new());
    modules
}

#[test]
fn modules_of_a_crate_have_no_import_cycles() {
    let mut found = Vec::new();
    for package in packages().iter().filter(|package| package["publish"].is_null()) {
        let manifest = Path::new(package["manifest_path"].as_str().expect("a path"));
        let root = ["src/lib.rs", "src/main.rs"].map(|file| manifest.with_file_name(file));
        let modules = read(root.iter().find(|file| file.exists()).expect("a root"));
        let name = package["name"].as_str().expect("a name");
        found.extend(modules.cycles().into_iter().map(|cycle| format!("{name}: {}", cycle.join(", "))));
        found.extend(modules.backward_stages().into_iter().map(|stage| format!("{name}: {stage}")));
    }
    assert_eq!(found, [""; 0], "{} problems:\n{}\n", found.len(), found.join("\n"));
}

/// Writes the files of a crate to a new directory, and parses the crate.
fn parsed(files: &[(&str, &str)]) -> Crate {
    let dir = tempfile::tempdir().expect("a directory");
    for (name, text) in files {
        let file = dir.path().join(name);
        fs::create_dir_all(file.parent().expect("a parent")).expect("a directory");
        fs::write(file, text).expect("a file");
    }
    read(&dir.path().join("lib.rs"))
}

#[test]
fn import_cycle_through_functions_and_reexports_is_detected() {
    let modules = parsed(&[
        ("lib.rs", "mod a; mod b; pub use b::inner::Thing;"),
        ("a.rs", "use crate::Thing; pub fn f(_: Thing) {}"),
        ("b/mod.rs", "pub mod inner;"),
        ("b/inner.rs", "pub struct Thing; fn g() { super::super::a::f(Thing) }"),
    ]);
    assert_eq!(modules.cycles(), [["a", "b::inner"]]);
}

#[test]
fn import_cycle_through_a_used_reexport_is_detected() {
    let modules = parsed(&[
        ("lib.rs", "mod a;"),
        ("a/mod.rs", "mod b; pub use b::B; pub struct A(B);"),
        ("a/b.rs", "use super::A; pub struct B; fn f(_: A) {}"),
    ]);
    assert_eq!(modules.cycles(), [["a", "a::b"]]);
}

#[test]
fn tests_and_reexports_do_not_count_as_import_cycles() {
    let modules = parsed(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "#[cfg(test)] mod tests { use crate::b::B; } pub struct A;"),
        ("b.rs", "use crate::a::A; pub struct B(A);"),
    ]);
    assert!(modules.cycles().is_empty());
}

#[test]
fn pipeline_stage_that_imports_a_later_stage_is_detected() {
    let modules = parsed(&[
        ("lib.rs", "mod pipeline;"),
        ("pipeline/mod.rs", "mod scan; mod publish;"),
        ("pipeline/scan.rs", "use super::publish::P;"),
        ("pipeline/publish.rs", "pub struct P;"),
    ]);
    assert_eq!(modules.backward_stages(), ["pipeline::scan imports pipeline::publish"]);
}

#[test]
fn path_attributes_are_followed() {
    let modules = parsed(&[
        ("lib.rs", "mod a; mod b;"),
        ("a.rs", "#[path = \"shared.rs\"] pub mod shared;"),
        ("shared.rs", "use crate::b::B; pub struct Shared(B);"),
        ("b.rs", "use crate::a::shared::Shared; pub struct B(Shared);"),
    ]);
    assert_eq!(modules.cycles(), [["a::shared", "b"]]);
}
