//! The pages of the guide, and the marked places in them.
//!
//! A mark is a comment. `<!-- run: cookietrail … -->` stands before a fenced block that holds what
//! the command prints; `<!-- table: … -->` and `<!-- end -->` stand around a table.

use std::path::{Path, PathBuf};

/// One page.
pub struct Page {
    /// From the root of the repository: `docs/report.md`.
    pub name: String,
    pub path: PathBuf,
    pub text: String,
}

impl Page {
    fn read(name: String) -> Self {
        let path = root().join(&name);
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| panic!("there is no {name}"));
        Self { name, path, text }
    }

    pub fn folder(&self) -> &Path {
        self.path.parent().unwrap()
    }

    /// The files that it links to.
    pub fn links(&self) -> impl Iterator<Item = String> {
        let targets = self.text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let local = targets.filter(|target| !target.contains("://") && !target.starts_with('#'));
        local.map(|target| target.split('#').next().unwrap_or_default().to_owned())
    }
}

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// A file of the sources.
pub fn source(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

pub fn named(name: &str) -> Page {
    Page::read(name.to_owned())
}

/// The pages of the root and of `docs/`.
pub fn all() -> Vec<Page> {
    let files = std::fs::read_dir(root().join("docs")).unwrap();
    let paths = files.map(|file| file.unwrap().path());
    let pages = paths.filter(|path| path.extension().is_some_and(|extension| extension == "md"));
    let names = pages.map(|path| path.file_name().unwrap().to_str().unwrap().to_owned());
    let mut names: Vec<String> = names.map(|name| format!("docs/{name}")).collect();
    names.extend(["README.md", "CHANGELOG.md", "CONTRIBUTING.md"].map(str::to_owned));
    names.sort();
    names.into_iter().map(Page::read).collect()
}

/// The page with every marked place filled by `fill`, and how many places there are.
pub fn renew(page: &Page, fill: &mut dyn FnMut(&str) -> String) -> (String, usize) {
    let mut out = String::new();
    let mut count = 0;
    let mut lines = page.text.lines();
    while let Some(line) = lines.next() {
        put(&mut out, line);
        let Some(directive) = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"))
        else {
            continue;
        };
        let end = if directive.starts_with("run: ") {
            let fence = lines.next().unwrap_or_default();
            assert!(fence.starts_with("```"), "{}: no block after {line}", page.name);
            put(&mut out, fence);
            "```"
        } else {
            "<!-- end -->"
        };
        let ended = lines.any(|line| line == end);
        assert!(ended, "{}: no {end} after {line}", page.name);
        put(&mut out, fill(directive).trim_end_matches('\n'));
        put(&mut out, end);
        count += 1;
    }
    (out, count)
}

fn put(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}
