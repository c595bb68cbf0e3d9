//! Orders files for naming: each file after all files that it refers to, and the files of a cycle together.

use std::collections::HashMap;

use petgraph::{algo::kosaraju_scc, graph::DiGraph};

/// The files of a cycle, or a single file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Group {
    /// In ascending order.
    pub(crate) members: Vec<usize>,
    /// `true` if the members refer to each other, or the only member refers to itself.
    pub(crate) is_cycle: bool,
}

/// Returns all groups in layers: a group refers only to itself and to groups in earlier layers.
///
/// `edges` has the targets of each file. The time is linear in the number of files and references. The function does not
/// recurse.
pub(crate) fn layers(edges: &[Vec<usize>]) -> Vec<Vec<Group>> {
    let mut graph = DiGraph::<(), (), usize>::with_capacity(edges.len(), 0);
    for _ in edges {
        graph.add_node(());
    }
    for (from, targets) in edges.iter().enumerate() {
        graph.extend_with_edges(targets.iter().map(|&to| (from, to)));
    }
    let mut layers: Vec<Vec<Group>> = Vec::new();
    let mut layer_of = HashMap::with_capacity(edges.len());
    // `kosaraju_scc` returns the targets of a group before the group.
    for group in kosaraju_scc(&graph) {
        let mut members: Vec<_> = group.into_iter().map(|node| node.index()).collect();
        members.sort_unstable();
        let targets = || members.iter().flat_map(|&member| &edges[member]);
        let layer = targets().filter_map(|target| layer_of.get(target)).max().map_or(0, |layer| layer + 1);
        let is_cycle = members.len() > 1 || targets().any(|target| *target == members[0]);
        layer_of.extend(members.iter().map(|&member| (member, layer)));
        if layer == layers.len() {
            layers.push(Vec::new());
        }
        layers[layer].push(Group { members, is_cycle });
    }
    layers
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(edges: &[Vec<usize>]) -> Vec<Vec<(Vec<usize>, bool)>> {
        let mut layers: Vec<Vec<_>> = layers(edges)
            .into_iter()
            .map(|layer| layer.into_iter().map(|group| (group.members, group.is_cycle)).collect())
            .collect();
        layers.iter_mut().for_each(|layer: &mut Vec<(Vec<usize>, bool)>| layer.sort());
        layers
    }

    #[test]
    fn targets_are_in_earlier_layers_and_cycles_are_groups() {
        assert_eq!(shape(&[]), [[]; 0]);
        assert_eq!(shape(&[vec![1], vec![]]), [[(vec![1], false)], [(vec![0], false)]]);
        assert_eq!(shape(&[vec![0]]), [[(vec![0], true)]]);
        assert_eq!(
            shape(&[vec![1], vec![2, 0], vec![0, 3], vec![], vec![0, 3]]),
            [[(vec![3], false)], [(vec![0, 1, 2], true)], [(vec![4], false)]]
        );
        assert_eq!(
            shape(&[vec![1, 2], vec![3], vec![3], vec![]]),
            [vec![(vec![3], false)], vec![(vec![1], false), (vec![2], false)], vec![(vec![0], false)]]
        );
    }

    #[test]
    fn chains_and_cycles_of_100_000_nodes_are_ordered() {
        let chain: Vec<_> = (0..100_000).map(|at| if at < 99_999 { vec![at + 1] } else { vec![] }).collect();
        assert_eq!(layers(&chain).len(), 100_000);
        let ring: Vec<_> = (0..100_000).map(|at| vec![(at + 1) % 100_000]).collect();
        assert_eq!(layers(&ring).len(), 1);
    }
}
