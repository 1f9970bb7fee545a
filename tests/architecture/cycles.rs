//! Import cycles between the files of one crate.

use std::collections::{BTreeMap, BTreeSet};

use crate::syntax::{Segments, SourceFile};

/// Groups of files that import each other in a circle, of one crate; each group sorted.
///
/// A name that a `mod.rs` or `lib.rs` only hands on counts as imported from the file that defines it, so a child may use
/// its parent's re-exports; what the parent defines itself makes the child depend on it.
pub fn cycles(files: &[&SourceFile]) -> Vec<Vec<String>> {
    let by_module: BTreeMap<&[String], usize> =
        files.iter().enumerate().map(|(place, file)| (&file.module[..], place)).collect();
    let graph: Vec<BTreeSet<usize>> = files
        .iter()
        .enumerate()
        .map(|(place, file)| {
            let mut targets: BTreeSet<usize> = file
                .paths
                .iter()
                .filter_map(|path| target(file, path, files, &by_module, 0))
                .collect();
            targets.remove(&place);
            targets
        })
        .collect();
    components(&graph)
        .into_iter()
        .filter(|group| group.len() > 1)
        .map(|group| {
            let mut names: Vec<String> =
                group.into_iter().map(|place| files[place].path.display().to_string()).collect();
            names.sort();
            names
        })
        .collect()
}

/// The file that a path leads to; None for other crates and for what this file defines.
fn target(
    file: &SourceFile,
    path: &[String],
    files: &[&SourceFile],
    by_module: &BTreeMap<&[String], usize>,
    depth: usize,
) -> Option<usize> {
    let mut module: Segments = match path.first()?.as_str() {
        "crate" => Vec::new(),
        "self" => file.module.clone(),
        "super" => file.module[..file.module.len().checked_sub(1)?].to_vec(),
        first => {
            // A module of this file, or a name that it imported.
            let child = [&file.module[..], &[first.to_owned()]].concat();
            if by_module.contains_key(&child[..]) {
                file.module.clone()
            } else {
                let imported = file.imports.get(first)?;
                if depth > 8 || imported.first().is_some_and(|name| name == first) {
                    return None;
                }
                let whole = [&imported[..], &path[1..]].concat();
                return target(file, &whole, files, by_module, depth + 1);
            }
        }
    };
    let mut rest = match path[0].as_str() {
        "crate" | "self" | "super" => &path[1..],
        _ => path,
    };
    while let Some((first, after)) = rest.split_first() {
        if first == "super" {
            module.pop()?;
        } else {
            let child = [&module[..], std::slice::from_ref(first)].concat();
            if by_module.contains_key(&child[..]) {
                module = child;
            } else {
                // A name of `module`: follow it where it is only handed on.
                let place = *by_module.get(&module[..])?;
                let owner = files[place];
                return match owner.imports.get(first) {
                    Some(imported) if depth <= 8 => {
                        let whole = [&imported[..], after].concat();
                        target(owner, &whole, files, by_module, depth + 1)
                    }
                    _ => Some(place),
                };
            }
        }
        rest = after;
    }
    // A module by itself is a name to write paths with; those paths count.
    None
}

/// Strongly connected components (Tarjan), without recursion over the whole graph being deep: files are some hundreds.
fn components(graph: &[BTreeSet<usize>]) -> Vec<Vec<usize>> {
    struct Search<'a> {
        graph: &'a [BTreeSet<usize>],
        index: Vec<Option<usize>>,
        low: Vec<usize>,
        on_stack: Vec<bool>,
        stack: Vec<usize>,
        next: usize,
        found: Vec<Vec<usize>>,
    }
    fn visit(search: &mut Search<'_>, node: usize) {
        search.index[node] = Some(search.next);
        search.low[node] = search.next;
        search.next += 1;
        search.stack.push(node);
        search.on_stack[node] = true;
        for &next in &search.graph[node] {
            match search.index[next] {
                None => {
                    visit(search, next);
                    search.low[node] = search.low[node].min(search.low[next]);
                }
                Some(index) if search.on_stack[next] => {
                    search.low[node] = search.low[node].min(index)
                }
                Some(_) => {}
            }
        }
        if search.index[node] == Some(search.low[node]) {
            let mut group = Vec::new();
            while let Some(member) = search.stack.pop() {
                search.on_stack[member] = false;
                group.push(member);
                if member == node {
                    break;
                }
            }
            search.found.push(group);
        }
    }
    let count = graph.len();
    let mut search = Search {
        graph,
        index: vec![None; count],
        low: vec![0; count],
        on_stack: vec![false; count],
        stack: Vec::new(),
        next: 0,
        found: Vec::new(),
    };
    for node in 0..count {
        if search.index[node].is_none() {
            visit(&mut search, node);
        }
    }
    search.found
}
