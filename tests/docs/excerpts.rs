//! What a command prints, or a part of it.
//!
//! A mark may have steps after the command, set off by ` | `:
//!
//! - `from TEXT`: without the lines before the first that holds TEXT;
//! - `until TEXT`: without the first later line that holds TEXT, and what follows it;
//! - `line N`: the Nth line alone;
//! - `json POINTER`: that part of a JSON document, laid out for reading.

use crate::{pages, shell, support};
use serde_json::Value;
use std::collections::BTreeMap;

/// The widest line of laid-out JSON.
const WIDTH: usize = 96;

/// What each command has printed, so that it runs once.
#[derive(Default)]
pub struct Outputs(BTreeMap<String, String>);

impl Outputs {
    fn of(&mut self, command: &str) -> String {
        self.0.entry(command.to_owned()).or_insert_with(|| run(command)).clone()
    }
}

fn run(command: &str) -> String {
    let words = shell::words(command);
    let (name, arguments) = words.split_first().unwrap();
    assert_eq!(name, "cookietrail");
    let output = support::program().current_dir(pages::root()).args(arguments).output().unwrap();
    assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The text of an excerpt.
pub fn of(mark: &str, outputs: &mut Outputs) -> String {
    let mut parts = mark.split(" | ");
    let mut text = outputs.of(parts.next().unwrap_or_default());
    for part in parts {
        let words = shell::words(part);
        let [step, argument] = &words[..] else { panic!("`{part}` in {mark}") };
        text = apply(step, argument, &text);
        assert!(!text.trim().is_empty(), "`{part}` leaves nothing: {mark}");
    }
    text
}

fn apply(step: &str, argument: &str, text: &str) -> String {
    match step {
        "from" => join(text.lines().skip_while(|line| !line.contains(argument))),
        "until" => {
            let later = text.lines().skip(1).take_while(|line| !line.contains(argument));
            join(text.lines().take(1).chain(later))
        }
        "line" => text.lines().nth(argument.parse::<usize>().unwrap() - 1).unwrap().to_owned(),
        "json" => {
            let document: Value = serde_json::from_str(text).unwrap();
            let part =
                document.pointer(argument).unwrap_or_else(|| panic!("nothing at {argument}"));
            lay_out(part, 0)
        }
        _ => panic!("`{step}` is no step"),
    }
}

fn join<'a>(lines: impl Iterator<Item = &'a str>) -> String {
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// JSON with each thing on one line where it fits there.
fn lay_out(value: &Value, indent: usize) -> String {
    let flat = flat(value);
    let inner = indent + 2;
    let (pad, close) = (" ".repeat(inner), " ".repeat(indent));
    match value {
        _ if indent + flat.len() <= WIDTH => flat,
        Value::Object(members) => {
            let members: Vec<String> = members
                .iter()
                .map(|(key, value)| {
                    format!("{pad}{}: {}", Value::from(&**key), lay_out(value, inner))
                })
                .collect();
            format!("{{\n{}\n{close}}}", members.join(",\n"))
        }
        Value::Array(items) => {
            let items: Vec<String> =
                items.iter().map(|item| format!("{pad}{}", lay_out(item, inner))).collect();
            format!("[\n{}\n{close}]", items.join(",\n"))
        }
        _ => flat,
    }
}

/// JSON on one line, with a space after commas and colons.
fn flat(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let members = members
                .iter()
                .map(|(key, value)| format!("{}: {}", Value::from(&**key), flat(value)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
        Value::Array(items) => {
            format!("[{}]", items.iter().map(flat).collect::<Vec<_>>().join(", "))
        }
        _ => value.to_string(),
    }
}
