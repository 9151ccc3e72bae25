//! Browsers as they are named on the command line: by letter, by address, by an exchange.

use crate::trail::Story;
use anyhow::bail;
use std::net::IpAddr;

/// A browser that may be meant: its letter, and its addresses.
pub type Known<'a> = (&'a str, &'a [IpAddr]);

/// The letters of the browsers that are meant by these names, in their order. `of_exchange` knows
/// whose an exchange was.
///
/// # Errors
/// A name that no browser has.
pub fn meant<'a>(
    names: &[String],
    browsers: &[Known<'a>],
    of_exchange: impl Fn(u64) -> Option<&'a str>,
) -> anyhow::Result<Vec<String>> {
    let mut letters = Vec::new();
    for name in names {
        let before = letters.len();
        if let Some(exchange) = name.strip_prefix('#').and_then(|number| number.parse().ok()) {
            letters.extend(of_exchange(exchange).map(str::to_owned));
        } else if let Ok(address) = name.parse::<IpAddr>() {
            let has_it = |(_, addresses): &&Known<'_>| addresses.contains(&address);
            letters.extend(browsers.iter().filter(has_it).map(|(id, _)| (*id).to_owned()));
        } else {
            let is_it = |(id, _): &&Known<'_>| id.eq_ignore_ascii_case(name);
            letters.extend(browsers.iter().find(is_it).map(|(id, _)| (*id).to_owned()));
        }
        if letters.len() == before {
            bail!("there is no browser {name:?} in this capture; {}", there_are(browsers));
        }
    }
    Ok(letters)
}

/// The letters of the browsers of a story that are meant by these names.
///
/// # Errors
/// A name that no browser has.
pub fn meant_in(story: &Story, names: &[String]) -> anyhow::Result<Vec<String>> {
    let browsers: Vec<Known<'_>> = story
        .browsers
        .iter()
        .map(|browser| (browser.id.as_str(), browser.addresses.as_slice()))
        .collect();
    let of_exchange = |exchange| {
        let visit = story.visits.iter().position(|visit| visit.id == exchange)?;
        Some(story.browser_of(visit)?.id.as_str())
    };
    meant(names, &browsers, of_exchange)
}

/// From which letter to which they go.
fn there_are(browsers: &[Known<'_>]) -> String {
    match browsers {
        [] => "there is none at all".to_owned(),
        [(only, _)] => format!("there is {only}"),
        [(first, _), .., (last, _)] => {
            format!("there are {} browsers, {first} to {last}", browsers.len())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_named_by_letter_address_or_exchange() {
        let [one, two]: [IpAddr; 2] = ["10.0.0.1", "::2"].map(|text| text.parse().unwrap());
        let (both, second) = ([one, two], [two]);
        let browsers: [Known<'_>; 3] = [("A", &both[..1]), ("B", &both), ("C", &second)];
        let of_exchange = |exchange| (exchange == 7).then_some("C");
        let meant = |name: &str| {
            let found = meant(&[name.to_owned()], &browsers, of_exchange);
            found.map_err(|error| error.to_string())
        };
        for (name, letters) in
            [("a", &["A"][..]), ("10.0.0.1", &["A", "B"]), ("0::2", &["B", "C"]), ("#7", &["C"])]
        {
            assert_eq!(meant(name).unwrap(), letters, "{name}");
        }
        for name in ["D", "", "#8", "#x", "10.0.0.2"] {
            let expected = format!(
                "there is no browser {name:?} in this capture; there are 3 browsers, A to C"
            );
            assert_eq!(meant(name).unwrap_err(), expected);
        }
    }
}
