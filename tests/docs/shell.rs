//! Command lines as they stand in the guide, and what `--help` says of the program.

use crate::support;

/// The words of a command line, with quotes of either kind taken away.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for character in line.chars() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'') => {
                quote = Some(character);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(character),
        }
    }
    words.extend(word);
    words
}

fn help(arguments: &[&str]) -> String {
    String::from_utf8(support::run(arguments).stdout).unwrap()
}

pub fn subcommands() -> Vec<String> {
    let help = help(&["--help"]);
    let (_, list) = help.split_once("Commands:\n").unwrap();
    let lines = list.lines().take_while(|line| !line.is_empty());
    let entries = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = entries.filter_map(|line| line.split_whitespace().next());
    // The help of the help needs no page.
    names.filter(|name| *name != "help").map(str::to_owned).collect()
}

/// What a subcommand is for, in one line.
pub fn about(command: &str) -> String {
    help(&[command, "--help"]).lines().next().unwrap_or_default().to_owned()
}

/// The long options of a subcommand, without those that every one has.
pub fn options(command: &str) -> Vec<String> {
    let help = help(&[command, "--help"]);
    let lines = help.lines().map(str::trim_start).filter(|line| line.starts_with('-'));
    let words =
        lines.filter_map(|line| line.split_whitespace().find(|word| word.starts_with("--")));
    let names = words.map(|word| word.trim_end_matches(',').to_owned());
    names.filter(|name| name != "--help" && name != "--version").collect()
}

#[test]
fn quotes_keep_words_together() {
    assert_eq!(words("a 'b c'  \"d 'e\" ''"), ["a", "b c", "d 'e", ""]);
}
