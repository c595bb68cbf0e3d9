//! The order in which a page loads modules.

use std::{collections::HashSet, hash::Hash};

/// Visits a module and its imports, depth first. Each module follows its own imports, as in the output of Vite. Leaves
/// out the modules in `seen`, and adds the visited modules. `import` returns the import of a module at an index. Not
/// recursive, because a chain of imports may be long.
pub(crate) fn visit_imports_first<M: Copy + Eq + Hash>(
    module: M,
    seen: &mut HashSet<M>,
    import: impl Fn(M, usize) -> Option<M>,
    mut visit: impl FnMut(M),
) {
    // The modules on the current path, each with the index of its next import.
    let mut path = Vec::new();
    if seen.insert(module) {
        path.push((module, 0));
    }
    while let Some((module, next)) = path.last_mut() {
        match import(*module, *next) {
            Some(import) => {
                *next += 1;
                if seen.insert(import) {
                    path.push((import, 0));
                }
            }
            None => {
                visit(*module);
                path.pop();
            }
        }
    }
}
