//! What the guide says is true: its excerpts are what the program prints, its tables are what the
//! code says, its links lead somewhere, and every option has a place in it.
//!
//! `COOKIETRAIL_DOCS=write cargo test --test docs excerpts` writes excerpts and tables anew.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::disallowed_methods,
    reason = "a test stops at what it did not expect, and reads its own files"
)]

mod caps;
mod excerpts;
mod pages;
mod shell;
#[path = "../support/mod.rs"]
mod support;
mod tables;

use pages::Page;
use std::collections::BTreeSet;

/// Pages as they are and as they should be; in writing mode they are put right, not complained of.
fn hold_against(page: &Page, wanted: &str) {
    if *wanted == page.text {
        return;
    }
    if std::env::var("COOKIETRAIL_DOCS").is_ok_and(|mode| mode == "write") {
        std::fs::write(&page.path, wanted).unwrap();
        return;
    }
    let differs = page.text.lines().zip(wanted.lines()).find(|(is, should)| is != should);
    let (is, should) = differs.unwrap_or(("(the end)", "(more lines, or fewer)"));
    panic!(
        "{} is out of date\n      is: {is}\n  should: {should}\n\
         `COOKIETRAIL_DOCS=write cargo test --test docs excerpts` writes it anew",
        page.name
    );
}

#[test]
fn excerpts_and_tables_are_what_the_program_and_the_code_say() {
    let mut outputs = excerpts::Outputs::default();
    let mut count = 0;
    for page in pages::all() {
        let (wanted, found) =
            pages::renew(&page, &mut |directive| match directive.split_once(": ") {
                Some(("run", command)) => excerpts::of(command, &mut outputs),
                Some(("table", what)) => tables::of(what),
                _ => panic!("{}: what is `{directive}`?", page.name),
            });
        count += found;
        hold_against(&page, &wanted);
    }
    assert!(count > 20, "only {count} excerpts and tables were found");
}

#[test]
fn links_lead_to_files_that_are_there() {
    for page in pages::all() {
        for link in page.links() {
            assert!(page.folder().join(&link).exists(), "{} links to {link}", page.name);
        }
    }
}

#[test]
fn the_index_names_every_page() {
    let index = pages::named("docs/README.md");
    let linked: BTreeSet<String> = index.links().collect();
    for page in pages::all() {
        let name = page.name.strip_prefix("docs/");
        if let Some(name) = name.filter(|name| *name != "README.md") {
            assert!(linked.contains(name), "docs/README.md does not lead to {name}");
        }
    }
}

#[test]
fn every_subcommand_has_a_page_and_every_option_is_on_it() {
    for command in shell::subcommands() {
        let page = pages::named(&format!("docs/{command}.md"));
        let said: Vec<&str> = page.text.lines().filter(|line| !line.starts_with("<!--")).collect();
        for option in shell::options(&command) {
            let is_there = said.iter().any(|line| line.contains(&option));
            assert!(is_there, "{} does not speak of {option}", page.name);
        }
    }
}

#[test]
fn every_cap_is_in_the_page_of_limits_with_its_value() {
    let page = pages::named("docs/limits.md");
    let caps = caps::all();
    assert!(caps.len() > 20, "only {} caps were found in the sources", caps.len());
    for cap in caps {
        let row = page.text.lines().find(|line| line.contains(&format!("`{}`", cap.name)));
        let row = row.unwrap_or_else(|| panic!("docs/limits.md lacks {}", cap.name));
        let said = cap.ways_to_say_it().iter().any(|way| row.contains(way));
        assert!(said, "docs/limits.md: {} is {} by now", cap.name, cap.value);
    }
}

#[test]
fn the_formats_of_decode_are_those_of_the_code() {
    let page = pages::named("docs/decode.md");
    let (_, rest) = page.text.split_once("## The formats").unwrap();
    let rows = rest.lines().filter(|line| line.starts_with("| ") && line.contains('`'));
    let named: Vec<&str> = rows.flat_map(|row| row.split('`').skip(1).step_by(2)).collect();
    for name in &named {
        assert!(cookietrail::session::format(name).is_some(), "there is no format {name}");
    }
    let source = pages::source("src/session/format.rs");
    let known = source.lines().filter(|line| line.starts_with("    &super::")).count();
    assert_eq!(named.iter().collect::<BTreeSet<_>>().len(), known, "docs/decode.md lacks formats");
    for page in ["README.md", "CHANGELOG.md"].map(pages::named) {
        assert!(page.text.contains(&format!("{known} formats")), "{}: {known} by now", page.name);
    }
}
