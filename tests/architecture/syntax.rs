//! The source files of the workspace as syntax trees: which paths each mentions and which types it defines, tests left out.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree};

/// A path as it is written, such as `["crate", "store", "Store"]`.
pub type Segments = Vec<String>;

/// One `.rs` file of a crate's `src`, without what is compiled for tests only.
pub struct SourceFile {
    /// As Cargo names it, such as `bantin-store`.
    pub crate_name: String,
    /// The module that the file is, below the crate's root, such as `["web", "admin"]`; empty for `lib.rs`.
    pub module: Segments,
    /// Relative to the workspace.
    pub path: PathBuf,
    /// Every path of two segments or more that the code names, `use` trees spread out, macros included.
    pub paths: BTreeSet<Segments>,
    /// Names that the file imports or re-exports at its top, with the path of each.
    pub imports: BTreeMap<String, Segments>,
    /// Structs, enums, unions, traits and type aliases, at any depth.
    pub types: Vec<String>,
    /// What the file defines at its top, apart from modules and imports.
    pub definitions: Vec<String>,
}

impl SourceFile {
    /// The module of the program or crate that the file belongs to: the first below the root.
    pub fn top(&self) -> &str {
        self.module.first().map_or("", String::as_str)
    }

    pub fn mentions(&self, prefix: &[&str]) -> bool {
        self.paths
            .iter()
            .any(|path| path.iter().zip(prefix).filter(|(a, b)| a == *b).count() == prefix.len())
    }
}

/// All files of the program and of the libraries.
pub fn workspace() -> &'static [SourceFile] {
    static FILES: LazyLock<Vec<SourceFile>> = LazyLock::new(read_workspace);
    &FILES
}

fn read_workspace() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = crate_files(root, "bantin", &root.join("src"));
    let mut crates: Vec<PathBuf> = fs::read_dir(root.join("crates"))
        .expect("crates is there")
        .map(|entry| entry.expect("an entry can be read").path())
        .collect();
    crates.sort();
    for folder in crates {
        let name = folder.file_name().expect("a folder has a name").to_string_lossy().into_owned();
        files.extend(crate_files(root, &name, &folder.join("src")));
    }
    files
}

fn crate_files(root: &Path, crate_name: &str, src: &Path) -> Vec<SourceFile> {
    let mut paths = rust_files(src);
    paths.sort();
    let mut files: Vec<SourceFile> = Vec::new();
    let mut test_modules: Vec<Segments> = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).expect("source is UTF-8");
        let module = module_of(path.strip_prefix(src).expect("found below src"));
        let tree =
            syn::parse_file(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let mut reader = Reader::default();
        reader.visit_file(&tree);
        for item in &tree.items {
            reader.top_item(item);
        }
        test_modules.extend(
            reader
                .test_modules
                .iter()
                .map(|name| [&module[..], std::slice::from_ref(name)].concat()),
        );
        files.push(SourceFile {
            crate_name: crate_name.to_owned(),
            module,
            path: path.strip_prefix(root).expect("found below the workspace").to_owned(),
            paths: reader.paths,
            imports: reader.imports,
            types: reader.types,
            definitions: reader.definitions,
        });
    }
    files.retain(|file| !test_modules.iter().any(|module| file.module.starts_with(module)));
    files
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
    {
        let path = entry.expect("an entry can be read").path();
        if path.is_dir() {
            files.extend(rust_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            files.push(path);
        }
    }
    files
}

fn module_of(below: &Path) -> Segments {
    let mut module: Segments = below
        .components()
        .map(|part| part.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned())
        .collect();
    if module.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        module.pop();
    }
    module
}

fn for_tests_only(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|condition| condition.is_ident("test"))
    })
}

#[derive(Default)]
struct Reader {
    paths: BTreeSet<Segments>,
    imports: BTreeMap<String, Segments>,
    types: Vec<String>,
    definitions: Vec<String>,
    /// Modules in files of their own that are declared for tests only.
    test_modules: Vec<String>,
}

impl Reader {
    fn top_item(&mut self, item: &Item) {
        let (attributes, name) = match item {
            Item::Use(item) if !for_tests_only(&item.attrs) => {
                for path in spread(&item.tree) {
                    let (name, path) = path;
                    self.imports.insert(name, path);
                }
                return;
            }
            Item::Mod(item) => {
                if for_tests_only(&item.attrs) {
                    self.test_modules.push(item.ident.to_string());
                } else if item.content.is_some() {
                    self.definitions.push(format!("mod {}", item.ident));
                }
                return;
            }
            Item::Use(_) | Item::ExternCrate(_) => return,
            Item::Const(item) => (&item.attrs, item.ident.to_string()),
            Item::Static(item) => (&item.attrs, item.ident.to_string()),
            Item::Fn(item) => (&item.attrs, item.sig.ident.to_string()),
            Item::Struct(item) => (&item.attrs, item.ident.to_string()),
            Item::Enum(item) => (&item.attrs, item.ident.to_string()),
            Item::Trait(item) => (&item.attrs, item.ident.to_string()),
            Item::Type(item) => (&item.attrs, item.ident.to_string()),
            Item::Impl(item) => (&item.attrs, "impl".to_owned()),
            Item::Macro(item) => {
                (&item.attrs, item.ident.as_ref().map_or("macro".to_owned(), ToString::to_string))
            }
            _ => return,
        };
        if !for_tests_only(attributes) {
            self.definitions.push(name);
        }
    }

    fn define(&mut self, name: &syn::Ident) {
        self.types.push(name.to_string());
    }
}

impl<'a> Visit<'a> for Reader {
    fn visit_item(&mut self, item: &'a Item) {
        let attributes = match item {
            Item::Mod(item) => &item.attrs,
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            Item::Struct(item) => &item.attrs,
            Item::Enum(item) => &item.attrs,
            Item::Const(item) => &item.attrs,
            Item::Static(item) => &item.attrs,
            Item::Trait(item) => &item.attrs,
            Item::Type(item) => &item.attrs,
            Item::Macro(item) => &item.attrs,
            _ => &[][..].to_vec(),
        };
        if !for_tests_only(attributes) {
            match item {
                Item::Struct(item) => self.define(&item.ident),
                Item::Enum(item) => self.define(&item.ident),
                Item::Union(item) => self.define(&item.ident),
                Item::Trait(item) => self.define(&item.ident),
                Item::Type(item) => self.define(&item.ident),
                _ => {}
            }
            visit::visit_item(self, item);
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'a syn::ImplItemFn) {
        if !for_tests_only(&function.attrs) {
            visit::visit_impl_item_fn(self, function);
        }
    }

    fn visit_item_use(&mut self, item: &'a syn::ItemUse) {
        self.paths.extend(spread(&item.tree).into_iter().map(|(_, path)| path));
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let segments: Segments =
            path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 {
            self.paths.insert(segments);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'a syn::Macro) {
        // What a macro is given need not be an expression: its words are read as they are.
        for words in call
            .tokens
            .to_string()
            .replace(":: ", "::")
            .replace(" ::", "::")
            .split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':')
        {
            let segments: Segments = words.split("::").map(str::to_owned).collect();
            if segments.len() > 1
                && segments.iter().all(|segment| !segment.is_empty() && !segment.contains(':'))
            {
                self.paths.insert(segments);
            }
        }
        visit::visit_macro(self, call);
    }
}

/// The paths of a `use`, each with the name it gets here. A glob has the name `*`.
fn spread(tree: &UseTree) -> Vec<(String, Segments)> {
    fn walk(tree: &UseTree, before: &[String], found: &mut Vec<(String, Segments)>) {
        match tree {
            UseTree::Path(path) => {
                walk(&path.tree, &[before, &[path.ident.to_string()]].concat(), found)
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| walk(tree, before, found)),
            UseTree::Name(name) if name.ident == "self" => {
                found.push((before.last().cloned().unwrap_or_default(), before.to_vec()));
            }
            UseTree::Name(name) => {
                found.push((name.ident.to_string(), [before, &[name.ident.to_string()]].concat()));
            }
            UseTree::Rename(name) if name.ident == "self" => {
                found.push((name.rename.to_string(), before.to_vec()))
            }
            UseTree::Rename(name) => {
                found.push((name.rename.to_string(), [before, &[name.ident.to_string()]].concat()));
            }
            UseTree::Glob(_) => found.push(("*".to_owned(), [before, &["*".to_owned()]].concat())),
        }
    }
    let mut found = Vec::new();
    walk(tree, &[], &mut found);
    found
}
