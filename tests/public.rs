//! Captures of the field against their reference figures: how many requests, responses, and headers
//! with cookies there are. docs/public-captures.md explains each disagreement.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test stops where it fails, and says what it skips"
)]

mod support;

use serde_json::Value;
use std::collections::BTreeSet;

/// Where the figures differ, with the reason in a word.
const DISAGREEMENTS: [(&str, Why); 16] = [
    ("Lekensteyn+wireshark-notes/tls/broken/dump.pcapng", Why::Tls),
    ("Lekensteyn+wireshark-notes/tls/http-chunked-ssl.pcapng", Why::Tls),
    ("Lekensteyn+wireshark-notes/tls/tls-null.pcapng", Why::Tls),
    ("Lekensteyn+wireshark-notes/tls/works/dump.pcapng", Why::Tls),
    ("OISF+suricata-verify/tests/http-evader/http-evader-365/input.pcap", Why::Contested),
    (
        "ajbanjara+Wireshark/uploads/96afe21b136f715d5b96df4a646c57d9/pcapng-example.pcapng",
        Why::Tls,
    ),
    (
        "ajbanjara+Wireshark/uploads/__moin_import__/attachments/Development/PcapNg/http.bigendian.ntar",
        Why::Format,
    ),
    (
        "ajbanjara+Wireshark/uploads/__moin_import__/attachments/ERF/erf-ethernet-example.erf",
        Why::Format,
    ),
    (
        "ajbanjara+Wireshark/uploads/__moin_import__/attachments/SampleCaptures/BitTorrent.Transfer1.cap",
        Why::Format,
    ),
    (
        "ajbanjara+Wireshark/uploads/__moin_import__/attachments/SampleCaptures/Manolito2.cap",
        Why::Format,
    ),
    ("ntop+nDPI/tests/cfgs/default/pcap/fuzz-2006-09-29-28586.pcap", Why::Contested),
    ("odedshimon+BruteShark/Pcap_Examples/PCAPNG Examples/TCP - Network.pcapng", Why::Contested),
    ("zeek+zeek/testing/btest/Traces/communityid/tcp.pcap", Why::Contested),
    ("zeek+zeek/testing/btest/Traces/http/http-bad-request-with-version.pcap", Why::Contested),
    ("zeek+zeek/testing/btest/Traces/http/methods.pcap", Why::Contested),
    ("zeek+zeek/testing/btest/Traces/mixed-vlan-mpls.pcap", Why::Contested),
];

/// Why figures differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Why {
    /// tshark has deciphered TLS.
    Tls,
    /// Another file format than pcap or pcapng.
    Format,
    /// The bytes can be read in two ways; docs/public-captures.md says which was chosen.
    Contested,
}

const FIGURES: [&str; 4] = ["requests", "responses", "set_cookie", "cookie"];

/// Our figures, or `None` if the file cannot be read.
fn figures(file: &str) -> Option<[u64; 4]> {
    let output = support::run(&["exchanges", file]);
    if output.status.code() == Some(2) {
        return None;
    }
    let text = String::from_utf8(output.stdout).unwrap();
    let mut figures = [0; 4];
    for line in text.lines().skip(1) {
        let exchange: Value = serde_json::from_str(line).unwrap();
        let interim = exchange["interim"].as_array().map_or(0, Vec::len);
        figures[0] += u64::from(!exchange["request"].is_null());
        figures[1] += u64::from(!exchange["response"].is_null()) + interim as u64;
        figures[2] += fields(&exchange["response"], "set-cookie");
        figures[3] += fields(&exchange["request"], "cookie");
    }
    Some(figures)
}

fn fields(message: &Value, name: &str) -> u64 {
    let fields = message["headers"].as_array().into_iter().flatten();
    let names = fields.filter_map(|field| field[0].as_str());
    names.filter(|field| field.eq_ignore_ascii_case(name)).count() as u64
}

#[test]
fn the_captures_of_the_field_are_read_as_the_field_reads_them() {
    let Some(shared) = support::shared() else { return };
    let folder = shared.join("captures-public");
    let reference = std::fs::read_to_string(folder.join("reference.jsonl")).unwrap();
    let listed: BTreeSet<&str> = DISAGREEMENTS.iter().map(|(file, _)| *file).collect();
    let (mut agreed, mut all, mut wrong) = (0, 0, Vec::new());
    for line in reference.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let file = row["file"].as_str().unwrap();
        let found = figures(folder.join(file).to_str().unwrap());
        let expected = FIGURES.map(|name| row["best"][name].as_u64().unwrap_or(0));
        let is_same = found == Some(expected);
        let (verdict, count) = (support::text(&row["verdict"]), found.map_or(0, |f| f[0] + f[1]));
        eprintln!("{} {file} ({verdict}, {count} messages)", if is_same { "=" } else { "!" });
        all += 1;
        agreed += usize::from(is_same);
        if is_same == listed.contains(file) {
            wrong.push(format!("{file}: {found:?}, and the reference has {expected:?}"));
        }
    }
    eprintln!("{agreed} of {all} agree");
    assert!(all > 400 && wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_disagreement_is_explained() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/public-captures.md")).unwrap();
    for (file, why) in DISAGREEMENTS {
        let name = file.rsplit('/').next().unwrap();
        let known = if name == "input.pcap" { "http-evader-365" } else { name };
        assert!(page.contains(known), "{file} ({why:?}) is not explained");
    }
}
