//! A site on loopback, its visitors, and what was captured of them.

use super::running::{Lines, Running};
use super::{Kept, SECRET, WRONG, cookietrail, said};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The exit code by which a site says that a library is missing.
const MISSING: i32 = 77;

fn in_repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// Whether a program can be started; said aloud if not.
fn is_here(program: &Path) -> bool {
    let tried = Command::new(program).arg("--version").stderr(Stdio::null()).output();
    let found = tried.is_ok_and(|output| output.status.success());
    if !found {
        let name = program.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap_or(program);
        eprintln!("SKIPPED: {} is not here", name.display());
    }
    found
}

fn can_capture() -> bool {
    let tried = cookietrail(&["sniff", "-i", "lo", "--for", "10ms", "-q"]);
    let skipped = String::from_utf8_lossy(&tried.stderr).contains("no permission to capture");
    if skipped {
        eprintln!("SKIPPED: no permission to capture on lo");
    }
    !skipped
}

/// Who visits.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Client {
    Curl,
    Chromium,
}

impl Client {
    fn program(self) -> &'static str {
        match self {
            Self::Curl => "curl",
            Self::Chromium => "chromium",
        }
    }

    /// Logs in and puts two things into the cart, each time sent on to the front page, and asks
    /// for that once more. How many requests that are at least.
    pub fn walk(self, site: &Site, folder: &Path) -> usize {
        match self {
            Self::Curl => {
                let pear = "/add?item=pear";
                for path in ["/login?user=%E5%B0%8F%E6%98%8E", pear, "/add?item=%E6%A2%A8", "/"] {
                    self.visit(site, path, folder);
                }
                7
            }
            // In one go, since a session cookie ends with the browser.
            Self::Chromium => {
                let second = "%252Fadd%253Fitem%253D%2525E6%2525A2%2525A8";
                let path = format!(
                    "/login?user=%E5%B0%8F%E6%98%8E&next=%2Fadd%3Fitem%3Dpear%26next%3D{second}"
                );
                self.visit(site, &path, folder);
                4
            }
        }
    }

    /// Asks for a page, follows redirects, and keeps cookies in `folder`.
    pub fn visit(self, site: &Site, path: &str, folder: &Path) {
        let url = format!("http://127.0.0.1:{}{path}", site.port);
        let mut command = Command::new(self.program());
        match self {
            Self::Curl => {
                let jar = folder.join("jar");
                command.args(["-sS", "-L", "--fail", "-c"]).arg(&jar).arg("-b").arg(&jar);
            }
            Self::Chromium => {
                command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--dump-dom"]);
                command.args(["--no-first-run", "--timeout=60000"]);
                command.arg(format!("--user-data-dir={}", folder.join("profile").display()));
            }
        }
        let output = command.arg(&url).output().unwrap();
        assert!(output.status.success(), "{path}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

/// A server with sessions.
pub struct Site {
    _server: Running,
    lines: Lines,
    pub port: u16,
}

impl Site {
    /// Starts it; `None`, aloud, where something is missing.
    pub fn open(kept: &Kept, client: Client) -> Option<Self> {
        let interpreter = match kept.environment {
            Some(environment) => in_repository(environment).join("bin/python"),
            None => PathBuf::from("node"),
        };
        let all_here = is_here(&interpreter) && is_here(Path::new(client.program()));
        if !all_here || !can_capture() {
            return None;
        }
        let mut command = Command::new(interpreter);
        command.arg(in_repository("tests/setup/sites").join(kept.script)).arg(SECRET);
        let mut server = Running::start(command.args(kept.way));
        let mut lines = server.out_lines();
        let Some(first) = lines.next() else {
            let (code, said) = server.finish();
            assert_eq!(code, Some(MISSING), "{said:#?}");
            eprintln!("SKIPPED: {}", said.join("; "));
            return None;
        };
        let first: Value = serde_json::from_str(&first).unwrap();
        let port = u16::try_from(first["port"].as_u64().unwrap()).unwrap();
        Some(Self { _server: server, lines, port })
    }

    /// What the server has logged of so many requests, and of any that came after.
    pub fn log(&mut self, least: usize) -> Vec<Value> {
        let mut lines: Vec<String> = (0..least).map(|_| self.lines.next().unwrap()).collect();
        lines.extend(self.lines.waiting());
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// What the server says that it read in these cookies.
    pub fn ask_with(&self, cookies: &str) -> Value {
        let url = format!("http://127.0.0.1:{}/", self.port);
        let output = Command::new("curl")
            .args(["-sS", "--fail", "-H", &format!("Cookie: {cookies}"), &url])
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Starts to listen, with a wrong secret and the right one.
    pub fn sniff(&self, saved: &Path) -> Sniff {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cookietrail"));
        command.args(["sniff", "-i", "lo", "--format", "json", "--width", "200", "-w"]).arg(saved);
        command.args(["--secret", WRONG, "--secret", SECRET]);
        command.args(["-f", &format!("tcp port {}", self.port)]);
        let mut running = Running::start(&mut command);
        running.err.wait_for("cookietrail: listening on lo");
        Sniff(running)
    }
}

/// A capture that goes on.
pub struct Sniff(Running);

impl Sniff {
    /// Ends it: its report, and the lines that it printed before.
    pub fn stop(&mut self) -> (Value, Vec<String>) {
        self.0.signal("INT");
        let report = serde_json::from_reader(self.0.out()).unwrap();
        assert!(self.0.end().success());
        (report, self.0.err.waiting())
    }
}

/// What an exchange shows of one cookie, as `name=value` pairs with what belongs to it.
pub struct Exchange {
    pub path: String,
    pub sent: Option<String>,
    pub set: Option<String>,
}

/// The exchanges of a capture. Deleted cookies are not set.
pub fn sent_and_set(saved: &Path, cookie: &str) -> Vec<Exchange> {
    let text = said(&cookietrail(&["exchanges", saved.to_str().unwrap()]));
    let lines = text.lines().skip(1).map(|line| serde_json::from_str(line).unwrap());
    lines.map(|exchange: Value| of(&exchange, cookie)).collect()
}

fn of(exchange: &Value, cookie: &str) -> Exchange {
    let headers = |message: &str, name: &str| -> Vec<String> {
        let all = exchange[message]["headers"].as_array().unwrap().iter();
        let named = all.filter(|header| header[0].as_str().unwrap().eq_ignore_ascii_case(name));
        named.map(|header| header[1].as_str().unwrap().to_owned()).collect()
    };
    // With its signature, where that is a cookie of its own.
    let ours = |pairs: Vec<String>| {
        let ours: Vec<String> = pairs.into_iter().filter(|pair| pair.starts_with(cookie)).collect();
        (!ours.is_empty()).then(|| ours.join("; "))
    };
    let cookies = headers("request", "cookie");
    let sent = cookies.iter().flat_map(|line| line.split("; ")).map(str::to_owned).collect();
    let lines = headers("response", "set-cookie").into_iter().filter_map(|line| {
        let pair = line.split(';').next().unwrap().to_owned();
        let is_deleted = line.contains("1970") || pair.ends_with('=') || pair.ends_with("=null");
        (!is_deleted).then_some(pair)
    });
    let target = exchange["request"]["target"].as_str().unwrap();
    let path = target.split('?').next().unwrap().to_owned();
    Exchange { path, sent: ours(sent), set: ours(lines.collect()) }
}

/// What `decode` says of the cookie `name` among others.
pub fn decoded(cookies: &str, name: &str, secret: &str) -> Value {
    let line = format!("Cookie: {cookies}");
    let text = said(&cookietrail(&["decode", "--format", "json", "--secret", secret, &line]));
    let mut all = text.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    all.find(|decoded| decoded["name"] == name).unwrap()
}
