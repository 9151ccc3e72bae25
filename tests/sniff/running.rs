//! Programs that run beside a test: what they say is waited for, and they end with the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

/// How long anything may take that is waited for. Browsers are slow to start on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

/// The lines that a program writes to one of its outputs.
pub struct Lines {
    coming: Receiver<String>,
    seen: Vec<String>,
}

impl Lines {
    fn of(output: impl Read + Send + 'static) -> Self {
        let (send, coming) = channel();
        thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    return;
                }
            }
        });
        Self { coming, seen: Vec::new() }
    }

    /// Waits for a line that holds `text`.
    pub fn wait_for(&mut self, text: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.coming.recv_timeout(left) {
                Ok(line) => self.seen.push(line),
                Err(end) => panic!("no line with `{text}` ({end}), but: {:#?}", self.seen),
            }
            if let Some(line) = self.seen.last().filter(|line| line.contains(text)) {
                return line.clone();
            }
        }
    }

    /// The next line; `None` at the end.
    #[allow(dead_code, reason = "each test uses its own part")]
    pub fn next(&mut self) -> Option<String> {
        self.coming.recv_timeout(PATIENCE).ok()
    }

    /// The lines that have come and that nobody has waited for.
    #[allow(dead_code, reason = "each test uses its own part")]
    pub fn waiting(&mut self) -> Vec<String> {
        self.coming.try_iter().collect()
    }

    /// Waits for the end, and gives all lines since the beginning.
    pub fn all(mut self) -> Vec<String> {
        self.seen.extend(self.coming.iter());
        self.seen
    }
}

/// A program that runs beside the test.
pub struct Running {
    child: Child,
    pub err: Lines,
}

impl Running {
    /// Starts it, with pipes for all three of its streams.
    pub fn start(command: &mut Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let err = Lines::of(child.stderr.take().unwrap());
        Self { child, err }
    }

    /// Its standard output, once.
    pub fn out(&mut self) -> ChildStdout {
        self.child.stdout.take().unwrap()
    }

    /// The lines of its standard output, once.
    pub fn out_lines(&mut self) -> Lines {
        Lines::of(self.out())
    }

    /// Sends it a line.
    #[allow(dead_code, reason = "each test uses its own part")]
    pub fn tell(&mut self, line: &str) {
        let stdin: &mut ChildStdin = self.child.stdin.as_mut().unwrap();
        writeln!(stdin, "{line}").unwrap();
    }

    /// Sends it a signal, by its name without `SIG`.
    pub fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().unwrap().success());
    }

    /// Waits for its end.
    pub fn end(&mut self) -> ExitStatus {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "it does not end: {:#?}", self.err.seen);
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Waits for its end, and gives its exit code and what it said on standard error.
    pub fn finish(mut self) -> (Option<i32>, Vec<String>) {
        let status = self.end();
        let none = Lines { coming: channel().1, seen: Vec::new() };
        (status.code(), std::mem::replace(&mut self.err, none).all())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            // A gentle end lets it take along what it started itself.
            let id = self.child.id().to_string();
            let _ = Command::new("kill").args(["-s", "TERM", &id]).status();
            thread::sleep(Duration::from_millis(500));
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
